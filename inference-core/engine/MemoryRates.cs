namespace InferenceCore.Engine;

/// <summary>GB/s (10⁹ bytes) of a device's memory.</summary>
/// <param name="CopyGbS">Of a buffer far larger than the caches; bytes read and written both count.</param>
/// <param name="ReadGbS">Of reading such a buffer.</param>
/// <param name="ResidentReadGbS">Of reading a buffer of a size asked for again and again, from a cache if it fits there.</param>
internal readonly record struct MemoryRates(double CopyGbS, double ReadGbS, double ResidentReadGbS);
