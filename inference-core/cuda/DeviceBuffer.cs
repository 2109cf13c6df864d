using System.Runtime.CompilerServices;

namespace InferenceCore.Cuda;

/// <summary>Memory of a device, aligned to 256 bytes or better. Not cleared.</summary>
internal sealed unsafe class DeviceBuffer : IDisposable
{
    private readonly CudaInterop _driver;

    /// <exception cref="CudaException">The device has not that much memory; <see cref="CudaException.IsOutOfMemory"/> is set.</exception>
    public DeviceBuffer(CudaDevice device, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        _driver = device.Driver;
        Bytes = bytes;
        ulong pointer;
        // A buffer of nothing has a place too: the driver refuses to give one out.
        _driver.Check("cuMemAlloc", _driver.cuMemAlloc_v2(&pointer, (nuint)Math.Max(bytes, 1)),
            () => $"asked {ByteText.Of(bytes)}, {ByteText.Of(device.Memory().Free)} free");
        Pointer = pointer;
    }

    /// <summary>0 once it is given back.</summary>
    public ulong Pointer { get; private set; }

    public long Bytes { get; }

    /// <summary>A buffer that holds <paramref name="values"/> when the stream gets there.</summary>
    public static DeviceBuffer Of<T>(CudaStream stream, ReadOnlySpan<T> values) where T : unmanaged
    {
        var buffer = new DeviceBuffer(stream.Device, (long)values.Length * sizeof(T));
        buffer.Upload(stream, values);
        return buffer;
    }

    /// <summary>Copies into the buffer from <paramref name="offset"/> on; the source is free again when the call returns.</summary>
    /// <param name="stream">In which it is queued.</param>
    /// <param name="source">Pageable memory: the driver takes a copy of it at once.</param>
    /// <param name="offset">Bytes.</param>
    public void Upload<T>(CudaStream stream, ReadOnlySpan<T> source, long offset = 0) where T : unmanaged
    {
        var bytes = (long)source.Length * sizeof(T);
        RequireInside(offset, bytes);
        if (bytes == 0)
            return;
        fixed (T* pointer = source)
            stream.CopyToDevice(Pointer + (ulong)offset, pointer, bytes);
    }

    /// <summary>Copies out of the buffer and waits for it.</summary>
    public void Download<T>(CudaStream stream, Span<T> target, long offset = 0) where T : unmanaged
    {
        var bytes = (long)target.Length * sizeof(T);
        RequireInside(offset, bytes);
        if (bytes == 0)
            return;
        fixed (T* pointer = target)
        {
            stream.CopyToHost(pointer, Pointer + (ulong)offset, bytes);
            stream.Synchronize();
        }
    }

    /// <summary>The buffer's beginning as an array, waited for.</summary>
    public T[] Download<T>(CudaStream stream, int count) where T : unmanaged
    {
        var values = new T[count];
        Download(stream, values.AsSpan());
        return values;
    }

    public void Clear(CudaStream stream) => stream.Fill(Pointer, 0, Bytes);

    public void Dispose()
    {
        if (Pointer == 0)
            return;
        var pointer = Pointer;
        Pointer = 0;
        _driver.Check("cuMemFree", _driver.cuMemFree_v2(pointer));
    }

    private void RequireInside(long offset, long bytes, [CallerMemberName] string call = "")
    {
        ObjectDisposedException.ThrowIf(Pointer == 0, this);
        if (offset < 0 || bytes > Bytes - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{call} of {bytes} bytes leaves a buffer of {Bytes}.");
    }
}
