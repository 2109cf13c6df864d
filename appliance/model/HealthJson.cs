using System.Text.Json;
using System.Text.Json.Serialization;

namespace Appliance.Model;

/// <summary>The sweep on the wire and in record files. What is absent is left out. Source-generated.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UptimeConverter), typeof(ProbeStateConverter), typeof(GpuAccessConverter), typeof(FabricStateConverter)])]
[JsonSerializable(typeof(BoxHealth))]
[JsonSerializable(typeof(KernelLine))]
[JsonSerializable(typeof(NvmlEvent))]
public sealed partial class HealthJson : JsonSerializerContext;

/// <summary>Uptime as seconds with microseconds.</summary>
public sealed class UptimeConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TimeSpan.FromTicks((long)Math.Round(reader.GetDecimal() * TimeSpan.TicksPerSecond));

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(Math.Round((decimal)value.Ticks / TimeSpan.TicksPerSecond, 6));
}

public sealed class ProbeStateConverter() : JsonStringEnumConverter<ProbeState>(JsonNamingPolicy.SnakeCaseLower);

public sealed class GpuAccessConverter() : JsonStringEnumConverter<GpuAccess>(JsonNamingPolicy.SnakeCaseLower);

public sealed class FabricStateConverter() : JsonStringEnumConverter<FabricState>(JsonNamingPolicy.SnakeCaseLower);
