namespace BmcAgent;

/// <summary>
/// Is the daemon of this box alive? Its tick must move on, in its thermal frames or, where those are missing, in what it answers on its control
/// socket. Each verdict is given once; the next progress arms it again. Pure; times are monotonic.
/// </summary>
/// <param name="FrameAt">When a frame last showed progress, or when watching began.</param>
/// <param name="LifeAt">The same of frames and answers.</param>
/// <param name="Tick">The last tick seen; null before the first.</param>
internal readonly record struct Heartbeat(TimeSpan FrameAt, TimeSpan LifeAt, long? Tick, bool SilenceTold, bool DeathTold)
{
    /// <summary>Frames come once a second; a daemon that is started anew is back in two.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    /// <summary>A box that boots gets longer for the first one.</summary>
    public static readonly TimeSpan FirstLimit = TimeSpan.FromSeconds(15);

    /// <summary>The control socket is asked so long before the limit: waiting for an answer costs no time after it.</summary>
    public static readonly TimeSpan AskAhead = TimeSpan.FromSeconds(1);

    public static Heartbeat Begin(TimeSpan now) => new(now, now, null, false, false);

    public Heartbeat Beat(long tick, TimeSpan now) => tick == Tick ? this : new(now, now, tick, false, false);

    /// <summary>What the control socket said: life, but no frame.</summary>
    public Heartbeat Answer(long tick, TimeSpan now) => tick == Tick ? this : this with { LifeAt = now, Tick = tick, DeathTold = false };

    public bool IsToBeAsked(TimeSpan now) => now - FrameAt > LimitNow - AskAhead && now - LifeAt > AskAhead;

    /// <returns>The next state, and what is to be done now.</returns>
    public (Heartbeat Next, HeartbeatVerdict Verdict) Check(TimeSpan now) =>
        !DeathTold && now - LifeAt > LimitNow ? (this with { DeathTold = true }, HeartbeatVerdict.Dead)
        : !SilenceTold && !DeathTold && now - FrameAt > LimitNow ? (this with { SilenceTold = true }, HeartbeatVerdict.Silent)
        : (this, HeartbeatVerdict.None);

    private TimeSpan LimitNow => Tick is null ? FirstLimit : Limit;
}
