namespace Appliance.Model;

/// <summary>How bad. Ordered: a higher number is worse.</summary>
public enum Severity
{
    Information,
    Warning,
    Critical,
}

/// <summary>
/// A condition with a life: raised, perhaps acknowledged, cleared. (An event happened once; an alarm stands.)
/// Published retained under <c>alarm/&lt;code&gt;/&lt;target&gt;</c> while active.
/// </summary>
/// <param name="Code">Registered constant of the alarm book, e.g. <c>fan_stalled</c>.</param>
/// <param name="Target">What it is about, e.g. <c>fan3</c>, <c>gpu0</c>, <c>loop</c>, <c>config</c>.</param>
/// <param name="Text">One sentence with the value, its unit and the limit.</param>
/// <param name="NextStep">What a person does now.</param>
public sealed record Alarm(
    string Code,
    string Target,
    Severity Severity,
    string Text,
    string NextStep,
    DateTimeOffset RaisedAt,
    bool Acknowledged = false);

/// <summary>Something that happened once; kept, numbered without gaps per boot epoch, acknowledged end to end.</summary>
/// <param name="Epoch">Grows by one with every start of the outbox' owner after state loss; orders <paramref name="Seq"/>.</param>
/// <param name="Seq">1, 2, 3 … without gaps within the epoch.</param>
/// <param name="Kind">e.g. <c>alarm_raised</c>, <c>alarm_cleared</c>, <c>daemon_started</c>, <c>operator_action</c>.</param>
public sealed record BoxEvent(
    long Epoch,
    long Seq,
    string Kind,
    string? Code,
    string? Target,
    Severity Severity,
    string Text,
    DateTimeOffset Ts);

/// <summary>The bmc-agent's answer on <c>ack/event</c>: everything up to and including (epoch, seq) is on its disk.</summary>
public sealed record EventAck(long Epoch, long Seq);
