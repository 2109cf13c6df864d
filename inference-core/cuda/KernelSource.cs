namespace InferenceCore.Cuda;

/// <summary>One translation unit and what it may include.</summary>
/// <param name="Name">For the compiler's log: <c>gemv.cu</c>.</param>
/// <param name="Text">CUDA C++.</param>
/// <param name="Headers">Under the names by which the text includes them.</param>
internal sealed record KernelSource(string Name, string Text, IReadOnlyList<(string Name, string Text)> Headers)
{
    private const string Prefix = "kernels/";

    /// <summary>A source that this program carries, with all headers (<c>*.cuh</c>) it carries.</summary>
    /// <param name="name">As in <c>inference-core/cuda/kernels</c>: <c>gemv.cu</c>.</param>
    public static KernelSource Embedded(string name)
    {
        var headers = typeof(KernelSource).Assembly.GetManifestResourceNames()
            .Where(r => r.StartsWith(Prefix, StringComparison.Ordinal) && r.EndsWith(".cuh", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(r => (r[Prefix.Length..], Read(r)));
        return new KernelSource(name, Read(Prefix + name), [.. headers]);
    }

    private static string Read(string resource)
    {
        using var stream = typeof(KernelSource).Assembly.GetManifestResourceStream(resource)
            ?? throw new ArgumentException($"This program carries no {resource}.", nameof(resource));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
