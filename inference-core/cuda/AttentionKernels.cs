using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>The kernels of attention.cu that a model's heads need.</summary>
internal sealed class AttentionKernels
{
    // SINGLE_SPLITS, DOUBLE_SPLITS and LONG_BLOCKS of softmax.cuh.
    private const int SingleSplits = 8;
    private const int DoubleSplits = 28;
    private const int LongBlocks = 8;
    private const int LongFrom = SingleSplits + (2 * DoubleSplits);

    /// <summary>Splits of one block of keys each: a text that has no more is brief.</summary>
    public const int BriefSplits = SingleSplits;

    private readonly (CudaKernel Kernel, int Threads, int Shared) _few;
    private readonly (CudaKernel Kernel, int Threads, int Shared)? _turning;
    private readonly (CudaKernel Kernel, int Threads, int Shared) _brief;
    private readonly (CudaKernel Kernel, int Threads, int Shared) _whole;

    public AttentionKernels(CudaStream stream, CudaModule module, AttentionConfig attention)
    {
        switch (attention)
        {
            case AttentionConfig.Grouped { HeadWidth: 64 or 128 } grouped:
                (FewRows, WholeRows) = (16, 64);
                _few = Find($"attend_few_{grouped.HeadWidth}");
                _turning = Find($"attend_new_{grouped.HeadWidth}");
                _brief = Find($"attend_brief_{grouped.HeadWidth}");
                _whole = Find($"attend_many_{grouped.HeadWidth}");
                break;
            case AttentionConfig.Latent latent:
                var form = IsNarrow(latent) ? "attend_narrow" : "attend_latent";
                (FewRows, WholeRows) = (16, 16);
                _few = Find(form);
                _brief = Find($"{form}_brief");
                _whole = Find($"{form}_whole");
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        (CudaKernel Kernel, int Threads, int Shared) Find(string name)
        {
            var shared = stream.Read<int>(module.Global(name + "_shared").Pointer);
            var kernel = module.Kernel(name).WithShared(shared);
            // Its launch bound is how many it is written for.
            return (kernel, kernel.Attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK), shared);
        }
    }

    /// <summary>Why there is no kernel for an attention of this shape; null: there is one.</summary>
    public static string? WhyNot(AttentionConfig config) => config switch
    {
        AttentionConfig.Grouped { HeadWidth: 64 or 128 } => null,
        AttentionConfig.Latent { PlainWidth: <= 128, ValueWidth: <= 128 } latent
            when (latent is { LatentWidth: 512, RopeWidth: 64 } || IsNarrow(latent)) && latent.PlainWidth % 16 == 0 && latent.ValueWidth % 16 == 0 => null,
        AttentionConfig.Grouped grouped => $"the CUDA engine has no attention for heads of {grouped.HeadWidth}; it has 64 and 128",
        AttentionConfig.Latent l =>
            $"the CUDA engine has no latent attention of {l.LatentWidth} + {l.RopeWidth} with heads of {l.PlainWidth} and {l.ValueWidth}; "
            + "it has 512 + 64 and 64 + 16 with heads of up to 128 in multiples of 16",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>As the model of the field guide has them.</summary>
    private static bool IsNarrow(AttentionConfig.Latent latent) => latent is { LatentWidth: 64, RopeWidth: 16 };

    /// <summary>Into how many splits the keys of the first <paramref name="length"/> positions are cut.</summary>
    public static int SplitsOf(int length)
    {
        var last = KvCache.BlocksFor(length) - 1;
        var before = last < SingleSplits ? last
            : last < LongFrom ? SingleSplits + ((last - SingleSplits) / 2)
            : SingleSplits + DoubleSplits + ((last - LongFrom) / LongBlocks);
        return before + 1;
    }

    /// <summary>Rows (token, head) of a tile that leaves its splits for others to merge.</summary>
    public int FewRows { get; }

    /// <summary>Rows of a tile that one thread block takes from the first key to the last.</summary>
    public int WholeRows { get; }

    /// <param name="stream">In which.</param>
    /// <param name="grid">Tiles times key heads, by thread blocks that share their splits.</param>
    /// <param name="call">What to attend to.</param>
    /// <param name="turns">Queries and keys are turned here if there is a form that can: every row is one token's.</param>
    /// <param name="brief">There are at most <see cref="BriefSplits"/> splits, each with a thread block of its own.</param>
    public void Few(CudaStream stream, Extent grid, in AttentionCall call, bool turns, bool brief) =>
        Launch(brief ? _brief : turns && _turning is { } turning ? turning : _few, stream, grid, call);

    public void Whole(CudaStream stream, Extent grid, in AttentionCall call) => Launch(_whole, stream, grid, call);

    private static void Launch((CudaKernel Kernel, int Threads, int Shared) form, CudaStream stream, Extent grid, in AttentionCall call) =>
        form.Kernel.Launch(stream, grid, form.Threads, form.Shared, true, new KernelArguments().Add(call));
}
