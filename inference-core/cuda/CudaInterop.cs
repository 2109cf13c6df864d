using System.Runtime.InteropServices;

namespace InferenceCore.Cuda;

/// <summary>
/// The calls of the CUDA driver that we use, named as in cuda.h and in the versions the header of CUDA 12 and 13 gives them. Nothing else in the
/// tree may call the driver. The table is filled once; a driver that lacks a call is refused by name.
/// </summary>
internal sealed unsafe class CudaInterop
{
    internal const string Library = "libcuda.so.1";

    internal readonly delegate* unmanaged<int*, CudaResult> cuDriverGetVersion;
    internal readonly delegate* unmanaged<int*, CudaResult> cuDeviceGetCount;
    internal readonly delegate* unmanaged<int*, int, CudaResult> cuDeviceGet;
    internal readonly delegate* unmanaged<byte*, int, int, CudaResult> cuDeviceGetName;
    internal readonly delegate* unmanaged<byte*, int, CudaResult> cuDeviceGetUuid_v2;
    internal readonly delegate* unmanaged<int*, CUdevice_attribute, int, CudaResult> cuDeviceGetAttribute;
    internal readonly delegate* unmanaged<nuint*, int, CudaResult> cuDeviceTotalMem_v2;
    internal readonly delegate* unmanaged<nint*, int, CudaResult> cuDevicePrimaryCtxRetain;
    internal readonly delegate* unmanaged<int, CudaResult> cuDevicePrimaryCtxRelease_v2;
    internal readonly delegate* unmanaged<nint, CudaResult> cuCtxSetCurrent;

    internal readonly delegate* unmanaged<ulong*, nuint, CudaResult> cuMemAlloc_v2;
    internal readonly delegate* unmanaged<ulong, CudaResult> cuMemFree_v2;
    internal readonly delegate* unmanaged<nuint*, nuint*, CudaResult> cuMemGetInfo_v2;
    internal readonly delegate* unmanaged<void**, nuint, CUmemhostallocFlags, CudaResult> cuMemHostAlloc;
    internal readonly delegate* unmanaged<void*, CudaResult> cuMemFreeHost;
    internal readonly delegate* unmanaged<void*, nuint, CUmemhostregisterFlags, CudaResult> cuMemHostRegister_v2;
    internal readonly delegate* unmanaged<void*, CudaResult> cuMemHostUnregister;
    internal readonly delegate* unmanaged<ulong*, void*, uint, CudaResult> cuMemHostGetDevicePointer_v2;
    internal readonly delegate* unmanaged<ulong, void*, nuint, nint, CudaResult> cuMemcpyHtoDAsync_v2;
    internal readonly delegate* unmanaged<void*, ulong, nuint, nint, CudaResult> cuMemcpyDtoHAsync_v2;
    internal readonly delegate* unmanaged<ulong, ulong, nuint, nint, CudaResult> cuMemcpyDtoDAsync_v2;
    internal readonly delegate* unmanaged<ulong, byte, nuint, nint, CudaResult> cuMemsetD8Async;
    internal readonly delegate* unmanaged<ulong, uint, nuint, nint, CudaResult> cuMemsetD32Async;

    internal readonly delegate* unmanaged<nint*, uint, int, CudaResult> cuStreamCreateWithPriority;
    internal readonly delegate* unmanaged<nint, CudaResult> cuStreamDestroy_v2;
    internal readonly delegate* unmanaged<nint, CudaResult> cuStreamSynchronize;
    internal readonly delegate* unmanaged<nint, CudaResult> cuStreamQuery;
    internal readonly delegate* unmanaged<nint, nint, uint, CudaResult> cuStreamWaitEvent;
    internal readonly delegate* unmanaged<nint, CUstreamCaptureMode, CudaResult> cuStreamBeginCapture_v2;
    internal readonly delegate* unmanaged<nint, nint*, CudaResult> cuStreamEndCapture;
    internal readonly delegate* unmanaged<nint*, nint, ulong, CudaResult> cuGraphInstantiateWithFlags;
    internal readonly delegate* unmanaged<nint, nint, CudaResult> cuGraphUpload;
    internal readonly delegate* unmanaged<nint, nint, CudaResult> cuGraphLaunch;
    internal readonly delegate* unmanaged<nint, CudaResult> cuGraphDestroy;
    internal readonly delegate* unmanaged<nint, CudaResult> cuGraphExecDestroy;

