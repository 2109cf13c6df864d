using System.Runtime.CompilerServices;
using System.Text;

namespace Appliance.Hardware;

/// <summary>
/// NVML as a source of GPUs. Initialised by whichever thread comes first; what the library lacks or refuses is absent, and a
/// driver that is not there yet is tried again (each thread asks every two seconds).
/// </summary>
/// <param name="library">Another library than the machine's: the twin's.</param>
/// <param name="slots">Says which GPU is which; null takes the driver's numbers.</param>
public sealed class Nvml(string? library = null, GpuSlots? slots = null) : IGpuSource
{
    private readonly Lock _gate = new();
    private volatile NvmlInterop? _calls;

    /// <summary>Why the last initialisation failed; null when it worked.</summary>
    public string? Fault { get; private set; }

    public string? DriverVersion { get; private set; }

    public string? LibraryVersion { get; private set; }

    public int Count { get; private set; }

    /// <summary>The driver was replaced under this process: only a new one can load the library that fits.</summary>
    public bool IsOutdated { get; private set; }

    /// <summary>Functions of nvml.h that the loaded library does not have.</summary>
    public IReadOnlyList<string> MissingFunctions => _calls?.Missing ?? [];

    /// <summary>Calls into the library that returned, and values asked for by the call for many: what watching costs on a real board.</summary>
    public (long Calls, long FieldValues) Asked => (_calls?.Calls ?? 0, _calls?.FieldValues ?? 0);

    /// <summary>Null until <see cref="Initialise"/> has succeeded.</summary>
    internal NvmlInterop? Calls => _calls;

    /// <summary>The machine's driver and how many GPUs it has, or why it does not open. May take as long as the driver likes.</summary>
    public static (IGpuSource? Gpus, int Count, string? Fault) TryOpen()
    {
        var nvml = new Nvml();
        return nvml.Initialise() ? (nvml, nvml.Count, null) : (null, 0, nvml.Fault ?? "NVML does not open");
    }

    public IGpuDevice? Open(int index, out bool lost)
    {
        var status = Handle(index, out var device);
        lost = IsGone(status);
        return status == NvmlReturn.Success ? new NvmlGpu(_calls!, device) : null;
    }

    /// <summary>NVML may initialise others while it looks for one that it has not seen yet (nvml.h): a handle that is known is worth keeping.</summary>
    public unsafe IGpuDevice? Find(string uuid)
    {
        if (!Initialise())
            return null;
        NvmlDevice device;
        fixed (byte* name = Encoding.ASCII.GetBytes(uuid + '\0'))
            return _calls!.nvmlDeviceGetHandleByUUID(name, &device) == NvmlReturn.Success ? new NvmlGpu(_calls!, device) : null;
    }

    /// <summary>True when the library answers. May take as long as the driver likes.</summary>
    public bool Initialise()
    {
        if (_calls is not null)
            return true;
        lock (_gate)
        {
            if (_calls is not null)
                return true;
            if (NvmlInterop.TryLoad(library ?? NvmlInterop.Library) is not { } calls)
            {
                Fault = $"{library ?? NvmlInterop.Library} is not installed";
                return false;
            }

            CheckLayout();
            var status = calls.nvmlInit_v2();
            if (status != NvmlReturn.Success)
            {
                Fault = $"nvmlInit_v2 said {status}";
                Note(status);
                return false;
            }

            Describe(calls);
            slots?.Saw([.. Enumerable.Range(0, Count).Select(i => BusOf(calls, i))]);
            Fault = null;
            _calls = calls;
            return true;
        }
    }

    /// <param name="index">The box's number of the GPU, not the driver's.</param>
    internal unsafe NvmlReturn Handle(int index, out NvmlDevice device)
    {
        device = default;
        if (!Initialise())
            return NvmlReturn.Uninitialized;
        fixed (NvmlDevice* to = &device)
        {
            if (slots?.BusOf(index) is not { } bus)
                return _calls!.nvmlDeviceGetHandleByIndex_v2((uint)index, to);
            fixed (byte* name = Encoding.ASCII.GetBytes(bus + '\0'))
                return _calls!.nvmlDeviceGetHandleByPciBusId_v2(name, to);
        }
    }

