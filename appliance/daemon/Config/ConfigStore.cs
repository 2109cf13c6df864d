using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Config;

/// <summary>
/// Finds the configuration in force. A file with a fault never stops a box that has run before: the last good one is used
/// and the fault becomes an alarm. A box that never ran stops with the line that says what is wrong.
/// </summary>
internal static class ConfigStore
{
    /// <summary>The file of a box where none is named.</summary>
    public const string BoxFile = "/etc/appliance/appliance.json";

    /// <param name="file">What <c>--config</c> says; null for the place where the file usually is, or all defaults.</param>
    /// <param name="keep">True for the daemon, which keeps a good file as the last good one.</param>
    /// <exception cref="FormatException">One line for a person: exit code 78.</exception>
    public static LoadedConfig Load(string? file, RunPaths paths, bool keep)
    {
        file ??= paths == RunPaths.Box && File.Exists(BoxFile) ? BoxFile : null;
        if (file is null)
            return new(new(), "defaults", null);
        try
        {
            var bytes = Bytes(file);
            var config = Check(bytes, file);
            if (keep)
                Keep(bytes, paths);
            return new(config, Path.GetFullPath(file), null);
        }
        catch (FormatException fault) when (File.Exists(paths.LastGoodConfig))
        {
            try
            {
                return new(Check(Bytes(paths.LastGoodConfig), paths.LastGoodConfig), paths.LastGoodConfig, fault.Message);
            }
            catch (FormatException)
            {
                // The last good one is not good any more (a board was taken away): the new file's fault is the one to mend.
                throw fault;
            }
        }
    }

    /// <summary>Everything that can be wrong with a file, also what only other files show.</summary>
    /// <exception cref="FormatException">One line for a person.</exception>
    public static BoxConfig Check(ReadOnlySpan<byte> bytes, string path)
    {
        var config = BoxConfigFile.Parse(bytes, path);
        try
        {
            BoardCatalogue.Load(config.Daemon.Board);
        }
        catch (FormatException e) when (e.Message.StartsWith("daemon.", StringComparison.Ordinal))
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }

        return config;
    }

    /// <exception cref="FormatException">The file cannot be read: one line for a person.</exception>
    public static byte[] Bytes(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var why = e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "is not there; --config names the configuration file, without it the defaults are used.",
                UnauthorizedAccessException when Directory.Exists(file) => "is a directory; --config names a file.",
                UnauthorizedAccessException => $"may not be read by {Environment.UserName}.",
                _ => $"cannot be read: {e.Message}",
            };
            throw new FormatException($"{file}: {why}", e);
        }
    }

    /// <summary>Written beside, synced, renamed over: there is always a whole one. Not being able to is no reason not to cool.</summary>
    private static void Keep(byte[] bytes, RunPaths paths)
    {
        try
        {
            if (File.Exists(paths.LastGoodConfig) && File.ReadAllBytes(paths.LastGoodConfig).AsSpan().SequenceEqual(bytes))
                return;
            Directory.CreateDirectory(paths.State);
            var beside = paths.LastGoodConfig + ".new";
            using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, paths.LastGoodConfig, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{paths.LastGoodConfig}: could not be kept as the last good configuration: {e.Message}");
        }
    }
}
