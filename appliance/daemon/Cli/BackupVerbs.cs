using System.Globalization;
using Appliance.Daemon.Config;
using Appliance.Daemon.Loop;
using Appliance.Daemon.Settings;
using Appliance.Daemon.Setup;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary><c>config backup</c> and <c>config restore</c>.</summary>
/// <param name="secret">Asks for a passphrase without showing it; null when nobody answers.</param>
internal sealed class BackupVerbs(SetupMachine machine, TextReader input, Func<string?> secret, Output output, TimeProvider time)
{
    private const int ShortestPassphrase = 12;

    /// <param name="place">A folder, a new file, or - for standard output.</param>
    /// <param name="keys">Private keys and certificates too, sealed by a passphrase.</param>
    public int Make(string? place, bool keys)
    {
        if (!machine.Exists(ConfigStore.BoxFile))
            return output.Fail(ExitCode.Failed, $"there is no {ConfigStore.BoxFile}: this machine is no box.");
        try
        {
            string? passphrase = null;
            if (keys && NewPassphrase(out passphrase) is { } fault)
                return output.Fail(ExitCode.Usage, fault);
            var node = NodeOf();
            var (archive, manifest) = new Backup(machine, time).Make(node, DaemonState.Version, passphrase);
            if (place == "-")
            {
                using var standard = Console.OpenStandardOutput();
                standard.Write(archive);
                return ExitCode.Done;
            }

            var path = Path.GetFullPath(place is null || Directory.Exists(place)
                ? Path.Combine(place ?? ".", string.Create(CultureInfo.InvariantCulture, $"appliance-config-{node}-{manifest.MadeAt:yyyyMMdd'T'HHmmss'Z'}.tar.gz"))
                : place);
            using (var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
                file.Write(archive);
                file.Flush(flushToDisk: true);
            }

            if (output.Json)
            {
                output.Data(new BackupReport(path, manifest), BackupJson.Default.BackupReport);
                return ExitCode.Done;
            }

            output.Line(path);
            output.Line($"{manifest.Files.Count} files of {node}{(keys ? ", certificates and keys under your passphrase: without it they are lost" : "; certificates and keys are not in it (--keys)")}; people are not in it.");
            return ExitCode.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return output.Fail(ExitCode.Failed, e.Message);
        }
    }

    /// <param name="checkOnly">Say what it would change, and change nothing.</param>
    /// <param name="yes">Do not ask.</param>
    public int Put(string file, bool checkOnly, bool yes)
    {
        if (!machine.Exists(ConfigStore.BoxFile))
            return output.Fail(ExitCode.Failed, $"there is no {ConfigStore.BoxFile}: this machine is no box.");
        try
        {
            using var archive = file == "-" ? Console.OpenStandardInput() : File.OpenRead(file);
            var (manifest, files) = Restore.Read(archive, () => Ask("Passphrase of its keys (Enter leaves them as they are)"));
            var restore = new Restore(machine, time);
            var changes = restore.Changes(files);
            if (!output.Json)
            {
                output.Line($"{file}: good; made of {manifest.Node} on {manifest.MadeAt.UtcDateTime:yyyy-MM-dd HH:mm}Z by version {manifest.Version}");
                output.Lines(changes.DefaultIfEmpty("nothing would change").Select(c => $"  {c}"));
            }

            if (checkOnly || changes.Count == 0)
                return Told(new(manifest, changes, null, Restore.Network(files)), remarks: []);
            if (!yes && !Confirmed())
                return output.Fail(ExitCode.Failed, "nothing was changed; --yes restores without asking.");
            var before = restore.Apply(files, NodeOf(), DaemonState.Version);
            var remarks = restore.Restart(files.Keys.Any(BackupScope.IsSecret));
            return Told(new(manifest, changes, before, Restore.Network(files)), remarks);
        }
        catch (SetupException e)
        {
            return output.Fail(ExitCode.Failed, $"{file}: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return output.Fail(ExitCode.Failed, $"{file}: {e.Message}");
        }
    }

    private int Told(RestoreReport report, IReadOnlyList<string> remarks)
    {
        if (output.Json)
        {
            output.Data(report, BackupJson.Default.RestoreReport);
            return ExitCode.Done;
        }

        if (report.Before is { } before)
            output.Line($"restored; what was in force is kept in {before}");
        if (report.Network is { } network)
            output.Line($"the network was left as it is; the backup had: appliance network set {network}");
        output.Lines(remarks.Select(r => $"note: {r}"));
        return ExitCode.Done;
    }

    private bool Confirmed()
    {
        if (Console.IsInputRedirected && input == TextReader.Null)
            return false;
        output.Writer.Write("Replace the configuration in force? y does it: ");
        output.Writer.Flush();
        return input.ReadLine()?.Trim() is "y" or "Y";
    }

    private string? NewPassphrase(out string? passphrase)
    {
        passphrase = Ask($"Passphrase for the keys ({ShortestPassphrase} or more)");
        if (passphrase is null or { Length: < ShortestPassphrase })
            return $"a passphrase for private keys has {ShortestPassphrase} characters or more; nothing was written.";
        return Ask("The same again") == passphrase ? null : "the two are not the same; nothing was written.";
    }

    private string? Ask(string question)
    {
        Console.Error.Write($"{question}: ");
        var line = secret();
        Console.Error.WriteLine();
        return line is { Length: > 0 } ? line : null;
    }

    /// <summary>Of a file with a fault the name does not matter: a backup of it is taken all the same.</summary>
    private string NodeOf()
    {
        try
        {
            return machine.Read(ConfigStore.BoxFile) is { } bytes ? BoxConfigFile.Parse(bytes, ConfigStore.BoxFile).Node : new BoxConfig().Node;
        }
        catch (FormatException)
        {
            return new BoxConfig().Node;
        }
    }
}
