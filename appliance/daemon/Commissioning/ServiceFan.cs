using Appliance.Model;

namespace Appliance.Daemon.Commissioning;

/// <summary>
/// A fan is swapped while the box runs: what is to be done next, judged by what the loop sees of that fan. Pure; the verb asks again every second.
/// </summary>
/// <param name="Fan"><c>fan1</c> …</param>
internal sealed record ServiceFan(string Fan, ServiceFan.Stage At)
{
    /// <summary>A new fan has to reach this part of what the others turn.</summary>
    private const double Strong = 0.85;

    /// <summary>Seconds it has to turn well before it is believed.</summary>
    private const int Steady = 3;

    internal enum Stage
    {
        /// <summary>Others at full; the fan may be pulled.</summary>
        Pull,

        /// <summary>It stands or is away; a new one may be put in.</summary>
        Insert,

        /// <summary>Something turns again.</summary>
        Prove,

        Done,
    }

    /// <summary>Seconds of good turning seen.</summary>
    public int Good { get; init; }

    public static ServiceFan Begin(string fan) => new(fan, Stage.Pull);

    public ServiceFan Step(ThermalFrame thermal)
    {
        var own = thermal.Fans.First(f => f.Name == Fan);
        var others = thermal.Fans.Where(f => f.Name != Fan && f.Rpm is > 0).Select(f => f.Rpm!.Value).Order().ToArray();
        var median = others.Length > 0 ? others[others.Length / 2] : 0;
        var turns = own.Rpm is > 0 && own.State is not "stalled" and not "absent";
        return At switch
        {
            Stage.Pull when !turns => this with { At = Stage.Insert },
            Stage.Insert when turns => this with { At = Stage.Prove, Good = 0 },
            Stage.Prove when !turns => this with { At = Stage.Insert },
            Stage.Prove when own.Rpm >= Strong * median => Good + 1 >= Steady ? this with { At = Stage.Done, Good = Good + 1 } : this with { Good = Good + 1 },
            Stage.Prove => this with { Good = 0 },
            _ => this,
        };
    }

    public string Say(ServiceWords words) => string.Format(
        null,
        At switch
        {
            Stage.Pull => words.Pull,
            Stage.Insert => words.Insert,
            Stage.Prove => words.Prove,
            Stage.Done => words.Swapped,
            _ => throw new System.Diagnostics.UnreachableException($"No words for {At}."),
        },
        Fan);
}
