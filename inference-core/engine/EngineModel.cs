namespace InferenceCore.Engine;

/// <summary>A model in this machine's memory: configuration, weights, and what follows from both. Immutable; any number of <see cref="RunState"/> may share it.</summary>
internal sealed class EngineModel
{
    private EngineModel(ModelConfig config, Weights weights)
    {
        Config = config;
        Weights = weights;
        Rope = new RopeTable(config.Rope, config.Attention.RotatedWidth);
        AttentionShape = AttentionShape.Of(config);
    }

    public ModelConfig Config { get; }

    public Weights Weights { get; }

    public RopeTable Rope { get; }

    public AttentionShape AttentionShape { get; }

    /// <summary>Reads config.json and the weights.</summary>
    /// <param name="directory">Hugging Face layout.</param>
    /// <param name="progress">Called from several threads as parts of the weights have been read.</param>
    /// <exception cref="EngineException">The directory holds no model that this engine can run.</exception>
    public static EngineModel Load(string directory, Action? progress = null)
    {
        var config = ModelConfig.Load(directory);
        return new EngineModel(config, WeightsReader.Read(config, Checkpoint.Open(directory), progress));
    }
}
