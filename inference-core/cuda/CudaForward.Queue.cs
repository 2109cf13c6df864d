using InferenceCore.Engine;

namespace InferenceCore.Cuda;

// What a step queues: the kernels of every layer, each reading what the one before it wrote.
internal sealed partial class CudaForward
{
    private const int ThreadsOfColumns = 256;

    // Rows that absorb and raise take at once, and the columns of the latent of one thread block of absorb: ROWS and ABSORBED of latent.cu.
    private const int LatentRows = 8;
    private const int AbsorbedColumns = 256;

    // The inner norms of latent attention do not follow rms_norm_eps: as in ForwardReference.
    private const float LatentEpsilon = 1e-6f;

    // Where the residual stream is now, while a step is queued.
    private ulong _residual;

    private static readonly float _log2E = (float)Math.Log2(Math.E);

    /// <param name="rows">Rows of the step.</param>
    /// <param name="logits">Rows whose logits are wanted.</param>
    /// <param name="few">Rows at the beginning whose attention is split over thread blocks.</param>
    /// <param name="brief">The only row has few splits: see <see cref="IsBrief"/>.</param>
    private void Queue(int rows, int logits, int few, bool brief)
    {
        var (layout, hidden) = (_weights.Layout, Config.HiddenWidth);
        _kernels.Embed.Launch(_stream, rows, ThreadsFor(hidden), 0, false, new KernelArguments().Add(_step.Inputs.TokensAt)
            .Add(_weights.Start + (ulong)layout.Embedding).Add(_step.Residual).Add(hidden).Add(_step.Picked).Add(logits));
        _residual = _step.Residual;
        var add = default(Added);
        for (var i = 0; i < layout.Layers.Length; i++)
        {
            var layer = layout.Layers[i];
            var attended = new Added(Attend(layer, i, rows, few, brief, add));
            add = layer.HasExperts ? VisitExperts(layer, rows, attended) : new Added(FeedForward(layer, rows, attended));
        }

        if (logits > 0)
            Head(rows, logits, add);
    }

    /// <summary>What the next norm adds to the residual: a product's result, or, from experts, slots with their weights.</summary>
    private readonly record struct Added(Parts Parts, bool OfExperts = false);

    private void Norm(int rows, long weight, Added add, ulong? pick, ulong output, int room, bool plain)
    {
        var call = NormOf(weight, add) with
        {
            // Rows that are picked are the last to be read.
            ResidualOut = pick is null && add.Parts.First != 0 ? _residual : 0,
            Pick = pick ?? 0,
            Output = output,
            Plain = plain ? _step.Experts!.Plain : 0,
            Room = room,
        };
        var threads = ThreadsFor(Config.HiddenWidth);
        var kernel = threads <= 512 ? _kernels.Norm : _kernels.NormWide;
        kernel.Launch(_stream, rows, threads, 0, true, new KernelArguments().Add(call));
    }

    private NormCall NormOf(long weight, Added add) => new()
    {
        Residual = _residual,
        Add = add.Parts,
        Weight = _weights.At(weight),
        Width = Config.HiddenWidth,
        Epsilon = Config.NormEpsilon,
        SlotWeights = add.OfExperts ? _step.Experts!.SlotWeights : 0,
        SlotsPerRow = add.OfExperts ? _step.Experts!.SlotsPerRow : 0,
        Segments = add.OfExperts ? _step.Experts!.DownSegments : 0,
    };

    /// <summary>A product of the normed residual.</summary>
    private Parts MultiplyNormed(CudaMatrix matrix, long norm, Added add, int rows, long bias = 0)
    {
        if (!ProductKernels.IsNormed(rows, Config.HiddenWidth))
        {
            Norm(rows, norm, add, null, _step.Hidden, _step.Room, false);
            return Multiply(matrix, _step.Hidden, _step.Room, rows, _step.Results, bias);
        }

        return MultiplyNormed(matrix, norm, add, ResultsBeside(add), bias);
    }

    /// <summary>The same of one row, in one kernel.</summary>
    private Parts MultiplyNormed(CudaMatrix matrix, long norm, Added add, ulong results, long bias)
    {
        var (product, parts) = SplitProduct(matrix, 0, 0, 1, results, bias);
        LaunchNormed(_kernels.Products.Normed, matrix, product, norm, add);
        return parts;
    }

