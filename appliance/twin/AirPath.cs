namespace Appliance.Twin;

/// <summary>
/// Fans in parallel push through one core. Each fan: p = n²·P0 − b·q² (affinity laws are in the n²); the core: p = r·Q².
/// A standing rotor lets air back through its slot, so a dead fan costs more than its share.
/// </summary>
internal sealed class AirPath
{
    private readonly double _shutOff;
    private readonly double _fan;
    private readonly double _back;
    private readonly double _core;
    private readonly double[] _last;
    private readonly bool[] _lastOpen;
    private double _pressure;
    private double _flow;

    public AirPath(PlantParameters p, int fans)
    {
        _shutOff = p.FanShutOffPa;
        _core = p.CorePa / (p.AirM3S * p.AirM3S);
        var each = p.AirM3S / fans;
        _fan = (_shutOff - p.CorePa) / (each * each);
        _back = _fan * p.BackflowImpedance;
        _last = new double[fans];
        _lastOpen = new bool[fans];
        Array.Fill(_last, -1);
    }

    /// <param name="speed">0..1 of full speed per fan.</param>
    /// <param name="open">Slot without a fan: a hole.</param>
    /// <returns>Air through the core, m³/s.</returns>
    public double Flow(ReadOnlySpan<double> speed, ReadOnlySpan<bool> open)
    {
        var same = true;
        double moved = 0;
        for (var i = 0; i < speed.Length; i++)
        {
            moved = Math.Max(moved, Math.Abs(speed[i] - _last[i]));
            same &= open[i] == _lastOpen[i];
        }

        if (same && moved < 1e-4)
            return _flow;
        speed.CopyTo(_last);
        open.CopyTo(_lastOpen);
        return _flow = Solve(speed, open);
    }

    private double Solve(ReadOnlySpan<double> speed, ReadOnlySpan<bool> open)
    {
        double fastest = 0;
        for (var i = 0; i < speed.Length; i++)
            fastest = Math.Max(fastest, open[i] ? 0 : speed[i]);
        if (fastest < 1e-4)
            return _pressure = 0;
        double low = 0;
        var high = fastest * fastest * _shutOff;
        var p = _pressure > low && _pressure < high ? _pressure : 0.3 * high;
        for (var k = 0; k < 40; k++)
        {
            var surplus = Surplus(p, speed, open, out var slope);
            if (surplus > 0)
                low = p;
            else
                high = p;
            var next = p - surplus / slope;
            if (!(next > low && next < high))
                next = 0.5 * (low + high);
            if (Math.Abs(next - p) < 1e-6 * (p + 1e-6))
            {
                p = next;
                break;
            }

            p = next;
        }

        _pressure = p;
        return Math.Sqrt(p / _core);
    }

    /// <summary>Air the fans give at this pressure less what the core takes; falls with pressure.</summary>
    private double Surplus(double p, ReadOnlySpan<double> speed, ReadOnlySpan<bool> open, out double slope)
    {
        var core = Math.Sqrt(p / _core);
        double sum = -core;
        slope = -0.5 * core / Math.Max(p, 1e-9);
        for (var i = 0; i < speed.Length; i++)
        {
            var head = open[i] ? 0 : speed[i] * speed[i] * _shutOff;
            var drop = head - p;
            var impedance = drop >= 0 ? _fan : open[i] ? _fan * 0.5 : _back;
            var q = Math.Sqrt(Math.Abs(drop) / impedance);
            sum += drop >= 0 ? q : -q;
            slope -= 0.5 * q / Math.Max(Math.Abs(drop), 1e-6);
        }

        return sum;
    }
}
