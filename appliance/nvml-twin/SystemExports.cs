using System.Runtime.InteropServices;
using Appliance.Hardware;

namespace Appliance.NvmlTwin;

// The library and its devices.
internal static unsafe partial class Exports
{
    private const string DriverVersion = "580.159.04";

    [UnmanagedCallersOnly(EntryPoint = "nvmlInit_v2")]
    private static NvmlReturn nvmlInit_v2() => TwinDriver.Start();

    [UnmanagedCallersOnly(EntryPoint = "nvmlInit")]
    private static NvmlReturn nvmlInit() => TwinDriver.Start();

    [UnmanagedCallersOnly(EntryPoint = "nvmlInitWithFlags")]
    private static NvmlReturn nvmlInitWithFlags(uint flags) => TwinDriver.Start();

    [UnmanagedCallersOnly(EntryPoint = "nvmlShutdown")]
    private static NvmlReturn nvmlShutdown() => TwinDriver.Stop();

    [UnmanagedCallersOnly(EntryPoint = "nvmlSystemGetDriverVersion")]
    private static NvmlReturn nvmlSystemGetDriverVersion(byte* version, uint length) => Answers.Text(DriverVersion, version, length);

    [UnmanagedCallersOnly(EntryPoint = "nvmlSystemGetNVMLVersion")]
    private static NvmlReturn nvmlSystemGetNVMLVersion(byte* version, uint length) => Answers.Text("13.580.159.04", version, length);

    [UnmanagedCallersOnly(EntryPoint = "nvmlSystemGetCudaDriverVersion")]
    private static NvmlReturn nvmlSystemGetCudaDriverVersion(int* version)
    {
        *version = 13_000;
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlSystemGetCudaDriverVersion_v2")]
    private static NvmlReturn nvmlSystemGetCudaDriverVersion_v2(int* version)
    {
        *version = 13_000;
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlSystemGetProcessName")]
    private static NvmlReturn nvmlSystemGetProcessName(uint pid, byte* name, uint length) => NvmlReturn.NotFound;

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetCount")]
    private static NvmlReturn nvmlDeviceGetCount(uint* count)
    {
        var status = TwinDriver.Enter();
        *count = (uint)TwinDriver.Count;
        return status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetCount_v2")]
    private static NvmlReturn nvmlDeviceGetCount_v2(uint* count)
    {
        var status = TwinDriver.Enter();
        *count = (uint)TwinDriver.Count;
        return status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetHandleByIndex")]
    private static NvmlReturn nvmlDeviceGetHandleByIndex(uint index, nint* device) => Handle((int)index, device);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetHandleByIndex_v2")]
    private static NvmlReturn nvmlDeviceGetHandleByIndex_v2(uint index, nint* device) => Handle((int)index, device);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetHandleByUUID")]
    private static NvmlReturn nvmlDeviceGetHandleByUUID(byte* uuid, nint* device) => Handle(Find(gpu => gpu.Uuid == Answers.Text(uuid)), device);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetHandleBySerial")]
    private static NvmlReturn nvmlDeviceGetHandleBySerial(byte* serial, nint* device) => Handle(Find(gpu => gpu.Serial == Answers.Text(serial)), device);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetHandleByPciBusId")]
    private static NvmlReturn nvmlDeviceGetHandleByPciBusId(byte* busId, nint* device) => Handle(Find(gpu => string.Equals(gpu.BusId, Answers.Text(busId), StringComparison.OrdinalIgnoreCase) || string.Equals(gpu.BusIdLegacy, Answers.Text(busId), StringComparison.OrdinalIgnoreCase)), device);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetHandleByPciBusId_v2")]
    private static NvmlReturn nvmlDeviceGetHandleByPciBusId_v2(byte* busId, nint* device) => Handle(Find(gpu => string.Equals(gpu.BusId, Answers.Text(busId), StringComparison.OrdinalIgnoreCase) || string.Equals(gpu.BusIdLegacy, Answers.Text(busId), StringComparison.OrdinalIgnoreCase)), device);

    [UnmanagedCallersOnly(EntryPoint = "nvmlErrorString")]
    private static byte* nvmlErrorString(NvmlReturn result)
    {
        return ErrorTexts.Of(result);
    }

    private static int Find(Predicate<TwinGpu> isIt)
    {
        for (var i = 0; i < TwinDriver.Count; i++)
        {
            if (isIt(TwinDriver.At(i)))
                return i;
        }

        return -1;
    }

    /// <summary>A GPU that fell off the bus is not given a handle to; one that hangs does not come back with one.</summary>
    private static NvmlReturn Handle(int index, nint* device)
    {
        if (TwinDriver.Count == 0)
            return NvmlReturn.Uninitialized;
        if (index < 0 || index >= TwinDriver.Count)
            return index < 0 ? NvmlReturn.NotFound : NvmlReturn.InvalidArgument;
        var handle = TwinDriver.HandleOf(index);
        var status = TwinDriver.Enter(handle, nameof(nvmlDeviceGetHandleByIndex_v2), out _);
        if (status is NvmlReturn.GpuIsLost or NvmlReturn.Uninitialized)
            return status;
        *device = handle;
        return NvmlReturn.Success;
    }
}
