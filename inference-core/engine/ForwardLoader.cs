using InferenceCore.Cuda;

namespace InferenceCore.Engine;

/// <summary>Chooses the engine by the name of a device.</summary>
internal static class ForwardLoader
{
    public const string Processor = "cpu";

    /// <summary>Why the engine of a device cannot run a model of this configuration, as far as that is known without the device; null: it can.</summary>
    public static string? WhyNot(ModelConfig config, string device) => device == Processor ? null : CudaForward.WhyNot(config);

    /// <summary>Reads config.json and the weights, and makes everything ready for the first step.</summary>
    /// <param name="directory">Hugging Face layout.</param>
    /// <param name="device"><c>cpu</c> or <c>cuda:N</c>.</param>
    /// <param name="options">What to make room for.</param>
    /// <exception cref="EngineException">The device is not supported or not there, or the directory holds no model that it can run.</exception>
    public static IForward Load(string directory, string device, ForwardOptions options)
    {
        if (device == Processor)
            return new ReferenceForward(EngineModel.Load(directory, options.Progress), options);
        if (!EngineOptions.IsGpu(device, out var ordinal))
            throw new EngineException($"device '{device}' is not supported; supported are {EngineOptions.Devices}");
        try
        {
            return CudaForward.Load(directory, ordinal, options);
        }
        catch (CudaException e)
        {
            throw new EngineException(e.Message, e, e.IsOutOfMemory);
        }
    }
}
