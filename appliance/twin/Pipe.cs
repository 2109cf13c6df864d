namespace Appliance.Twin;

/// <summary>
/// Plug flow: what enters leaves after volume / flow, so the dead time varies with the pump. Cells of equal volume in a ring;
/// the cell at the inlet fills up while the one at the outlet drains, which interpolates between whole cells.
/// </summary>
internal sealed class Pipe
{
    private const int Cells = 64;
    private readonly double[] _c = new double[Cells];
    private readonly double _cellL;
    private int _head;
    private double _filled;
    private double _entering;

    public Pipe(double volumeL, double celsius)
    {
        _cellL = volumeL / Cells;
        Fill(celsius);
    }

    public void Fill(double celsius)
    {
        Array.Fill(_c, celsius);
        _filled = 0;
        _entering = 0;
    }

    /// <summary>Temperature at the far end now.</summary>
    public double OutC => _c[_head];

    /// <summary>Pushes <paramref name="litres"/> in at one end; returns the mean temperature of what came out at the other.</summary>
    public double Push(double litres, double celsius)
    {
        if (litres <= 0)
            return _c[_head];
        var remaining = litres;
        double sum = 0;
        while (remaining > 0)
        {
            var part = Math.Min(remaining, _cellL - _filled);
            sum += part * _c[_head];
            _entering += part * celsius;
            _filled += part;
            remaining -= part;
            if (_filled >= _cellL - 1e-12)
            {
                _c[_head] = _entering / _filled;
                _head = _head + 1 == Cells ? 0 : _head + 1;
                _filled = 0;
                _entering = 0;
            }
        }

        return sum / litres;
    }
}
