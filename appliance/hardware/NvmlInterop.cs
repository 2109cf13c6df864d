using System.Runtime.InteropServices;

namespace Appliance.Hardware;

/// <summary>
/// The NVML calls we use, named as in nvml.h. Nothing else in the tree may call NVML. Every symbol is looked up by name once the
/// library is loaded, so that a driver older or newer than this program costs the values it does not have and nothing else: what is
/// missing answers FUNCTION_NOT_FOUND, as NVML itself would say it.
/// </summary>
internal sealed unsafe partial class NvmlInterop
{
    internal const string Library = "libnvidia-ml.so.1";

    private delegate* unmanaged<NvmlReturn> _nvmlInit_v2;
    private delegate* unmanaged<uint, NvmlReturn> _nvmlInitWithFlags;
    private delegate* unmanaged<NvmlReturn> _nvmlShutdown;
    private delegate* unmanaged<byte*, uint, NvmlReturn> _nvmlSystemGetDriverVersion;
    private delegate* unmanaged<byte*, uint, NvmlReturn> _nvmlSystemGetNVMLVersion;
    private delegate* unmanaged<int*, NvmlReturn> _nvmlSystemGetCudaDriverVersion_v2;
    private delegate* unmanaged<uint*, NvmlReturn> _nvmlDeviceGetCount_v2;
    private delegate* unmanaged<uint, NvmlDevice*, NvmlReturn> _nvmlDeviceGetHandleByIndex_v2;
    private delegate* unmanaged<byte*, NvmlDevice*, NvmlReturn> _nvmlDeviceGetHandleByUUID;
    private delegate* unmanaged<byte*, NvmlDevice*, NvmlReturn> _nvmlDeviceGetHandleByPciBusId_v2;

    private readonly nint _library;
    private long _calls;
    private long _fieldValues;

    private NvmlInterop(nint library)
    {
        _library = library;
        _nvmlInit_v2 = (delegate* unmanaged<NvmlReturn>)Symbol("nvmlInit_v2");
        _nvmlInitWithFlags = (delegate* unmanaged<uint, NvmlReturn>)Symbol("nvmlInitWithFlags");
        _nvmlShutdown = (delegate* unmanaged<NvmlReturn>)Symbol("nvmlShutdown");
        _nvmlSystemGetDriverVersion = (delegate* unmanaged<byte*, uint, NvmlReturn>)Symbol("nvmlSystemGetDriverVersion");
        _nvmlSystemGetNVMLVersion = (delegate* unmanaged<byte*, uint, NvmlReturn>)Symbol("nvmlSystemGetNVMLVersion");
        _nvmlSystemGetCudaDriverVersion_v2 = (delegate* unmanaged<int*, NvmlReturn>)Symbol("nvmlSystemGetCudaDriverVersion_v2");
        _nvmlDeviceGetCount_v2 = (delegate* unmanaged<uint*, NvmlReturn>)Symbol("nvmlDeviceGetCount_v2");
        _nvmlDeviceGetHandleByIndex_v2 = (delegate* unmanaged<uint, NvmlDevice*, NvmlReturn>)Symbol("nvmlDeviceGetHandleByIndex_v2");
        _nvmlDeviceGetHandleByUUID = (delegate* unmanaged<byte*, NvmlDevice*, NvmlReturn>)Symbol("nvmlDeviceGetHandleByUUID");
        _nvmlDeviceGetHandleByPciBusId_v2 = (delegate* unmanaged<byte*, NvmlDevice*, NvmlReturn>)Symbol("nvmlDeviceGetHandleByPciBusId_v2");
        LoadIdentity();
        LoadTelemetry();
        LoadHealth();
    }

    /// <param name="name">A library's name, looked for where the system looks, or a path.</param>
    /// <returns>Null where it is not there.</returns>
    internal static NvmlInterop? TryLoad(string name) =>
        NativeLibrary.TryLoad(name, out var library) ? new(library) : null;

    /// <summary>Symbols of nvml.h that this library lacks, in the order they were asked for.</summary>
    internal List<string> Missing { get; } = [];

    /// <summary>Calls into the library that returned, by all threads: on a real board each is at least one ioctl, and that is what watching costs.</summary>
    internal long Calls => Interlocked.Read(ref _calls);

    /// <summary>Values asked for by nvmlDeviceGetFieldValues: one call, but the driver looks up each by itself.</summary>
    internal long FieldValues => Interlocked.Read(ref _fieldValues);

    private NvmlReturn Counted(NvmlReturn status)
    {
        Interlocked.Increment(ref _calls);
        return status;
    }

    private nint Symbol(string name)
    {
        if (NativeLibrary.TryGetExport(_library, name, out var address))
            return address;
        Missing.Add(name);
        return 0;
    }

    internal NvmlReturn nvmlInit_v2() =>
        _nvmlInit_v2 is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlInit_v2());

    internal NvmlReturn nvmlInitWithFlags(uint flags) =>
        _nvmlInitWithFlags is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlInitWithFlags(flags));

    internal NvmlReturn nvmlShutdown() =>
        _nvmlShutdown is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlShutdown());

    internal NvmlReturn nvmlSystemGetDriverVersion(byte* version, uint length) =>
        _nvmlSystemGetDriverVersion is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlSystemGetDriverVersion(version, length));

    internal NvmlReturn nvmlSystemGetNVMLVersion(byte* version, uint length) =>
        _nvmlSystemGetNVMLVersion is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlSystemGetNVMLVersion(version, length));

    internal NvmlReturn nvmlSystemGetCudaDriverVersion_v2(int* cudaDriverVersion) =>
        _nvmlSystemGetCudaDriverVersion_v2 is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlSystemGetCudaDriverVersion_v2(cudaDriverVersion));

    internal NvmlReturn nvmlDeviceGetCount_v2(uint* deviceCount) =>
        _nvmlDeviceGetCount_v2 is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetCount_v2(deviceCount));

    internal NvmlReturn nvmlDeviceGetHandleByIndex_v2(uint index, NvmlDevice* device) =>
        _nvmlDeviceGetHandleByIndex_v2 is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetHandleByIndex_v2(index, device));

    internal NvmlReturn nvmlDeviceGetHandleByUUID(byte* uuid, NvmlDevice* device) =>
        _nvmlDeviceGetHandleByUUID is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetHandleByUUID(uuid, device));

    internal NvmlReturn nvmlDeviceGetHandleByPciBusId_v2(byte* pciBusId, NvmlDevice* device) =>
        _nvmlDeviceGetHandleByPciBusId_v2 is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetHandleByPciBusId_v2(pciBusId, device));
}
