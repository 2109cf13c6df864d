namespace Appliance.Bus;

public sealed record EventOutboxOptions
{
    /// <summary>Events nobody has acknowledged, bytes on disk. Beyond it new events are refused and counted, and the count is an event.</summary>
    public long DiskLimitBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Events posted and not yet on disk.</summary>
    public int PostLimit { get; init; } = 4096;

    /// <summary>Events sent and not yet acknowledged.</summary>
    public int Window { get; init; } = 64;

    /// <summary>Without an acknowledgement for this long, everything unacknowledged is sent again.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The file is rewritten without its acknowledged part beyond this size, bytes.</summary>
    public long CompactAboveBytes { get; init; } = 256 * 1024;
}

/// <summary>Where an outbox stands.</summary>
/// <param name="Refused">Events not kept because a limit was reached or the disk failed.</param>
public sealed record OutboxStatus(long Epoch, long LastSeq, long AckedSeq, long Refused, string? DiskError)
{
    public long Waiting => LastSeq - AckedSeq;
}
