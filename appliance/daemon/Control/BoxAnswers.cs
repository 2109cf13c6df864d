using System.Buffers;
using System.Text.Json;
using Appliance.Model;

namespace Appliance.Daemon.Control;

/// <summary>The answers that hold what the sweep read: it has a JSON context of its own, in which absent values are left out.</summary>
internal static class BoxAnswers
{
    /// <summary><c>{"gpus":[frames],"health":{sweep}}</c>.</summary>
    public static ControlReply Gpus(IReadOnlyList<GpuFrame> frames, BoxHealth sweep) => Written(json =>
    {
        json.WriteStartArray("gpus");
        foreach (var frame in frames)
            JsonSerializer.Serialize(json, frame, ModelJson.Default.GpuFrame);
        json.WriteEndArray();
        json.WritePropertyName("health");
        JsonSerializer.Serialize(json, sweep, HealthJson.Default.BoxHealth);
    });

    /// <summary><c>{"frame":…,"health":{sweep}}</c>.</summary>
    public static ControlReply Fabric(FabricFrame? frame, BoxHealth sweep) => Written(json =>
    {
        json.WritePropertyName("frame");
        if (frame is null)
            json.WriteNullValue();
        else
            JsonSerializer.Serialize(json, frame, ModelJson.Default.FabricFrame);
        json.WritePropertyName("health");
        JsonSerializer.Serialize(json, sweep, HealthJson.Default.BoxHealth);
    });

    public static BoxHealth HealthOf(ReadOnlyMemory<byte> answer)
    {
        using var document = JsonDocument.Parse(answer);
        return document.RootElement.GetProperty("health").Deserialize(HealthJson.Default.BoxHealth)!;
    }

    public static FabricFrame? FrameOf(ReadOnlyMemory<byte> answer)
    {
        using var document = JsonDocument.Parse(answer);
        return document.RootElement.GetProperty("frame").Deserialize(ModelJson.Default.FabricFrame);
    }

    private static ControlReply Written(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return new ControlReply.Data(output.WrittenMemory);
    }
}
