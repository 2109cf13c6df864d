using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>Brings a checkpoint's tensors to a device: read in parallel, hashed on the way, copied while the next blocks are read.</summary>
internal static class DeviceLoader
{
    /// <summary>More readers fill no link: at about 8 GB/s out of the page cache for each, eight are as fast as PCIe, and hashing wants the others.</summary>
    private const int MostThreads = 24;

    /// <param name="device">Where to.</param>
    /// <param name="directory">Hugging Face layout; what SHA256SUMS lists is compared with it.</param>
    /// <param name="checkpoint">The same directory, opened.</param>
    /// <param name="tensors">Names; each is read once.</param>
    /// <param name="arrived">Told of every row of them, in any order, by several threads.</param>
    /// <param name="progress">Called by several threads, often: loading goes on.</param>
    /// <returns>Bytes read.</returns>
    /// <exception cref="EngineException">A file cannot be read, is not what its hash says, or holds what is no number.</exception>
    /// <exception cref="CudaException">The device refuses.</exception>
    public static long Load(
        CudaDevice device, string directory, Checkpoint checkpoint, IEnumerable<string> tensors, RowsArrived arrived, Action? progress = null)
    {
        var hashes = HashList.Open(directory);
        using var reader = new CheckpointReader(checkpoint, hashes, tensors);
        reader.Run(Math.Min(Environment.ProcessorCount, MostThreads), () => new DeviceBlockSink(device, reader.RoomBytes, arrived), progress);
        return reader.Bytes;
    }
}
