using System.Runtime.CompilerServices;

namespace Appliance.Thermal;

/// <summary>
/// What lies in a pipe, by volume instead of by time: with the flow the dead time varies, the content does not. Kept as a value
/// so that it belongs to the state.
/// </summary>
internal struct VolumePipe
{
    private const int Cells = 64;
    private Content _c;
    private int _head;
    private double _filledL;
    private double _entering;
    private bool _started;

    public bool Started => _started;

    public void Push(double totalL, double litres, double celsius)
    {
        if (!_started)
        {
            for (var i = 0; i < Cells; i++)
                _c[i] = celsius;
            _started = true;
        }

        var cell = totalL / Cells;
        var left = Math.Min(litres, totalL);
        while (left > 0)
        {
            var part = Math.Min(left, cell - _filledL);
            _entering += part * celsius;
            _filledL += part;
            left -= part;
            if (_filledL < cell - 1e-12)
                return;
            _c[_head] = _entering / _filledL;
            _head = (_head + 1) % Cells;
            _filledL = 0;
            _entering = 0;
        }
    }

    /// <summary>Adds to the content, inlet first: each value holds for its share of the pipe.</summary>
    public void Shift(ReadOnlySpan<double> kelvin)
    {
        _entering += kelvin[0] * _filledL;
        for (var i = 0; i < Cells; i++)
            _c[(_head + Cells - 1 - i) % Cells] += kelvin[i * kelvin.Length / Cells];
    }

    /// <summary>Temperature of the coolant this many litres behind the inlet.</summary>
    public readonly double At(double totalL, double litres)
    {
        var cell = totalL / Cells;
        var back = (litres - _filledL) / cell;
        if (back < 0)
            return _filledL > 0 ? _entering / _filledL : _c[(_head + Cells - 1) % Cells];
        var k = Math.Min((int)back, Cells - 1);
        var share = Math.Min(back - k, 1);
        var near = _c[(_head + Cells - 1 - k + Cells) % Cells];
        var far = _c[(_head + Cells - 1 - Math.Min(k + 1, Cells - 1) + Cells) % Cells];
        return near + share * (far - near);
    }

    [InlineArray(Cells)]
    private struct Content
    {
        private double _first;
    }
}
