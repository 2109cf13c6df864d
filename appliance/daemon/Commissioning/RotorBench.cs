using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Commissioning;

/// <summary>
/// All fans and pumps of a board with one that may be slowed while the others stand at full. Written again at every look, which also feeds the
/// chips' own watchdogs. Stands in for the control loop, so whoever makes one holds the loop's lock.
/// </summary>
internal sealed class RotorBench : IDisposable
{
    private readonly HwmonTree _tree;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, Duty> _slowed = [];

    public RotorBench(Board board, string sysRoot, TimeProvider time)
    {
        _tree = new(sysRoot);
        _time = time;
        Rotors = [
            .. board.Fans.Select(f => (new Rotor(_tree, f.Name, f.Chip, f.Channel), f.MaxRpm)),
            .. board.Pumps.Select(p => (new Rotor(_tree, p.Name, p.Chip, p.Channel), p.MaxRpm)),
        ];
    }

    public IReadOnlyList<(Rotor Rotor, double MaxRpm)> Rotors { get; }

    public void Slow(string name, Duty duty) => _slowed[name] = duty;

    public void AllFull() => _slowed.Clear();

    /// <summary>Reads all, writes all.</summary>
    /// <returns>Turns a minute by name; null where a tachometer does not answer.</returns>
    public IReadOnlyDictionary<string, double?> Look()
    {
        var now = _time.GetElapsedTime(0);
        _tree.Refresh(now);
        var speeds = new Dictionary<string, double?>();
        foreach (var (rotor, _) in Rotors)
        {
            var seen = rotor.Read(now);
            rotor.Write(_slowed.GetValueOrDefault(rotor.Name, Duty.Full), seen, now);
            speeds[rotor.Name] = seen.Rpm is { HasValue: true, Quality: Quality.Good } rpm ? rpm.Value!.Value.Value : null;
        }

        return speeds;
    }

    /// <summary>What the chip holds, percent; null when it does not say.</summary>
    public double? Held(Rotor rotor) => rotor.Read(_time.GetElapsedTime(0)).Duty.Value is { } duty ? duty.Permille / 10.0 : null;

    /// <summary>Full, whatever happened.</summary>
    public void Dispose()
    {
        foreach (var (rotor, _) in Rotors)
            rotor.WriteFull();
        _tree.Dispose();
    }
}
