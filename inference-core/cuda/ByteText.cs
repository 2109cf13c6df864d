namespace InferenceCore.Cuda;

/// <summary>Sizes for people, in powers of ten as memory is sold.</summary>
internal static class ByteText
{
    public static string Of(long bytes) => bytes switch
    {
        >= 1_000_000_000 => $"{bytes / 1e9:0.##} GB",
        >= 1_000_000 => $"{bytes / 1e6:0.#} MB",
        >= 1_000 => $"{bytes / 1e3:0.#} kB",
        _ => $"{bytes} B",
    };
}
