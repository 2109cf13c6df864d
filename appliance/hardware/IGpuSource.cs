namespace Appliance.Hardware;

/// <summary>Where GPUs come from: NVML or the twin's folders. May block; called on the poll threads only.</summary>
public interface IGpuSource
{
    /// <param name="lost">True when the driver works and says that this GPU is not there; false when the driver itself does not answer.</param>
    IGpuDevice? Open(int index, out bool lost);

    /// <summary>The GPU of this name and no other: what hangs beside it is not waited for.</summary>
    /// <returns>Null when there is none, or when the driver does not answer.</returns>
    IGpuDevice? Find(string uuid);
}
