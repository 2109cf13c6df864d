using System.Text.Json;
using System.Text.Json.Serialization;
using Appliance.Model;

namespace BmcAgent;

/// <summary>What this process writes to disk and to the panel; the same conventions as the wire.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(UtcMillisecondsConverter), typeof(QualityConverter), typeof(SeverityConverter)])]
[JsonSerializable(typeof(EventEntry))]
[JsonSerializable(typeof(EventCursor[]))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(NodeView[]))]
[JsonSerializable(typeof(PanelState))]
[JsonSerializable(typeof(HistorySample[]))]
[JsonSerializable(typeof(RetainedMessage[]))]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(GuideReply))]
internal sealed partial class AgentJson : JsonSerializerContext;
