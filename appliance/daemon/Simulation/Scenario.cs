using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>A run of the box in virtual time, as a scenario file describes it (INTERFACES.md, "Scenario files").</summary>
public sealed record Scenario
{
    public required string Name { get; init; }

    public required double DurationS { get; init; }

    /// <summary>Null: the board's.</summary>
    public string? Cooling { get; init; }

    public int Seed { get; init; } = 1;

    public double Spread { get; init; }

    public Series AmbientC { get; init; } = Series.Constant(25);

    public Series RoomRhPercent { get; init; } = Series.Constant(45);

    /// <summary>One for all GPUs, or one per GPU.</summary>
    public required IReadOnlyList<Series> GpuPowerW { get; init; }

    public IReadOnlyList<ScenarioFault> Faults { get; init; } = [];

    public Series PowerOf(int gpu) => GpuPowerW[gpu < GpuPowerW.Count ? gpu : 0];
}

/// <param name="UntilS">When it is mended; null is never.</param>
public sealed record ScenarioFault(double AtS, double? UntilS, FaultSpec Fault);
