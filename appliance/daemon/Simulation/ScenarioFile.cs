using System.Text.Json;
using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>Reads scenario files. Every error names the place and says what would be right.</summary>
public static class ScenarioFile
{
    private static readonly string[] RootKeys = ["name", "duration_s", "plant", "ambient_c", "room_rh_percent", "gpu_power_w", "faults"];
    private static readonly string[] PlantKeys = ["cooling", "seed", "spread"];
    private static readonly string[] FaultKeys = ["t_s", "until_s", "kind", "target", "value"];
    private static readonly string[] CsvKeys = ["csv", "time", "column", "repeat"];

    /// <param name="path">For messages, and the folder a csv is relative to.</param>
    /// <exception cref="FormatException">One line, starting with <paramref name="path"/>.</exception>
    public static Scenario Read(string path, Board board)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{path}: {(e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message)}", e);
        }

        return Parse(bytes, path, board);
    }

    public static Scenario Parse(ReadOnlySpan<byte> json, string path, Board board)
    {
        ArgumentNullException.ThrowIfNull(board);
        try
        {
            var reader = new Utf8JsonReader(json, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            using var document = JsonDocument.ParseValue(ref reader);
            return Root(document.RootElement, Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".", board);
        }
        catch (JsonException e)
        {
            throw new FormatException($"{path}:{(e.LineNumber ?? 0) + 1}: {e.Message}", e);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }
    }

    private static Scenario Root(JsonElement root, string folder, Board board)
    {
        Known(root, "the scenario", RootKeys);
        var scenario = new Scenario
        {
            Name = Text(root, "name", "the scenario") ?? Path.GetFileName(folder),
            DurationS = Number(root, "duration_s", "the scenario") ?? throw new FormatException("duration_s is missing; it is the length of the run in seconds"),
            GpuPowerW = root.TryGetProperty("gpu_power_w", out var power)
                ? Power(power, folder, board)
                : throw new FormatException("gpu_power_w is missing; it is {\"profile\": [[t_s, W], …]}, an array of profiles or {\"csv\": …}"),
        };
        if (scenario.DurationS is <= 0 or > 31_536_000)
            throw new FormatException($"duration_s is {scenario.DurationS}; it must lie in 0..31536000");
        if (root.TryGetProperty("ambient_c", out var ambient))
            scenario = scenario with { AmbientC = Points(ambient, "ambient_c", -20, 60) };
        if (root.TryGetProperty("room_rh_percent", out var humidity))
            scenario = scenario with { RoomRhPercent = Points(humidity, "room_rh_percent", 0, 100) };
        if (root.TryGetProperty("plant", out var plant))
            scenario = Plant(scenario, plant);
        if (root.TryGetProperty("faults", out var faults))
            scenario = scenario with { Faults = Faults(faults, board) };
        return scenario;
    }

    private static Scenario Plant(Scenario scenario, JsonElement plant)
    {
        Known(plant, "plant", PlantKeys);
        var cooling = Text(plant, "cooling", "plant");
        if (cooling is not (null or "liquid-to-air" or "liquid-to-liquid"))
            throw new FormatException($"plant.cooling is \"{cooling}\"; it must be liquid-to-air or liquid-to-liquid");
        var spread = Number(plant, "spread", "plant") ?? 0;
        if (spread is < 0 or > 0.5)
            throw new FormatException($"plant.spread is {spread}; it must lie in 0..0.5");
        var seed = Number(plant, "seed", "plant") ?? 1;
        if (seed != Math.Floor(seed) || seed is < 0 or > int.MaxValue)
            throw new FormatException($"plant.seed is {seed}; it must be a whole number in 0..{int.MaxValue}");
        return scenario with { Cooling = cooling, Spread = spread, Seed = (int)seed };
    }

    private static List<Series> Power(JsonElement power, string folder, Board board)
    {
        if (power.ValueKind == JsonValueKind.Array && power.GetArrayLength() > 0 && power[0].ValueKind == JsonValueKind.Object)
        {
            if (power.GetArrayLength() != board.Gpus.Count)
                throw new FormatException($"gpu_power_w has {power.GetArrayLength()} profiles; the board has {board.Gpus.Count} GPUs");
            return [.. power.EnumerateArray().Select(one => Profile(one, folder))];
        }

        if (power.ValueKind == JsonValueKind.Array && power.GetArrayLength() == board.Gpus.Count
            && power[0].ValueKind == JsonValueKind.Array && power[0].GetArrayLength() > 0 && power[0][0].ValueKind == JsonValueKind.Array)
            return [.. power.EnumerateArray().Select(one => Points(one, "gpu_power_w", 0, 2000))];
        return [power.ValueKind == JsonValueKind.Array ? Points(power, "gpu_power_w", 0, 2000) : Profile(power, folder)];
    }

    private static Series Profile(JsonElement profile, string folder)
    {
        if (profile.ValueKind != JsonValueKind.Object)
            throw new FormatException("gpu_power_w must be {\"profile\": [[t_s, W], …]}, an array of profiles or {\"csv\": …}");
        if (profile.TryGetProperty("csv", out var csv))
        {
            Known(profile, "gpu_power_w", CsvKeys);
            return Csv(
                Path.Combine(folder, csv.GetString() ?? ""),
                Text(profile, "time", "gpu_power_w") ?? "t_s",
                Text(profile, "column", "gpu_power_w") ?? "power_inst_w",
                profile.TryGetProperty("repeat", out var repeat) && repeat.ValueKind == JsonValueKind.True);
        }

        Known(profile, "gpu_power_w", ["profile"]);
        return profile.TryGetProperty("profile", out var points)
            ? Points(points, "gpu_power_w.profile", 0, 2000)
            : throw new FormatException("gpu_power_w has neither profile nor csv");
    }

    private static Series Csv(string path, string timeColumn, string valueColumn, bool repeat)
    {
        if (!File.Exists(path))
            throw new FormatException($"gpu_power_w.csv: {path} does not exist");
        var lines = File.ReadAllLines(path);
        if (lines.Length < 2)
            throw new FormatException($"gpu_power_w.csv: {path} has no rows");
        var header = lines[0].Split(',');
        var time = Array.IndexOf(header, timeColumn);
        var value = Array.IndexOf(header, valueColumn);
        if (time < 0 || value < 0)
            throw new FormatException($"gpu_power_w: no column \"{(time < 0 ? timeColumn : valueColumn)}\" in {path}; known are {string.Join(", ", header)}");
        var t = new List<double>();
        var v = new List<double>();
        for (var i = 1; i < lines.Length; i++)
        {
            var cells = lines[i].Split(',');
            if (cells.Length <= Math.Max(time, value))
                continue;
            if (!double.TryParse(cells[time], out var at) || !double.TryParse(cells[value], out var watts))
                throw new FormatException($"{path}:{i + 1}: {timeColumn} and {valueColumn} must be numbers");
            t.Add(at);
            v.Add(watts);
        }

        return new([.. t], [.. v], repeat);
    }

    private static Series Points(JsonElement points, string where, double min, double max)
    {
        if (points.ValueKind != JsonValueKind.Array || points.GetArrayLength() == 0)
            throw new FormatException($"{where} must be [[t_s, value], …]");
        var t = new List<double>();
        var v = new List<double>();
        foreach (var point in points.EnumerateArray())
        {
            if (point.ValueKind != JsonValueKind.Array || point.GetArrayLength() != 2
                || point[0].ValueKind != JsonValueKind.Number || point[1].ValueKind != JsonValueKind.Number)
                throw new FormatException($"{where}: {point.GetRawText()} is not a [t_s, value] point");
            var value = point[1].GetDouble();
            if (value < min || value > max)
                throw new FormatException($"{where}: {value} must lie in {min}..{max}");
            t.Add(point[0].GetDouble());
            v.Add(value);
        }

        try
        {
            return new([.. t], [.. v]);
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"{where}: {e.Message}", e);
        }
    }

    private static List<ScenarioFault> Faults(JsonElement faults, Board board)
    {
        if (faults.ValueKind != JsonValueKind.Array)
            throw new FormatException("faults must be an array");
        var list = new List<ScenarioFault>();
        foreach (var fault in faults.EnumerateArray())
        {
            var where = $"faults[{list.Count}]";
            Known(fault, where, FaultKeys);
            var kind = Text(fault, "kind", where)
                ?? throw new FormatException($"{where}: kind is missing; known are {string.Join(", ", FaultCatalogue.All.Select(f => f.Name))}");
            var at = Number(fault, "t_s", where) ?? throw new FormatException($"{where}: t_s is missing");
            var until = Number(fault, "until_s", where);
            if (until <= at)
                throw new FormatException($"{where}: until_s {until} is not after t_s {at}");
            try
            {
                list.Add(new(at, until, FaultCatalogue.Parse(kind, Text(fault, "target", where), Number(fault, "value", where), board)));
            }
            catch (FormatException e)
            {
                throw new FormatException($"{where}: {e.Message}", e);
            }
        }

        return list;
    }

    private static void Known(JsonElement element, string where, string[] known)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new FormatException($"{where} must be an object");
        foreach (var property in element.EnumerateObject())
        {
            if (!known.Contains(property.Name))
                throw new FormatException($"unknown key \"{property.Name}\" in {where}; known are {string.Join(", ", known)}");
        }
    }

    private static string? Text(JsonElement element, string key, string where) =>
        !element.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw new FormatException($"{where}: {key} must be a text");

    private static double? Number(JsonElement element, string key, string where) =>
        !element.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Number ? value.GetDouble()
        : throw new FormatException($"{where}: {key} must be a number");
}
