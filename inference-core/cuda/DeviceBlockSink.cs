using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>
/// Rows of a tensor have arrived on the device, as they lie in the file: row-major, of the checkpoint's type. Whatever is queued in
/// <paramref name="stream"/> finds them there; after that the memory is used again. Called by several threads, each with a stream of its own.
/// </summary>
/// <param name="tensor">Whose.</param>
/// <param name="firstRow">The first of them; a vector is one row.</param>
/// <param name="rows">How many.</param>
/// <param name="pointer">Device memory, aligned to 16 bytes if all tensors in front of it in its file are multiples of 16 bytes long, else to 2.</param>
/// <param name="stream">Where to queue what becomes of them.</param>
internal delegate void RowsArrived(TensorEntry tensor, long firstRow, int rows, ulong pointer, CudaStream stream);

/// <summary>
/// One reader thread's way to the device: two pairs of a pinned and a device buffer, so that it reads into one while the copy and the kernels of
/// the other are under way.
/// </summary>
internal sealed unsafe class DeviceBlockSink : IBlockSink
{
    private readonly RowsArrived _arrived;
    private readonly CudaStream _stream;
    private readonly (PinnedBuffer Pinned, DeviceBuffer Device, CudaEvent Free)[] _slots = new (PinnedBuffer, DeviceBuffer, CudaEvent)[2];
    private int _slot;

    /// <param name="device">Where to.</param>
    /// <param name="roomBytes">Longest block.</param>
    /// <param name="arrived">Told of all that arrives.</param>
    public DeviceBlockSink(CudaDevice device, int roomBytes, RowsArrived arrived)
    {
        device.MakeCurrent();
        _arrived = arrived;
        _stream = new CudaStream(device);
        try
        {
            for (var i = 0; i < _slots.Length; i++)
                _slots[i] = (new PinnedBuffer(device, roomBytes), new DeviceBuffer(device, roomBytes), new CudaEvent(device));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Span<byte> Room()
    {
        _slot = (_slot + 1) % _slots.Length;
        _slots[_slot].Free.Synchronize();
        return _slots[_slot].Pinned.Span<byte>();
    }

    public void Take(CheckpointBlock block)
    {
        var (pinned, device, free) = _slots[_slot];
        if (block.Rows.Count > 0)
        {
            var first = block.Lead + block.Rows[0].Offset;
            var bytes = block.Lead + block.ReadBytes - first;
            _stream.CopyToDevice(device.Pointer + (ulong)first, pinned.Pointer + first, bytes);
            foreach (var rows in block.Rows)
                _arrived(rows.Tensor, rows.FirstRow, rows.Rows, device.Pointer + (ulong)(block.Lead + rows.Offset), _stream);
        }
        free.Record(_stream);
    }

    public void Finish() => _stream.Synchronize();

    public void Dispose()
    {
        // Also after a fault: nothing may still be copying out of memory that is given back.
        _stream.Synchronize();
        foreach (var (pinned, device, free) in _slots)
        {
            pinned?.Dispose();
            device?.Dispose();
            free?.Dispose();
        }
        _stream.Dispose();
    }
}
