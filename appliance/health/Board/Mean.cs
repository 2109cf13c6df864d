namespace Appliance.Health.Board;

/// <summary>The mean of a value over a window, forgotten exponentially; known once it has been fed for long enough.</summary>
internal sealed class Mean(TimeSpan window)
{
    private double _mean;
    private TimeSpan _fed;
    private TimeSpan _lastAt = TimeSpan.MinValue;

    /// <summary>Null until half a window of values was seen.</summary>
    public double? Value => _fed >= window / 2 ? _mean : null;

    /// <param name="longest">A gap longer than this counts as this long: what was not seen is not made up.</param>
    public void Add(double value, TimeSpan at, TimeSpan longest)
    {
        if (_lastAt == TimeSpan.MinValue)
        {
            (_mean, _lastAt) = (value, at);
            return;
        }

        if (at <= _lastAt)
            return;
        var step = at - _lastAt < longest ? at - _lastAt : longest;
        _lastAt = at;
        var weight = Math.Max(step / window, _fed == TimeSpan.Zero ? 1 : step / (_fed + step));
        _mean += (value - _mean) * Math.Min(1, weight);
        _fed += step;
    }
}
