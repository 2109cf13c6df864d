namespace Appliance.Health.Board;

/// <summary>
/// How much a counter grew within a window that slides. A counter that went back (driver loaded again, reboot, port reset) begins anew
/// and counts nothing; a value that is missing leaves the counter as it was.
/// </summary>
internal sealed class Growth(TimeSpan window)
{
    private const int Buckets = 12;

    private readonly double[] _grown = new double[Buckets];
    private readonly long[] _of = Enumerable.Repeat(-1L, Buckets).ToArray();
    private readonly TimeSpan _width = window / Buckets;
    private long? _last;
    private TimeSpan _lastAt = TimeSpan.MinValue;
    private TimeSpan _since = TimeSpan.MinValue;

    /// <summary>How long it has been watched, at most the window.</summary>
    public TimeSpan Watched(TimeSpan now) => _since == TimeSpan.MinValue ? TimeSpan.Zero : now - _since < window ? now - _since : window;

    /// <summary>What came since the last value; zero for the first, for the same reading again and for a counter that went back.</summary>
    public long Add(long? value, TimeSpan at)
    {
        if (value is not { } now || at <= _lastAt)
            return 0;
        var grown = _last is { } last && now >= last ? now - last : 0;
        if (_since == TimeSpan.MinValue)
            _since = at;
        (_last, _lastAt) = (now, at);
        var bucket = at.Ticks / _width.Ticks;
        var slot = (int)(bucket % Buckets);
        if (_of[slot] != bucket)
            (_of[slot], _grown[slot]) = (bucket, 0);
        _grown[slot] += grown;
        return grown;
    }

    /// <summary>Within the window that ends now.</summary>
    public double Sum(TimeSpan now)
    {
        var newest = now.Ticks / _width.Ticks;
        var sum = 0.0;
        for (var i = 0; i < Buckets; i++)
        {
            if (_of[i] > newest - Buckets)
                sum += _grown[i];
        }

        return sum;
    }

    public double PerSecond(TimeSpan now) => Watched(now) is var watched && watched > TimeSpan.Zero ? Sum(now) / watched.TotalSeconds : 0;
}
