using System.Text.Json;
using Appliance.Daemon.Control;
using Appliance.Model;

namespace Appliance.Daemon.Launcher;

/// <summary>
/// <c>processes.json</c> in the run directory: what the launcher's children are doing, for <c>status</c>. A file, not a
/// socket, because it must be readable while any of them is dead.
/// </summary>
internal static class ProcessFile
{
    public static string PathIn(RunPaths paths) => Path.Combine(paths.Sockets, "processes.json");

    /// <returns>Null when no launcher runs there.</returns>
    public static LauncherReport? Read(RunPaths paths)
    {
        try
        {
            var report = JsonSerializer.Deserialize(File.ReadAllBytes(PathIn(paths)), ControlJson.Default.LauncherReport);
            return report is not null && Lives(report.Pid) ? report : null;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A process that was killed and not yet collected by its parent is still listed, as a zombie.</summary>
    private static bool Lives(int pid)
    {
        var stat = $"/proc/{pid}/stat";
        return File.Exists(stat) && File.ReadAllText(stat) is var text && text[(text.LastIndexOf(')') + 2)..] is not ['Z' or 'X', ..];
    }

    public static void Write(RunPaths paths, LauncherReport report)
    {
        var path = PathIn(paths);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(report, ControlJson.Default.LauncherReport));
        File.Move(path + ".new", path, overwrite: true);
    }
}
