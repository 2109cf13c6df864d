using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Appliance.Daemon.Setup;

namespace Appliance.Daemon.Settings;

/// <summary>A backup as bytes: a gzipped tar, manifest first, every file with its hash; private keys in one sealed entry.</summary>
internal static class BackupArchive
{
    /// <summary>A configuration is kilobytes; more is an archive of something else, or a bomb.</summary>
    private const int MaxBytes = 16 * 1024 * 1024;

    private const int MaxEntries = 500;

    public static byte[] Pack(BackupManifest manifest, IReadOnlyDictionary<string, byte[]> files, byte[]? sealedKeys)
    {
        using var archive = new MemoryStream();
        using (var gzip = new GZipStream(archive, CompressionLevel.Optimal, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Pax, leaveOpen: true))
        {
            Put(tar, BackupManifest.FileName, JsonSerializer.SerializeToUtf8Bytes(manifest, BackupJson.Default.BackupManifest), manifest.MadeAt);
            foreach (var (path, bytes) in files)
                Put(tar, path, bytes, manifest.MadeAt);
            if (sealedKeys is not null)
                Put(tar, SealedFiles.FileName, sealedKeys, manifest.MadeAt);
        }

        return archive.ToArray();
    }

    /// <summary>The files alone, for what is sealed.</summary>
    public static byte[] PackPlain(IReadOnlyDictionary<string, byte[]> files, DateTimeOffset at)
    {
        using var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (path, bytes) in files)
                Put(tar, path, bytes, at);
        }

        return archive.ToArray();
    }

    /// <returns>The manifest, and every file that it names, whole.</returns>
    /// <exception cref="SetupException">It is no backup, or not what was written: one line.</exception>
    public static (BackupManifest Manifest, Dictionary<string, byte[]> Files, byte[]? SealedKeys) Open(Stream archive)
    {
        var entries = Entries(() => new GZipStream(archive, CompressionMode.Decompress, leaveOpen: true));
        if (!entries.Remove(BackupManifest.FileName, out var text))
            throw new SetupException("it is no backup of a box: it has no manifest.json.");
        BackupManifest manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(text, BackupJson.Default.BackupManifest) ?? throw new SetupException("its manifest is empty.");
        }
        catch (JsonException e)
        {
            throw new SetupException($"its manifest is not understood: {e.Message.Split(" Path:")[0]}");
        }

        if (manifest.Format != BackupManifest.CurrentFormat)
            throw new SetupException($"its format is {manifest.Format}; this program ({Loop.DaemonState.Version}) knows {BackupManifest.CurrentFormat}.");
        entries.Remove(SealedFiles.FileName, out var keys);
        if (manifest.Keys != (keys is not null))
            throw new SetupException("its manifest and its keys do not belong together.");
        foreach (var file in manifest.Files)
        {
            if (!BackupScope.Allows(file.Path))
                throw new SetupException($"{file.Path} is nothing that a backup may bring.");
            if (!entries.TryGetValue(file.Path, out var bytes) || bytes.Length != file.Bytes || Hash(bytes) != file.Sha256)
                throw new SetupException($"{file.Path} in it is not what was written: the file is damaged.");
        }

        return entries.Count == manifest.Files.Count ? (manifest, entries, keys) : throw new SetupException("it holds files that its manifest does not name.");
    }

    /// <exception cref="SetupException">Not what <see cref="PackPlain"/> made.</exception>
    public static Dictionary<string, byte[]> OpenPlain(byte[] archive)
    {
        var files = Entries(() => new MemoryStream(archive, writable: false));
        return files.Keys.FirstOrDefault(f => !BackupScope.IsSecret(f)) is { } strange ? throw new SetupException($"{strange} is no key of a box.") : files;
    }

    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static Dictionary<string, byte[]> Entries(Func<Stream> open)
    {
        var entries = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var left = MaxBytes;
        try
        {
            using var stream = open();
            using var tar = new TarReader(stream);
            while (tar.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                    throw new SetupException($"{entry.Name} in it is no ordinary file.");
                if (entry.Length > left || entries.Count >= MaxEntries)
                    throw new SetupException($"it holds more than a configuration can ({MaxBytes >> 20} MiB, {MaxEntries} files).");
                var bytes = new byte[entry.Length];
                entry.DataStream?.ReadExactly(bytes);
                left -= bytes.Length;
                if (!entries.TryAdd(entry.Name, bytes))
                    throw new SetupException($"{entry.Name} is in it twice.");
            }

            return entries;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or IOException)
        {
            throw new SetupException("it is no gzipped tar, or it was cut off.");
        }
    }

    private static void Put(TarWriter tar, string path, byte[] bytes, DateTimeOffset at)
    {
        using var data = new MemoryStream(bytes, writable: false);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path)
        {
            DataStream = data,
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            ModificationTime = at,
        });
    }
}
