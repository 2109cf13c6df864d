namespace Appliance.Model;

/// <summary>One port below <c>/sys/class/infiniband</c>. Counters run on from the port's last reset.</summary>
public sealed record RdmaPortHealth : HealthGroup
{
    /// <summary>e.g. <c>mlx5_0</c>.</summary>
    public required string Device { get; init; }

    public int Port { get; init; }

    public string? HcaType { get; init; }

    public string? BoardId { get; init; }

    public string? FirmwareVersion { get; init; }

    public string? NodeGuid { get; init; }

    /// <summary>As the kernel names it: <c>0000:18:00.0</c>.</summary>
    public string? PciBusId { get; init; }

    public int? NumaNode { get; init; }

    /// <summary><c>InfiniBand</c> or <c>Ethernet</c>.</summary>
    public string? LinkLayer { get; init; }

    /// <summary>The word of <c>state</c>: ACTIVE, INIT, ARMED, DOWN.</summary>
    public string? State { get; init; }

    /// <summary>The word of <c>phys_state</c>: LinkUp, Polling, Disabled.</summary>
    public string? PhysState { get; init; }

    public double? RateGbS { get; init; }

    /// <summary>Negotiated width, e.g. <c>4X NDR</c>.</summary>
    public string? RateText { get; init; }

    public string? NetDevice { get; init; }

    public int? Lid { get; init; }

    public int? SmLid { get; init; }

    public long? SymbolErrors { get; init; }

    public long? LinkErrorRecoveries { get; init; }

    public long? LinkDowned { get; init; }

    public long? ReceiveErrors { get; init; }

    public long? TransmitDiscards { get; init; }

    public long? TransmitWait { get; init; }

    public long? LocalLinkIntegrityErrors { get; init; }

    public long? ExcessiveBufferOverruns { get; init; }

    public long? RnrNakRetryErrors { get; init; }

    public long? LocalAckTimeoutErrors { get; init; }

    public long? OutOfSequence { get; init; }

    public long? PacketSequenceErrors { get; init; }

    public long? RoceSlowRestarts { get; init; }

    /// <summary>Of the network device; grows by one each time the carrier comes or goes.</summary>
    public long? CarrierChanges { get; init; }

    /// <summary>Bytes (the kernel's words of four bytes multiplied).</summary>
    public long? SentBytes { get; init; }

    public long? ReceivedBytes { get; init; }

    /// <summary>Round trip to the configured peer on this rail, µs; null where none is configured there.</summary>
    public double? LatencyUs { get; init; }
}
