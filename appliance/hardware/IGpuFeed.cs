using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// Readings of GPUs as the cooling loop takes them: never waits, never allocates. Two kinds: threads of this process
/// (<see cref="GpuPoller"/>) and the probe process.
/// </summary>
public interface IGpuFeed : IDisposable
{
    void Start();

    /// <summary>The last reading of every GPU.</summary>
    void Read(Span<GpuReading> readings);

    /// <summary>Asks for a bound; written soon, and again when it is seen not to stand.</summary>
    void RequestBound(int index, GpuBound bound);

    /// <summary>Null members until the GPU was opened.</summary>
    GpuIdentity Identity(int index);
}
