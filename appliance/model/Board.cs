using System.Text.Json;
using System.Text.Json.Serialization;

namespace Appliance.Model;

/// <summary>
/// The facts of one board, from <c>packaging/boards/&lt;board&gt;.json</c>: what is fitted, where the kernel shows it, what its limits
/// are. Facts only; how to control is in the code, how somebody wants it in appliance.json.
/// </summary>
public sealed record Board
{
    public required string Name { get; init; }

    /// <summary><c>liquid-to-air</c> or <c>liquid-to-liquid</c>.</summary>
    public required string Cooling { get; init; }

    /// <summary>
    /// The sensor group the setpoint is held at: <c>coolant_supply</c> (default), or <c>cabinet_inlet</c> on a liquid-to-liquid board, where fans
    /// hold the cabinet's air and the facility valve goes on holding the coolant.
    /// </summary>
    public string ControlledSensor { get; set; } = "coolant_supply";

    public double SetpointC { get; set; } = 38;

    public double BandK { get; set; } = 2;

    public required IReadOnlyList<BoardFan> Fans { get; init; }

    public required IReadOnlyList<BoardPump> Pumps { get; init; }

    public required IReadOnlyList<BoardSensor> Sensors { get; init; }

    /// <summary>Digital lines: leak ropes and spots, level switch, pump enable, valves, (de)humidifier.</summary>
    public IReadOnlyList<BoardLine> Lines { get; set; } = [];

    /// <summary>Modulating valves: facility water of a liquid-to-liquid box, a bypass past the radiator of a liquid-to-air one.</summary>
    public IReadOnlyList<BoardValve> Valves { get; set; } = [];

    /// <summary>A flow switch wired to the GPUs' power brake; null where the board has none.</summary>
    public BoardPowerBrake? PowerBrake { get; set; }

    public required BoardGpus Gpus { get; init; }
}

/// <summary>
/// Hardware of its own: without flow the switch pulls the power brake of every GPU, whether or not software runs. Read through a line of kind
/// <c>flow_switch</c> where the board has one.
/// </summary>
/// <param name="FlowBelowLMin">Flow below which the switch pulls, L/min; below what the pumps give at their floor.</param>
public sealed record BoardPowerBrake(double FlowBelowLMin);

/// <param name="Name"><c>fan1</c> … <c>fan6</c>.</param>
/// <param name="Chip">The hwmon chip's <c>name</c> file; never the hwmonN number, which the kernel renumbers.</param>
/// <param name="Channel">N of <c>pwmN</c> and <c>fanN_input</c>.</param>
/// <param name="MaxRpm">Tachometer at full duty against the fitted core.</param>
/// <param name="MinDutyPercent">Floor that DIMMs, NICs and power supplies behind the fan need.</param>
/// <param name="Skip">Duties at which this fan or the cabinet resonates: no fan rests there.</param>
public sealed record BoardFan(
    string Name, string Chip, int Channel, double MaxRpm, double MinDutyPercent, double MaxW, IReadOnlyList<DutyBand>? Skip = null);

public sealed record DutyBand(double FromPercent, double ToPercent);

public sealed record BoardPump(string Name, string Chip, int Channel, double MaxRpm, double MinDutyPercent, double MaxW);

/// <param name="Name"><c>coolant_supply1</c>, <c>flow1</c>, <c>humidity1</c> …</param>
/// <param name="Group">Redundant sensors share a group and are voted: <c>coolant_supply</c>, <c>coolant_return</c>, <c>flow</c> …</param>
/// <param name="Attribute">hwmon attribute without <c>_input</c>: <c>temp1</c>, <c>humidity1</c>, <c>fan7</c> for a flow meter.</param>
/// <param name="Scale">What one raw unit is in the group's unit (hwmon milli-degrees: 0.001).</param>
public sealed record BoardSensor(string Name, string Group, string Chip, string Attribute, string Unit, double Scale, double Min, double Max);

/// <param name="Kind">
/// <c>leak_rope</c>, <c>leak_spot</c>, <c>leak_wire</c> (wire break), <c>level_low</c>, <c>pump_enable</c>, <c>valve</c>, <c>dehumidifier</c>, <c>humidifier</c>,
/// <c>flow_switch</c> (holds while it pulls the GPUs' power brake).
/// </param>
/// <param name="ActiveLow">True where the line is low when the condition holds.</param>
/// <param name="Output">True where we drive it; a released output line must be the safe state by wiring.</param>
public sealed record BoardLine(string Name, string Kind, int GpioChip, int Offset, bool ActiveLow, bool Output = false)
{
    /// <summary>
    /// Switches a dehumidifier or a humidifier. Never a PWM output: full duty, which is what every fail-safe writes there, would make a humidifier run
    /// where a released line is off.
    /// </summary>
    [JsonIgnore]
    public bool SwitchesMoisture => Output && Kind is ("dehumidifier" or "humidifier");
}

/// <param name="Kind"><c>facility</c>: facility water through the exchanger. <c>bypass</c>: coolant past the radiator, for warmth at low load.</param>
/// <param name="Channel">N of <c>pwmN</c>. Wired so that full duty, which is what every fail-safe writes, cools most: a bypass is shut at full.</param>
public sealed record BoardValve(string Name, string Kind, string Chip, int Channel);

/// <param name="Count">GPUs fitted.</param>
/// <param name="MaxW">Power limit by default, W.</param>
/// <param name="MinLimitW">NVML's lowest limit, W.</param>
/// <param name="ThrottleC">Die temperature at which the GPU throttles itself, °C.</param>
public sealed record BoardGpus(int Count, double MaxW, double MinLimitW, double ThrottleC);

