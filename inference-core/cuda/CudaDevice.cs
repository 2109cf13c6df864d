using System.Text;

namespace InferenceCore.Cuda;

/// <summary>One GPU and its primary context, which every thread that calls for it makes current first.</summary>
internal sealed unsafe class CudaDevice : IDisposable
{
    private readonly int _device;
    private nint _context;

    /// <param name="driver">The driver.</param>
    /// <param name="ordinal">Among the devices that this process may use, from 0 on.</param>
    /// <exception cref="CudaException">There is no such device, or it does not start.</exception>
    public CudaDevice(CudaInterop driver, int ordinal)
    {
        Driver = driver;
        Ordinal = ordinal;
        var count = driver.DeviceCount();
        if (ordinal < 0 || ordinal >= count)
            throw new CudaException($"device 'cuda:{ordinal}' does not exist; this machine has {(count == 0 ? "no CUDA device" : $"cuda:0 to cuda:{count - 1}")}");
        int device;
        driver.Check("cuDeviceGet", driver.cuDeviceGet(&device, ordinal));
        _device = device;

        const int NameLength = 256;
        var name = stackalloc byte[NameLength];
        driver.Check("cuDeviceGetName", driver.cuDeviceGetName(name, NameLength, device));
        Name = Encoding.UTF8.GetString(name, new ReadOnlySpan<byte>(name, NameLength).IndexOf((byte)0));
        var uuid = stackalloc byte[16];
        driver.Check("cuDeviceGetUuid", driver.cuDeviceGetUuid_v2(uuid, device));
        Uuid = $"GPU-{new Guid(new ReadOnlySpan<byte>(uuid, 16), bigEndian: true)}";
        nuint total;
        driver.Check("cuDeviceTotalMem", driver.cuDeviceTotalMem_v2(&total, device));
        TotalBytes = (long)total;
        Major = Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
        Minor = Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        Multiprocessors = Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
        SharedBytesPerBlock = Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
        L2Bytes = Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);

        nint context;
        driver.Check("cuDevicePrimaryCtxRetain", driver.cuDevicePrimaryCtxRetain(&context, device), () => Name);
        _context = context;
        MakeCurrent();
    }

    public CudaInterop Driver { get; }

    public int Ordinal { get; }

    /// <summary>e.g. "NVIDIA H100 80GB HBM3".</summary>
    public string Name { get; }

    /// <summary>As NVML and nvidia-smi write it: "GPU-…".</summary>
    public string Uuid { get; }

    public long TotalBytes { get; }

    /// <summary>Compute capability, 9.0 on Hopper: <see cref="Major"/>.<see cref="Minor"/>.</summary>
    public int Major { get; }

    public int Minor { get; }

    public int Multiprocessors { get; }

    /// <summary>Shared memory that one block may ask for.</summary>
    public int SharedBytesPerBlock { get; }

    public int L2Bytes { get; }

    /// <summary>
    /// What the compiler is told: from Hopper on with the instructions that are this generation's alone (<c>sm_90a</c>: wgmma, setmaxnreg).
    /// </summary>
    public string Architecture => ArchitectureOf(Major, Minor);

    public static string ArchitectureOf(int major, int minor) => $"sm_{major}{minor}{(major >= 9 ? "a" : "")}";

    /// <summary>For the calling thread. Cheap, and needed once in each thread.</summary>
    public void MakeCurrent() => Driver.Check("cuCtxSetCurrent", Driver.cuCtxSetCurrent(_context));

    /// <summary>Free and total bytes now, as the driver sees them for all processes together.</summary>
    public (long Free, long Total) Memory()
    {
        nuint free, total;
        Driver.Check("cuMemGetInfo", Driver.cuMemGetInfo_v2(&free, &total));
        return ((long)free, (long)total);
    }

    public int Attribute(CUdevice_attribute attribute)
    {
        int value;
        Driver.Check("cuDeviceGetAttribute", Driver.cuDeviceGetAttribute(&value, attribute, _device), () => attribute.ToString());
        return value;
    }

    public void Dispose()
    {
        if (_context == 0)
            return;
        _context = 0;
        Driver.Check("cuDevicePrimaryCtxRelease", Driver.cuDevicePrimaryCtxRelease_v2(_device));
    }
}
