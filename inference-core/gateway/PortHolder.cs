using System.Globalization;

namespace InferenceCore.Gateway;

/// <summary>Who listens on a TCP port, as far as /proc lets us see.</summary>
internal static class PortHolder
{
    private const string Listening = "0A";

    /// <summary><c>nginx (process 812)</c>; null when the kernel does not tell (somebody else's process).</summary>
    public static string? Of(int port)
    {
        var sockets = SocketsOn(port);
        if (sockets.Count == 0)
            return null;
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            try
            {
                if (Directory.EnumerateFiles(Path.Combine(process, "fd")).Any(f => File.ResolveLinkTarget(f, false) is { } t && sockets.Contains(t.Name)))
                    return $"{File.ReadAllText(Path.Combine(process, "comm")).Trim()} (process {Path.GetFileName(process)})";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody else's, or gone meanwhile.
            }
        }
        return null;
    }

    /// <summary>Columns of /proc/net/tcp: 1 local address:port in hex, 3 state, 9 inode.</summary>
    private static HashSet<string> SocketsOn(int port)
    {
        var wanted = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return [.. new[] { "/proc/net/tcp", "/proc/net/tcp6" }.Where(File.Exists).SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(c => c.Length > 9 && c[3] == Listening && c[1].EndsWith(wanted, StringComparison.Ordinal))
            .Select(c => $"socket:[{c[9]}]")];
    }
}
