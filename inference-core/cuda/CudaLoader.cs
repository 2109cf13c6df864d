using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>
/// Brings a checkpoint's tensors to their places in the arena: several threads, each with a pinned buffer and a stream of its own, read files,
/// copy to the device, and let a kernel there convert and reorder. Reading, copying and packing of different pieces overlap.
/// </summary>
internal sealed class CudaLoader
{
    private const int PieceBytes = 16 << 20;
    private const int MostThreads = 12;

    private readonly CudaDevice _device;
    private readonly KernelSet _kernels;
    private readonly CudaWeights _weights;
    private readonly Action? _progress;

    public CudaLoader(CudaDevice device, KernelSet kernels, CudaWeights weights, Action? progress)
    {
        _device = device;
        _kernels = kernels;
        _weights = weights;
        _progress = progress;
    }

    /// <exception cref="EngineException">A tensor is missing, has another shape or type, is cut off, or holds something that is not a number.</exception>
    public void Load(Checkpoint checkpoint)
    {
        var pieces = new ConcurrentQueue<Piece>(PiecesOf(checkpoint));
        var threads = Math.Clamp(Environment.ProcessorCount, 1, MostThreads);
        try
        {
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => Work(pieces));
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    /// <summary>Rows of a tensor that fit into one buffer, and where they go: a tensor may have several places.</summary>
    private sealed record Piece(TensorEntry Entry, Placement Placement, int Row, int Rows, int Columns)
    {
        public int ValueBytes => Entry.Type == "F32" ? 4 : 2;

        public int Source => Entry.Type switch { "BF16" => 0, "F16" => 1, _ => 2 };
    }

    private List<Piece> PiecesOf(Checkpoint checkpoint)
    {
        var pieces = new List<Piece>();
        foreach (var placement in _weights.Layout.Placements)
        {
            var entry = checkpoint.Find(placement.Name);
            _ = TensorReader.TypeOf(entry);
            Checkpoint.RequireShape(entry, placement.Shape);
            var columns = placement.Columns;
            var rowsOfPiece = Math.Max(1, PieceBytes / (columns * 4));
            for (var row = 0; row < placement.SourceRows; row += rowsOfPiece)
                pieces.Add(new Piece(entry, placement, placement.SourceRow + row, Math.Min(rowsOfPiece, placement.SourceRows - row), columns));
        }

        return pieces;
    }

    private unsafe void Work(ConcurrentQueue<Piece> pieces)
    {
        _device.MakeCurrent();
        using var stream = new CudaStream(_device);
        // Two of each: one is read while the other is on its way.
        using var first = new Staging(_device);
        using var second = new Staging(_device);
        var (current, other) = (first, second);
        while (pieces.TryDequeue(out var piece))
        {
            current.Wait();
            var bytes = (long)piece.Rows * piece.Columns * piece.ValueBytes;
            if (bytes > current.Host.Bytes)
                throw new EngineException($"{piece.Entry.File}: tensor '{piece.Entry.Name}' has rows of {piece.Columns} numbers; at most {PieceBytes / 4} are supported");
            TensorReader.ReadBytes(piece.Entry, (long)piece.Row * piece.Columns * piece.ValueBytes, new Span<byte>(current.Host.Pointer, (int)bytes));
            stream.CopyToDevice(current.Device.Pointer, current.Host.Pointer, bytes);
            Pack(stream, piece, current);
            current.Done(stream, piece.Entry);
            (current, other) = (other, current);
            _progress?.Invoke();
        }

        first.Wait();
        second.Wait();
    }

    private void Pack(CudaStream stream, Piece piece, Staging staging)
    {
        const int Threads = 256, Blocks = 512;
        var (placement, target) = (piece.Placement, _weights.Start + (ulong)piece.Placement.Offset);
        var count = (long)piece.Rows * piece.Columns;
        switch (placement.Form)
        {
            case WeightForm.Float32:
                _kernels.ToFloats.Launch(stream, Blocks, Threads, 0, false, new KernelArguments().Add(staging.Device).Add(piece.Source).Add((ulong)count)
                    .Add(target + (ulong)((piece.Row - placement.SourceRow) * (long)piece.Columns * sizeof(float))).Add(staging.Flag.DevicePointer));
                break;
            case WeightForm.BFloat16:
                _kernels.ToBFloat16.Launch(stream, Blocks, Threads, 0, false, new KernelArguments().Add(staging.Device).Add(piece.Source).Add((ulong)count)
                    .Add(target + (ulong)((piece.Row - placement.SourceRow) * (long)piece.Columns * sizeof(ushort))).Add(staging.Flag.DevicePointer));
                break;
            default:
                var chunks = (long)piece.Rows * (placement.SourceColumns / 8);
                _kernels.PackRows.Launch(stream, (int)((chunks + Threads - 1) / Threads), Threads, 0, false, new KernelArguments()
                    .Add(staging.Device).Add(piece.Source).Add(piece.Rows).Add(piece.Columns).Add(placement.SourceColumn).Add(placement.SourceColumns)
                    .Add(target).Add(placement.Depth).Add(placement.FirstRow + piece.Row - placement.SourceRow)
                    .Add(placement.Form switch { WeightForm.GateTiles => 1, WeightForm.UpTiles => 2, _ => 0 }).Add(staging.Flag.DevicePointer));
                break;
        }
    }

    /// <summary>A pinned buffer, its counterpart on the device, when both are free again, and whether what was in them were numbers.</summary>
    private sealed unsafe class Staging(CudaDevice device) : IDisposable
    {
        private readonly CudaEvent _done = new(device);
        private TensorEntry? _last;

        public PinnedBuffer Host { get; } = new(device, PieceBytes);

        public DeviceBuffer Device { get; } = new(device, PieceBytes);

        /// <summary>One int that kernels set, in the host's memory: looking at it costs no copy.</summary>
        public PinnedBuffer Flag { get; } = new(device, sizeof(int));

        public void Done(CudaStream stream, TensorEntry entry)
        {
            _done.Record(stream);
            _last = entry;
        }

        /// <exception cref="EngineException">What was loaded through this holds something that is not a number.</exception>
        public void Wait()
        {
            if (_last is not { } last)
                return;
            _done.Synchronize();
            _last = null;
            if (*(int*)Flag.Pointer != 0)
                throw new EngineException($"{last.File}: tensor '{last.Name}' holds a weight that is not a finite number");
        }

        public void Dispose()
        {
            if (_last is not null)
                _done.Synchronize();
            _done.Dispose();
            Host.Dispose();
            Device.Dispose();
            Flag.Dispose();
        }
    }
}