    internal readonly delegate* unmanaged<nint*, CUevent_flags, CudaResult> cuEventCreate;
    internal readonly delegate* unmanaged<nint, nint, CudaResult> cuEventRecord;
    internal readonly delegate* unmanaged<nint, CudaResult> cuEventQuery;
    internal readonly delegate* unmanaged<nint, CudaResult> cuEventSynchronize;
    internal readonly delegate* unmanaged<float*, nint, nint, CudaResult> cuEventElapsedTime;
    internal readonly delegate* unmanaged<nint, CudaResult> cuEventDestroy_v2;

    internal readonly delegate* unmanaged<nint*, void*, CudaResult> cuModuleLoadData;
    internal readonly delegate* unmanaged<nint, CudaResult> cuModuleUnload;
    internal readonly delegate* unmanaged<nint*, nint, byte*, CudaResult> cuModuleGetFunction;
    internal readonly delegate* unmanaged<ulong*, nuint*, nint, byte*, CudaResult> cuModuleGetGlobal_v2;
    internal readonly delegate* unmanaged<nint, CUfunction_attribute, int, CudaResult> cuFuncSetAttribute;
    internal readonly delegate* unmanaged<int*, CUfunction_attribute, nint, CudaResult> cuFuncGetAttribute;
    internal readonly delegate* unmanaged<CUlaunchConfig*, nint, void**, void**, CudaResult> cuLaunchKernelEx;
    internal readonly delegate* unmanaged<int*, nint, int, nuint, CudaResult> cuOccupancyMaxActiveBlocksPerMultiprocessor;

    private readonly delegate* unmanaged<uint, CudaResult> cuInit;
    private readonly delegate* unmanaged<CudaResult, byte**, CudaResult> cuGetErrorName;
    private readonly delegate* unmanaged<CudaResult, byte**, CudaResult> cuGetErrorString;

