using System.Globalization;
using Appliance.Hardware;

namespace Appliance.NvmlTwin;

/// <summary>
/// The library's state. A C library has no other place for it than a static one: nvmlInit takes no argument and calls come from any
/// thread of any program. The tree is found by APPLIANCE_TWIN_SYSROOT.
/// </summary>
internal static class TwinDriver
{
    public const int Links = 18;

    /// <summary>What an older driver than 525 does not have.</summary>
    private static readonly HashSet<string> _newer = new(StringComparer.Ordinal)
    {
        "nvmlDeviceGetTemperatureV", "nvmlDeviceGetMarginTemperature", "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetSupportedClocksEventReasons",
        "nvmlDeviceGetMemoryInfo_v2", "nvmlDeviceGetSramEccErrorStatus", "nvmlDeviceGetRepairStatus", "nvmlDeviceGetUnrepairableMemoryFlag_v1",
        "nvmlDeviceGetRemappedRows_v2", "nvmlDeviceGetNumaNodeId", "nvmlDeviceGetModuleId", "nvmlDeviceGetPlatformInfo", "nvmlDeviceGetNvLinkInfo",
    };

    private const nint HandleBase = 0x4E560000;

    private static readonly Lock _gate = new();
    private static TwinGpu[] _gpus = [];
    private static Page? _driver;
    private static int _uses;

    public static string Root { get; } = Environment.GetEnvironmentVariable("APPLIANCE_TWIN_SYSROOT") ?? "";

    public static bool IsOld => _driver is { } driver && driver["old"] != 0;

    public static int Count => _gpus.Length;

    public static NvmlReturn Start()
    {
        lock (_gate)
        {
            _driver ??= new(Path.Combine(Root, "twin", "nvml"));
            if (!_driver.IsThere)
                return NvmlReturn.DriverNotLoaded;
            if (_driver["init"] is not 0 and var code)
                return (NvmlReturn)code;
            if (_gpus.Length == 0)
                _gpus = [.. Enumerable.Range(0, (int)_driver["gpus"]).Select(i => new TwinGpu(Root, i))];
            _uses++;
        }

        return WaitFor(null);
    }

    public static NvmlReturn Stop()
    {
        lock (_gate)
            return _uses-- > 0 ? NvmlReturn.Success : NvmlReturn.Uninitialized;
    }

    public static nint HandleOf(int index) => HandleBase + index * 0x100;

    public static bool IsHandle(nint handle) => handle >= HandleBase && handle < HandleBase + _gpus.Length * 0x100 && handle % 0x100 == 0;

    public static TwinGpu At(int index) => _gpus[index];

    public static int IndexOf(nint handle) => (int)((handle - HandleBase) / 0x100);

    /// <summary>What every call about a GPU goes through: initialised, a handle of ours, not hung, not lost, not refused.</summary>
    public static NvmlReturn Enter(nint handle, string function, out TwinGpu gpu)
    {
        gpu = null!;
        if (_uses <= 0)
            return NvmlReturn.Uninitialized;
        if (!IsHandle(handle))
            return NvmlReturn.InvalidArgument;
        gpu = _gpus[IndexOf(handle)];
        var status = WaitFor(gpu);
        if (status != NvmlReturn.Success)
            return status;
        if (gpu["lost"] != 0)
            return NvmlReturn.GpuIsLost;
        if (gpu["refuse"] is not 0 and var code)
            return (NvmlReturn)code;
        return IsOld && _newer.Contains(function) ? NvmlReturn.FunctionNotFound : NvmlReturn.Success;
    }

    /// <summary>A call about no GPU in particular: it waits behind a driver whose every GPU hangs.</summary>
    public static NvmlReturn Enter() => _uses <= 0 ? NvmlReturn.Uninitialized : WaitFor(null);

    /// <summary>Does not return while the GPU (or, for null, all of them) hangs; a twin that is gone releases the call, as power-off would.</summary>
    private static NvmlReturn WaitFor(TwinGpu? gpu)
    {
        while (gpu is null ? _gpus.Length > 0 && _gpus.All(g => g.IsHung) : gpu.IsHung)
        {
            if (!IsTwinAlive())
                return NvmlReturn.GpuIsLost;
            Thread.Sleep(50);
        }

        return NvmlReturn.Success;
    }

    private static bool IsTwinAlive() =>
        Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{_driver?["pid"] ?? 0}"));
}
