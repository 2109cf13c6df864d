using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>What the estimator and controller must know of this box: the board's facts and somebody's wishes. Immutable.</summary>
public sealed class ThermalSettings
{
    private ThermalSettings(Board board, double setpointC, double downSlewPerS, TimeSpan manualTimeout)
    {
        Board = board;
        SetpointC = setpointC;
        BandK = board.BandK;
        DownSlewPerS = downSlewPerS;
        ManualTimeout = manualTimeout;
        Supply = Group("coolant_supply");
        Return = Group("coolant_return");
        Flow = Group("flow");
        Ambient = Group("ambient");
        Humidity = Group("humidity");
        Level = Group("level");
        FacilitySupply = Group("facility_supply");
        FacilityFlow = Group("facility_flow");
        CabinetInlet = Group("cabinet_inlet");
        HoldsCabinet = board.ControlledSensor == "cabinet_inlet";
        MinFan = board.Fans.Max(f => f.MinDutyPercent) / 100;
        MinPump = board.Pumps.Max(p => p.MinDutyPercent) / 100;
        Coolant = [.. Supply, .. Return];
        Liquid = board.Cooling == "liquid-to-liquid";
        Bypass = board.Valves.Any(v => v.Kind == "bypass");
        FlowSwitch = board.Lines.Select((line, index) => (line, index)).Where(l => l.line.Kind == "flow_switch").Select(l => l.index).FirstOrDefault(-1);
        Dehumidifier = board.Lines.Any(l => l is { SwitchesMoisture: true, Kind: "dehumidifier" });
        Humidifier = board.Lines.Any(l => l is { SwitchesMoisture: true, Kind: "humidifier" });
        Model = new(Liquid ? LoopDesign.LiquidToLiquid : LoopDesign.LiquidToAir);
        _temperature = [.. board.Sensors.Select(s => s.Unit == "C")];
    }

    private readonly bool[] _temperature;

    public Board Board { get; }

    public double SetpointC { get; }

    public double BandK { get; }

    /// <summary>Fastest a fan may be slowed down, fraction of full scale per second.</summary>
    public double DownSlewPerS { get; }

    public TimeSpan ManualTimeout { get; }

    internal int[] Supply { get; }

    internal int[] Return { get; }

    internal int[] Flow { get; }

    internal int[] Ambient { get; }

    internal int[] Humidity { get; }

    internal int[] Level { get; }

    internal int[] FacilitySupply { get; }

    internal int[] FacilityFlow { get; }

    internal int[] CabinetInlet { get; }

    /// <summary>Fans hold the air at the cabinet's inlet; the facility valve holds the coolant.</summary>
    internal bool HoldsCabinet { get; }

    /// <summary>Every thermometer in the coolant.</summary>
    internal int[] Coolant { get; }

    internal bool Liquid { get; }

    /// <summary>The board has a valve that leads coolant past the radiator.</summary>
    internal bool Bypass { get; }

    /// <summary>The line by which the switch at the GPUs' power brake is read; −1 where there is none.</summary>
    internal int FlowSwitch { get; }

    internal bool Dehumidifier { get; }

    internal bool Humidifier { get; }

    internal LoopModel Model { get; }

    /// <summary>Least drive of the cold fluid: the fans' floor, or a valve nearly shut.</summary>
    internal double MinDrive => Liquid ? 0.01 : MinFan;

    internal double MinFan { get; }

    internal double MinPump { get; }

    // What the rest of the node gives to its air, and what that air can carry at full speed (both kinds of cooling).
    internal static double AirSideIdleW => LoopDesign.LiquidToAir.AirSideIdleW;

    internal static double AirSidePerW => LoopDesign.LiquidToAir.AirSidePerW;

    internal static double AirWPerK => LoopDesign.LiquidToAir.ColdWPerK;

    /// <summary>Heat that comes round to a closed cabinet's inlet, W, while the GPUs draw this much.</summary>
    internal static double AirComesRoundW(LoopDesign design, double gpuW) =>
        design.Recirculation / (1 - design.Recirculation) * (AirSideIdleW + AirSidePerW * gpuW);

    /// <summary>Level below which the pumps will soon draw air, percent.</summary>
    internal static double LevelAlarmPercent => 60;

    internal bool IsTemperature(int sensor) => _temperature[sensor];

    /// <summary>Air through the core with this many fans turning, as a share of all: a standing one also lets air back.</summary>
    internal double AirShare(int alive) => Math.Max(0.05, 1 - 1.2 * (Board.Fans.Count - alive) / Board.Fans.Count);

    /// <summary>Flow the design gives for these pump speeds: all alike, or one that pushes alone against closed non-return valves.</summary>
    internal double DesignFlowLMin(double most, double sum)
    {
        var design = Model.Design;
        var share = Board.Pumps.Count > 1 && most > 0 ? Math.Clamp((sum / most - 1) / (Board.Pumps.Count - 1), 0, 1) : 1;

        // A slower pump's valve stays shut until its head reaches the other's.
        var helps = Math.Clamp((share - 0.75) / 0.25, 0, 1);
        return design.BothPumpsLMin * most * (design.OnePumpShare + (1 - design.OnePumpShare) * helps);
    }

    internal int WireOf(string rope)
    {
        for (var i = 0; i < Board.Lines.Count; i++)
        {
            if (Board.Lines[i].Kind == "leak_wire" && Board.Lines[i].Name.StartsWith(rope, StringComparison.Ordinal))
                return i;
        }

        return -1;
    }

    /// <exception cref="ArgumentException">The board has more of something than <see cref="Limits"/> allows.</exception>
    public static ThermalSettings From(Board board, DaemonConfig config)
    {
        ArgumentNullException.ThrowIfNull(board);
        ArgumentNullException.ThrowIfNull(config);
        AtMost(board.Fans.Count, Limits.Fans, "fans");
        AtMost(board.Pumps.Count, Limits.Pumps, "pumps");
        AtMost(board.Sensors.Count, Limits.Sensors, "sensors");
        AtMost(board.Lines.Count, Limits.Lines, "lines");
        AtMost(board.Gpus.Count, Limits.Gpus, "gpus");
        return new(board, config.SetpointC ?? board.SetpointC, config.DownSlewPercentPerS / 100, TimeSpan.FromMinutes(config.ManualTimeoutMin));
    }

    private static void AtMost(int count, int limit, string what)
    {
        if (count > limit)
            throw new ArgumentException($"The board has {count} {what}; at most {limit} are supported.");
    }

    private int[] Group(string name) =>
        [.. Board.Sensors.Select((sensor, index) => (sensor, index)).Where(s => s.sensor.Group == name).Select(s => s.index)];
}
