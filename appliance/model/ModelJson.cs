using System.Text.Json;
using System.Text.Json.Serialization;

namespace Appliance.Model;

/// <summary>The wire: UTF-8 JSON, snake_case, enums as snake_case words, RFC 3339 UTC with milliseconds. Source-generated.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = false,
    Converters = [typeof(UtcMillisecondsConverter), typeof(QualityConverter), typeof(SeverityConverter)])]
[JsonSerializable(typeof(ThermalFrame))]
[JsonSerializable(typeof(GpuFrame))]
[JsonSerializable(typeof(FabricFrame))]
[JsonSerializable(typeof(PowerFrame))]
[JsonSerializable(typeof(InferenceFrame))]
[JsonSerializable(typeof(NodeState))]
[JsonSerializable(typeof(PointState))]
[JsonSerializable(typeof(NodeDescription))]
[JsonSerializable(typeof(Alarm))]
[JsonSerializable(typeof(BoxEvent))]
[JsonSerializable(typeof(EventAck))]
[JsonSerializable(typeof(Snapshot))]
public sealed partial class ModelJson : JsonSerializerContext;

/// <summary>Stamps as <c>2026-11-23T22:00:00.123Z</c>.</summary>
public sealed class UtcMillisecondsConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
}

public sealed class QualityConverter() : JsonStringEnumConverter<Quality>(JsonNamingPolicy.SnakeCaseLower);

public sealed class SeverityConverter() : JsonStringEnumConverter<Severity>(JsonNamingPolicy.SnakeCaseLower);
