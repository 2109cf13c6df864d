using System.Collections.Frozen;
using Appliance.Model;

namespace Appliance.Health;

/// <summary>What the rules look at: the frames of one moment and how far the rest of the box is known.</summary>
public sealed record BoxView
{
    public ThermalFrame? Thermal { get; init; }

    public IReadOnlyList<GpuFrame> Gpus { get; init; } = [];

    /// <summary>Null as long as the engine has not been heard of.</summary>
    public InferenceFrame? Inference { get; init; }

    /// <summary>UTC of this moment: what a frame's age is judged by.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>GPUs the board says are fitted.</summary>
    public int GpusFitted { get; init; }

    /// <summary>GPUs that were not read for the first time yet while the box starts: nobody knows anything of them, which is no fault.</summary>
    public IReadOnlySet<int> GpusAwaited { get; init; } = FrozenSet<int>.Empty;

    /// <summary>Power limit of a GPU left alone, W; null where the board does not say.</summary>
    public double? GpuMaxW { get; init; }

    /// <summary>False while the broker does not answer; null where no bus is configured.</summary>
    public bool? BusConnected { get; init; }

    /// <summary>Non-null when a bad configuration file was put aside: the one line that says what is wrong with it.</summary>
    public string? ConfigFault { get; init; }

    /// <summary>What the thermal loop's conditions and the hardware say; their codes must be in the catalogue.</summary>
    public IReadOnlyList<Finding> Reported { get; init; } = [];
}
