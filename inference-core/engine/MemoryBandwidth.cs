using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InferenceCore.Engine;

/// <summary>
/// How fast one thread can read and copy memory here and now, the limit that decode is held against. A working set below the last-level cache
/// is measured at its own size too, because a small model's weights stay there.
/// </summary>
internal sealed unsafe class MemoryBandwidth(TimeProvider time)
{
    private const long Large = 512L << 20;
    private const long PrefetchBytes = 1024;
    private static readonly TimeSpan Span = TimeSpan.FromMilliseconds(400);

    /// <summary>GB/s (10⁹ bytes) of reading a buffer far larger than the caches.</summary>
    public double ReadLarge() => Read(Large);

    /// <summary>GB/s of reading the same <paramref name="bytes"/> again and again, the best pass of many.</summary>
    public double Read(long bytes)
    {
        var buffer = new NativeBuffer(Math.Max(bytes, 4096) & ~511L);
        new Span<byte>(buffer.Pointer, checked((int)buffer.Bytes)).Fill(1);
        return Best(buffer.Bytes, () => Sum(buffer.Pointer, buffer.Bytes));
    }

    /// <summary>GB/s of copying a buffer far larger than the caches, bytes read and bytes written both counted.</summary>
    public double CopyLarge()
    {
        var from = new NativeBuffer(Large / 2);
        var to = new NativeBuffer(Large / 2);
        new Span<byte>(from.Pointer, (int)from.Bytes).Fill(1);
        new Span<byte>(to.Pointer, (int)to.Bytes).Fill(2);
        return Best(Large, () =>
        {
            Buffer.MemoryCopy(from.Pointer, to.Pointer, to.Bytes, from.Bytes);
            return to.Pointer[0];
        });
    }

    // The best pass, not the mean: a neighbour on the machine can only make a pass slower.
    private double Best(long bytes, Func<long> pass)
    {
        var best = 0.0;
        var checksum = 0L;
        var start = time.GetTimestamp();
        for (var passes = 0; passes < 3 || time.GetElapsedTime(start) < Span; passes++)
        {
            var before = time.GetTimestamp();
            checksum += pass();
            best = Math.Max(best, bytes / time.GetElapsedTime(before).TotalSeconds / 1e9);
        }

        GC.KeepAlive(checksum);
        return best;
    }

    // Eight vectors in flight from four places, as the matrix kernel reads four rows.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long Sum(byte* data, long bytes)
    {
        var quarter = bytes / 4 & ~63L;
        Vector256<long> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (var i = 0L; i < quarter; i += 64)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(data + i + PrefetchBytes);
                Sse.Prefetch0(data + quarter + i + PrefetchBytes);
                Sse.Prefetch0(data + (2 * quarter) + i + PrefetchBytes);
                Sse.Prefetch0(data + (3 * quarter) + i + PrefetchBytes);
            }

            a += Vector256.Load((long*)(data + i));
            b += Vector256.Load((long*)(data + i + 32));
            c += Vector256.Load((long*)(data + quarter + i));
            d += Vector256.Load((long*)(data + quarter + i + 32));
            e += Vector256.Load((long*)(data + (2 * quarter) + i));
            f += Vector256.Load((long*)(data + (2 * quarter) + i + 32));
            g += Vector256.Load((long*)(data + (3 * quarter) + i));
            h += Vector256.Load((long*)(data + (3 * quarter) + i + 32));
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h);
    }
}
