namespace Appliance.Model;

/// <summary>
/// One reading of both clocks, taken once per tick. <see cref="Uptime"/> is monotonic and measures intervals;
/// <see cref="Utc"/> stamps what people and other machines read, and may step.
/// </summary>
public readonly record struct Moment(TimeSpan Uptime, DateTimeOffset Utc)
{
    /// <summary>Reads <paramref name="time"/>'s two clocks. Uptime counts from the clock's own origin.</summary>
    public static Moment Of(TimeProvider time) =>
        new(time.GetElapsedTime(0), time.GetUtcNow());

    public TimeSpan Since(Moment earlier) => Uptime - earlier.Uptime;
}
