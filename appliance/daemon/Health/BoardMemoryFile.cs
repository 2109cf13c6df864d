using System.Text.Json;
using System.Text.Json.Serialization;
using Appliance.Health.Board;
using Appliance.Model;

namespace Appliance.Daemon.Health;

/// <summary>
/// Where the board's memory is kept over a restart: open and closed incidents, what is normal for each part, the last kernel line dealt
/// with. Written beside and renamed, so that there is always a whole one.
/// </summary>
internal sealed class BoardMemoryFile(string stateDirectory)
{
    private readonly string _path = Path.Combine(stateDirectory, "health.json");

    /// <summary>Empty when there is none or it cannot be read: the box learns it again.</summary>
    public BoardMemory Read()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(_path), BoardMemoryJson.Default.BoardMemory) ?? BoardMemory.Empty;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return BoardMemory.Empty;
        }
    }

    /// <returns>Why it could not be kept; null when it is.</returns>
    public string? Write(BoardMemory memory)
    {
        try
        {
            Directory.CreateDirectory(stateDirectory);
            using (var file = new FileStream(_path + ".new", FileMode.Create, FileAccess.Write))
            {
                JsonSerializer.Serialize(file, memory, BoardMemoryJson.Default.BoardMemory);
                file.Flush(flushToDisk: true);
            }

            File.Move(_path + ".new", _path, overwrite: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{_path}: {e.Message}";
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(UtcMillisecondsConverter), typeof(SeverityConverter)])]
[JsonSerializable(typeof(BoardMemory))]
internal sealed partial class BoardMemoryJson : JsonSerializerContext;
