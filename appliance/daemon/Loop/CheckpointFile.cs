using System.Text.Json;
using System.Text.Json.Serialization;
using Appliance.Thermal;

namespace Appliance.Daemon.Loop;

/// <summary>What the controller keeps over a restart: leak latch, learnt trim. A latch that closed is synced to the disk.</summary>
internal sealed class CheckpointFile(string stateDirectory)
{
    private readonly string _path = Path.Combine(stateDirectory, "thermal.json");
    private ThermalCheckpoint? _written;

    /// <summary>Null when there is none or it cannot be read: a cold start at full is safe.</summary>
    public ThermalCheckpoint? Read()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(_path), CheckpointJson.Default.ThermalCheckpoint);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <returns>Why it could not be kept; null when it is.</returns>
    public string? Write(ThermalCheckpoint checkpoint)
    {
        if (checkpoint == _written)
            return null;
        var fault = StateFile.Write(_path, checkpoint, CheckpointJson.Default.ThermalCheckpoint, sync: checkpoint.Latches != (_written?.Latches ?? 0));
        if (fault is null)
            _written = checkpoint;
        return fault;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ThermalCheckpoint))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
