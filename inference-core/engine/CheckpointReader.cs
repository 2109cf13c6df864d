using System.Runtime.ExceptionServices;

namespace InferenceCore.Engine;

/// <summary>
/// Reads the wanted tensors of a checkpoint once, in blocks, by several threads: each block is read, compared with its hash and searched for what
/// is no number while it is in that core's cache, and handed on. The first fault ends all of it.
/// </summary>
internal sealed class CheckpointReader : IDisposable
{
    private readonly List<CheckpointFile> _files = [];
    private readonly CheckpointBlock[] _blocks;
    private readonly CancellationTokenSource _stop = new();
    private ExceptionDispatchInfo? _fault;
    private int _next;

    /// <param name="checkpoint">The files.</param>
    /// <param name="hashes">What their bytes are compared with; null: with nothing.</param>
    /// <param name="wanted">Names of tensors.</param>
    public CheckpointReader(Checkpoint checkpoint, HashList? hashes, IEnumerable<string> wanted)
    {
        var perFile = new List<Queue<CheckpointBlock>>();
        foreach (var tensors in wanted.Distinct().Select(checkpoint.Find).GroupBy(t => t.File))
        {
            _files.Add(new CheckpointFile(tensors.Key, hashes));
            perFile.Add(new Queue<CheckpointBlock>(BlocksOf(_files[^1], [.. tensors.OrderBy(t => t.Offset)])));
        }

        // In turn from each file: files that have but one hash are then hashed side by side.
        var blocks = new List<CheckpointBlock>();
        while (perFile.Count > 0)
        {
            foreach (var file in perFile)
            {
                if (file.TryDequeue(out var block))
                    blocks.Add(block);
            }
            perFile.RemoveAll(f => f.Count == 0);
        }
        _blocks = [.. blocks];
        RoomBytes = _blocks.Length == 0 ? 0 : _blocks.Max(b => b.Lead + b.ReadBytes);
    }

    /// <summary>What a sink's room must hold.</summary>
    public int RoomBytes { get; }

    public int Blocks => _blocks.Length;

    /// <summary>Bytes that are read.</summary>
    public long Bytes => _blocks.Sum(b => (long)b.ReadBytes);

    /// <summary>Reads everything. Once.</summary>
    /// <param name="threads">How many read; each makes a sink of its own.</param>
    /// <param name="sink">Makes one; called by the thread that will use it.</param>
    /// <param name="progress">Called by all threads, often.</param>
    /// <exception cref="EngineException">A file cannot be read, is not what its hash says, or holds what is no number.</exception>
    public void Run(int threads, Func<IBlockSink> sink, Action? progress = null)
    {
        var readers = new Thread[Math.Clamp(threads, 1, Math.Max(1, _blocks.Length))];
        for (var i = 0; i < readers.Length; i++)
        {
            readers[i] = new Thread(() => Read(sink, progress)) { IsBackground = true, Name = $"weights {i}" };
            readers[i].Start();
        }
        foreach (var reader in readers)
            reader.Join();
        _fault?.Throw();
    }

    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
        _stop.Dispose();
    }

    private void Read(Func<IBlockSink> make, Action? progress)
    {
        try
        {
            using var sink = make();
            while (!_stop.IsCancellationRequested)
            {
                // The room before the block: whoever has a block can finish it, and those who wait for their turn in a file's hash wait for nobody else.
                var room = sink.Room();
                var number = Interlocked.Increment(ref _next) - 1;
                if (number >= _blocks.Length)
                    break;
                Read(_blocks[number], room);
                sink.Take(_blocks[number]);
                progress?.Invoke();
            }
            sink.Finish();
        }
        catch (Exception e) // a thread's edge: the fault comes out of Run
        {
            if (e is OperationCanceledException && _stop.IsCancellationRequested)
                return;
            Interlocked.CompareExchange(ref _fault, ExceptionDispatchInfo.Capture(e), null);
            _stop.Cancel();
        }
    }

    private void Read(CheckpointBlock block, Span<byte> room)
    {
        var bytes = room.Slice(block.Lead, block.ReadBytes);
        block.File.Read(block, bytes);
        block.File.Check(block, bytes[..block.Bytes], _stop.Token);
        foreach (var rows in block.Rows)
            TensorReader.RequireFinite(bytes.Slice(rows.Offset, rows.Bytes), rows.Tensor, rows.FirstRow * rows.RowBytes);
    }

    private static IEnumerable<CheckpointBlock> BlocksOf(CheckpointFile file, TensorEntry[] tensors)
    {
        var first = 0;
        for (var number = 0; number < file.BlockCount; number++)
        {
            var begin = (long)number * HashList.BlockBytes;
            var bytes = (int)Math.Min(HashList.BlockBytes, file.Bytes - begin);
            var end = begin + bytes;
            while (first < tensors.Length && tensors[first].Offset + tensors[first].Bytes <= begin)
                first++;

            var rows = new List<BlockRows>();
            for (var i = first; i < tensors.Length && tensors[i].Offset < end; i++)
            {
                if (RowsIn(tensors[i], begin, end) is { } part)
                    rows.Add(part);
            }
            var read = rows.Count == 0 ? bytes : Math.Max(bytes, rows[^1].Offset + rows[^1].Bytes);
            // The first block holds the header, which says where everything lies.
            if (rows.Count > 0 || file.NeedsAll || (file.IsHashed && number == 0))
                yield return new CheckpointBlock(file, number, bytes, read, rows);
        }
    }

    /// <summary>The rows that begin in [begin, end) of the file.</summary>
    private static BlockRows? RowsIn(TensorEntry tensor, long begin, long end)
    {
        var all = tensor.Shape.Count <= 1 ? 1 : tensor.Shape.Take(tensor.Shape.Count - 1).Aggregate(1L, (product, d) => product * d);
        if (tensor.Bytes == 0)
            return null;
        var rowBytes = tensor.Bytes / all;
        var first = Math.Max(0, (begin - tensor.Offset + rowBytes - 1) / rowBytes);
        var past = Math.Min(all, (end - tensor.Offset + rowBytes - 1) / rowBytes);
        return past > first
            ? new BlockRows(tensor, first, checked((int)(past - first)), checked((int)(tensor.Offset + (first * rowBytes) - begin)), rowBytes)
            : null;
    }
}
