using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>The kernels of attention.cu that a model's heads need.</summary>
internal sealed class AttentionKernels
{
    // FINE_BLOCKS, FINE_SPLITS and COARSE_BLOCKS of softmax.cuh.
    private const int FineBlocks = 2;
    private const int FineSplits = 32;
    private const int CoarseBlocks = 8;

    private readonly CudaKernel _few;
    private readonly CudaKernel _whole;
    private readonly int _fewShared;
    private readonly int _wholeShared;

    public AttentionKernels(CudaStream stream, CudaModule module, AttentionConfig attention)
    {
        (var few, var whole, FewRows, WholeRows, Threads) = attention switch
        {
            AttentionConfig.Grouped { HeadWidth: 64 } => ("attend_few_64", "attend_many_64", 16, 64, 128),
            AttentionConfig.Grouped { HeadWidth: 128 } => ("attend_few_128", "attend_many_128", 16, 64, 128),
            AttentionConfig.Latent { LatentWidth: 512, RopeWidth: 64 } => ("attend_latent", "attend_latent_whole", 16, 16, 256),
            AttentionConfig.Grouped g => throw new EngineException($"the CUDA engine has no attention for heads of {g.HeadWidth}; it has 64 and 128"),
            AttentionConfig.Latent l => throw new EngineException(
                $"the CUDA engine has no latent attention of {l.LatentWidth} + {l.RopeWidth}; it has 512 + 64"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        _fewShared = Shared(few);
        _wholeShared = Shared(whole);
        _few = module.Kernel(few).WithShared(_fewShared);
        _whole = module.Kernel(whole).WithShared(_wholeShared);

        int Shared(string name)
        {
            var (pointer, _) = module.Global(name + "_shared");
            return stream.Read<int>(pointer);
        }
    }

    /// <summary>Into how many splits the keys of the first <paramref name="length"/> positions are cut.</summary>
    public static int SplitsOf(int length)
    {
        var blocks = KvCache.BlocksFor(length);
        const int Fine = FineBlocks * FineSplits;
        return blocks <= Fine ? (blocks + FineBlocks - 1) / FineBlocks : FineSplits + ((blocks - Fine + CoarseBlocks - 1) / CoarseBlocks);
    }

    /// <summary>Rows (token, head) of a tile that leaves its splits for others to merge.</summary>
    public int FewRows { get; }

    /// <summary>Rows of a tile that one thread block takes from the first key to the last.</summary>
    public int WholeRows { get; }

    private int Threads { get; }

    public void Few(CudaStream stream, Extent grid, in AttentionCall call) =>
        _few.Launch(stream, grid, Threads, _fewShared, true, new KernelArguments().Add(call));

    public void Whole(CudaStream stream, Extent grid, in AttentionCall call) =>
        _whole.Launch(stream, grid, Threads, _wholeShared, true, new KernelArguments().Add(call));
}
