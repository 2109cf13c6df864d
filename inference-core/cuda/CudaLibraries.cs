using System.Text;

namespace InferenceCore.Cuda;

/// <summary>
/// Finds NVIDIA's libraries in the places where people have them: where the loader looks, the distribution's folder, the toolkit's, the
/// container runtime's, and the folders in which NVIDIA redistributes single libraries. Whoever misses one is told all of them.
/// </summary>
internal sealed class CudaLibraries
{
    // Below a root, in the order tried: the toolkit's own layout, then the redistributables of CUDA 13 and 12.
    private static readonly string[] _layouts =
    [
        "", "lib64", "targets/x86_64-linux/lib", "lib",
        "nvidia/cu13/lib", "nvidia/cuda_nvrtc/lib", "nvidia/cublas/lib", "cuda_nvrtc/lib", "cublas/lib", "cu13/lib",
    ];

    private readonly string[] _folders;

    /// <param name="roots">Folders below which the known layouts are tried; those that are not there are no fault.</param>
    /// <param name="folders">Folders in which libraries lie directly.</param>
    public CudaLibraries(IEnumerable<string> roots, IEnumerable<string> folders) =>
        _folders = [.. roots.SelectMany(root => _layouts.Select(layout => Path.Combine(root, layout))).Concat(folders).Select(Normal).Distinct()];

    /// <summary>Those of this machine, as its environment names them.</summary>
    public static CudaLibraries OfThisMachine()
    {
        var roots = new List<string>();
        foreach (var variable in (string[])["CUDA_HOME", "CUDA_PATH"])
        {
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } home)
                roots.Add(home);
        }

        roots.AddRange((Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries));
        roots.Add(AppContext.BaseDirectory);
        roots.AddRange(Toolkits("/usr/local"));
        return new CudaLibraries(roots, ["/usr/local/nvidia/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib64"]);
    }

    /// <summary>Everywhere we look after the loader itself.</summary>
    public IReadOnlyList<string> Folders => _folders;

    /// <param name="what">For people: "the CUDA driver".</param>
    /// <param name="names">File names, the preferred one first.</param>
    /// <exception cref="CudaException">None of them can be loaded.</exception>
    public nint Load(string what, params ReadOnlySpan<string> names)
    {
        var refused = new StringBuilder();
        foreach (var name in names)
        {
            if (LoaderInterop.TryLoad(name, out var handle) is null)
                return handle;
            foreach (var folder in _folders)
            {
                var path = Path.Combine(folder, name);
                if (!File.Exists(path))
                    continue;
                if (LoaderInterop.TryLoad(path, out handle) is not { } reason)
                    return handle;
                refused.Append($"; {path} is there but cannot be loaded ({reason})");
            }
        }

        throw new CudaException(
            $"{what} is missing: no {string.Join(" or ", names.ToArray())}{refused}; looked where the loader looks and in {string.Join(", ", _folders)}");
    }

    private static IEnumerable<string> Toolkits(string parent)
    {
        try
        {
            // "cuda" is the one that the machine's owner has chosen, then the newest.
            return [.. Directory.EnumerateDirectories(parent, "cuda*").OrderByDescending(d => d.EndsWith("/cuda", StringComparison.Ordinal)).ThenByDescending(d => d, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string Normal(string folder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
}
