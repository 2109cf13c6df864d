using System.Collections.Concurrent;
using FastTests.Bus;
using InferenceCore.Engine;

namespace FastTests.Engine;

public sealed class CheckpointReaderTests
{
    private const int BlockBytes = HashList.BlockBytes;

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Every_row_of_what_is_wanted_arrives_once_and_nothing_else(int threads)
    {
        using var folder = new TemporaryDirectory();
        var files = Write(folder.Path);
        var wanted = files.Tensors.Where(t => t.Name != "b.unused").Select(t => t.Name).ToArray();
        var memory = new Memory();
        using var reader = new CheckpointReader(Checkpoint.Open(folder.Path), HashList.Open(folder.Path), wanted);
        reader.Run(threads, () => memory.Sink(reader.RoomBytes));
        Assert.Equal(wanted.Order(), memory.Tensors.Keys.Order());
        foreach (var name in wanted)
            Assert.True(files.Bytes[name].AsSpan().SequenceEqual(memory.Tensors[name]), name);
        Assert.All(memory.Alignments, a => Assert.Equal(0, a));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_flipped_bit_is_found_wherever_it_is_with_and_without_a_list_of_blocks(bool blocks)
    {
        using var folder = new TemporaryDirectory();
        var files = Write(folder.Path, blocks);
        var path = folder.File("model.safetensors");
        foreach (var tensor in files.Tensors.Where(t => t.Name is "a.norm" or "c.long" or "z.last"))
        {
            var at = tensor.Offset + (tensor.Bytes / 2);
            Flip(path, at);
            var e = Assert.Throws<EngineException>(() => ReadAll(folder.Path, files));
            Assert.StartsWith($"{path}: ", e.Message, StringComparison.Ordinal);
            Assert.Contains("SHA-256 is ", e.Message, StringComparison.Ordinal);
            if (blocks)
                Assert.Contains($"bytes {at / BlockBytes * BlockBytes}..", e.Message, StringComparison.Ordinal);
            if (blocks && tensor.Name == "c.long")
                Assert.Contains("in tensor 'c.long'", e.Message, StringComparison.Ordinal);
            Flip(path, at);
        }
        Assert.Equal(files.Tensors.Count, ReadAll(folder.Path, files).Tensors.Count);
    }

    [Fact]
    public void A_weight_that_is_no_number_is_named_with_its_tensor_and_place()
    {
        using var folder = new TemporaryDirectory();
        var files = Write(folder.Path);
        File.Delete(folder.File(HashList.FileName));
        var tensor = files.Tensors.Single(t => t.Name == "c.long");
        const long element = 5_000_001;
        using (var file = File.OpenHandle(tensor.File, FileMode.Open, FileAccess.Write))
            RandomAccess.Write(file, [0x80, 0x7F], tensor.Offset + (2 * element));
        var e = Assert.Throws<EngineException>(() => ReadAll(folder.Path, files));
        Assert.Equal($"{tensor.File}: tensor 'c.long' holds {float.PositiveInfinity} at element {element}; weights are finite numbers", e.Message);
    }

    [Fact]
    public void A_list_of_blocks_that_is_not_the_one_in_SHA256SUMS_is_refused()
    {
        using var folder = new TemporaryDirectory();
        Write(folder.Path);
        var path = folder.File(HashList.BlocksName);
        File.WriteAllText(path, File.ReadAllText(path).Replace('0', '1'));
        var e = Assert.Throws<EngineException>(() => HashList.Open(folder.Path));
        Assert.StartsWith($"{path}: SHA-256 is ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_of_one_thread_ends_all_and_is_the_one_reported()
    {
        using var folder = new TemporaryDirectory();
        var files = Write(folder.Path, blocks: false);
        using var reader = new CheckpointReader(Checkpoint.Open(folder.Path), HashList.Open(folder.Path), files.Tensors.Select(t => t.Name));
        var memory = new Memory { FailAt = 2 };
        var e = Assert.Throws<InvalidOperationException>(() => reader.Run(4, () => memory.Sink(reader.RoomBytes)));
        Assert.Equal("no room", e.Message);
    }

    [Fact]
    public void Without_hashes_only_the_blocks_with_wanted_rows_are_read()
    {
        using var folder = new TemporaryDirectory();
        Write(folder.Path);
        using var all = new CheckpointReader(Checkpoint.Open(folder.Path), null, ["a.norm", "c.long"]);
        using var little = new CheckpointReader(Checkpoint.Open(folder.Path), null, ["z.last"]);
        Assert.Equal((3, 1), (all.Blocks, little.Blocks));
    }

    private static Memory ReadAll(string directory, Files files)
    {
        var memory = new Memory();
        using var reader = new CheckpointReader(Checkpoint.Open(directory), HashList.Open(directory), files.Tensors.Select(t => t.Name));
        reader.Run(3, () => memory.Sink(reader.RoomBytes));
        return memory;
    }

    private static void Flip(string path, long at)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var one = new byte[1];
        RandomAccess.Read(file, one, at);
        one[0] ^= 1;
        RandomAccess.Write(file, one, at);
    }

    /// <summary>Some 13 MB: rows that straddle blocks, a vector, a stack of matrices, all three types; numbers that are finite in each of them.</summary>
    private static Files Write(string directory, bool blocks = true)
    {
        (string Name, string Type, int[] Shape)[] plan =
        [
            ("a.norm", "BF16", [7168]), ("b.unused", "BF16", [100, 8]), ("c.long", "BF16", [1537, 3584]),
            ("d.stack", "F32", [3, 50, 1000]), ("e.half", "F16", [33, 1000]), ("z.last", "BF16", [8]),
        ];
        var random = new Random(5);
        var bytes = plan.ToDictionary(p => p.Name, p =>
        {
            var values = new byte[p.Shape.Aggregate(1, (a, b) => a * b) * (p.Type == "F32" ? 4 : 2)];
            random.NextBytes(values);
            for (var i = 1; i < values.Length; i += 2)
                values[i] &= 0x3B; // an exponent that is never all ones
            return values;
        });
        var offset = 0;
        var header = string.Join(',', plan.Select(p =>
            $"\"{p.Name}\":{{\"dtype\":\"{p.Type}\",\"shape\":[{string.Join(',', p.Shape)}],\"data_offsets\":[{offset},{offset += bytes[p.Name].Length}]}}"));
        File.WriteAllBytes(Path.Combine(directory, "model.safetensors"), SafetensorsBytes.File($"{{{header}}}", [.. plan.SelectMany(p => bytes[p.Name])]));
        HashList.Write(directory, ["model.safetensors"]);
        if (!blocks)
        {
            var list = Path.Combine(directory, HashList.FileName);
            File.WriteAllLines(list, File.ReadAllLines(list).Where(l => !l.EndsWith(HashList.BlocksName, StringComparison.Ordinal)));
        }
        return new Files([.. Checkpoint.Open(directory).Tensors], bytes);
    }

    private sealed record Files(IReadOnlyList<TensorEntry> Tensors, Dictionary<string, byte[]> Bytes);

    /// <summary>Puts the rows together again.</summary>
    private sealed class Memory
    {
        private int _taken;

        public int FailAt { get; init; } = int.MaxValue;

        public ConcurrentDictionary<string, byte[]> Tensors { get; } = [];

        public ConcurrentBag<int> Alignments { get; } = [];

        public IBlockSink Sink(int bytes) => new One(this, bytes);

        private sealed class One(Memory memory, int bytes) : IBlockSink
        {
            private readonly byte[] _room = new byte[bytes];

            public Span<byte> Room() => _room;

            public void Take(CheckpointBlock block)
            {
                if (Interlocked.Increment(ref memory._taken) >= memory.FailAt)
                    throw new InvalidOperationException("no room");
                foreach (var rows in block.Rows)
                {
                    var target = memory.Tensors.GetOrAdd(rows.Tensor.Name, _ => new byte[rows.Tensor.Bytes]);
                    var at = (int)(rows.FirstRow * rows.RowBytes);
                    Assert.Equal(-1, target.AsSpan(at, rows.Bytes).IndexOfAnyExcept((byte)0));
                    _room.AsSpan(block.Lead + rows.Offset, rows.Bytes).CopyTo(target.AsSpan(at));
                    memory.Alignments.Add((block.Lead + rows.Offset) % 16);
                }
            }

            public void Finish()
            {
            }

            public void Dispose()
            {
            }
        }
    }
}
