namespace BmcAgent;

/// <summary>What the watch is to do now.</summary>
internal enum HeartbeatVerdict
{
    /// <summary>Frames come, or everything was said already.</summary>
    None,

    /// <summary>No frame, but the daemon answers and its loop moves: to be told, not to be acted on.</summary>
    Silent,

    /// <summary>No sign that the loop moves: cool.</summary>
    Dead,
}
