using Appliance.Model;

namespace Appliance.Health.Board;

/// <summary>What the board's rules look at: one sweep of the box, and what the box itself is doing to its GPUs.</summary>
public sealed record BoardView
{
    public required BoxHealth Health { get; init; }

    /// <summary>The thresholds of operation as they are configured now.</summary>
    public HealthLimits Limits { get; init; } = new();

    /// <summary>Uptime of this moment.</summary>
    public TimeSpan Now { get; init; }

    /// <summary>GPUs the board says are fitted.</summary>
    public int GpusFitted { get; init; }

    /// <summary>By GPU: the power limit that the cooling loop asks for, W; null where it asks for none.</summary>
    public IReadOnlyList<double?> OwnLimitW { get; init; } = [];

    /// <summary>True while the box itself has stopped the engine.</summary>
    public bool EngineParked { get; init; }

    /// <summary>True while coolant flow is lost on a board whose flow switch pulls the GPUs' power brake: the brake is then the board's doing.</summary>
    public bool BrakeByFlow { get; init; }

    /// <summary>Coolant at the plates' inlet, °C; null where it is not known.</summary>
    public double? CoolantC { get; init; }

    /// <summary>Null while the engine has not been heard of.</summary>
    public ServiceView? Service { get; init; }
}
