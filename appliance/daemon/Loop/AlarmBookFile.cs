using System.Text.Json;
using System.Text.Json.Serialization;
using Appliance.Health;
using Appliance.Model;

namespace Appliance.Daemon.Loop;

/// <summary>
/// The standing alarms as they are kept over a restart: what was raised, who has seen it. What an alarm says may be older than what it said last: the
/// rules say it anew.
/// </summary>
internal sealed class AlarmBookFile(string stateDirectory)
{
    /// <summary>More than a box can have at once; what is milder and younger is left out.</summary>
    public const int AlarmLimit = 512;

    private const int BytesLimit = 4 << 20;

    private readonly string _path = Path.Combine(stateDirectory, "alarms.json");

    /// <summary>Nothing when there is none or it cannot be used: the rules find again what holds.</summary>
    /// <param name="fault">
    /// One line for a person where something was there and is lost. A file that cannot be used is put aside; where that fails, and where it is alarms of another
    /// version that are lost, each start says so until the book is written anew.
    /// </param>
    public IReadOnlyList<Alarm> Read(out string? fault)
    {
        fault = null;
        try
        {
            if (new FileInfo(_path) is { Exists: true, Length: > BytesLimit } large)
                throw new JsonException($"it has {large.Length} bytes, the limit is {BytesLimit}");
            var kept = JsonSerializer.Deserialize(File.ReadAllBytes(_path), AlarmBookJson.Default.AlarmArray);
            if (kept is null || kept.Any(a => a is null || a.Code is null || a.Target is null || a.Text is null || a.NextStep is null))
                throw new JsonException("an alarm in it is not whole");
            var known = kept.Where(a => AlarmCatalogue.Find(a.Code) is not null).Take(AlarmLimit).ToArray();
            if (known.Length < kept.Length)
                fault = $"{_path}: {kept.Length - known.Length} of {kept.Length} alarms are not in this version's catalogue and are forgotten.";
            return known;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            fault = $"{_path}: {e.Message} The alarm book begins empty: what holds is raised again, what was acknowledged is forgotten.";
            PutAside();
            return [];
        }
    }

    /// <returns>Why it could not be kept; null when it is.</returns>
    public string? Write(IReadOnlyList<Alarm> standing) => StateFile.Write(_path, [.. standing.Take(AlarmLimit)], AlarmBookJson.Default.AlarmArray);

    private void PutAside()
    {
        try
        {
            File.Move(_path, _path + ".broken", overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then the next start says it again.
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(UtcMillisecondsConverter), typeof(SeverityConverter)])]
[JsonSerializable(typeof(Alarm[]))]
internal sealed partial class AlarmBookJson : JsonSerializerContext;
