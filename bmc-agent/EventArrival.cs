using Appliance.Model;

namespace BmcAgent;

/// <summary>An event on its way into the log: from the bus with its sender's numbers, or our own, which the log numbers.</summary>
internal sealed record EventArrival(
    string Node,
    bool IsOwn,
    long Epoch,
    long Seq,
    string Kind,
    string? Code,
    string? Target,
    Severity Severity,
    string Text,
    DateTimeOffset Ts)
{
    public static EventArrival OfBus(string node, BoxEvent e) =>
        new(node, false, e.Epoch, e.Seq, e.Kind, e.Code, e.Target, e.Severity, e.Text, e.Ts);

    public static EventArrival OfOurs(string node, string kind, Severity severity, string text, DateTimeOffset ts, string? target = null) =>
        new(node, true, 0, 0, kind, null, target, severity, text, ts);
}
