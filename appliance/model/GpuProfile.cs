namespace Appliance.Model;

/// <summary>
/// What the GPU's profiling counters say, averaged between two looks. Read only while somebody asks for it, because sampling keeps an idle GPU awake.
/// </summary>
public sealed record GpuProfile : HealthGroup
{
    /// <summary>Part of the time with the graphics or compute engine busy, 0 to 1.</summary>
    public double? GraphicsActive { get; init; }

    /// <summary>Part of the cycles with the tensor cores busy, 0 to 1.</summary>
    public double? TensorActive { get; init; }

    /// <summary>Part of the cycles with the memory interface busy, 0 to 1.</summary>
    public double? MemoryActive { get; init; }

    public double? PcieSentBytesPerS { get; init; }

    public double? PcieReceivedBytesPerS { get; init; }
}
