using Appliance.Daemon.Setup;

namespace Appliance.Daemon.Settings;

/// <summary>Makes a backup of a box' configuration.</summary>
internal sealed class Backup(SetupMachine machine, TimeProvider time)
{
    /// <param name="passphrase">Seals the private keys that are then in it; null leaves keys and certificates out.</param>
    public (byte[] Archive, BackupManifest Manifest) Make(string node, string version, string? passphrase)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var path in BackupScope.Single.Concat(BackupScope.Folders.SelectMany(FilesIn)).Where(BackupScope.Allows))
        {
            if (machine.Read(path) is { } bytes)
                files[path] = bytes;
        }

        var at = time.GetUtcNow();
        byte[]? keys = null;
        if (passphrase is not null)
        {
            var secrets = FilesIn(BackupScope.Tls.TrimEnd('/')).Where(BackupScope.IsSecret).ToDictionary(f => f, f => machine.Read(f)!);
            keys = SealedFiles.Seal(BackupArchive.PackPlain(secrets, at), passphrase);
        }

        var manifest = new BackupManifest(BackupManifest.CurrentFormat, node, version, at, keys is not null,
            [.. files.Select(f => new BackupEntry(f.Key, f.Value.Length, BackupArchive.Hash(f.Value)))]);
        return (BackupArchive.Pack(manifest, files, keys), manifest);
    }

    private IEnumerable<string> FilesIn(string folder) => machine.DirectoryExists(folder)
        ? Directory.GetFiles(machine.PathOf(folder)).Select(f => $"{folder}/{Path.GetFileName(f)}").Order(StringComparer.Ordinal)
        : [];
}
