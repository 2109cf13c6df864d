using System.Globalization;

namespace Appliance.Daemon.Loop;

/// <summary>Starts of this daemon, kept in the state directory: tells a late last will of an earlier life from the present one.</summary>
internal static class BootCounter
{
    /// <summary>One more than last time; 1 when nothing was kept or the directory cannot be written.</summary>
    public static long Next(string stateDirectory)
    {
        var path = Path.Combine(stateDirectory, "boot");
        try
        {
            Directory.CreateDirectory(stateDirectory);
            var last = File.Exists(path)
                && long.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out var kept) ? kept : 0;
            File.WriteAllText(path + ".new", (last + 1).ToString(CultureInfo.InvariantCulture));
            File.Move(path + ".new", path, overwrite: true);
            return last + 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 1;
        }
    }
}
