using System.Runtime.InteropServices;

namespace InferenceCore.Cuda;

/// <summary>The calls of NVRTC, the compiler of CUDA C++ that is a library, named as in nvrtc.h. Nothing else in the tree may call it.</summary>
internal sealed unsafe class NvrtcInterop
{
    internal readonly delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int> nvrtcCreateProgram;
    internal readonly delegate* unmanaged<nint, int, byte**, int> nvrtcCompileProgram;
    internal readonly delegate* unmanaged<nint, nuint*, int> nvrtcGetProgramLogSize;
    internal readonly delegate* unmanaged<nint, byte*, int> nvrtcGetProgramLog;
    internal readonly delegate* unmanaged<nint, nuint*, int> nvrtcGetCUBINSize;
    internal readonly delegate* unmanaged<nint, byte*, int> nvrtcGetCUBIN;
    internal readonly delegate* unmanaged<nint*, int> nvrtcDestroyProgram;
    private readonly delegate* unmanaged<int, byte*> nvrtcGetErrorString;

    private static readonly string[] _names = ["libnvrtc.so.13", "libnvrtc.so.12"];

    private NvrtcInterop(nint library)
    {
        nvrtcCreateProgram = (delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int>)Symbol("nvrtcCreateProgram");
        nvrtcCompileProgram = (delegate* unmanaged<nint, int, byte**, int>)Symbol("nvrtcCompileProgram");
        nvrtcGetProgramLogSize = (delegate* unmanaged<nint, nuint*, int>)Symbol("nvrtcGetProgramLogSize");
        nvrtcGetProgramLog = (delegate* unmanaged<nint, byte*, int>)Symbol("nvrtcGetProgramLog");
        nvrtcGetCUBINSize = (delegate* unmanaged<nint, nuint*, int>)Symbol("nvrtcGetCUBINSize");
        nvrtcGetCUBIN = (delegate* unmanaged<nint, byte*, int>)Symbol("nvrtcGetCUBIN");
        nvrtcDestroyProgram = (delegate* unmanaged<nint*, int>)Symbol("nvrtcDestroyProgram");
        nvrtcGetErrorString = (delegate* unmanaged<int, byte*>)Symbol("nvrtcGetErrorString");

        nint Symbol(string name) =>
            LoaderInterop.Symbol(library, name) is var address and not 0 ? address : throw new CudaException($"libnvrtc: has no {name}; right would be CUDA 12 or newer");
    }

    /// <exception cref="CudaException">It is not there.</exception>
    internal static NvrtcInterop Load(CudaLibraries libraries) => new(libraries.Load("NVIDIA's runtime compiler (NVRTC)", _names));

    /// <param name="call">Its name.</param>
    /// <param name="result">What it returned.</param>
    /// <param name="figures">What explains it, made only if it failed.</param>
    internal void Check(string call, int result, Func<string>? figures = null)
    {
        if (result == 0)
            return;
        var name = Marshal.PtrToStringUTF8((nint)nvrtcGetErrorString(result)) ?? $"error {result}";
        throw new CudaException($"{call}: {name}{(figures is null ? "" : $" ({figures()})")}");
    }
}
