namespace InferenceCore.Cuda;

/// <summary>
/// Host memory that the device reads and writes by itself: copies from here overlap with everything else, and kernels can reach it.
/// </summary>
internal sealed unsafe class PinnedBuffer : IDisposable
{
    private readonly CudaInterop _driver;
    private readonly bool _registered;
    private byte* _pointer;

    /// <summary>New memory, pinned for all devices and mapped into their address space.</summary>
    public PinnedBuffer(CudaDevice device, long bytes)
        : this(device.Driver, bytes, Allocate(device.Driver, bytes), registered: false)
    {
    }

    private PinnedBuffer(CudaInterop driver, long bytes, byte* pointer, bool registered)
    {
        _driver = driver;
        _registered = registered;
        _pointer = pointer;
        Bytes = bytes;
        ulong seen;
        driver.Check("cuMemHostGetDevicePointer", driver.cuMemHostGetDevicePointer_v2(&seen, pointer, 0));
        DevicePointer = seen;
    }

    /// <summary>Pins memory that is somebody else's and must outlive this.</summary>
    /// <param name="device">By which the call is made; all devices may use the memory.</param>
    /// <param name="pointer">Its beginning.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="readOnly">The device only reads it, and the process perhaps may not write it (a mapped file).</param>
    public static PinnedBuffer Register(CudaDevice device, void* pointer, long bytes, bool readOnly = false)
    {
        var flags = CUmemhostregisterFlags.CU_MEMHOSTREGISTER_PORTABLE | CUmemhostregisterFlags.CU_MEMHOSTREGISTER_DEVICEMAP
            | (readOnly ? CUmemhostregisterFlags.CU_MEMHOSTREGISTER_READ_ONLY : 0);
        var driver = device.Driver;
        driver.Check("cuMemHostRegister", driver.cuMemHostRegister_v2(pointer, (nuint)bytes, flags), () => ByteText.Of(bytes));
        return new PinnedBuffer(driver, bytes, (byte*)pointer, registered: true);
    }

    /// <summary>Null once it is given back.</summary>
    public byte* Pointer => _pointer;

    /// <summary>The same memory as kernels address it.</summary>
    public ulong DevicePointer { get; }

    public long Bytes { get; }

    public Span<T> Span<T>() where T : unmanaged => new(_pointer, checked((int)(Bytes / sizeof(T))));

    public void Dispose()
    {
        if (_pointer is null)
            return;
        var pointer = _pointer;
        _pointer = null;
        if (_registered)
            _driver.Check("cuMemHostUnregister", _driver.cuMemHostUnregister(pointer));
        else
            _driver.Check("cuMemFreeHost", _driver.cuMemFreeHost(pointer));
    }

    private static byte* Allocate(CudaInterop driver, long bytes)
    {
        void* pointer;
        driver.Check("cuMemHostAlloc",
            driver.cuMemHostAlloc(&pointer, (nuint)bytes, CUmemhostallocFlags.CU_MEMHOSTALLOC_PORTABLE | CUmemhostallocFlags.CU_MEMHOSTALLOC_DEVICEMAP),
            () => $"asked {ByteText.Of(bytes)} of host memory");
        return (byte*)pointer;
    }
}
