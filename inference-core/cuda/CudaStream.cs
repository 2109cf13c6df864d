namespace InferenceCore.Cuda;

/// <summary>A queue of work of one device, in order. Copies and fills are queued here; pointers are the device's unless they are host memory.</summary>
internal sealed unsafe class CudaStream : IDisposable
{
    private const uint NonBlocking = 1; // does not wait for the legacy default stream

    private readonly CudaInterop _driver;
    private nint _handle;

    /// <param name="device">Whose.</param>
    /// <param name="priority">0 is the lowest, −5 the highest that Hopper knows.</param>
    public CudaStream(CudaDevice device, int priority = 0)
    {
        Device = device;
        _driver = device.Driver;
        nint handle;
        _driver.Check("cuStreamCreateWithPriority", _driver.cuStreamCreateWithPriority(&handle, NonBlocking, priority));
        _handle = handle;
    }

    public CudaDevice Device { get; }

    public nint Handle => _handle;

    /// <summary>Waits for all that was queued. A kernel's fault comes out here.</summary>
    public void Synchronize() => _driver.Check("cuStreamSynchronize", _driver.cuStreamSynchronize(_handle));

    /// <summary>True: nothing is left to do.</summary>
    public bool IsIdle()
    {
        var result = _driver.cuStreamQuery(_handle);
        if (result == CudaResult.NotReady)
            return false;
        _driver.Check("cuStreamQuery", result);
        return true;
    }

    /// <summary>What is queued from now on waits for what <paramref name="moment"/> was recorded behind.</summary>
    public void Wait(CudaEvent moment) => _driver.Check("cuStreamWaitEvent", _driver.cuStreamWaitEvent(_handle, moment.Handle, 0));

    /// <param name="target">Device memory.</param>
    /// <param name="source">Host memory; if pinned it must stay as it is until the copy is done.</param>
    /// <param name="bytes">How many.</param>
    public void CopyToDevice(ulong target, void* source, long bytes) =>
        _driver.Check("cuMemcpyHtoDAsync", _driver.cuMemcpyHtoDAsync_v2(target, source, (nuint)bytes, _handle));

    /// <param name="target">Host memory; if pinned it is filled when the stream gets there, otherwise when the call returns.</param>
    /// <param name="source">Device memory.</param>
    /// <param name="bytes">How many.</param>
    public void CopyToHost(void* target, ulong source, long bytes) =>
        _driver.Check("cuMemcpyDtoHAsync", _driver.cuMemcpyDtoHAsync_v2(target, source, (nuint)bytes, _handle));

    /// <summary>One value of device memory, waited for.</summary>
    public T Read<T>(ulong source) where T : unmanaged
    {
        T value;
        CopyToHost(&value, source, sizeof(T));
        Synchronize();
        return value;
    }

    public void CopyOnDevice(ulong target, ulong source, long bytes) =>
        _driver.Check("cuMemcpyDtoDAsync", _driver.cuMemcpyDtoDAsync_v2(target, source, (nuint)bytes, _handle));

    public void Fill(ulong target, byte value, long bytes) =>
        _driver.Check("cuMemsetD8Async", _driver.cuMemsetD8Async(target, value, (nuint)bytes, _handle));

    /// <param name="target">Aligned to 4 bytes.</param>
    /// <param name="value">Written <paramref name="count"/> times.</param>
    /// <param name="count">Words of 32 bits.</param>
    public void FillWords(ulong target, uint value, long count) =>
        _driver.Check("cuMemsetD32Async", _driver.cuMemsetD32Async(target, value, (nuint)count, _handle));

    public void Dispose()
    {
        if (_handle == 0)
            return;
        var handle = _handle;
        _handle = 0;
        _driver.Check("cuStreamDestroy", _driver.cuStreamDestroy_v2(handle));
    }
}
