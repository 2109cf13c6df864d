namespace Appliance.Model;

/// <summary>The MQTT topic names of INTERFACES.md, in one place. A node's subtree is <c>appliance/v1/&lt;node&gt;/…</c>.</summary>
public sealed class BusTopics(string node)
{
    public const string Root = "appliance/v1";

    public string Node { get; } = node;

    private string Base => $"{Root}/{Node}";

    public string State => $"{Base}/$state";

    public string Description => $"{Base}/$description";

    public string Event => $"{Base}/event";

    public string EventAck => $"{Base}/ack/event";

    /// <param name="component"><c>thermal</c>, <c>gpu/0</c> … <c>gpu/7</c>, <c>fabric</c>, <c>power</c>, <c>inference</c>.</param>
    public string Frame(string component) => $"{Base}/frame/{component}";

    public string Point(string component, string point) => $"{Base}/state/{component}/{point}";

    public string Alarm(string code, string target) => $"{Base}/alarm/{code}/{target}";

    public string Command(string verb) => $"{Base}/cmd/{verb}";
}