/// <summary>Reads a board file; errors name file, key, value and what would be right.</summary>
public static class BoardFile
{
    /// <exception cref="FormatException">One line for a person, starting with <paramref name="path"/>.</exception>
    public static Board Parse(ReadOnlySpan<byte> json, string path)
    {
        Board board;
        try
        {
            board = JsonSerializer.Deserialize(json, BoardJson.Default.Board)
                ?? throw new FormatException($"{path}: is empty; a board file is a JSON object.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"{path}:{(e.LineNumber ?? 0) + 1}: {e.Message}", e);
        }

        foreach (var fault in Faults(board))
            throw new FormatException($"{path}: {fault}");
        return board;
    }

    private static IEnumerable<string> Faults(Board board)
    {
        if (board.Cooling is not ("liquid-to-air" or "liquid-to-liquid"))
            yield return $"cooling is \"{board.Cooling}\"; it must be liquid-to-air or liquid-to-liquid.";
        if (board.Fans.Count == 0)
            yield return "fans is empty; a box without a fan cannot be cooled.";
        if (board.Pumps.Count == 0)
            yield return "pumps is empty; a liquid loop needs one.";
        if (board.SetpointC is < 15 or > 50)
            yield return $"setpoint_c is {board.SetpointC}; it must lie in 15..50.";
        if (board.BandK is <= 0 or > 10)
            yield return $"band_k is {board.BandK}; it must lie in 0..10.";
        if (!board.Sensors.Any(s => s.Group == board.ControlledSensor))
            yield return $"controlled_sensor is \"{board.ControlledSensor}\"; no sensor has that group.";
        if (board.ControlledSensor is not ("coolant_supply" or "cabinet_inlet"))
            yield return $"controlled_sensor is \"{board.ControlledSensor}\"; it must be coolant_supply or cabinet_inlet.";
        if (board is { ControlledSensor: "cabinet_inlet", Cooling: "liquid-to-air" })
            yield return "controlled_sensor is cabinet_inlet, but cooling is liquid-to-air: the same air cools the coolant, and fans cannot hold two temperatures.";
        foreach (var duplicate in board.Fans.Select(f => f.Name).Concat(board.Pumps.Select(p => p.Name))
            .Concat(board.Sensors.Select(s => s.Name)).Concat(board.Lines.Select(l => l.Name)).Concat(board.Valves.Select(v => v.Name)).GroupBy(n => n).Where(g => g.Count() > 1))
            yield return $"the name {duplicate.Key} is used {duplicate.Count()} times; names are unique.";
        foreach (var (fan, band) in board.Fans.SelectMany(f => (f.Skip ?? []).Select(b => (f, b))))
        {
            if (!(band.FromPercent >= fan.MinDutyPercent && band.FromPercent < band.ToPercent && band.ToPercent < 100))
                yield return $"{fan.Name}: skip {band.FromPercent}..{band.ToPercent} % must rise and lie between min_duty_percent {fan.MinDutyPercent} and 100.";
        }

        foreach (var valve in board.Valves.Where(v => v.Kind is not ("facility" or "bypass")))
            yield return $"{valve.Name}: kind is \"{valve.Kind}\"; it must be facility or bypass.";
        foreach (var kind in board.Valves.GroupBy(v => v.Kind).Where(k => k.Count() > 1))
            yield return $"valves names {kind.Count()} of kind {kind.Key}; there can be one.";
        if (board.Cooling == "liquid-to-air" && board.Valves.Any(v => v.Kind == "facility"))
            yield return "valves names a facility valve, but cooling is liquid-to-air.";
        if (board.Cooling == "liquid-to-liquid" && board.Valves.Any(v => v.Kind == "bypass"))
            yield return "valves names a bypass, but cooling is liquid-to-liquid: its facility valve keeps it warm.";
        foreach (var fault in MoistureFaults(board))
            yield return fault;
        if (board.PowerBrake is { FlowBelowLMin: not (> 0 and < 10) } brake)
            yield return $"power_brake: flow_below_l_min is {brake.FlowBelowLMin}; it must lie in 0..10.";
        foreach (var line in board.Lines.Where(l => l.Kind == "flow_switch" && board.PowerBrake is null))
            yield return $"{line.Name}: is a flow_switch, but the board names no power_brake that it pulls.";
        foreach (var sensor in board.Sensors.Where(s => s.Min >= s.Max))
            yield return $"{sensor.Name}: min {sensor.Min} is not below max {sensor.Max}.";
    }

    private static IEnumerable<string> MoistureFaults(Board board)
    {
        var devices = board.Lines.Where(l => l.Kind is "dehumidifier" or "humidifier").ToList();
        foreach (var line in devices.Where(l => !l.Output))
            yield return $"{line.Name}: a {line.Kind} is driven; its line needs \"output\": true.";
        foreach (var kind in devices.GroupBy(l => l.Kind).Where(k => k.Count() > 1))
            yield return $"lines names {kind.Count()} of kind {kind.Key}; there can be one.";
        if (devices.Count > 0 && !board.Sensors.Any(s => s.Group == "humidity"))
            yield return $"{devices[0].Name}: no sensor has the group humidity, which it is driven by.";
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true)]
[JsonSerializable(typeof(Board))]
public sealed partial class BoardJson : JsonSerializerContext;
