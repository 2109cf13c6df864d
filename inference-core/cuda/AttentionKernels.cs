using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>The kernels of attention.cu that a model's heads need.</summary>
internal sealed class AttentionKernels
{
    // FINE_BLOCKS, FINE_SPLITS and COARSE_BLOCKS of softmax.cuh.
    private const int FineBlocks = 2;
    private const int FineSplits = 32;
    private const int CoarseBlocks = 8;

    private readonly (CudaKernel Kernel, int Shared) _few;
    private readonly (CudaKernel Kernel, int Shared)? _turning;
    private readonly (CudaKernel Kernel, int Shared) _whole;

    public AttentionKernels(CudaStream stream, CudaModule module, AttentionConfig attention)
    {
        switch (attention)
        {
            case AttentionConfig.Grouped { HeadWidth: 64 or 128 } grouped:
                (FewRows, WholeRows, Threads) = (16, 64, 128);
                _few = Find($"attend_few_{grouped.HeadWidth}");
                _turning = Find($"attend_new_{grouped.HeadWidth}");
                _whole = Find($"attend_many_{grouped.HeadWidth}");
                break;
            case AttentionConfig.Latent { LatentWidth: 512, RopeWidth: 64, PlainWidth: <= 128, ValueWidth: <= 128 } latent
                when latent.PlainWidth % 16 == 0 && latent.ValueWidth % 16 == 0:
                (FewRows, WholeRows, Threads) = (16, 16, 256);
                _few = Find("attend_latent");
                _whole = Find("attend_latent_whole");
                break;
            case AttentionConfig.Grouped grouped:
                throw new EngineException($"the CUDA engine has no attention for heads of {grouped.HeadWidth}; it has 64 and 128");
            case AttentionConfig.Latent l:
                throw new EngineException(
                    $"the CUDA engine has no latent attention of {l.LatentWidth} + {l.RopeWidth} with heads of {l.PlainWidth} and {l.ValueWidth}; "
                    + "it has 512 + 64 with heads of up to 128 in multiples of 16");
        }

        (CudaKernel Kernel, int Shared) Find(string name)
        {
            var shared = stream.Read<int>(module.Global(name + "_shared").Pointer);
            return (module.Kernel(name).WithShared(shared), shared);
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

    /// <summary>Whether there is a form that turns queries and keys itself.</summary>
    public bool Turns => _turning is not null;

    public void Few(CudaStream stream, Extent grid, in AttentionCall call) => Launch(_few, stream, grid, call);

    public void Turning(CudaStream stream, Extent grid, in AttentionCall call) => Launch(_turning!.Value, stream, grid, call);

    public void Whole(CudaStream stream, Extent grid, in AttentionCall call) => Launch(_whole, stream, grid, call);

    private void Launch((CudaKernel Kernel, int Shared) form, CudaStream stream, Extent grid, in AttentionCall call) =>
        form.Kernel.Launch(stream, grid, Threads, form.Shared, true, new KernelArguments().Add(call));
}
