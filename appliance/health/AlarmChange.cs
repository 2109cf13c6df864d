using Appliance.Model;

namespace Appliance.Health;

/// <summary>What a step of the alarm book did; each becomes an event, and the retained alarm topic follows it.</summary>
public abstract record AlarmChange
{
    private AlarmChange(Alarm alarm) => Alarm = alarm;

    public Alarm Alarm { get; }

    public sealed record Raised(Alarm Now) : AlarmChange(Now);

    /// <summary>Stands already; its severity changed, or its text and the last change is a while ago.</summary>
    public sealed record Updated(Alarm Now) : AlarmChange(Now);

    public sealed record Acknowledged(Alarm Now) : AlarmChange(Now);

    public sealed record Cleared(Alarm Was) : AlarmChange(Was);
}
