namespace InferenceCore.Cuda;

/// <summary>Rows of logits on their way to the host, which most steps never need: the likeliest token is found on the device.</summary>
internal sealed unsafe class LogitRows(CudaStream stream, ulong device, int vocabulary, int stride, int rows) : IDisposable
{
    private readonly int[] _slots = new int[rows];
    private PinnedBuffer? _host;
    private int _used;

    /// <summary>A step has been computed: nothing of it is here yet.</summary>
    public void Begin()
    {
        Array.Fill(_slots, -1);
        _used = 0;
    }

    public void Fetch(ReadOnlySpan<int> wanted)
    {
        var missing = 0;
        foreach (var row in wanted)
            missing += _slots[row] < 0 ? 1 : 0;
        if (missing == 0)
            return;
        MakeRoom(_used + missing);
        foreach (var row in wanted)
        {
            if (_slots[row] >= 0)
                continue;
            _slots[row] = _used++;
            stream.CopyToHost(At(_slots[row]), device + ((ulong)row * (ulong)stride * sizeof(float)), vocabulary * (long)sizeof(float));
        }

        stream.Synchronize();
    }

    public Span<float> Row(int row)
    {
        if (_slots[row] < 0)
            Fetch([row]);
        return new Span<float>(At(_slots[row]), vocabulary);
    }

    public void Dispose() => _host?.Dispose();

    private float* At(int slot) => (float*)_host!.Pointer + ((long)slot * vocabulary);

    private void MakeRoom(int slots)
    {
        if (_host is not null && _host.Bytes >= slots * (long)vocabulary * sizeof(float))
            return;
        var larger = new PinnedBuffer(stream.Device, Math.Min(rows, slots * 2) * (long)vocabulary * sizeof(float));
        if (_host is not null)
        {
            Buffer.MemoryCopy(_host.Pointer, larger.Pointer, larger.Bytes, _used * (long)vocabulary * sizeof(float));
            _host.Dispose();
        }

        _host = larger;
    }
}
