using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// One GPU behind a driver. Two kinds: NVML on a box, a folder of files on the twin. Calls may block for as long as the driver likes;
/// only <see cref="GpuPoller"/> calls them, on a thread that belongs to this GPU alone.
/// </summary>
public interface IGpuDevice
{
    GpuIdentity Identity { get; }

    /// <summary>Fills everything but <see cref="GpuReading.LimitRefused"/> and <see cref="GpuReading.Reads"/>, stamped <paramref name="now"/>.</summary>
    void Read(TimeSpan now, ref GpuReading reading);

    /// <returns>False where the driver refused.</returns>
    bool SetPowerLimit(double watts);
}
