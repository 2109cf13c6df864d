using System.Numerics;
using System.Runtime.CompilerServices;
using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>
/// The forward pass on a GPU. Residual stream, sums and softmax are float32, what is multiplied bfloat16. A sequence's logits are bitwise the same
/// alone or in a batch, whole or in pieces, computed or taken from the cache: every kernel's arithmetic for a row depends on that row and on the
/// shapes of the model alone. Steps in which every sequence has one token are recorded once per size and started by one call.
/// </summary>
internal sealed partial class CudaForward : IForward
{
    // Sizes that steps of one token each are rounded up to.
    private static readonly int[] _sizes = [1, 2, 4, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256];

    private readonly CudaDevice _device;
    private readonly CudaStream _stream;
    private readonly KernelSet _kernels;
    private readonly AttentionKernels _attention;
    private readonly CudaWeights _weights;
    private readonly StepBuffers _step;
    private readonly CudaKvPool _pool;
    private readonly AttentionShape _shape;
    private readonly Dictionary<(int Rows, bool Brief), CudaGraph> _graphs = [];
    private readonly PinnedBuffer _results;
    private readonly LogitRows _logits;
    private readonly ArenaSums _sums;
    private readonly WeightGuard _guard;
    private readonly int[] _blockScratch;
    private readonly Action? _progress;

    private CudaForward(CudaDevice device, CudaStream stream, KernelSet kernels, CudaWeights weights, ForwardOptions options)
    {
        _device = device;
        _stream = stream;
        _kernels = kernels;
        _weights = weights;
        _progress = options.Progress;
        var layout = weights.Layout;
        Config = layout.Config;
        _shape = AttentionShape.Of(Config);
        _attention = new AttentionKernels(stream, kernels.Attention, Config.Attention);
        MaxTokens = options.MaxTokens;
        MaxLogits = options.MaxLogits;
        _step = new StepBuffers(stream, layout, options, new RopeTable(Config.Rope, Config.Attention.RotatedWidth), kernels);
        _pool = new CudaKvPool(stream, Config, CacheBlocks(options));
        _step.Inputs.SetScratch(_pool.Scratch);
        _blockScratch = new int[_step.Inputs.TableWidth];
        _results = new PinnedBuffer(device, MaxLogits * (long)Unsafe.SizeOf<Picked>());
        _logits = new LogitRows(stream, _step.Logits, Config.Vocabulary, layout.Head.Outputs, MaxLogits);
        Traffic = WeightTraffic.Of(Config, sizeof(ushort), sizeof(ushort));
        stream.Synchronize();
        Arithmetic = $"cuda {device.Architecture} {kernels.Mark} {EngineVersion.Text}";
        _sums = new ArenaSums(stream, kernels, weights);
        _guard = new WeightGuard(_sums, options.Time);
    }

    public ModelConfig Config { get; }

    public KvPool Pool => _pool;

    public int MaxTokens { get; }

    public int MaxLogits { get; }

    public WeightTraffic Traffic { get; }

    /// <summary>The device it runs on.</summary>
    public CudaDevice Device => _device;

    public int Step(ReadOnlySpan<SequenceStep> batch)
    {
        _progress?.Invoke();
        var order = Order(batch);
        var rows = Place(batch, order, out var logits, out var singles);
        var few = PlaceTiles(batch, order, singles);
        if (few && singles == batch.Length && logits == singles && singles <= _sizes[^1])
            StepRecorded(singles, singles == 1 && IsBrief(batch[0].Cache.Length + 1));
        else
            StepOnce(rows, logits, few ? singles : 0);
        if (logits > 0)
            FetchResults(logits);
        _stream.Synchronize();
        RequireSound();
        foreach (var sequence in batch)
            sequence.Cache.Commit(sequence.Cache.Length + sequence.Tokens.Length);
        _logits.Begin();
        // It is summed up while the host looks at what has come, and looked at in the next step.
        _guard.Queue();
        return logits;
    }

