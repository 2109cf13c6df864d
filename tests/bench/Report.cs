using System.Globalization;
using System.Text.Json;

namespace Bench;

/// <param name="Limit">At most this; null where there is nothing to hold it to.</param>
internal sealed record Row(string What, double Value, double? Limit, string Unit, string Note = "");

internal static class Report
{
    /// <summary>The table for people, and artifacts/bench/NAME.json. Returns 1 when a limit is missed.</summary>
    public static int Print(string name, IReadOnlyList<Row> rows)
    {
        var missed = 0;
        foreach (var row in rows)
        {
            var verdict = row.Limit is not { } limit ? "     " : row.Value <= limit ? "ok   " : "MISS ";
            missed += verdict == "MISS " ? 1 : 0;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{verdict} {row.What,-48} {row.Value,10:0.0} {row.Unit,-9} {(row.Limit is { } l ? $"≤ {l:0}" : ""),-8} {row.Note}"));
        }

        var folder = Path.Combine(BenchBox.Programs, "bench");
        Directory.CreateDirectory(folder);
        using var stream = File.Create(Path.Combine(folder, name + ".json"));
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartArray();
        foreach (var row in rows)
        {
            json.WriteStartObject();
            json.WriteString("what", row.What);
            json.WriteNumber("value", row.Value);
            if (row.Limit is { } limit)
                json.WriteNumber("limit", limit);
            json.WriteString("unit", row.Unit);
            json.WriteString("note", row.Note);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        return missed == 0 ? 0 : 1;
    }
}
