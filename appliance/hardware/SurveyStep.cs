namespace Appliance.Hardware;

/// <summary>One subject of a survey and when it is due. The first look reads everything; after it the subjects spread over their periods.</summary>
/// <param name="What">Named to whoever watches the thread.</param>
/// <param name="Every">Between two reads.</param>
/// <param name="EveryLoaded">The same while the GPU works.</param>
/// <param name="Turn">0 to 1: this GPU's place within the period, so that eight do not ask in the same second.</param>
/// <param name="Read">False where this GPU does not have the subject at all.</param>
internal sealed class SurveyStep(string what, TimeSpan every, TimeSpan everyLoaded, double turn, Func<bool> read)
{
    /// <summary>Looks come once a second, give or take: a period of five of them must not become six.</summary>
    private static readonly TimeSpan _slack = TimeSpan.FromMilliseconds(200);

    private TimeSpan? _readAt;
    private TimeSpan _notBefore;
    private bool _isPlaced;
    private bool _isThere;

    public string What => what;

    public Func<bool> Read => read;

    public void Restart() => (_readAt, _notBefore, _isPlaced, _isThere) = (null, TimeSpan.Zero, false, false);

    public bool IsDue(TimeSpan now, bool isLoaded) =>
        _readAt is not { } at || (now >= _notBefore && now - at >= (isLoaded ? everyLoaded : every) - _slack);

    /// <param name="found">False where there was nothing to read: what was never there is left alone for <paramref name="absentFor"/>.</param>
    public void Done(TimeSpan now, bool found, TimeSpan absentFor)
    {
        _isThere |= found;
        _notBefore = _isThere ? TimeSpan.Zero : now + absentFor;
        _readAt = _isPlaced ? now : now - every * (1 - turn);
        _isPlaced = true;
    }
}
