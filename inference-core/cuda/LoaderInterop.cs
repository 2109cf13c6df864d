using System.Runtime.InteropServices;

namespace InferenceCore.Cuda;

/// <summary>The loader of shared libraries. What is not there is an answer, so that a machine without CUDA starts as any other.</summary>
internal static class LoaderInterop
{
    /// <param name="name">A name, looked for where the system looks, or a path.</param>
    /// <param name="handle">0 if it cannot be loaded.</param>
    /// <returns>What the loader says against it; null if it is loaded.</returns>
    internal static string? TryLoad(string name, out nint handle)
    {
        handle = 0;
        try
        {
            handle = NativeLibrary.Load(name);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return e.Message.ReplaceLineEndings(" ").Trim();
        }
    }

    /// <summary>0: the library does not have it.</summary>
    internal static nint Symbol(nint library, string name) => NativeLibrary.TryGetExport(library, name, out var address) ? address : 0;
}