    public void Fetch(ReadOnlySpan<int> rows) => _logits.Fetch(rows);

    public Span<float> Logits(int row) => _logits.Row(row);

    public int Best(int row) => (int)(uint.MaxValue - (uint)_results.Span<Picked>()[row].Best);

    public bool Finite(int row) => _results.Span<Picked>()[row].Broken == 0;

    public void Dispose()
    {
        foreach (var graph in _graphs.Values)
            graph.Dispose();
        _logits.Dispose();
        _sums.Dispose();
        _results.Dispose();
        _pool.Dispose();
        _step.Dispose();
        _weights.Dispose();
        _kernels.Dispose();
        _stream.Dispose();
        _device.Dispose();
    }

    /// <summary>Sequences with one token first: their rows are what a recorded step has, and what is split over thread blocks.</summary>
    private static int[] Order(ReadOnlySpan<SequenceStep> batch)
    {
        var order = new int[batch.Length];
        var next = 0;
        for (var pass = 0; pass < 2; pass++)
        {
            for (var i = 0; i < batch.Length; i++)
            {
                if (batch[i].Tokens.Length == 1 == (pass == 0))
                    order[next++] = i;
            }
        }

        return order;
    }

    /// <summary>Checks the batch, makes room in the caches, and tells the device where each token stands.</summary>
    private int Place(ReadOnlySpan<SequenceStep> batch, int[] order, out int logits, out int singles)
    {
        var inputs = _step.Inputs;
        Span<int> first = batch.Length <= 512 ? stackalloc int[batch.Length] : new int[batch.Length];
        var row = 0;
        singles = 0;
        for (var i = 0; i < order.Length; i++)
        {
            var sequence = batch[order[i]];
            Check(sequence, row, batch.Length);
            first[order[i]] = row;
            singles += sequence.Tokens.Length == 1 ? 1 : 0;
            var position = sequence.Cache.Length;
            sequence.Cache.Reserve(position + sequence.Tokens.Length);
            inputs.SetBlocks(i, sequence.Cache, _blockScratch);
            sequence.Tokens.Span.CopyTo(inputs.Tokens[row..]);
            for (var t = 0; t < sequence.Tokens.Length; t++, row++)
            {
                inputs.Positions[row] = position + t;
                inputs.Sequences[row] = i;
            }
        }

        logits = 0;
        for (var i = 0; i < batch.Length; i++)
        {
            var count = batch[i].Logits switch { LogitsOf.All => batch[i].Tokens.Length, LogitsOf.Last => 1, _ => 0 };
            if (logits + count > MaxLogits)
                throw new ArgumentException($"A step has at most {MaxLogits} rows of logits.", nameof(batch));
            for (var k = batch[i].Tokens.Length - count; k < batch[i].Tokens.Length; k++)
                inputs.Picks[logits++] = first[i] + k;
        }

        return row;
    }

    private void Check(in SequenceStep sequence, int row, int sequences)
    {
        if (sequence.Tokens.IsEmpty)
            throw new ArgumentException("Each sequence of a step has at least one token.");
        if (row + sequence.Tokens.Length > MaxTokens)
            throw new ArgumentException($"A step has at most {MaxTokens} tokens.");
        if (sequences > _step.Inputs.MaxSequences)
            throw new ArgumentException($"A step has at most {_step.Inputs.MaxSequences} sequences.");
        foreach (var token in sequence.Tokens.Span)
        {
            if (token < 0 || token >= Config.Vocabulary)
                throw new EngineException($"token {token} is not in the vocabulary; right would be 0..{Config.Vocabulary - 1}");
        }
    }

