using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// The box as the loop sees it: read everything, write a duty, write a limit, write a line. The same code on a box and on the twin;
/// only where digital lines come from differs, and GPUs are whatever feed it was given. Used by the loop's thread alone.
/// </summary>
public sealed class BoxHardware : IDisposable
{
    private readonly HwmonTree _tree;
    private readonly Rotor[] _fans;
    private readonly Rotor[] _pumps;
    private readonly Rotor[] _valves;
    private readonly SensorInput[] _sensors;
    private readonly DigitalLines _lines;

    /// <param name="simulated">True: lines are files below <paramref name="sysRoot"/>; false: the kernel's GPIO.</param>
    /// <param name="gpus">Where readings of GPUs come from; disposed with this.</param>
    public BoxHardware(Board board, string sysRoot, bool simulated, IGpuFeed gpus)
    {
        Board = board;
        _tree = new(sysRoot);
        _fans = [.. board.Fans.Select(fan => new Rotor(_tree, fan.Name, fan.Chip, fan.Channel))];
        _pumps = [.. board.Pumps.Select(pump => new Rotor(_tree, pump.Name, pump.Chip, pump.Channel))];
        _valves = [.. board.Valves.Select(valve => new Rotor(_tree, valve.Name, valve.Chip, valve.Channel))];
        _sensors = [.. board.Sensors.Select(sensor => new SensorInput(_tree, sensor))];
        _lines = simulated ? DigitalLines.OnTwin(board.Lines, sysRoot) : DigitalLines.OnBox(board.Lines);
        Gpus = gpus;
    }

    public Board Board { get; }

    public IGpuFeed Gpus { get; }

    public IReadOnlyList<Rotor> Fans => _fans;

    public IReadOnlyList<Rotor> Pumps => _pumps;

    /// <summary>Modulating valves: an output like a rotor's, without a tachometer.</summary>
    public IReadOnlyList<Rotor> Valves => _valves;

    /// <summary>Starts the GPU feed; everything else is read in the caller's thread.</summary>
    public void Start() => Gpus.Start();

    public void Read(HardwareSample into, TimeSpan now)
    {
        _tree.Refresh(now);
        for (var i = 0; i < _sensors.Length; i++)
            into.Sensors[i] = _sensors[i].Read(now);
        for (var i = 0; i < _fans.Length; i++)
            into.Fans[i] = _fans[i].Read(now);
        for (var i = 0; i < _pumps.Length; i++)
            into.Pumps[i] = _pumps[i].Read(now);
        for (var i = 0; i < Board.Lines.Count; i++)
            into.Lines[i] = _lines.Read(i, now);
        Gpus.Read(into.Gpus);
    }

    public bool WriteLine(int index, bool active, TimeSpan now) => _lines.Write(index, active, now);

    public void Dispose()
    {
        Gpus.Dispose();
        _lines.Dispose();
        _tree.Dispose(); // closes name files only: duties stay as they stand
    }
}
