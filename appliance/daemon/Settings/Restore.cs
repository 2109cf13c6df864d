using System.Globalization;
using System.Text;
using Appliance.Daemon.Setup;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Settings;

/// <summary>
/// Puts a backup in the place of the configuration in force. All of it is read and judged first; then the whole of /etc/appliance is made anew
/// beside and changes places with the old one in one step. What was in force is kept as a backup of its own. The network is left alone: only
/// a change that can be confirmed may touch what somebody is logged in over.
/// </summary>
internal sealed class Restore(SetupMachine machine, TimeProvider time)
{
    private const string Etc = "/etc/appliance";
    private const string Beside = "/etc/appliance.new";
    private const string Kept = "/var/lib/appliance/backups";
    private const UnixFileMode OwnerAndGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private const UnixFileMode Everyone = OwnerAndGroup | UnixFileMode.OtherRead;

    /// <summary>Everything that is wrong with it, before anything is touched.</summary>
    /// <param name="passphrase">Asked for when keys are sealed in it; null leaves them out.</param>
    /// <exception cref="SetupException">It cannot be restored: one line.</exception>
    public static (BackupManifest Manifest, Dictionary<string, byte[]> Files) Read(Stream archive, Func<string?> passphrase)
    {
        var (manifest, files, keys) = BackupArchive.Open(archive);
        if (keys is not null && passphrase() is { } words)
        {
            foreach (var (path, bytes) in BackupArchive.OpenPlain(SealedFiles.Open(keys, words) ?? throw new SetupException("the passphrase does not open its keys.")))
                files[path] = bytes;
        }

        return BackupCheck.Faults(files).FirstOrDefault() is { } fault ? throw new SetupException(fault) : (manifest, files);
    }

    /// <summary>A line for each file that would change.</summary>
    public IReadOnlyList<string> Changes(IReadOnlyDictionary<string, byte[]> files)
    {
        var changes = new List<string>();
        foreach (var (path, bytes) in files.Where(f => f.Key != BackupScope.Network).OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            if (machine.Read(path) is not { } now)
                changes.Add($"new: /{path}");
            else if (!now.AsSpan().SequenceEqual(bytes))
                changes.Add($"changed: /{path}");
        }

        changes.AddRange(Surplus(files).Select(p => $"removed: /{p}"));
        return changes;
    }

    /// <returns>Where the configuration that was in force is kept.</returns>
    /// <exception cref="SetupException">Nothing was changed.</exception>
    public string Apply(IReadOnlyDictionary<string, byte[]> files, string node, string version)
    {
        var (before, _) = new Backup(machine, time).Make(node, version, passphrase: null);
        var kept = string.Create(CultureInfo.InvariantCulture, $"{Kept}/before-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}.tar.gz");
        machine.Write(kept, before, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        machine.DeleteFolder(Beside); // of a restore that was cut off
        try
        {
            machine.Run("cp", ["--archive", machine.PathOf(Etc), machine.PathOf(Beside)]);
            foreach (var path in Surplus(files))
                machine.Delete(Moved(path));
            foreach (var (path, bytes) in files.Where(f => f.Key.StartsWith("etc/appliance/", StringComparison.Ordinal)))
                Put(path, bytes);
            FolderExchange.Swap(machine.PathOf(Beside), machine.PathOf(Etc));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            machine.DeleteFolder(Beside);
            throw new SetupException($"{e.Message.TrimEnd('.')}; nothing was changed.");
        }

        machine.DeleteFolder(Beside);
        foreach (var path in (string[])[BackupScope.Timesyncd, BackupScope.Chrony])
        {
            if (files.TryGetValue(path, out var bytes))
                machine.Write(path, bytes, Everyone);
        }

        return kept;
    }

    /// <summary>Everybody reads anew; the engine and the panel may take a moment, the fans are in control throughout.</summary>
    /// <returns>A line for each that did not.</returns>
    public IReadOnlyList<string> Restart(bool keys)
    {
        var remarks = new List<string>();
        (string Verb, string Unit)[] units =
        [
            ("try-restart", "mosquitto"),
            (keys ? "try-restart" : "reload", "appliance"), // with new certificates it, too, must come to the broker anew
            ("try-restart", "bmc-agent"), ("try-restart", "inference-core"),
            ("try-restart", "appliance-rights"), ("try-restart", "appliance-login"), // the folder that is closed to them is a new one
        ];
        foreach (var (verb, unit) in units)
        {
            try
            {
                machine.Run("systemctl", [verb, unit]);
            }
            catch (SetupException e)
            {
                remarks.Add(e.Message);
            }
        }

        return remarks;
    }

    private static string Moved(string path) => string.Concat(Beside, path.AsSpan("etc/appliance".Length));

    private void Put(string path, byte[] bytes)
    {
        var target = Moved(path);
        var isThere = machine.Exists(target);
        machine.Write(target, bytes, path.EndsWith(".crt", StringComparison.Ordinal) ? Everyone : BackupScope.IsSecret(path) ? UnixFileMode.UserRead : OwnerAndGroup);
        if (!isThere)
            machine.Run("chown", [OwnerOf(path), machine.PathOf(target)]);
    }

    /// <summary>Of a file that this box did not have; one that it has keeps its own.</summary>
    private static string OwnerOf(string path) => path switch
    {
        BackupScope.ApiKeys => "root:inference-core",
        _ when path.EndsWith(".key", StringComparison.Ordinal) => Path.GetFileNameWithoutExtension(path) switch
        {
            "broker" => "mosquitto:root",
            "api" => "inference-core:root",
            "panel" => "bmc-agent:root",
            var user => $"{user}:root",
        },
        _ when path.EndsWith(".crt", StringComparison.Ordinal) => "root:root",
        _ => "root:appliance",
    };

    private IEnumerable<string> Surplus(IReadOnlyDictionary<string, byte[]> files) => BackupScope.Folders.Where(machine.DirectoryExists)
        .SelectMany(folder => Directory.GetFiles(machine.PathOf(folder)).Select(f => $"{folder}/{Path.GetFileName(f)}"))
        .Where(path => BackupScope.Allows(path) && !files.ContainsKey(path)).Order(StringComparer.Ordinal);

    /// <summary>What the backup says of the network, as a person types it; null for nothing.</summary>
    public static string? Network(IReadOnlyDictionary<string, byte[]> files) =>
        files.TryGetValue(BackupScope.Network, out var bytes) && NetworkFile.Read(Encoding.UTF8.GetString(bytes)) is { } network ? NetworkFile.Words(network) : null;
}
