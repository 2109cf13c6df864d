namespace BmcAgent;

/// <summary>
/// Is the daemon of this box alive, judged by its thermal frames alone: the tick in them must move on. Silence is declared once;
/// the next progress arms it again. Pure; times are monotonic.
/// </summary>
/// <param name="ProgressAt">When the tick last moved, or when watching began.</param>
/// <param name="Tick">The last tick seen; null before the first.</param>
/// <param name="Declared">This silence has been declared already.</param>
internal readonly record struct Heartbeat(TimeSpan ProgressAt, long? Tick, bool Declared)
{
    /// <summary>Frames come once a second.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    /// <summary>A box that boots gets longer for the first one.</summary>
    public static readonly TimeSpan FirstLimit = TimeSpan.FromSeconds(15);

    public static Heartbeat Begin(TimeSpan now) => new(now, null, false);

    public Heartbeat Beat(long tick, TimeSpan now) => tick == Tick ? this : new(now, tick, false);

    /// <returns>The next state, and whether the silence is to be declared now.</returns>
    public (Heartbeat Next, bool Declare) Check(TimeSpan now)
    {
        var limit = Tick is null ? FirstLimit : Limit;
        return !Declared && now - ProgressAt > limit ? (this with { Declared = true }, true) : (this, false);
    }
}
