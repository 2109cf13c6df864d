using InferenceCore.Engine;

namespace InferenceCore.Cuda;

// How an engine comes to be.
internal sealed partial class CudaForward
{
    /// <summary>Takes the device, compiles or finds the kernels, and loads the model.</summary>
    /// <param name="directory">Hugging Face layout.</param>
    /// <param name="ordinal">The device's number in CUDA's order.</param>
    /// <param name="options">What to make room for.</param>
    /// <exception cref="EngineException">The model is not one that this engine can run, or does not fit.</exception>
    /// <exception cref="CudaException">The device or a library is not there, or fails.</exception>
    public static CudaForward Load(string directory, int ordinal, ForwardOptions options)
    {
        var config = ModelConfig.Load(directory);
        if (WhyNot(config, out var layout) is { } why)
            throw new EngineException(why, isUnfit: true);
        var checkpoint = options.RandomWeights ? null : Checkpoint.Open(directory);
        var libraries = CudaLibraries.OfThisMachine();
        var device = new CudaDevice(CudaInterop.Load(libraries), ordinal);
        if (device.Major != 9)
            throw new EngineException($"{device.Name} has compute capability {device.Major}.{device.Minor}; the engine's kernels are for 9.0 (H100, H200)", isUnfit: true);
        if (layout.Bytes > device.Memory().Free)
        {
            throw new EngineException(
                $"{device.Name}: the weights take {layout.Bytes >> 20} MB, and {device.Memory().Free >> 20} MB of {device.TotalBytes >> 20} MB are free", isUnfit: true);
        }

        var stream = new CudaStream(device);
        // Compiling takes a processor seconds the first time; reading does not wait for it.
        var weights = new CudaWeights(stream, layout);
        var kernels = new KernelSet(stream, libraries);
        stream.Synchronize();
        if (checkpoint is null)
            weights.Fill(stream, kernels);
        else
            new CudaLoader(device, kernels, weights).Load(directory, checkpoint, options.Progress);
        return new CudaForward(device, stream, kernels, weights, options);
    }

    /// <summary>Why this engine has no kernels for a model, found without a device; null: it has them.</summary>
    public static string? WhyNot(ModelConfig config) => WhyNot(config, out _);

    private static string? WhyNot(ModelConfig config, out CudaLayout layout)
    {
        try
        {
            layout = new CudaLayout(config);
            return AttentionKernels.WhyNot(config.Attention);
        }
        catch (EngineException e)
        {
            layout = null!; // there is none
            return e.Message;
        }
    }

    public MemoryRates MeasureMemory(TimeProvider time, long resident)
    {
        const int Rounds = 5;
        var bytes = Math.Min(4L << 30, _device.Memory().Free / 4);
        using var from = new DeviceBuffer(_device, bytes);
        using var to = new DeviceBuffer(_device, bytes);
        using var sum = new DeviceBuffer(_device, sizeof(ulong));
        from.Clear(_stream);
        return new MemoryRates(
            2 * Rate(bytes, () => _stream.CopyOnDevice(to.Pointer, from.Pointer, bytes)),
            Rate(bytes, () => Read(bytes)),
            Rate(Math.Min(bytes, resident), () => Read(Math.Min(bytes, resident))));

        void Read(long count) => _kernels.Checksum.Launch(_stream, 16 * _device.Multiprocessors, 512, 0, false,
            new KernelArguments().Add(from).Add((ulong)count / 16).Add(sum));

        double Rate(long count, Action queue)
        {
            using var start = new CudaEvent(_device, timing: true);
            using var end = new CudaEvent(_device, timing: true);
            var best = double.MaxValue;
            for (var round = 0; round < Rounds; round++)
            {
                start.Record(_stream);
                queue();
                end.Record(_stream);
                end.Synchronize();
                best = Math.Min(best, end.Since(start).TotalSeconds);
            }

            return count / best / 1e9;
        }
    }
}
