namespace Appliance.Model;

/// <summary>One NVLink of one GPU. Errors count since the driver was loaded.</summary>
public sealed record NvlinkHealth
{
    public int Link { get; init; }

    public bool? Up { get; init; }

    /// <summary>6 is NVLink 4.</summary>
    public int? Version { get; init; }

    /// <summary>Field 164; 26 562 MB/s on an H100.</summary>
    public int? SpeedMbS { get; init; }

    /// <summary>Field 161: packets sent again.</summary>
    public long? Replays { get; init; }

    /// <summary>Field 162: the link trained again.</summary>
    public long? Recoveries { get; init; }

    /// <summary>Field 163.</summary>
    public long? CrcErrors { get; init; }

    /// <summary>nvmlDeviceGetNvLinkErrorCounter 3: corrected data, tens to hundreds on a healthy machine. Judge its growth only.</summary>
    public long? CrcData { get; init; }

    /// <summary>nvmlDeviceGetNvLinkErrorCounter 4: corrected data, tens to hundreds on a healthy machine. Judge its growth only.</summary>
    public long? EccData { get; init; }

    /// <summary>0 GPU, 1 bridge, 2 switch.</summary>
    public int? RemoteType { get; init; }

    /// <summary>All F behind an NVSwitch that the driver does not show.</summary>
    public string? RemotePci { get; init; }
}
