using System.Runtime.ConstrainedExecution;
using System.Runtime.InteropServices;

namespace InferenceCore.Engine;

/// <summary>
/// Memory outside the collected heap, aligned to a cache line. It is freed when nothing refers to it any more: buffers are shared by
/// models, caches and steps in flight, and none of them can know that it is the last.
/// </summary>
internal sealed unsafe class NativeBuffer : CriticalFinalizerObject
{
    private const int Alignment = 64;

    private readonly byte* _pointer;

    public NativeBuffer(long bytes)
    {
        Bytes = bytes;
        _pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), Alignment);
        GC.AddMemoryPressure(Math.Max(bytes, 1));
    }

    ~NativeBuffer()
    {
        if (_pointer is null)
            return; // There was no memory: the constructor has thrown.
        NativeMemory.AlignedFree(_pointer);
        GC.RemoveMemoryPressure(Math.Max(Bytes, 1));
    }

    public long Bytes { get; }

    public byte* Pointer => _pointer;
}