    private void LaunchNormed(ProductKernel kernel, CudaMatrix matrix, in Product product, long norm, Added add)
    {
        // Every thread block reads the residual, so what it becomes goes elsewhere.
        var call = NormOf(norm, add) with { ResidualOut = _residual == _step.Residual ? _step.OtherResidual : _step.Residual };
        _residual = call.ResidualOut;
        kernel.Launch(_stream, matrix.RunCount, product, call);
    }

    /// <summary>What a product's segments may be written to while it still reads what is added before its norm.</summary>
    private ulong ResultsBeside(Added add) => add.Parts.First == _step.Results ? _step.OtherResults : _step.Results;

    private (Product Product, Parts Parts) SplitProduct(CudaMatrix matrix, ulong inputs, int room, int rows, ulong results, long bias)
    {
        var tile = ProductKernels.TileFor(rows);
        var tiles = ProductKernels.TilesOf(rows, tile);
        var stride = (ulong)tiles * (ulong)tile * (ulong)matrix.Outputs;
        var product = new Product
        {
            Weights = _weights.Of(matrix),
            Inputs = inputs,
            Parts = results,
            Stride = stride,
            Outputs = matrix.Outputs,
            Blocks = matrix.Blocks,
            Room = room,
            Tiles = tiles,
            Split = matrix.Split,
        };
        return (product, new Parts { First = results, Stride = stride, Columns = matrix.Outputs, Split = matrix.Split, Bias = _weights.At(bias) });
    }

    private static int ThreadsFor(int width) => ((width / 8) + 31) & ~31;

    private Parts Multiply(CudaMatrix matrix, ulong inputs, int room, int rows, ulong results, long bias = 0)
    {
        var (product, parts) = SplitProduct(matrix, inputs, room, rows, results, bias);
        if (ProductKernels.IsSplit(matrix, rows))
        {
            _kernels.Products.Split(matrix, rows).Launch(_stream, new Extent(matrix.RunCount, product.Tiles), product);
            return parts;
        }

        var kernel = _kernels.Products.Full(rows);
        product.Tiles = ProductKernels.TilesOf(rows, kernel.Tile);
        kernel.Launch(_stream, Math.Min(_device.Multiprocessors, matrix.Blocks * product.Tiles), product);
        return parts with { Split = default };
    }

