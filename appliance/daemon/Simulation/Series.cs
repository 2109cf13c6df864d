namespace Appliance.Daemon.Simulation;

/// <summary>A piecewise linear series of a scenario: [t_s, value] points, held flat before the first and after the last.</summary>
public sealed class Series
{
    private readonly double[] _t;
    private readonly double[] _v;
    private readonly bool _repeat;
    private int _at;

    public Series(double[] timesS, double[] values, bool repeat = false)
    {
        ArgumentNullException.ThrowIfNull(timesS);
        ArgumentNullException.ThrowIfNull(values);
        if (timesS.Length == 0 || timesS.Length != values.Length)
            throw new ArgumentException("a series needs at least one [t_s, value] point");
        for (var i = 1; i < timesS.Length; i++)
        {
            if (timesS[i] < timesS[i - 1])
                throw new ArgumentException($"time goes back from {timesS[i - 1]} s to {timesS[i]} s");
        }

        _t = timesS;
        _v = values;
        _repeat = repeat;
    }

    public static Series Constant(double value) => new([0], [value]);

    /// <summary>Time of the last point at which the value changes; 0 when it never does, null when it goes on for ever.</summary>
    public double? LastChangeS
    {
        get
        {
            if (_repeat)
                return null;
            for (var i = _t.Length - 1; i > 0; i--)
            {
                if (_v[i] != _v[i - 1])
                    return _t[i];
            }

            return 0;
        }
    }

    public double Max => _v.Max();

    /// <summary>Time of the last point, s.</summary>
    public double LastS => _t[^1];

    /// <summary>Value at this time. Cheap when called with times that grow.</summary>
    public double At(double tS)
    {
        if (_repeat && tS > _t[^1])
            tS = _t[0] + (tS - _t[0]) % Math.Max(_t[^1] - _t[0], 1e-9);
        if (_at >= _t.Length || tS < _t[_at])
            _at = 0;
        while (_at + 1 < _t.Length && _t[_at + 1] <= tS)
            _at++;
        if (_at + 1 >= _t.Length || tS <= _t[_at])
            return _v[_at];
        var share = (tS - _t[_at]) / (_t[_at + 1] - _t[_at]);
        return _v[_at] + share * (_v[_at + 1] - _v[_at]);
    }

    public Series Copy() => new(_t, _v, _repeat);
}
