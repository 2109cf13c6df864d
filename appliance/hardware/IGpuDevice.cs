using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// One GPU behind a driver. Two kinds: NVML on a box, a folder of files on the twin. Calls may block for as long as the driver likes;
/// only <see cref="GpuPoller"/> calls them, on a thread that belongs to this GPU alone.
/// </summary>
public interface IGpuDevice
{
    GpuIdentity Identity { get; }

    /// <summary>Fills everything but what was refused and <see cref="GpuReading.Reads"/>, stamped <paramref name="now"/>.</summary>
    void Read(TimeSpan now, ref GpuReading reading);

    /// <summary>The lowest clock that <see cref="SetLowestClock"/> holds the SMs at, MHz; null where the driver does not tell.</summary>
    double? LowestClockMhz { get; }

    /// <returns>False where the driver refused.</returns>
    bool SetPowerLimit(double watts);

    /// <summary>Holds the SM clock at its lowest, or lets it go. The driver has no question for what stands: <see cref="GpuReading.SmClockMhz"/> tells.</summary>
    /// <returns>False where the driver refused; letting go what a driver cannot hold is no refusal.</returns>
    bool SetLowestClock(bool held);
}
