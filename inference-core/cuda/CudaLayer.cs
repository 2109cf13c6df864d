namespace InferenceCore.Cuda;

/// <summary>One layer's weights by their places in the arena, bytes; 0 where the layer has none.</summary>
internal sealed record CudaLayer
{
    public required long AttentionNorm { get; init; }

    /// <summary>Grouped: q, k and v below each other. Latent: the query's part, then latent and rotated key.</summary>
    public required CudaMatrix Down { get; init; }

    /// <summary>float32 [Down.Outputs].</summary>
    public long DownBias { get; init; }

    public long QueryNorm { get; init; }

    public CudaMatrix? QueryUp { get; init; }

    public long LatentNorm { get; init; }

    /// <summary>kv_b_proj as in the checkpoint, bfloat16.</summary>
    public long LatentUp { get; init; }

    public required CudaMatrix Output { get; init; }

    public long OutputBias { get; init; }

    public required long FeedForwardNorm { get; init; }

    /// <summary>With experts: the first expert's; the others follow, shared ones last.</summary>
    public required CudaMatrix GateUp { get; init; }

    public required CudaMatrix FeedForwardDown { get; init; }

    /// <summary>float32 [experts, H].</summary>
    public long Router { get; init; }

    /// <summary>float32 [experts].</summary>
    public long RouterBias { get; init; }

    public bool HasExperts { get; init; }
}
