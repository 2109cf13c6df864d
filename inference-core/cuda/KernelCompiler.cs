using System.Runtime.InteropServices;
using System.Text;

namespace InferenceCore.Cuda;

/// <summary>Turns CUDA C++ into device code. Sources see no folder: what they include they bring along.</summary>
internal sealed unsafe class KernelCompiler(NvrtcInterop nvrtc)
{
    /// <exception cref="CudaException">It does not compile; the message holds the compiler's log.</exception>
    public byte[] Compile(KernelSource source, IReadOnlyList<string> options)
    {
        using var strings = new CStrings();
        var headers = strings.Array(source.Headers.Select(h => h.Text));
        var headerNames = strings.Array(source.Headers.Select(h => h.Name));
        nint made;
        nvrtc.Check("nvrtcCreateProgram",
            nvrtc.nvrtcCreateProgram(&made, strings.One(source.Text), strings.One(source.Name), source.Headers.Count, headers, headerNames), () => source.Name);
        var program = made;
        try
        {
            nvrtc.Check("nvrtcCompileProgram", nvrtc.nvrtcCompileProgram(program, options.Count, strings.Array(options)), () => $"{source.Name}\n{Log(program)}");
            nuint size;
            nvrtc.Check("nvrtcGetCUBINSize", nvrtc.nvrtcGetCUBINSize(program, &size), () => source.Name);
            var cubin = new byte[size];
            fixed (byte* pointer = cubin)
                nvrtc.Check("nvrtcGetCUBIN", nvrtc.nvrtcGetCUBIN(program, pointer), () => source.Name);
            return cubin;
        }
        finally
        {
            _ = nvrtc.nvrtcDestroyProgram(&made);
        }
    }

    private string Log(nint program)
    {
        nuint size;
        if (nvrtc.nvrtcGetProgramLogSize(program, &size) != 0 || size <= 1)
            return "the compiler says nothing";
        var log = new byte[size];
        fixed (byte* pointer = log)
        {
            if (nvrtc.nvrtcGetProgramLog(program, pointer) != 0)
                return "the compiler's log cannot be read";
        }

        return Encoding.UTF8.GetString(log.AsSpan(0, log.Length - 1)).Trim();
    }

    /// <summary>Strings of C for the length of a call.</summary>
    private sealed class CStrings : IDisposable
    {
        private readonly List<nint> _memory = [];

        public byte* One(string text)
        {
            var pointer = Marshal.StringToCoTaskMemUTF8(text);
            _memory.Add(pointer);
            return (byte*)pointer;
        }

        public byte** Array(IEnumerable<string> texts)
        {
            var all = texts.ToArray();
            var pointers = (byte**)Marshal.AllocCoTaskMem(Math.Max(1, all.Length) * sizeof(byte*));
            _memory.Add((nint)pointers);
            for (var i = 0; i < all.Length; i++)
                pointers[i] = One(all[i]);
            return pointers;
        }

        public void Dispose()
        {
            foreach (var pointer in _memory)
                Marshal.FreeCoTaskMem(pointer);
        }
    }
}