    private CudaInterop(nint library)
    {
        var missing = new List<string>();
        nint Symbol(string name)
        {
            var address = LoaderInterop.Symbol(library, name);
            if (address == 0)
                missing.Add(name);
            return address;
        }

        cuInit = (delegate* unmanaged<uint, CudaResult>)Symbol("cuInit");
        cuGetErrorName = (delegate* unmanaged<CudaResult, byte**, CudaResult>)Symbol("cuGetErrorName");
        cuGetErrorString = (delegate* unmanaged<CudaResult, byte**, CudaResult>)Symbol("cuGetErrorString");
        cuDriverGetVersion = (delegate* unmanaged<int*, CudaResult>)Symbol("cuDriverGetVersion");
        cuDeviceGetCount = (delegate* unmanaged<int*, CudaResult>)Symbol("cuDeviceGetCount");
        cuDeviceGet = (delegate* unmanaged<int*, int, CudaResult>)Symbol("cuDeviceGet");
        cuDeviceGetName = (delegate* unmanaged<byte*, int, int, CudaResult>)Symbol("cuDeviceGetName");
        cuDeviceGetUuid_v2 = (delegate* unmanaged<byte*, int, CudaResult>)Symbol("cuDeviceGetUuid_v2");
        cuDeviceGetAttribute = (delegate* unmanaged<int*, CUdevice_attribute, int, CudaResult>)Symbol("cuDeviceGetAttribute");
        cuDeviceTotalMem_v2 = (delegate* unmanaged<nuint*, int, CudaResult>)Symbol("cuDeviceTotalMem_v2");
        cuDevicePrimaryCtxRetain = (delegate* unmanaged<nint*, int, CudaResult>)Symbol("cuDevicePrimaryCtxRetain");
        cuDevicePrimaryCtxRelease_v2 = (delegate* unmanaged<int, CudaResult>)Symbol("cuDevicePrimaryCtxRelease_v2");
        cuCtxSetCurrent = (delegate* unmanaged<nint, CudaResult>)Symbol("cuCtxSetCurrent");

        cuMemAlloc_v2 = (delegate* unmanaged<ulong*, nuint, CudaResult>)Symbol("cuMemAlloc_v2");
        cuMemFree_v2 = (delegate* unmanaged<ulong, CudaResult>)Symbol("cuMemFree_v2");
        cuMemGetInfo_v2 = (delegate* unmanaged<nuint*, nuint*, CudaResult>)Symbol("cuMemGetInfo_v2");
        cuMemHostAlloc = (delegate* unmanaged<void**, nuint, CUmemhostallocFlags, CudaResult>)Symbol("cuMemHostAlloc");
        cuMemFreeHost = (delegate* unmanaged<void*, CudaResult>)Symbol("cuMemFreeHost");
        cuMemHostRegister_v2 = (delegate* unmanaged<void*, nuint, CUmemhostregisterFlags, CudaResult>)Symbol("cuMemHostRegister_v2");
        cuMemHostUnregister = (delegate* unmanaged<void*, CudaResult>)Symbol("cuMemHostUnregister");
        cuMemHostGetDevicePointer_v2 = (delegate* unmanaged<ulong*, void*, uint, CudaResult>)Symbol("cuMemHostGetDevicePointer_v2");
        cuMemcpyHtoDAsync_v2 = (delegate* unmanaged<ulong, void*, nuint, nint, CudaResult>)Symbol("cuMemcpyHtoDAsync_v2");
        cuMemcpyDtoHAsync_v2 = (delegate* unmanaged<void*, ulong, nuint, nint, CudaResult>)Symbol("cuMemcpyDtoHAsync_v2");
        cuMemcpyDtoDAsync_v2 = (delegate* unmanaged<ulong, ulong, nuint, nint, CudaResult>)Symbol("cuMemcpyDtoDAsync_v2");
        cuMemsetD8Async = (delegate* unmanaged<ulong, byte, nuint, nint, CudaResult>)Symbol("cuMemsetD8Async");
        cuMemsetD32Async = (delegate* unmanaged<ulong, uint, nuint, nint, CudaResult>)Symbol("cuMemsetD32Async");

        cuStreamCreateWithPriority = (delegate* unmanaged<nint*, uint, int, CudaResult>)Symbol("cuStreamCreateWithPriority");
        cuStreamDestroy_v2 = (delegate* unmanaged<nint, CudaResult>)Symbol("cuStreamDestroy_v2");
        cuStreamSynchronize = (delegate* unmanaged<nint, CudaResult>)Symbol("cuStreamSynchronize");
        cuStreamQuery = (delegate* unmanaged<nint, CudaResult>)Symbol("cuStreamQuery");
        cuStreamWaitEvent = (delegate* unmanaged<nint, nint, uint, CudaResult>)Symbol("cuStreamWaitEvent");
        cuStreamBeginCapture_v2 = (delegate* unmanaged<nint, CUstreamCaptureMode, CudaResult>)Symbol("cuStreamBeginCapture_v2");
        cuStreamEndCapture = (delegate* unmanaged<nint, nint*, CudaResult>)Symbol("cuStreamEndCapture");
        cuGraphInstantiateWithFlags = (delegate* unmanaged<nint*, nint, ulong, CudaResult>)Symbol("cuGraphInstantiateWithFlags");
        cuGraphUpload = (delegate* unmanaged<nint, nint, CudaResult>)Symbol("cuGraphUpload");
        cuGraphLaunch = (delegate* unmanaged<nint, nint, CudaResult>)Symbol("cuGraphLaunch");
        cuGraphDestroy = (delegate* unmanaged<nint, CudaResult>)Symbol("cuGraphDestroy");
        cuGraphExecDestroy = (delegate* unmanaged<nint, CudaResult>)Symbol("cuGraphExecDestroy");

        cuEventCreate = (delegate* unmanaged<nint*, CUevent_flags, CudaResult>)Symbol("cuEventCreate");
        cuEventRecord = (delegate* unmanaged<nint, nint, CudaResult>)Symbol("cuEventRecord");
        cuEventQuery = (delegate* unmanaged<nint, CudaResult>)Symbol("cuEventQuery");
        cuEventSynchronize = (delegate* unmanaged<nint, CudaResult>)Symbol("cuEventSynchronize");
        // The second version came with CUDA 12.8; the first one differs in nothing that we see.
        var elapsed = LoaderInterop.Symbol(library, "cuEventElapsedTime_v2");
        cuEventElapsedTime = (delegate* unmanaged<float*, nint, nint, CudaResult>)(elapsed != 0 ? elapsed : Symbol("cuEventElapsedTime"));
        cuEventDestroy_v2 = (delegate* unmanaged<nint, CudaResult>)Symbol("cuEventDestroy_v2");

        cuModuleLoadData = (delegate* unmanaged<nint*, void*, CudaResult>)Symbol("cuModuleLoadData");
        cuModuleUnload = (delegate* unmanaged<nint, CudaResult>)Symbol("cuModuleUnload");
        cuModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, CudaResult>)Symbol("cuModuleGetFunction");
        cuModuleGetGlobal_v2 = (delegate* unmanaged<ulong*, nuint*, nint, byte*, CudaResult>)Symbol("cuModuleGetGlobal_v2");
        cuFuncSetAttribute = (delegate* unmanaged<nint, CUfunction_attribute, int, CudaResult>)Symbol("cuFuncSetAttribute");
        cuFuncGetAttribute = (delegate* unmanaged<int*, CUfunction_attribute, nint, CudaResult>)Symbol("cuFuncGetAttribute");
        cuLaunchKernelEx = (delegate* unmanaged<CUlaunchConfig*, nint, void**, void**, CudaResult>)Symbol("cuLaunchKernelEx");
        cuOccupancyMaxActiveBlocksPerMultiprocessor =
            (delegate* unmanaged<int*, nint, int, nuint, CudaResult>)Symbol("cuOccupancyMaxActiveBlocksPerMultiprocessor");

