namespace Appliance.Model;

/// <summary>The PCIe link of a GPU. Counters since the driver was loaded; small ones are normal on a healthy board.</summary>
public sealed record GpuPcie : HealthGroup
{
    public int? Generation { get; init; }

    public int? Width { get; init; }

    /// <summary>What GPU and host can do together.</summary>
    public int? MaxGeneration { get; init; }

    public int? MaxWidth { get; init; }

    /// <summary>What the GPU alone can do.</summary>
    public int? GpuMaxGeneration { get; init; }

    public long? Replays { get; init; }

    public long? ReplayRollovers { get; init; }

    /// <summary>Field 169; hundreds are normal.</summary>
    public long? L0ToRecovery { get; init; }

    /// <summary>Field 173.</summary>
    public long? CorrectableErrors { get; init; }

    /// <summary>Field 174.</summary>
    public long? NaksReceived { get; init; }

    /// <summary>Field 175; 1 to 3 are normal.</summary>
    public long? ReceiverErrors { get; init; }

    /// <summary>Field 176; 1 to 3 are normal.</summary>
    public long? BadTlps { get; init; }

    /// <summary>Field 177; 1 to 3 are normal.</summary>
    public long? NaksSent { get; init; }

    /// <summary>Field 178.</summary>
    public long? BadDllps { get; init; }

    /// <summary>Field 179.</summary>
    public long? NonFatalErrors { get; init; }

    /// <summary>Field 180.</summary>
    public long? FatalErrors { get; init; }

    /// <summary>Field 181.</summary>
    public long? UnsupportedRequests { get; init; }

    /// <summary>Field 182.</summary>
    public long? LcrcErrors { get; init; }

    /// <summary>Field 183.</summary>
    public long? LaneErrors { get; init; }

    /// <summary>The kernel's own count (<c>aer_dev_correctable</c>, TOTAL_ERR_COR).</summary>
    public long? AerCorrectable { get; init; }

    /// <summary>TOTAL_ERR_NONFATAL.</summary>
    public long? AerNonFatal { get; init; }

    /// <summary>TOTAL_ERR_FATAL.</summary>
    public long? AerFatal { get; init; }

    /// <summary>Bytes sent by the GPU since the driver was loaded (field 197; wraps).</summary>
    public long? SentBytes { get; init; }

    /// <summary>Bytes received by the GPU (field 198; wraps).</summary>
    public long? ReceivedBytes { get; init; }
}
