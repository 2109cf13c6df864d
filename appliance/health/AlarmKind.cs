using Appliance.Model;

namespace Appliance.Health;

/// <summary>
/// One registered alarm: what it is called, what it means and what a person does about it. An alarm that is not in the
/// <see cref="AlarmCatalogue"/> cannot be raised, so every alarm a person ever sees has a next step.
/// </summary>
/// <param name="Code">The constant that goes over the wire, e.g. <c>fan_stalled</c>.</param>
/// <param name="Component"><c>loop</c>, <c>fan</c>, <c>pump</c>, <c>sensor</c>, <c>gpu</c>, <c>control</c>, <c>inference</c>.</param>
/// <param name="Meaning">One sentence: what is the matter and why it counts.</param>
/// <param name="NextStep">One sentence: what a person does now.</param>
public sealed record AlarmKind(
    string Code,
    string Title,
    string TitleZh,
    Severity Severity,
    string Component,
    string Meaning,
    string NextStep)
{
    /// <summary>What a daemon that starts needs until everything was read once.</summary>
    public static readonly TimeSpan FirstReadings = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The longest that an alarm of an earlier boot waits to be found again. Between two boots parts are swapped and counters begin anew, so windows of hours
    /// and days are not sat through: what is still wrong is raised again.
    /// </summary>
    public static readonly TimeSpan KnownAfterBoot = TimeSpan.FromMinutes(15);

    /// <summary>How long the condition must hold before it is an alarm; zero for what cannot wait.</summary>
    public TimeSpan RaiseAfter { get; init; }

    /// <summary>How long the condition must be gone before the alarm clears, so that a flickering one stands.</summary>
    public TimeSpan ClearAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long rules that start anew need until they would have found it: an alarm of the daemon's earlier life is not over because the rules have
    /// not seen enough yet. For what is judged over a window, or after a wait, the longest of these comes on top (<see cref="AfterWatching"/>).
    /// </summary>
    public TimeSpan KnownAfter { get; init; } = FirstReadings;

    /// <summary>A latching alarm stands until its condition is gone <i>and</i> a person has acknowledged it.</summary>
    public bool Latches { get; init; }

    /// <summary>What to do in the one word of <see cref="KernelLog.FaultAction"/>, where the alarm is about a part of the board.</summary>
    public string? Action { get; init; }

    /// <summary>Alarms that explain this one: while one of them is found on the same part, or on what the part belongs to, this one is not raised.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary><see cref="KnownAfter"/> of an alarm whose rules look at so long times: the longest counts.</summary>
    internal static TimeSpan AfterWatching(params TimeSpan[] windows) => FirstReadings + windows.Max();
}
