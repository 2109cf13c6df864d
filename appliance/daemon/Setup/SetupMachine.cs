using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Appliance.Daemon.Setup;

/// <summary>The machine that setup changes: files below a root, written beside and renamed, and commands by their full path.</summary>
internal sealed class SetupMachine(string root, IReadOnlyList<string> commandFolders)
{
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(60);

    public static SetupMachine Real { get; } = new("/", ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/lib/appliance"]);

    public string PathOf(string path) => Path.Combine(root, path.TrimStart('/'));

    public bool Exists(string path) => File.Exists(PathOf(path));

    public bool DirectoryExists(string path) => Directory.Exists(PathOf(path));

    public void Delete(string path) => File.Delete(PathOf(path));

    public void DeleteFolder(string path)
    {
        if (DirectoryExists(path))
            Directory.Delete(PathOf(path), recursive: true);
    }

    public byte[]? Read(string path) => Exists(path) ? File.ReadAllBytes(PathOf(path)) : null;

    public bool Has(string command) => Find(command) is not null;

    /// <summary>A whole file or none; owner and mode of one that is there stay.</summary>
    public void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        var full = PathOf(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        var beside = full + ".new";
        File.Delete(beside);
        using (var file = new FileStream(beside, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode }))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        if (File.Exists(full))
        {
            File.SetUnixFileMode(beside, File.GetUnixFileMode(full));
            Run("chown", [$"--reference={full}", beside]);
        }

        File.Move(beside, full, overwrite: true);
    }

    public void Write(string path, string text) =>
        Write(path, Encoding.UTF8.GetBytes(text), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

    /// <param name="input">Given on standard input, so that no secret stands in a list of processes.</param>
    /// <exception cref="SetupException">It is not there, or it failed; the message holds its own words.</exception>
    public string Run(string command, IReadOnlyList<string> arguments, string input = "")
    {
        var path = Find(command) ?? throw new SetupException($"{command} is not installed");
        var start = new ProcessStartInfo(path, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            if (!process.WaitForExit(CommandLimit))
            {
                process.Kill(entireProcessTree: true);
                throw new SetupException($"{command} did not end within {CommandLimit.TotalSeconds:0} s");
            }

            return process.ExitCode == 0
                ? output.GetAwaiter().GetResult()
                : throw new SetupException($"{command} failed ({process.ExitCode}): {error.GetAwaiter().GetResult().Trim().ReplaceLineEndings(" ")}");
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw new SetupException($"{command}: {e.Message}");
        }
    }

    private string? Find(string command) => commandFolders.Select(f => Path.Combine(f, command)).FirstOrDefault(File.Exists);
}

/// <summary>One step could not be done: one line for a person.</summary>
internal sealed class SetupException(string message) : Exception(message);
