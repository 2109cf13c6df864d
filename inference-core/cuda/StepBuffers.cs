using System.Runtime.CompilerServices;
using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>
/// The device memory of a step, made once. Room = rows that every buffer of rows has: the most tokens of a step, rounded up to whole tiles.
/// Activations (bfloat16, the right side of a product) have a buffer for each width, since what lies beyond a width must stay zero.
/// </summary>
internal sealed class StepBuffers : IDisposable
{
    // Tiles of 128 and of 192 rows both fit.
    private const int RoomUnit = 384;

    private readonly CudaDevice _device;
    private readonly CudaStream _stream;
    private readonly List<DeviceBuffer> _owned = [];

    public StepBuffers(CudaStream stream, CudaLayout layout, ForwardOptions options, RopeTable rope, KernelSet kernels)
    {
        _stream = stream;
        _device = stream.Device;
        var config = layout.Config;
        var (hidden, heads) = (config.HiddenWidth, config.Attention.Heads);
        Room = RoundUp(options.MaxTokens, RoomUnit);
        LogitRoom = RoundUp(options.MaxLogits, RoomUnit);
        Inputs = new StepInputs(stream, Room, LogitRoom, options, config);

        Residual = Take((long)Room * hidden * sizeof(float));
        OtherResidual = Take((long)Room * hidden * sizeof(float));
        Hidden = Activations(Room, hidden);
        var headWidth = config.Attention is AttentionConfig.Latent l ? l.ValueWidth : config.Attention.RotatedWidth;
        HeadOutputs = Activations(Room, heads * headWidth);
        Inner = Activations(Room, config.DenseWidth);
        Ready = Take(2L * sizeof(uint) * layout.Layers.Max(layer => layer.HasExperts ? 1 : layer.GateUp.Blocks));
        OtherResults = Take(sizeof(float) * layout.Layers.Max(layer => Enumerable.Max(
            [ForOneRow(layer.Down), layer.HasExperts ? 0 : ForOneRow(layer.GateUp)])));
        Results = Take(sizeof(float) * layout.Layers.Max(layer => Enumerable.Max(
            [Floats(layer.Down), Floats(layer.Output), layer.HasExperts ? 0 : Floats(layer.GateUp), layer.HasExperts ? 0 : Floats(layer.FeedForwardDown)])));

        var (keyWidth, valueWidth) = config.Attention is AttentionConfig.Latent latent
            ? (CudaKvPool.KeyWidth(latent), latent.LatentWidth)
            : (config.Attention.RotatedWidth, config.Attention.RotatedWidth);
        Queries = Take((long)Room * heads * keyWidth * sizeof(ushort));
        AttentionRowFloats = (long)heads * valueWidth;
        // What rows with many splits leave before they are merged; a step that needs more goes the other way round, to the same result.
        var splitRows = Math.Max(options.MaxSequences, AttentionRows);
        AttentionParts = Take(splitRows * AttentionRowFloats * sizeof(float));
        WholeMixes = config.Attention is AttentionConfig.Latent ? Take(Room * AttentionRowFloats * sizeof(float)) : 0;
        AttentionBounds = Take((long)splitRows * heads * 2 * sizeof(float));
        SplitRows = splitRows;
        if (layout.Layers[0].QueryUp is { } queryUp && config.Attention is AttentionConfig.Latent { QueryRank: { } rank })
        {
            QueryInputs = Activations(Room, rank);
            QueryResults = Take(sizeof(float) * Floats(queryUp));
        }

        if (config.Moe is { } moe && Array.Find(layout.Layers, x => x.HasExperts) is { } withExperts)
            Experts = new ExpertBuffers(this, withExperts, moe, hidden, options.MaxTokens);

        LogitInputs = Activations(LogitRoom, hidden);
        Logits = Take(sizeof(float) * MostFloats(layout.Head, options.MaxLogits));
        Picked = Take(Unsafe.SizeOf<Picked>() * (long)LogitRoom);
        Rope = MakeRope(rope, config.MaxPositions, kernels);

        static long ForOneRow(CudaMatrix matrix) => ProductKernels.ResultFloats(matrix, 1);

        long Floats(CudaMatrix matrix) => MostFloats(matrix, options.MaxTokens);
    }

