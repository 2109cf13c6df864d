namespace Appliance.Model;

/// <summary>How a GPU is set up, and what the driver wants done to it.</summary>
public sealed record GpuModes : HealthGroup
{
    public bool? Persistence { get; init; }

    public bool? EccEnabled { get; init; }

    /// <summary>What ECC will be after the next reset.</summary>
    public bool? EccPending { get; init; }

    public bool? MigEnabled { get; init; }

    public bool? MigPending { get; init; }

    /// <summary>0 default, 1 exclusive thread, 2 prohibited, 3 exclusive process.</summary>
    public int? ComputeMode { get; init; }

    /// <summary>Field 230: 0 none, 1 GPU reset, 2 node reboot, 3 drain P2P, 4 drain and reset, 5 IMEX.</summary>
    public int? RecoveryAction { get; init; }
}
