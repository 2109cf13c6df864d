using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace InferenceCore.Cuda;

/// <summary>
/// The arguments of one launch, packed on the caller's stack: <c>new KernelArguments().Add(input).Add(rows)</c>. They stand in the kernel's order,
/// and each must have its parameter's very size: the driver reads as many bytes as the kernel declares.
/// </summary>
internal unsafe ref struct KernelArguments
{
    private const int MaxCount = 48;
    private const int MaxBytes = 1024;
    private const int Alignment = 16;

    private fixed byte _values[MaxBytes];
    private fixed ushort _offsets[MaxCount];
    private int _bytes;

    public int Count { readonly get; private set; }

    /// <summary>Where the arguments lie, for a launch that ends before <paramref name="values"/> is unpinned.</summary>
    public readonly void Point(byte* values, void** pointers)
    {
        for (var i = 0; i < Count; i++)
            pointers[i] = values + _offsets[i];
    }

    [UnscopedRef]
    public readonly ref readonly byte GetPinnableReference() => ref _values[0];

    [UnscopedRef]
    public ref KernelArguments Add<T>(T value) where T : unmanaged
    {
        if (Count == MaxCount || _bytes + sizeof(T) > MaxBytes)
            throw new InvalidOperationException($"A launch has at most {MaxCount} arguments of {MaxBytes} bytes together.");
        Unsafe.WriteUnaligned(ref _values[_bytes], value);
        _offsets[Count++] = (ushort)_bytes;
        _bytes = (_bytes + sizeof(T) + Alignment - 1) & ~(Alignment - 1);
        return ref this;
    }

    [UnscopedRef]
    public ref KernelArguments Add(DeviceBuffer buffer) => ref Add(buffer.Pointer);
}