    /// <summary>Cuts the rows into tiles of attention. True: the single tokens' splits are spread over thread blocks and merged afterwards.</summary>
    private bool PlaceTiles(ReadOnlySpan<SequenceStep> batch, int[] order, int singles)
    {
        var inputs = _step.Inputs;
        inputs.FewCount = inputs.WholeCount = 0;
        var size = SizeFor(singles);
        var splits = 1;
        for (var i = 0; i < singles; i++)
            splits = Math.Max(splits, AttentionKernels.SplitsOf(batch[order[i]].Cache.Length + 1));
        var few = singles > 0 && (long)size * splits <= _step.SplitRows;
        var row = 0;
        for (var i = 0; i < order.Length; i++)
        {
            var sequence = batch[order[i]];
            var single = few && i < singles;
            var rows = sequence.Tokens.Length * _shape.HeadsPerKey;
            var most = single ? _attention.FewRows : _attention.WholeRows;
            for (var at = 0; at < rows; at += most)
            {
                var tile = new AttentionTile { Row = row, Sequence = i, Position = sequence.Cache.Length, First = at, Rows = Math.Min(most, rows - at) };
                if (single)
                    inputs.AddFew(tile);
                else
                    inputs.AddWhole(tile);
            }

            row += sequence.Tokens.Length;
        }

        return few;
    }

    /// <summary>Rows that fill a recorded step up belong to nobody: token 0 at position 0 of a block that nobody reads.</summary>
    private void FillUp(int rows, int size)
    {
        var inputs = _step.Inputs;
        for (var row = rows; row < size; row++)
        {
            inputs.Tokens[row] = inputs.Positions[row] = 0;
            inputs.Sequences[row] = inputs.ScratchSequence;
            inputs.Picks[row] = row;
            for (var at = 0; at < _shape.HeadsPerKey; at += _attention.FewRows)
            {
                inputs.AddFew(new AttentionTile
                {
                    Row = row,
                    Sequence = inputs.ScratchSequence,
                    First = at,
                    Rows = Math.Min(_attention.FewRows, _shape.HeadsPerKey - at),
                });
            }
        }
    }

    /// <summary>
    /// Whether so few keys make so few splits that each has a thread block to itself, and merging them needs no kernel of its own.
    /// </summary>
    private bool IsBrief(int length) => AttentionKernels.SplitsOf(length) <= AttentionKernels.BriefSplits
        && (Config.Attention is AttentionConfig.Latent || ProductKernels.CanCombine(_weights.Layout.Layers[0].Output));

    private void StepRecorded(int rows, bool brief)
    {
        var size = SizeFor(rows);
        FillUp(rows, size);
        if (!_graphs.TryGetValue((size, brief), out var graph))
            _graphs[(size, brief)] = graph = CudaGraph.Capture(_stream, () => Queue(size, size, size, brief));
        _step.Inputs.Send();
        graph.Launch(_stream);
    }

    private void StepOnce(int rows, int logits, int few)
    {
        _step.Inputs.Send();
        Queue(rows, logits, few, false);
    }

    private unsafe void FetchResults(int logits) => _stream.CopyToHost(_results.Pointer, _step.Picked, logits * (long)Unsafe.SizeOf<Picked>());

    private static int SizeFor(int rows)
    {
        foreach (var size in _sizes)
        {
            if (size >= rows)
                return size;
        }

        return (int)BitOperations.RoundUpToPowerOf2((uint)rows);
    }

    /// <summary>As many blocks as the options ask for, or as there is memory for.</summary>
    private int CacheBlocks(ForwardOptions options)
    {
        // Left for the driver, the graphs and the program's own modest wishes.
        const long Reserve = 768L << 20;
        var block = CudaKvPool.BytesOfBlock(Config);
        var fit = (int)Math.Min(int.MaxValue, (_device.Memory().Free - Reserve) / block) - 1;
        if (fit < KvCache.BlocksFor(1))
            throw new EngineException($"{_device.Name}: {_weights.Bytes >> 20} MB of weights leave no memory for a cache", isUnfit: true);
        return Math.Min(fit, options.CacheBlocks ?? fit);
    }
}
