using System.Runtime.CompilerServices;
using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>
/// What the host tells the device about a step: tokens, where they stand, tiles of attention, rows whose logits are wanted, and which blocks hold
/// each sequence. One copy a step, and one for each sequence whose blocks have changed.
/// </summary>
internal sealed unsafe class StepInputs : IDisposable
{
    private readonly CudaStream _stream;
    private readonly PinnedBuffer _host;
    private readonly DeviceBuffer _device;
    private readonly PinnedBuffer _tableHost;
    private readonly DeviceBuffer _table;
    private readonly int[] _scratchRow;
    private readonly int _room;
    private readonly int _logitRoom;
    private readonly int _maxTiles;

    public StepInputs(CudaStream stream, int room, int logitRoom, ForwardOptions options, ModelConfig config)
    {
        _stream = stream;
        _room = room;
        _logitRoom = logitRoom;
        // A tile of attention holds 16 rows or more, a row is a token's head; each sequence may leave its last tile unfilled.
        _maxTiles = (room * Math.Max(1, config.Attention.Heads / 16)) + (2 * options.MaxSequences) + room;
        TableWidth = KvCache.BlocksFor(config.MaxPositions);
        MaxSequences = options.MaxSequences;
        var bytes = (long)TilesOffset + (2L * _maxTiles * Unsafe.SizeOf<AttentionTile>());
        _host = new PinnedBuffer(stream.Device, bytes);
        _device = new DeviceBuffer(stream.Device, bytes);
        _tableHost = new PinnedBuffer(stream.Device, (MaxSequences + 1L) * TableWidth * sizeof(int));
        _table = new DeviceBuffer(stream.Device, _tableHost.Bytes);
        _tableHost.Span<int>().Clear();
        _table.Clear(stream);
        _scratchRow = new int[TableWidth];
    }

    public int TableWidth { get; }

    public int MaxSequences { get; }

    /// <summary>The row of the table whose blocks belong to nobody.</summary>
    public int ScratchSequence => MaxSequences;

    public Span<int> Tokens => Ints(CountBytes, _room);

    public Span<int> Positions => Ints(CountBytes + (4 * _room), _room);

    public Span<int> Sequences => Ints(CountBytes + (8 * _room), _room);

    public Span<int> Picks => Ints(CountBytes + (12 * _room), _logitRoom);

    public ulong TokensAt => _device.Pointer + (ulong)CountBytes;

    public ulong PositionsAt => TokensAt + (ulong)(4 * _room);

    public ulong SequencesAt => PositionsAt + (ulong)(4 * _room);

    public ulong PicksAt => SequencesAt + (ulong)(4 * _room);

    /// <summary>Tiles whose splits others merge.</summary>
    public ref int FewCount => ref Ints(0, 2)[0];

    /// <summary>Tiles that one thread block takes whole.</summary>
    public ref int WholeCount => ref Ints(0, 2)[1];

    public ulong FewCountAt => _device.Pointer;

    public ulong WholeCountAt => _device.Pointer + 4;

    public ulong FewTilesAt => _device.Pointer + (ulong)TilesOffset;

    public ulong WholeTilesAt => FewTilesAt + (ulong)(_maxTiles * Unsafe.SizeOf<AttentionTile>());

    public Places Places => new() { Position = PositionsAt, Sequence = SequencesAt, Blocks = _table.Pointer, TableWidth = TableWidth };

    private static int CountBytes => 16;

    private int TilesOffset => (CountBytes + (12 * _room) + (4 * _logitRoom) + 15) & ~15;

    public void AddFew(in AttentionTile tile) => Tiles(0)[FewCount++] = tile;

    public void AddWhole(in AttentionTile tile) => Tiles(1)[WholeCount++] = tile;

    /// <summary>Says which block takes what rows write that belong to nobody.</summary>
    public void SetScratch(int block)
    {
        Array.Fill(_scratchRow, block);
        SetRow(ScratchSequence, _scratchRow);
    }

    /// <summary>The blocks of a sequence, if they are not the ones that the device knows.</summary>
    public void SetBlocks(int sequence, KvCache cache, Span<int> scratch)
    {
        cache.CopyBlockIndices(scratch);
        SetRow(sequence, scratch[..cache.Blocks]);
    }

    public void Send()
    {
        // The whole tiles lie last; where there are none the copy is short.
        var tile = Unsafe.SizeOf<AttentionTile>();
        _stream.CopyToDevice(_device.Pointer, _host.Pointer, TilesOffset + (FewCount * tile));
        if (WholeCount > 0)
            _stream.CopyToDevice(WholeTilesAt, _host.Pointer + TilesOffset + ((long)_maxTiles * tile), WholeCount * tile);
    }

    public void Dispose()
    {
        _stream.Synchronize();
        _host.Dispose();
        _device.Dispose();
        _tableHost.Dispose();
        _table.Dispose();
    }

    private Span<int> Ints(int offset, int count) => new(_host.Pointer + offset, count);

    private Span<AttentionTile> Tiles(int list) =>
        new(_host.Pointer + TilesOffset + ((long)list * _maxTiles * Unsafe.SizeOf<AttentionTile>()), _maxTiles);

    private void SetRow(int sequence, ReadOnlySpan<int> blocks)
    {
        var known = new Span<int>(_tableHost.Pointer + ((long)sequence * TableWidth * sizeof(int)), TableWidth)[..blocks.Length];
        var same = known.CommonPrefixLength(blocks);
        if (same == blocks.Length)
            return;
        blocks[same..].CopyTo(known[same..]);
        var offset = (((long)sequence * TableWidth) + same) * sizeof(int);
        _stream.CopyToDevice(_table.Pointer + (ulong)offset, _tableHost.Pointer + offset, (blocks.Length - same) * (long)sizeof(int));
    }
}