        if (missing.Count > 0)
            throw new CudaException($"{Library}: has no {string.Join(", ", missing)}; right would be the driver of CUDA 12.0 or newer");
        Check("cuInit", cuInit(0));
    }

    /// <summary>Finds the driver, fills the table and starts the driver.</summary>
    /// <exception cref="CudaException">There is no driver, it is too old, or it does not start.</exception>
    internal static CudaInterop Load(CudaLibraries libraries) => new(libraries.Load("the CUDA driver", Library));

    /// <summary>As the driver gives it: 13000 for CUDA 13.0.</summary>
    internal int DriverVersion()
    {
        int version;
        Check("cuDriverGetVersion", cuDriverGetVersion(&version));
        return version;
    }

    /// <summary>Devices that this process may use.</summary>
    internal int DeviceCount()
    {
        int count;
        Check("cuDeviceGetCount", cuDeviceGetCount(&count));
        return count;
    }

    /// <param name="call">The call's name without its version.</param>
    /// <param name="result">What it returned.</param>
    /// <param name="figures">What explains it, made only if it failed.</param>
    internal void Check(string call, CudaResult result, Func<string>? figures = null)
    {
        if (result != CudaResult.Success)
            throw Failure(call, result, figures?.Invoke());
    }

    internal CudaException Failure(string call, CudaResult result, string? figures)
    {
        byte* name = null, text = null;
        // Neither can fail in another way than not knowing the number.
        _ = cuGetErrorName(result, &name);
        _ = cuGetErrorString(result, &text);
        var known = name is null ? $"error {(int)result}" : Marshal.PtrToStringUTF8((nint)name)!;
        var explained = text is null ? "" : $": {Marshal.PtrToStringUTF8((nint)text)}";
        return new CudaException($"{call}: {known}{explained}{(figures is null ? "" : $" ({figures})")}", result);
    }
}