    public int Room { get; }

    public int LogitRoom { get; }

    public StepInputs Inputs { get; }

    /// <summary>float32 [Room, H].</summary>
    public ulong Residual { get; }

    /// <summary>The same again, for kernels that read one and write the other.</summary>
    public ulong OtherResidual { get; }

    /// <summary>Activations [Room, H], after a norm.</summary>
    public ulong Hidden { get; }

    /// <summary>Activations [Room, heads · value width].</summary>
    public ulong HeadOutputs { get; }

    /// <summary>Activations [Room, dense width].</summary>
    public ulong Inner { get; }

    /// <summary>For each block of outputs of the gates' product whether its second segment is there, twice; all 0 between kernels.</summary>
    public ulong Ready { get; }

    /// <summary>float32, a product's result in its segments.</summary>
    public ulong Results { get; }

    /// <summary>The same for one row, where a product reads <see cref="Results"/> while it writes.</summary>
    public ulong OtherResults { get; }

    /// <summary>bfloat16 [Room, heads, key width], rotated; what is behind a latent query's own columns stays zero.</summary>
    public ulong Queries { get; }

    /// <summary>float32 [split, row, head, value width].</summary>
    public ulong AttentionParts { get; }

    /// <summary>float32 [Room, heads, latent]: what latent attention gives where it takes all splits at once.</summary>
    public ulong WholeMixes { get; }

    /// <summary>(m, l) [split, row, head].</summary>
    public ulong AttentionBounds { get; }

    /// <summary>Rows times splits that <see cref="AttentionParts"/> has room for.</summary>
    public int SplitRows { get; }

    public long AttentionRowFloats { get; }

    /// <summary>Activations [Room, rank of the query].</summary>
    public ulong QueryInputs { get; }

    public ulong QueryResults { get; }

    public ExpertBuffers? Experts { get; }

    /// <summary>Activations [LogitRoom, H].</summary>
    public ulong LogitInputs { get; }

    /// <summary>float32 [LogitRoom, V padded], in segments at first.</summary>
    public ulong Logits { get; }

    /// <summary>A <see cref="Cuda.Picked"/> for each row of logits.</summary>
    public ulong Picked { get; }

    /// <summary>(cosine, sine) [positions, pairs].</summary>
    public ulong Rope { get; }

    // 64 splits, 18 000 keys, for each of 256 rows; more for fewer.
    private const int AttentionRows = 16384;

    public ulong Take(long bytes)
    {
        var buffer = new DeviceBuffer(_device, bytes);
        _owned.Add(buffer);
        buffer.Clear(_stream);
        return buffer.Pointer;
    }

    public ulong Activations(int room, int width) => Take((long)CudaMatrix.SlabsOf(width) * room * CudaMatrix.SlabInputs * sizeof(ushort));

    public void Dispose()
    {
        Inputs.Dispose();
        foreach (var buffer in _owned)
            buffer.Dispose();
    }

    private static int RoundUp(int value, int unit) => (value + unit - 1) / unit * unit;

    private static long MostFloats(CudaMatrix matrix, int rows)
    {
        var most = 0L;
        for (var r = 8; r < rows + ProductKernels.MostSplitRows; r = r < 128 ? r * 2 : r + 128)
            most = Math.Max(most, ProductKernels.ResultFloats(matrix, Math.Min(r, rows)));
        return most;
    }

    private ulong MakeRope(RopeTable rope, int positions, KernelSet kernels)
    {
        const int Threads = 256;
        var table = Take((long)positions * rope.Pairs * 2 * sizeof(float));
        using var frequencies = DeviceBuffer.Of(_stream, rope.Frequencies);
        kernels.RopeTable.Launch(_stream, (int)((((long)positions * rope.Pairs) + Threads - 1) / Threads), Threads, 0, false,
            new KernelArguments().Add(frequencies).Add(rope.Amplitude).Add(rope.Pairs).Add(positions).Add(table));
        _stream.Synchronize();
        return table;
    }
}