    private Parts Attend(CudaLayer layer, int index, int rows, int few, bool brief, Added add) => Config.Attention switch
    {
        AttentionConfig.Grouped grouped => AttendGrouped(grouped, layer, index, rows, few, brief, add),
        AttentionConfig.Latent latent => AttendLatent(latent, layer, index, rows, few, brief, add),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private Parts AttendGrouped(AttentionConfig.Grouped a, CudaLayer layer, int index, int rows, int few, bool brief, Added add)
    {
        var turn = new RotateCall
        {
            Parts = MultiplyNormed(layer.Down, layer.AttentionNorm, add, rows, layer.DownBias),
            Places = _step.Inputs.Places,
            Rope = _step.Rope,
            Queries = _step.Queries,
            Cache = _pool.Layer(index),
            BlockBytes = (ulong)_pool.BlockBytes,
            Heads = a.Heads,
            KeyHeads = a.KeyValueHeads,
            Width = a.HeadWidth,
            Interleaved = Config.Rope.Interleaved ? 1 : 0,
        };
        if (rows > few)
        {
            var blocks = (((a.Heads + (2 * a.KeyValueHeads)) * a.HeadWidth / 8) + ThreadsOfColumns - 1) / ThreadsOfColumns;
            _kernels.Rotate.Launch(_stream, new Extent(blocks, rows), ThreadsOfColumns, 0, true, new KernelArguments().Add(turn));
        }

        QueueAttention(index, rows, few, brief, turn);
        var combine = Combine(few, a.HeadWidth);
        if (brief)
        {
            var (product, parts) = SplitProduct(layer.Output, 0, 0, rows, _step.Results, layer.OutputBias);
            _kernels.Products.Combined.Launch(_stream, layer.Output.RunCount, product, combine);
            return parts;
        }

        if (few > 0)
            _kernels.CombineHeads.Launch(_stream, new Extent(a.Heads, few), 32, 0, true, new KernelArguments().Add(combine));
        return Multiply(layer.Output, _step.HeadOutputs, _step.Room, rows, _step.Results, layer.OutputBias);
    }

    /// <summary>Attention of all rows: the first <paramref name="few"/> in splits that are merged afterwards, the others whole.</summary>
    private void QueueAttention(int index, int rows, int few, bool brief, in RotateCall turn)
    {
        var inputs = _step.Inputs;
        var call = new AttentionCall
        {
            Tiles = inputs.FewTilesAt,
            TileCount = inputs.FewCountAt,
            Queries = _step.Queries,
            Cache = _pool.Layer(index),
            BlockBytes = (ulong)_pool.BlockBytes,
            Blocks = inputs.Places.Blocks,
            TableWidth = inputs.TableWidth,
            Heads = _shape.Heads,
            KeyHeads = _shape.KeyHeads,
            Scale = _shape.Scale * _log2E,
            Output = _step.HeadOutputs,
            Parts = _step.AttentionParts,
            Bounds = _step.AttentionBounds,
            Room = _step.Room,
            PartRows = few,
        };
        if (few > 0)
        {
            var blocks = few * ((_shape.HeadsPerKey + _attention.FewRows - 1) / _attention.FewRows) * _shape.KeyHeads;
            // Twice as many thread blocks as multiprocessors, if there are splits for them; a step with few keys pays little for those without.
            var spread = brief ? AttentionKernels.BriefSplits : Math.Clamp(2 * _device.Multiprocessors / blocks, 1, 64);
            _attention.Few(_stream, new Extent(blocks, spread), call with { Turn = turn }, turns: rows == few, brief);
        }

        if (rows == few)
            return;
        call.Tiles = inputs.WholeTilesAt;
        call.TileCount = inputs.WholeCountAt;
        call.Parts = _step.WholeMixes;
        _attention.Whole(_stream, inputs.WholeCount * _shape.KeyHeads, call);
    }

    private CombineCall Combine(int few, int width) => new()
    {
        Parts = _step.AttentionParts,
        Bounds = _step.AttentionBounds,
        Position = _step.Inputs.PositionsAt,
        Output = _step.HeadOutputs,
        Heads = _shape.Heads,
        Width = width,
        Room = _step.Room,
        PartRows = few,
    };

    private Parts AttendLatent(AttentionConfig.Latent a, CudaLayer layer, int index, int rows, int few, bool brief, Added add)
    {
        var down = MultiplyNormed(layer.Down, layer.AttentionNorm, add, rows);
        var query = down;
        if (layer.QueryUp is { } queryUp)
        {
            var norm = new LatentNormCall
            {
                Parts = down,
                Weight = _weights.At(layer.QueryNorm),
                Output = _step.QueryInputs,
                Width = queryUp.Inputs,
                Room = _step.Room,
                Epsilon = LatentEpsilon,
            };
            _kernels.LatentNorm.Launch(_stream, rows, ThreadsFor(queryUp.Inputs), 0, true, new KernelArguments().Add(norm));
            query = Multiply(queryUp, _step.QueryInputs, _step.Room, rows, _step.QueryResults);
        }

        var jobs = a.Heads * ((a.LatentWidth + AbsorbedColumns - 1) / AbsorbedColumns);
        var call = new LatentCall
        {
            Query = query,
            Down = down,
            Places = _step.Inputs.Places,
            Rope = _step.Rope,
            Norm = _weights.At(layer.LatentNorm),
            Up = _weights.At(layer.LatentUp),
            Queries = _step.Queries,
            Cache = _pool.Layer(index),
            BlockBytes = (ulong)_pool.BlockBytes,
            Heads = a.Heads,
            LatentAt = a.QueryRank ?? (a.Heads * (a.PlainWidth + a.RopeWidth)),
            Latent = a.LatentWidth,
            Plain = a.PlainWidth,
            Turned = a.RopeWidth,
            Value = a.ValueWidth,
            Key = CudaKvPool.KeyWidth(a),
            Interleaved = Config.Rope.Interleaved ? 1 : 0,
            Rows = rows,
            Spread = LatentSpread(rows, jobs),
            Epsilon = LatentEpsilon,
        };
        _kernels.Absorb.Launch(_stream, rows + (jobs * call.Spread), ThreadsOfColumns, _kernels.AbsorbShared, true, new KernelArguments().Add(call));
        QueueAttention(index, rows, few, brief, default);
        Raise(a, layer, 0, few, Combine(few, a.LatentWidth), false);
        Raise(a, layer, few, rows - few, Combine(few, a.LatentWidth) with { Parts = _step.WholeMixes }, true);
        return Multiply(layer.Output, _step.HeadOutputs, _step.Room, rows, _step.Results);
    }

    private void Raise(AttentionConfig.Latent a, CudaLayer layer, int first, int rows, CombineCall combine, bool whole)
    {
        if (rows == 0)
            return;
        var call = new ValueCall
        {
            Combine = combine,
            Up = _weights.At(layer.LatentUp),
            Output = _step.HeadOutputs,
            Plain = a.PlainWidth,
            Value = a.ValueWidth,
            Room = _step.Room,
            Rows = rows,
            First = first,
            Whole = whole ? 1 : 0,
            Spread = LatentSpread(rows, a.Heads),
        };
        _kernels.Raise.Launch(_stream, new Extent(a.Heads, call.Spread), ThreadsOfColumns, 0, true, new KernelArguments().Add(call));
    }

    /// <summary>Over how many thread blocks the rows are spread beside <paramref name="jobs"/>: each keeps its weights for all its rows.</summary>
    private int LatentSpread(int rows, int jobs) =>
        Math.Clamp(2 * _device.Multiprocessors / jobs, 1, (rows + LatentRows - 1) / LatentRows);

    private Parts FeedForward(CudaLayer layer, int rows, Added add)
    {
        var width = layer.FeedForwardDown.Inputs;
        if (ProductKernels.GatesItself(layer.GateUp, rows))
        {
            MultiplyGated(layer, rows, add);
        }
        else if (ProductKernels.IsSplit(layer.GateUp, rows))
        {
            var parts = MultiplyNormed(layer.GateUp, layer.FeedForwardNorm, add, rows);
            Activate(parts, _step.Inner, _step.Room, width, rows, 0, 0);
        }
        else
        {
            Norm(rows, layer.FeedForwardNorm, add, null, _step.Hidden, _step.Room, false);
            var kernel = _kernels.Products.Gated(rows);
            var product = new Product
            {
                Weights = _weights.Of(layer.GateUp),
                Inputs = _step.Hidden,
                Gated = _step.Inner,
                Outputs = layer.GateUp.Outputs,
                Blocks = layer.GateUp.Blocks,
                Room = _step.Room,
                Tiles = ProductKernels.TilesOf(rows, kernel.Tile),
                Split = layer.GateUp.Split,
            };
            kernel.Launch(_stream, Math.Min(_device.Multiprocessors, product.Blocks * product.Tiles), product);
        }

        return Multiply(layer.FeedForwardDown, _step.Inner, _step.Room, rows, _step.Results);
    }

    /// <summary>Few rows of a wide matrix: the product adds its two segments and makes the gates.</summary>
    private void MultiplyGated(CudaLayer layer, int rows, Added add)
    {
        var (matrix, norm) = (layer.GateUp, layer.FeedForwardNorm);
        var isNormed = ProductKernels.IsNormed(rows, Config.HiddenWidth);
        if (!isNormed)
            Norm(rows, norm, add, null, _step.Hidden, _step.Room, false);
        var product = SplitProduct(matrix, _step.Hidden, _step.Room, rows, isNormed ? ResultsBeside(add) : _step.Results, 0).Product with { Gated = _step.Inner, Ready = _step.Ready };
        if (isNormed)
            LaunchNormed(_kernels.Products.NormedGated, matrix, product, norm, add);
        else
            _kernels.Products.SplitGated(rows).Launch(_stream, matrix.RunCount, product);
    }

    private void Activate(Parts parts, ulong output, int room, int width, int rows, int segments, ulong place)
    {
        const int Threads = 128;
        _kernels.Activate.Launch(_stream, new Extent(((width / 8) + Threads - 1) / Threads, rows), Threads, 0, true,
            new KernelArguments().Add(parts).Add(output).Add(room).Add(width).Add(segments).Add(place));
    }

    private void Head(int rows, int logits, Added add)
    {
        var (layout, parts) = (_weights.Layout, default(Parts));
        if (ProductKernels.IsNormed(rows, Config.HiddenWidth))
        {
            parts = MultiplyNormed(layout.Head, layout.FinalNorm, add, _step.Logits, 0);
        }
        else
        {
            // Rows whose logits nobody wants keep an unfinished residual: nothing reads it after this.
            Norm(logits, layout.FinalNorm, add, _step.Inputs.PicksAt, _step.LogitInputs, _step.LogitRoom, false);
            parts = Multiply(layout.Head, _step.LogitInputs, _step.LogitRoom, logits, _step.Logits);
        }

        var pieces = logits <= 8 ? 256 : 64;
        _kernels.PickBest.Launch(_stream, new Extent(pieces, logits), 256, 0, true, new KernelArguments()
            .Add(parts).Add(_step.Logits).Add(Config.Vocabulary).Add(_step.Picked));
    }
}
