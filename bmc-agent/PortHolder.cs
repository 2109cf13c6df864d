using System.Globalization;
using System.Net;

namespace BmcAgent;

/// <summary>Who listens on a TCP port, as far as /proc lets us see.</summary>
internal static class PortHolder
{
    /// <summary><c>mosquitto (pid 812)</c>; null when it cannot be told (another user's process, another network namespace).</summary>
    public static string? Find(int port)
    {
        var inodes = ListeningInodes(port);
        if (inodes.Count == 0)
            return null;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                continue;
            try
            {
                foreach (var descriptor in Directory.EnumerateFiles(Path.Combine(folder, "fd")))
                {
                    if (new FileInfo(descriptor).LinkTarget is { } target && inodes.Contains(target))
                        return $"{File.ReadAllText(Path.Combine(folder, "comm")).Trim()} (pid {pid})";
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Not ours to look into, or it ended while we looked.
            }
        }

        return null;
    }

    /// <summary>One line for a person.</summary>
    public static string Explain(IPAddress address, int port, string setting) =>
        $"port {port} on {address} is in use{(Find(port) is { } holder ? $" by {holder}" : "")}; {setting} moves it.";

    /// <summary>/proc/net/tcp: the second column is local address:port in hex, the fourth the state (0A = LISTEN), the tenth the inode.</summary>
    private static HashSet<string> ListeningInodes(int port)
    {
        var inodes = new HashSet<string>();
        foreach (var table in new[] { "/proc/net/tcp", "/proc/net/tcp6" })
        {
            if (!File.Exists(table))
                continue;
            foreach (var line in File.ReadLines(table).Skip(1))
            {
                var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (columns.Length > 9
                    && columns[3] == "0A"
                    && int.TryParse(columns[1].AsSpan(columns[1].LastIndexOf(':') + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var local)
                    && local == port)
                    inodes.Add($"socket:[{columns[9]}]");
            }
        }

        return inodes;
    }
}
