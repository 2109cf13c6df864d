using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>
/// The caches' memory on the device, one piece: a block holds its 64 tokens of every layer, layer by layer. Grouped: per key head the keys, then the
/// values. Latent: [latent | rotated key | nothing, up to a multiple of 64]. bfloat16, in the order that cache_at of common.cuh gives. One block more than the pool hands out takes
/// what rows that only fill up a step write.
/// </summary>
internal sealed class CudaKvPool : KvPool, IDisposable
{
    private readonly CudaStream _stream;
    private readonly DeviceBuffer _memory;

    public CudaKvPool(CudaStream stream, ModelConfig config, int blocks)
        : base(blocks)
    {
        _stream = stream;
        LayerBytes = BytesOfLayer(config);
        BlockBytes = config.Layers * LayerBytes;
        _memory = new DeviceBuffer(stream.Device, (blocks + 1L) * BlockBytes);
        // Never anything but numbers, even where nobody has written.
        _memory.Clear(stream);
    }

    /// <summary>Of one layer in one block.</summary>
    public long LayerBytes { get; }

    public override long BlockBytes { get; }

    public override string Gpu => _stream.Device.Uuid;

    /// <summary>The block that belongs to nobody.</summary>
    public int Scratch => Limit;

    /// <summary>Columns of a row of the cache, which the attention kernels read in swizzled lines of 64.</summary>
    public static int KeyWidth(AttentionConfig.Latent latent) => (latent.CacheWidth + 63) & ~63;

    public static long BytesOfBlock(ModelConfig config) => config.Layers * BytesOfLayer(config);

    /// <summary>Where layer <paramref name="layer"/> of block 0 begins; block n lies n · <see cref="BlockBytes"/> further on.</summary>
    public ulong Layer(int layer) => _memory.Pointer + (ulong)(layer * LayerBytes);

    public override void CopyTokens(KvBlock from, KvBlock to, int tokens) =>
        _stream.CopyOnDevice(Address(to), Address(from), BlockBytes);

    public void Dispose() => _memory.Dispose();

    protected override KvBlock? TryMake(int index) => new(index);

    private static long BytesOfLayer(ModelConfig config) =>
        (long)KvCache.BlockTokens * (config.Attention is AttentionConfig.Latent latent ? KeyWidth(latent) : config.Attention.CacheWidth) * sizeof(ushort);

    private ulong Address(KvBlock block) => _memory.Pointer + (ulong)(block.Index * BlockBytes);
}
