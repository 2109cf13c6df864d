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
        Controlled = Group(board.ControlledSensor);
    }

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

    internal int[] Controlled { get; }

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
