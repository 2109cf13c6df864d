using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Health;

/// <summary>
/// The kinds of events and their words. Epoch and sequence number are the outbox' business and are zero here.
/// </summary>
public static class BoxEvents
{
    public const string DaemonStartedKind = "daemon_started";
    public const string AlarmRaisedKind = "alarm_raised";
    public const string AlarmUpdatedKind = "alarm_updated";
    public const string AlarmAcknowledgedKind = "alarm_acknowledged";
    public const string AlarmClearedKind = "alarm_cleared";
    public const string ConfigInvalidKind = "config_invalid";
    public const string OperatorActionKind = "operator_action";
    public const string FaultInjectedKind = "fault_injected";
    public const string KernelDecidedKind = "kernel_fault";
    public const string KernelLogLostKind = "kernel_log_lost";

    /// <summary>Every kind there is; a reader may rely on no other appearing without a change here.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
    [
        DaemonStartedKind, AlarmRaisedKind, AlarmUpdatedKind, AlarmAcknowledgedKind, AlarmClearedKind, ConfigInvalidKind,
        OperatorActionKind, FaultInjectedKind, KernelDecidedKind, KernelLogLostKind,
    ];

    /// <param name="source">Where the hardware is: <c>the twin in .run</c> or <c>this box</c>.</param>
    public static BoxEvent DaemonStarted(string version, string board, string source, DateTimeOffset ts) => Of(
        DaemonStartedKind, null, null, Severity.Information, $"appliance {version} started: board {board}, {source}.", ts);

    public static BoxEvent ConfigInvalid(string fault, DateTimeOffset ts) => Of(
        ConfigInvalidKind, AlarmCatalogue.ConfigInvalid, "config", Severity.Warning,
        $"The configuration was not taken, the last good one is in force: {fault}", ts);

    /// <param name="who">The user's name, or <c>uid 1000</c>.</param>
    /// <param name="what">What was done, as a sentence without its subject: <c>acknowledged fan_stalled on fan3</c>.</param>
    public static BoxEvent OperatorAction(string who, string what, DateTimeOffset ts) => Of(
        OperatorActionKind, null, null, Severity.Information, $"{who} {what}.", ts);

    public static BoxEvent FaultInjected(string fault, string target, double? value, DateTimeOffset ts) => Of(
        FaultInjectedKind, fault, target, Severity.Information,
        value is { } v ? $"Fault {fault} injected on {target} with {v:0.###} (twin only)." : $"Fault {fault} injected on {target} (twin only).", ts);

    /// <summary>A line of the kernel's log that speaks of a part of the box, with what it means.</summary>
    public static BoxEvent KernelDecided(KernelDecision decision, DateTimeOffset ts) => Of(
        KernelDecidedKind, decision.Alarm, decision.Gpu ?? decision.Component,
        decision.Severity switch { FaultSeverity.Fatal => Severity.Critical, FaultSeverity.Degraded => Severity.Warning, _ => Severity.Information },
        $"{(decision.Xid is { } xid ? $"XID {xid}: " : "")}{decision.Why} Action: {decision.Action ?? "none in the catalogue"}.", ts);

    public static BoxEvent KernelLogLost(long lines, DateTimeOffset ts) => Of(
        KernelLogLostKind, null, null, Severity.Information, $"{lines} lines of the kernel's log were overwritten before they were read.", ts);

    /// <summary>The same of what the GPU driver tells beside the log.</summary>
    public static BoxEvent DriverEventsLost(long events, DateTimeOffset ts) => Of(
        KernelLogLostKind, null, null, Severity.Information, $"{events} events of the GPU driver came faster than they could be taken.", ts);

    public static BoxEvent Of(AlarmChange change, DateTimeOffset ts) => change switch
    {
        AlarmChange.Raised raised => OfAlarm(AlarmRaisedKind, raised.Alarm, raised.Alarm.Text, ts),
        AlarmChange.Updated updated => OfAlarm(AlarmUpdatedKind, updated.Alarm, updated.Alarm.Text, ts),
        AlarmChange.Acknowledged seen => OfAlarm(AlarmAcknowledgedKind, seen.Alarm, $"Acknowledged: {seen.Alarm.Text}", ts),
        AlarmChange.Cleared cleared => OfAlarm(
            AlarmClearedKind, cleared.Alarm with { Severity = Severity.Information },
            $"Cleared after {Span(ts - cleared.Alarm.RaisedAt)}: {AlarmCatalogue.Get(cleared.Alarm.Code).Title}.", ts),
        _ => throw new System.Diagnostics.UnreachableException($"No event for {change.GetType().Name}."),
    };

    private static BoxEvent OfAlarm(string kind, Alarm alarm, string text, DateTimeOffset ts) =>
        Of(kind, alarm.Code, alarm.Target, alarm.Severity, text, ts);

    private static BoxEvent Of(string kind, string? code, string? target, Severity severity, string text, DateTimeOffset ts) =>
        new(0, 0, kind, code, target, severity, text, ts);

    // Wall clocks step; a negative duration would only puzzle the reader.
    private static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 0 } => "an unknown time",
        { TotalSeconds: < 120 } => $"{span.TotalSeconds:0} s",
        { TotalMinutes: < 120 } => $"{span.TotalMinutes:0} min",
        _ => $"{span.TotalHours:0.0} h",
    };
}
