using System.Security.Cryptography;

namespace InferenceCore.Engine;

/// <summary>
/// A model directory's <c>SHA256SUMS</c>, as sha256sum writes it, and beside it <c>SHA256SUMS.blocks</c>: the hashes of each file's pieces of
/// <see cref="BlockBytes"/>. The hash of a whole file is one long chain that one core computes; its blocks are hashed by all of them, while they
/// are on their way. The list of blocks is believed because SHA256SUMS has its hash.
/// </summary>
internal sealed class HashList
{
    public const string FileName = "SHA256SUMS";
    public const string BlocksName = "SHA256SUMS.blocks";
    public const int BlockBytes = 4 << 20;

    private readonly string _directory;
    private readonly Dictionary<string, byte[][]> _blocks = new(StringComparer.Ordinal);

    private HashList(string directory)
    {
        _directory = directory;
        Path = System.IO.Path.Combine(directory, FileName);
        Files = Read(Path);
    }

    public string Path { get; }

    /// <summary>In the list's order.</summary>
    public IReadOnlyList<(string Hash, string Name)> Files { get; }

    /// <summary>Null: the directory has no list.</summary>
    public static HashList? Open(string directory)
    {
        if (!File.Exists(System.IO.Path.Combine(directory, FileName)))
            return null;
        var list = new HashList(directory);
        if (list.Files.Any(f => f.Name == BlocksName))
            list.ReadBlocks();
        return list;
    }

    /// <summary>Lower-case hex; null: the file is not listed.</summary>
    public string? HashOf(string name)
    {
        foreach (var file in Files)
        {
            if (file.Name == name)
                return file.Hash.ToLowerInvariant();
        }
        return null;
    }

    /// <summary>The hashes of a file's blocks, in their order; null: there is no list of them.</summary>
    public IReadOnlyList<byte[]>? BlocksOf(string name) => _blocks.GetValueOrDefault(name);

    /// <summary>Compares a whole file, block after block.</summary>
    public void Check(string name, string hash)
    {
        var path = System.IO.Path.Combine(_directory, name);
        if (!File.Exists(path))
            throw new EngineException($"{Path}: lists '{name}', which is not there");
        var actual = HashOfFile(path);
        if (!string.Equals(actual, hash, StringComparison.OrdinalIgnoreCase))
            throw Mismatch(path, actual, hash);
    }

    /// <summary>Writes both lists for <paramref name="files"/> of a directory; only weights get hashes of blocks.</summary>
    public static void Write(string directory, IEnumerable<string> files)
    {
        var names = files.Order(StringComparer.Ordinal).ToArray();
        string PathOf(string name) => System.IO.Path.Combine(directory, name);
        var weights = Array.FindAll(names, n => n.EndsWith(".safetensors", StringComparison.Ordinal));
        var blocks = new string[weights.Length][];
        Parallel.For(0, weights.Length, i => blocks[i] = [.. HashBlocks(PathOf(weights[i])).Select(b => $"{b.Hash}  {weights[i]}@{b.Offset}")]);
        File.WriteAllLines(PathOf(BlocksName), blocks.SelectMany(lines => lines));

        string[] listed = [.. names, BlocksName];
        var sums = new string[listed.Length];
        Parallel.For(0, listed.Length, i => sums[i] = $"{HashOfFile(PathOf(listed[i]))}  {listed[i]}");
        File.WriteAllLines(PathOf(FileName), sums);
    }

    public static EngineException Mismatch(string path, string actual, string listed) =>
        new($"{path}: SHA-256 is {actual}, {FileName} says {listed}");

    private static string HashOfFile(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static IEnumerable<(long Offset, string Hash)> HashBlocks(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var buffer = new byte[BlockBytes];
        for (var offset = 0L; stream.ReadAtLeast(buffer, BlockBytes, throwOnEndOfStream: false) is var read && read > 0; offset += read)
            yield return (offset, Convert.ToHexStringLower(SHA256.HashData(buffer.AsSpan(0, read))));
    }

    private void ReadBlocks()
    {
        Check(BlocksName, HashOf(BlocksName)!);
        var path = System.IO.Path.Combine(_directory, BlocksName);
        var files = new Dictionary<string, List<byte[]>>(StringComparer.Ordinal);
        foreach (var (hash, name) in Read(path))
        {
            var at = name.LastIndexOf('@');
            var file = at < 0 ? name : name[..at];
            if (!files.TryGetValue(file, out var hashes))
                files.Add(file, hashes = []);
            if (at < 0 || !long.TryParse(name.AsSpan(at + 1), out var offset) || offset != (long)hashes.Count * BlockBytes)
                throw new EngineException($"{path}: '{name}' is out of order; right would be {file}@{(long)hashes.Count * BlockBytes}");
            hashes.Add(Convert.FromHexString(hash));
        }
        foreach (var (file, hashes) in files)
            _blocks.Add(file, [.. hashes]);
    }

    // "<64 hex digits><space><space or *><name>", as sha256sum writes it.
    private static List<(string Hash, string Name)> Read(string path)
    {
        var entries = new List<(string, string)>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (line.Length == 0)
                continue;
            if (line.Length < 67 || line[64] != ' ' || line[65] is not (' ' or '*') || !line[..64].All(char.IsAsciiHexDigit))
                throw new EngineException($"{path}:{number}: right would be 64 hex digits, two spaces and a file's name");
            var name = line[66..];
            if (name.StartsWith("./", StringComparison.Ordinal))
                name = name[2..];
            if (System.IO.Path.IsPathRooted(name) || name.Split('/').Contains(".."))
                throw new EngineException($"{path}:{number}: '{name}' lies outside the model directory");
            entries.Add((line[..64], name));
        }

        return entries;
    }
}