    /// <summary>Ends the client in order. No other call may be out or follow.</summary>
    public void Shutdown() => _ = _calls?.nvmlShutdown();

    /// <summary>Looks at any return code for the one that concerns the library itself.</summary>
    internal void Note(NvmlReturn status) => IsOutdated |= status == NvmlReturn.LibRmVersionMismatch;

    /// <summary>The driver works and says that this GPU is not there.</summary>
    internal static bool IsGone(NvmlReturn status) => status is NvmlReturn.InvalidArgument or NvmlReturn.NotFound
        or NvmlReturn.GpuIsLost or NvmlReturn.GpuNotFound;

    /// <summary>The struct sizes nvml.h gives on x86-64; a mismatch would corrupt memory, so it ends the process at once.</summary>
    internal static void CheckLayout()
    {
        foreach (var (type, size, wanted) in Layout())
        {
            if (size != wanted)
                throw new InvalidOperationException($"{type} is {size} bytes here and {wanted} in nvml.h.");
        }
    }

    /// <summary>Every structure that crosses the boundary: its size here and in nvml.h (API 13, gcc on x86-64).</summary>
    internal static (string Type, int Size, int Wanted)[] Layout() =>
    [
        (nameof(NvmlInterop.nvmlFieldValue_t), Unsafe.SizeOf<NvmlInterop.nvmlFieldValue_t>(), 40),
        (nameof(NvmlInterop.nvmlPciInfo_t), Unsafe.SizeOf<NvmlInterop.nvmlPciInfo_t>(), 68),
        (nameof(NvmlInterop.nvmlMemory_t), Unsafe.SizeOf<NvmlInterop.nvmlMemory_t>(), 24),
        (nameof(NvmlInterop.nvmlMemory_v2_t), Unsafe.SizeOf<NvmlInterop.nvmlMemory_v2_t>(), Version(NvmlInterop.nvmlMemory_v2)),
        (nameof(NvmlInterop.nvmlTemperature_t), Unsafe.SizeOf<NvmlInterop.nvmlTemperature_t>(), Version(NvmlInterop.nvmlTemperature_v1)),
        (nameof(NvmlInterop.nvmlMarginTemperature_t), Unsafe.SizeOf<NvmlInterop.nvmlMarginTemperature_t>(), Version(NvmlInterop.nvmlMarginTemperature_v1)),
        (nameof(NvmlInterop.nvmlUtilization_t), Unsafe.SizeOf<NvmlInterop.nvmlUtilization_t>(), 8),
        (nameof(NvmlInterop.nvmlGpuThermalSettings_t), Unsafe.SizeOf<NvmlInterop.nvmlGpuThermalSettings_t>(), 64),
        (nameof(NvmlInterop.nvmlEccSramErrorStatus_v1_t), Unsafe.SizeOf<NvmlInterop.nvmlEccSramErrorStatus_v1_t>(), Version(NvmlInterop.nvmlEccSramErrorStatus_v1)),
        (nameof(NvmlInterop.nvmlRemappedRowsInfo_v2_t), Unsafe.SizeOf<NvmlInterop.nvmlRemappedRowsInfo_v2_t>(), 24),
        (nameof(NvmlInterop.nvmlRowRemapperHistogramValues_t), Unsafe.SizeOf<NvmlInterop.nvmlRowRemapperHistogramValues_t>(), 20),
        (nameof(NvmlInterop.nvmlRepairStatus_v1_t), Unsafe.SizeOf<NvmlInterop.nvmlRepairStatus_v1_t>(), Version(NvmlInterop.nvmlRepairStatus_v1)),
        (nameof(NvmlInterop.nvmlUnrepairableMemoryStatus_v1_t), Unsafe.SizeOf<NvmlInterop.nvmlUnrepairableMemoryStatus_v1_t>(), 4),
        (nameof(NvmlInterop.nvmlGpuFabricInfo_v3_t), Unsafe.SizeOf<NvmlInterop.nvmlGpuFabricInfo_v3_t>(), Version(NvmlInterop.nvmlGpuFabricInfo_v3)),
        (nameof(NvmlInterop.nvmlPlatformInfo_v2_t), Unsafe.SizeOf<NvmlInterop.nvmlPlatformInfo_v2_t>(), Version(NvmlInterop.nvmlPlatformInfo_v2)),
        (nameof(NvmlInterop.nvmlNvLinkInfo_v2_t), Unsafe.SizeOf<NvmlInterop.nvmlNvLinkInfo_v2_t>(), Version(NvmlInterop.nvmlNvLinkInfo_v2)),
        (nameof(NvmlInterop.nvmlEventData_t), Unsafe.SizeOf<NvmlInterop.nvmlEventData_t>(), 32),
        (nameof(NvmlInterop.nvmlSystemEventSetCreateRequest_v1_t), Unsafe.SizeOf<NvmlInterop.nvmlSystemEventSetCreateRequest_v1_t>(), Version(NvmlInterop.nvmlSystemEventSetCreateRequest_v1)),
        (nameof(NvmlInterop.nvmlSystemRegisterEventRequest_v1_t), Unsafe.SizeOf<NvmlInterop.nvmlSystemRegisterEventRequest_v1_t>(), Version(NvmlInterop.nvmlSystemRegisterEventRequest_v1)),
        (nameof(NvmlInterop.nvmlSystemEventData_v1_t), Unsafe.SizeOf<NvmlInterop.nvmlSystemEventData_v1_t>(), 16),
        (nameof(NvmlInterop.nvmlSystemEventSetWaitRequest_v1_t), Unsafe.SizeOf<NvmlInterop.nvmlSystemEventSetWaitRequest_v1_t>(), Version(NvmlInterop.nvmlSystemEventSetWaitRequest_v1)),
        (nameof(NvmlInterop.nvmlGpmSupport_t), Unsafe.SizeOf<NvmlInterop.nvmlGpmSupport_t>(), 8),
        (nameof(NvmlInterop.nvmlGpmMetric_t), Unsafe.SizeOf<NvmlInterop.nvmlGpmMetric_t>(), 40),
        (nameof(NvmlInterop.nvmlGpmMetricsGet_t), Unsafe.SizeOf<NvmlInterop.nvmlGpmMetricsGet_t>(), 24 + 333 * 40),
    ];

    private static unsafe string? BusOf(NvmlInterop calls, int index)
    {
        NvmlDevice device;
        return calls.nvmlDeviceGetHandleByIndex_v2((uint)index, &device) == NvmlReturn.Success ? NvmlIdentity.Names(calls, device).PciBusId : null;
    }

    /// <summary>The size that a version word says.</summary>
    private static int Version(uint word) => (int)(word & 0xFFFFFF);

    private unsafe void Describe(NvmlInterop calls)
    {
        const int Length = 96;
        var text = stackalloc byte[Length];
        uint count;
        Count = calls.nvmlDeviceGetCount_v2(&count) == NvmlReturn.Success ? (int)count : 0;
        DriverVersion = calls.nvmlSystemGetDriverVersion(text, Length) == NvmlReturn.Success ? Text(text, Length) : null;
        LibraryVersion = calls.nvmlSystemGetNVMLVersion(text, Length) == NvmlReturn.Success ? Text(text, Length) : null;
    }

    internal static unsafe string Text(byte* buffer, int length)
    {
        var span = new ReadOnlySpan<byte>(buffer, length);
        var end = span.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? span : span[..end]);
    }
}
