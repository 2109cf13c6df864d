using System.Runtime.InteropServices;

namespace Appliance.Hardware;

/// <summary>nvmlReturn_t, the values that mean something to us (nvml.h, API 13).</summary>
internal enum NvmlReturn
{
    Success = 0,
    Uninitialized = 1,
    InvalidArgument = 2,
    NotSupported = 3,
    NoPermission = 4,
    AlreadyInitialized = 5,
    NotFound = 6,
    InsufficientPower = 8,
    DriverNotLoaded = 9,
    Timeout = 10,
    IrqIssue = 11,
    LibraryNotFound = 12,
    FunctionNotFound = 13,
    CorruptedInforom = 14,
    GpuIsLost = 15,
    ResetRequired = 16,
    OperatingSystem = 17,
    LibRmVersionMismatch = 18,
    InUse = 19,
    Memory = 20,
    NoData = 21,
    ArgumentVersionMismatch = 25,
    Deprecated = 26,
    NotReady = 27,
    GpuNotFound = 28,
    Unknown = 999,
}

/// <summary>A device handle: cannot be passed where another library's pointer is wanted.</summary>
internal readonly record struct NvmlDevice(nint Pointer);

/// <summary>
/// The NVML calls we use, named as in nvml.h. Nothing else in the tree may P/Invoke NVML. A symbol that an older driver lacks throws
/// EntryPointNotFoundException at its first call; <see cref="Nvml"/> turns that into FunctionNotFound.
/// </summary>
internal static partial class NvmlInterop
{
    internal const string Library = "libnvidia-ml.so.1";

    internal const int NVML_TEMPERATURE_GPU = 0;
    internal const int NVML_CLOCK_SM = 1;

    internal const uint NVML_FI_DEV_MEMORY_TEMP = 82;
    internal const uint NVML_FI_DEV_POWER_INSTANT = 186;
    internal const uint NVML_FI_DEV_POWER_CURRENT_LIMIT = 190;

    internal const uint nvmlMemory_v2 = 0x02000028;
    internal const uint nvmlTemperature_v1 = 0x0100000C;
    internal const uint nvmlMarginTemperature_v1 = 0x01000008;

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlMemory_v2_t
    {
        internal uint version;
        internal ulong total;
        internal ulong reserved;
        internal ulong free;
        internal ulong used;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlMemory_t
    {
        internal ulong total;
        internal ulong free;
        internal ulong used;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlTemperature_t
    {
        internal uint version;
        internal int sensorType;
        internal int temperature;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlMarginTemperature_t
    {
        internal uint version;
        internal int marginTemperature;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlUtilization_t
    {
        internal uint gpu;
        internal uint memory;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct nvmlPciInfo_t
    {
        internal fixed byte busIdLegacy[16];
        internal uint domain;
        internal uint bus;
        internal uint device;
        internal uint pciDeviceId;
        internal uint pciSubSystemId;
        internal fixed byte busId[32];
    }

    /// <summary>nvmlFieldValue_t: the return code of each field is its own; the call says SUCCESS all the same.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlFieldValue_t
    {
        internal uint fieldId;
        internal uint scopeId;
        internal long timestamp;
        internal long latencyUsec;
        internal int valueType;
        internal NvmlReturn nvmlReturn;
        internal ulong value;
    }

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlInit_v2();

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlShutdown();

    [LibraryImport(Library)]
    internal static unsafe partial NvmlReturn nvmlSystemGetDriverVersion(byte* version, uint length);

    [LibraryImport(Library)]
    internal static unsafe partial NvmlReturn nvmlSystemGetNVMLVersion(byte* version, uint length);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetCount_v2(out uint deviceCount);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetHandleByIndex_v2(uint index, out NvmlDevice device);

    [LibraryImport(Library)]
    internal static unsafe partial NvmlReturn nvmlDeviceGetName(NvmlDevice device, byte* name, uint length);

    [LibraryImport(Library)]
    internal static unsafe partial NvmlReturn nvmlDeviceGetUUID(NvmlDevice device, byte* uuid, uint length);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetPciInfo_v3(NvmlDevice device, out nvmlPciInfo_t pci);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetTemperatureV(NvmlDevice device, ref nvmlTemperature_t temperature);

    /// <summary>Deprecated in CUDA 13's headers, the only one in older drivers.</summary>
    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetTemperature(NvmlDevice device, int sensorType, out uint temp);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetMarginTemperature(NvmlDevice device, ref nvmlMarginTemperature_t margin);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetPowerUsage(NvmlDevice device, out uint milliwatts);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetEnforcedPowerLimit(NvmlDevice device, out uint milliwatts);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetPowerManagementLimitConstraints(NvmlDevice device, out uint minimum, out uint maximum);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceSetPowerManagementLimit(NvmlDevice device, uint milliwatts);

    [LibraryImport(Library)]
    internal static unsafe partial NvmlReturn nvmlDeviceGetFieldValues(NvmlDevice device, int count, nvmlFieldValue_t* values);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetClockInfo(NvmlDevice device, int type, out uint mhz);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetUtilizationRates(NvmlDevice device, out nvmlUtilization_t utilization);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetMemoryInfo_v2(NvmlDevice device, ref nvmlMemory_v2_t memory);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetMemoryInfo(NvmlDevice device, out nvmlMemory_t memory);

    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetCurrentClocksEventReasons(NvmlDevice device, out ulong reasons);

    /// <summary>The same call under its old name, in drivers before 535.</summary>
    [LibraryImport(Library)]
    internal static partial NvmlReturn nvmlDeviceGetCurrentClocksThrottleReasons(NvmlDevice device, out ulong reasons);
}
