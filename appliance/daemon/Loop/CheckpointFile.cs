using System.Text.Json;
using System.Text.Json.Serialization;
using Appliance.Thermal;

namespace Appliance.Daemon.Loop;

/// <summary>
/// What the controller keeps over a restart (leak latch, learnt trim). Written beside and renamed, so that there is always a whole one;
/// a latch that closed is synced to the disk before the next tick can forget it.
/// </summary>
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
        try
        {
            Directory.CreateDirectory(stateDirectory);
            using (var file = new FileStream(_path + ".new", FileMode.Create, FileAccess.Write))
            {
                JsonSerializer.Serialize(file, checkpoint, CheckpointJson.Default.ThermalCheckpoint);
                file.Flush(flushToDisk: checkpoint.LeakLatched != _written?.LeakLatched);
            }

            File.Move(_path + ".new", _path, overwrite: true);
            _written = checkpoint;
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{_path}: {e.Message}";
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ThermalCheckpoint))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
