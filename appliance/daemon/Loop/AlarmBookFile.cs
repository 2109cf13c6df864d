using System.Text.Json;
using System.Text.Json.Serialization;
using Appliance.Health;
using Appliance.Model;

namespace Appliance.Daemon.Loop;

/// <summary>
/// The standing alarms as they are kept over a restart: what was raised, who has seen it. What an alarm says may be older than what it said last: the
/// rules say it anew.
/// </summary>
/// <param name="stateDirectory">Where <c>alarms.json</c> lies.</param>
/// <param name="bootId">The kernel's id of this boot; null where there is none.</param>
internal sealed class AlarmBookFile(string stateDirectory, string? bootId = null)
{
    /// <summary>More than a box can have at once; what is milder and younger is left out.</summary>
    public const int AlarmLimit = 512;

    private const int BytesLimit = 4 << 20;

    private readonly string _path = Path.Combine(stateDirectory, "alarms.json");

    /// <summary>What was read had been written before the machine was started anew.</summary>
    public bool IsOfEarlierBoot { get; private set; }

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
            var book = JsonSerializer.Deserialize(File.ReadAllBytes(_path), AlarmBookJson.Default.KeptAlarms);
            if (book?.Alarms is not { } kept || kept.Any(a => a is null || a.Code is null || a.Target is null || a.Text is null || a.NextStep is null))
                throw new JsonException("an alarm in it is not whole");
            IsOfEarlierBoot = book.BootId is { } then && bootId is { } now && then != now;
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
    public string? Write(IReadOnlyList<Alarm> standing) =>
        StateFile.Write(_path, new KeptAlarms(bootId, [.. standing.Take(AlarmLimit)]), AlarmBookJson.Default.KeptAlarms);

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

/// <param name="BootId">Of the boot in which it was written.</param>
/// <param name="Alarms">What stood, worst first.</param>
internal sealed record KeptAlarms(string? BootId, Alarm[]? Alarms);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(UtcMillisecondsConverter), typeof(SeverityConverter)])]
[JsonSerializable(typeof(KeptAlarms))]
internal sealed partial class AlarmBookJson : JsonSerializerContext;
