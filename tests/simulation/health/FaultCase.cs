using Appliance.Health.KernelLog;

namespace SimulationTests.Health;

/// <summary>One class of fault: what the box shows of it, and what a person should be told. Written from NVIDIA's catalogue and from field reports.</summary>
/// <param name="Target">The part at fault.</param>
/// <param name="Action">What is to be done about it, a word of <see cref="FaultAction"/>.</param>
/// <param name="Inject">Called before each sweep with the seconds since the fault began, from 0.</param>
internal sealed record FaultCase(string Name, string Target, string Action, Action<CorpusBox, int> Inject)
{
    /// <summary>Seconds within which it must be told.</summary>
    public int Deadline { get; init; } = 60;

    /// <summary>Seconds that the healthy box is watched before.</summary>
    public int WarmUp { get; init; } = 90;

    /// <summary>Seconds between sweeps; long stories are looked at less often.</summary>
    public int Step { get; init; } = 1;

    /// <summary>Done once before the box is watched: what this box is like.</summary>
    public Action<CorpusBox>? Prepare { get; init; }

    public static Action<CorpusBox, int> Once(Action<CorpusBox> inject) => (box, second) =>
    {
        if (second == 0)
            inject(box);
    };
}
