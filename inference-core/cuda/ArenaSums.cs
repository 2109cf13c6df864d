namespace InferenceCore.Cuda;

/// <summary>
/// The sums of the arena's pieces, computed on the device behind what the stream of the steps holds, and written straight into the host's memory:
/// one launch, no copy.
/// </summary>
internal sealed unsafe class ArenaSums : ISummedWeights, IDisposable
{
    /// <summary>Small enough that a piece holds parts of one or two tensors, and that a hundred megabytes of them fill the device.</summary>
    private const int BytesOfPiece = 256 << 10;

    private const int Threads = 512;

    // What the kernel reads at once.
    private const int WordBytes = 16;

    private readonly CudaStream _stream;
    private readonly CudaKernel _kernel;
    private readonly CudaWeights _weights;
    private readonly PinnedBuffer _sums;

    public ArenaSums(CudaStream stream, KernelSet kernels, CudaWeights weights)
    {
        _stream = stream;
        _kernel = kernels.ChecksumPieces;
        _weights = weights;
        Pieces = checked((int)((weights.Bytes + BytesOfPiece - 1) / BytesOfPiece));
        _sums = new PinnedBuffer(stream.Device, Pieces * (long)sizeof(ulong));
    }

    public long Bytes => _weights.Bytes;

    public long PieceBytes => BytesOfPiece;

    public int Pieces { get; }

    public ReadOnlySpan<ulong> Sums => _sums.Span<ulong>();

    public void Queue(int first, int count)
    {
        var offset = (ulong)first * BytesOfPiece;
        // Whole layouts are multiples of a kilobyte.
        var words = ((ulong)_weights.Bytes - offset) / WordBytes;
        _kernel.Launch(_stream, count, Threads, 0, false, new KernelArguments()
            .Add(_weights.Start + offset).Add(words).Add((ulong)(BytesOfPiece / WordBytes)).Add(_sums.DevicePointer + ((ulong)first * sizeof(ulong))));
    }

    public void Wait() => _stream.Synchronize();

    public void Dispose() => _sums.Dispose();
}
