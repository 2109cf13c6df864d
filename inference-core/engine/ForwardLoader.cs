namespace InferenceCore.Engine;

/// <summary>Chooses the engine by the name of a device.</summary>
internal static partial class ForwardLoader
{
    public const string Processor = "cpu";

    private const string Gpu = "cuda:";

    /// <summary>Reads config.json and the weights, and makes everything ready for the first step.</summary>
    /// <param name="directory">Hugging Face layout.</param>
    /// <param name="device"><c>cpu</c>, or <c>cuda:N</c> where a CUDA engine is part of the program.</param>
    /// <param name="options">What to make room for.</param>
    /// <exception cref="EngineException">The device is not supported or not there, or the directory holds no model that it can run.</exception>
    public static IForward Load(string directory, string device, ForwardOptions options)
    {
        if (device == Processor)
            return new ReferenceForward(EngineModel.Load(directory, options.Progress), options);
        IForward? forward = null;
        if (device.StartsWith(Gpu, StringComparison.Ordinal) && int.TryParse(device.AsSpan(Gpu.Length), out var ordinal) && ordinal >= 0)
            LoadOnCuda(directory, ordinal, options, ref forward);
        return forward ?? throw new EngineException($"device '{device}' is not supported; supported is '{Processor}'");
    }

    /// <summary>The CUDA engine's part; without it no cuda device is supported.</summary>
    static partial void LoadOnCuda(string directory, int ordinal, ForwardOptions options, ref IForward? forward);
}
