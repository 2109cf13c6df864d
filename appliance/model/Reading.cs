namespace Appliance.Model;

/// <summary>How far a value may be trusted. <c>default</c> is <see cref="Absent"/>: nothing was ever read.</summary>
public enum Quality : byte
{
    /// <summary>Nothing there: not wired, not supported, never answered.</summary>
    Absent,

    /// <summary>Read now and plausible.</summary>
    Good,

    /// <summary>Was good; has not been refreshed for longer than its time to live.</summary>
    Stale,

    /// <summary>Answers, but contradicts physics or its neighbours.</summary>
    Suspect,
}

/// <summary>A value with the uptime it was read at and its quality. An absent reading has no value: not 0, not NaN.</summary>
public readonly record struct Reading<T>
    where T : struct
{
    private readonly T _value;

    private Reading(T value, TimeSpan at, Quality quality)
    {
        _value = value;
        At = at;
        Quality = quality;
    }

    /// <summary>Uptime of the read; zero for an absent reading.</summary>
    public TimeSpan At { get; }

    public Quality Quality { get; }

    public bool IsGood => Quality == Quality.Good;

    public bool HasValue => Quality != Quality.Absent;

    /// <summary>Null when absent.</summary>
    public T? Value => HasValue ? _value : null;

    public static Reading<T> Absent => default;

    public static Reading<T> Good(T value, TimeSpan at) => new(value, at, Quality.Good);

    public static Reading<T> Suspect(T value, TimeSpan at) => new(value, at, Quality.Suspect);

    /// <summary>The same value, called stale once it is older than <paramref name="timeToLive"/>.</summary>
    public Reading<T> Aged(TimeSpan now, TimeSpan timeToLive) =>
        Quality is Quality.Good && now - At > timeToLive ? new(_value, At, Quality.Stale) : this;

    public Reading<T> WithQuality(Quality quality) => HasValue ? new(_value, At, quality) : this;

    public TimeSpan Age(TimeSpan now) => now - At;
}
