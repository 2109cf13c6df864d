using InferenceCore.Engine;

namespace InferenceCore.Cuda;

// What it costs that every row count gives the same bits: our products beside those of a library that is free to choose for each shape.
internal sealed partial class CudaForward
{
    /// <summary>Kernels of products whose registers do not suffice, with the bytes that each thread keeps in memory instead.</summary>
    public IEnumerable<(string Kernel, int Bytes)> SpilledProducts() =>
        _kernels.Products.All.Where(k => k.SpilledBytes > 0).Select(k => (k.Name, k.SpilledBytes));

    /// <summary>
    /// All products of a step, one after the other, each with its own weights: ours as a step queues them, and cuBLASLt's with bfloat16 results. Model
    /// without experts. Nothing is computed that anybody reads: the library takes the tiles for rows.
    /// </summary>
    /// <param name="rows">Rows of the step, each with logits.</param>
    /// <param name="libraries">Where cuBLASLt is.</param>
    /// <exception cref="EngineException">The model has experts.</exception>
    public ProductTimes CompareProducts(int rows, CudaLibraries libraries)
    {
        if (Array.Exists(_weights.Layout.Layers, l => l.HasExperts))
            throw new EngineException("the model has experts, for which the library has no product to compare with; right would be a dense model");
        using var library = new CublasLt(CublasLtInterop.Load(libraries), _device);
        var chosen = new Dictionary<(int Outputs, int Inputs), CublasLtProduct>();
        try
        {
            using var results = new DeviceBuffer(_device, (long)rows * _weights.Layout.Head.Outputs * sizeof(ushort));
            foreach (var matrix in Products())
                chosen.TryAdd((matrix.Outputs, matrix.Inputs), new CublasLtProduct(library, rows, matrix.Outputs, matrix.Inputs, wide: false));
            using var ours = CudaGraph.Capture(_stream, () => QueueProducts(rows));
            using var theirs = CudaGraph.Capture(_stream, () =>
            {
                foreach (var matrix in Products())
                    chosen[(matrix.Outputs, matrix.Inputs)].Run(_stream, InputsOf(matrix), _weights.Of(matrix), results.Pointer);
            });
            // In turns, so that the device's temperature is the same for both.
            var (own, other) = (new List<TimeSpan>(), new List<TimeSpan>());
            for (var round = 0; round < 21; round++)
            {
                own.Add(Time(ours));
                other.Add(Time(theirs));
            }

            return new ProductTimes(Median(own), Median(other));
        }
        finally
        {
            foreach (var product in chosen.Values)
                product.Dispose();
        }
    }

    private static TimeSpan Median(List<TimeSpan> times)
    {
        times.Sort();
        return times[times.Count / 2];
    }

    private IEnumerable<CudaMatrix> Products()
    {
        foreach (var layer in _weights.Layout.Layers)
        {
            yield return layer.Down;
            if (layer.QueryUp is { } queryUp)
                yield return queryUp;
            yield return layer.Output;
            yield return layer.GateUp;
            yield return layer.FeedForwardDown;
        }

        yield return _weights.Layout.Head;
    }

    private void QueueProducts(int rows)
    {
        foreach (var matrix in Products())
        {
            var head = matrix == _weights.Layout.Head;
            Multiply(matrix, InputsOf(matrix), head ? _step.LogitRoom : _step.Room, rows, head ? _step.Logits : _step.Results);
        }
    }

    // Any buffer that is as wide as the matrix is deep.
    private ulong InputsOf(CudaMatrix matrix) => matrix == _weights.Layout.Head ? _step.LogitInputs
        : matrix.Inputs == Config.DenseWidth ? _step.Inner
        : matrix.Inputs == Config.HiddenWidth ? _step.Hidden : _step.HeadOutputs;

    private TimeSpan Time(CudaGraph graph)
    {
        using var start = new CudaEvent(_device, timing: true);
        using var end = new CudaEvent(_device, timing: true);
        graph.Launch(_stream);
        start.Record(_stream);
        graph.Launch(_stream);
        end.Record(_stream);
        end.Synchronize();
        return end.Since(start);
    }
}
