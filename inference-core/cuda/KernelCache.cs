using System.Security.Cryptography;
using System.Text;

namespace InferenceCore.Cuda;

/// <summary>
/// Device code, compiled once for each architecture, driver, source and set of options, and kept in files. Every file begins with the
/// hash of what follows: one that is torn or rotten is compiled again. Any number of processes may use a folder at once, since a file appears
/// whole or not at all; where the folder cannot be written nothing is kept and everything works.
/// </summary>
/// <param name="folder">Where files lie; made when first needed.</param>
/// <param name="platform">What the code depends on beside its source: architecture and driver version, fit for a file's name.</param>
/// <param name="compile">Makes device code of a source and options.</param>
internal sealed class KernelCache(string folder, string platform, Func<KernelSource, IReadOnlyList<string>, byte[]> compile)
{
    private const int HashBytes = 32;

    private int _files;

    /// <summary>For one device, with the compiler of this machine, which is not even opened where everything is kept already.</summary>
    public static KernelCache Of(CudaDevice device, Lazy<KernelCompiler> compiler) => new(
        DefaultFolder(),
        $"{device.Architecture}-driver{device.Driver.DriverVersion()}",
        (source, options) => compiler.Value.Compile(source, [$"--gpu-architecture={device.Architecture}", .. options]));

    /// <summary>Sources that had to be compiled.</summary>
    public int Compiled { get; private set; }

    /// <summary>Why the last file could not be kept; null if it was, or none was made.</summary>
    public string? NotKept { get; private set; }

    /// <summary>systemd's CacheDirectory, or XDG's cache folder, or the system's.</summary>
    public static string DefaultFolder() =>
        Environment.GetEnvironmentVariable("CACHE_DIRECTORY") is { Length: > 0 } given ? given
        : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home ? Path.Combine(home, "inference-core")
        : "/var/cache/inference-core";

    /// <summary>
    /// What every source is compiled with. No fast mathematics: a kernel says itself where an approximation is good enough. Line numbers cost
    /// nothing and make the profiler's and the sanitizer's findings readable.
    /// </summary>
    public static IReadOnlyList<string> Options(IEnumerable<(string Name, string Value)> defines) =>
        ["--std=c++17", "-default-device", "--generate-line-info", .. defines.Select(d => $"-D{d.Name}={d.Value}")];

    /// <summary>The device code of <paramref name="source"/>.</summary>
    /// <param name="source">What to compile.</param>
    /// <param name="defines">Names that the source sees as macros.</param>
    /// <exception cref="CudaException">It does not compile.</exception>
    public byte[] Get(KernelSource source, params IReadOnlyList<(string Name, string Value)> defines)
    {
        var options = Options(defines);
        var path = PathOf(source, options);
        if (TryRead(path) is { } kept)
            return kept;
        var cubin = compile(source, options);
        Compiled++;
        Keep(path, cubin);
        return cubin;
    }

    /// <summary>Where the code of a source with these options is kept.</summary>
    public string PathOf(KernelSource source, IReadOnlyList<string> options)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(source.Text);
        foreach (var (name, text) in source.Headers)
        {
            Append(name);
            Append(text);
        }

        foreach (var option in options)
            Append(option);
        return Path.Combine(folder, $"{Path.GetFileNameWithoutExtension(source.Name)}-{platform}-{Convert.ToHexStringLower(hash.GetHashAndReset())}.cubin");

        // Each with its length before it, so that no two lists of texts are the same bytes.
        void Append(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
    }

    private static byte[]? TryRead(string path)
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return file.Length > HashBytes && SHA256.HashData(file.AsSpan(HashBytes)).AsSpan().SequenceEqual(file.AsSpan(0, HashBytes))
            ? file[HashBytes..]
            : null;
    }

    private void Keep(string path, byte[] cubin)
    {
        var temporary = $"{path}.{Environment.ProcessId}-{++_files}";
        try
        {
            Directory.CreateDirectory(folder);
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                file.Write(SHA256.HashData(cubin));
                file.Write(cubin);
            }

            File.Move(temporary, path, overwrite: true);
            NotKept = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            NotKept = e.Message;
            TryDelete(temporary);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It was not there, or whoever may not write here may not delete either.
        }
    }
}
