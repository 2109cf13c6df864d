using System.Text.Json;
using System.Text.Json.Serialization;
using Appliance.Daemon.Loop;
using Appliance.Health.Board;
using Appliance.Model;

namespace Appliance.Daemon.Health;

/// <summary>
/// Where the board's memory is kept over a restart: open and closed incidents, what is normal for each part, the last kernel line dealt with.
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
    public string? Write(BoardMemory memory) => StateFile.Write(_path, memory, BoardMemoryJson.Default.BoardMemory);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(UtcMillisecondsConverter), typeof(SeverityConverter)])]
[JsonSerializable(typeof(BoardMemory))]
internal sealed partial class BoardMemoryJson : JsonSerializerContext;
