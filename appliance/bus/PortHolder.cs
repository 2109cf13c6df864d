using System.Globalization;

namespace Appliance.Bus;

/// <summary>The process that listens on a TCP port, as far as /proc lets us see: every plane that cannot have its port names who has it.</summary>
/// <param name="Name">Short, as the kernel keeps it: <c>mosquitto</c>.</param>
/// <param name="Command">Its first words, cut to a line's length.</param>
public sealed record PortHolder(int Pid, string Name, string Command)
{
    private const string Listening = "0A";
    private const int CommandWords = 3;
    private const int CommandLength = 60;

    /// <returns>Null when it cannot be told (another user's process, another network namespace) or nobody listens.</returns>
    public static PortHolder? Of(int port)
    {
        var sockets = SocketsOn(port);
        if (sockets.Count == 0)
            return null;
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                continue;
            try
            {
                if (Directory.EnumerateFiles(Path.Combine(process, "fd")).Any(f => new FileInfo(f).LinkTarget is { } target && sockets.Contains(target)))
                    return new(pid, File.ReadAllText(Path.Combine(process, "comm")).Trim(), CommandOf(process));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Not ours to look into, or it ended while we looked.
            }
        }

        return null;
    }

    /// <summary>/proc/net/tcp: column 1 is the local address:port in hex, 3 the state, 9 the inode, as <c>/proc/PID/fd</c> links to it.</summary>
    private static HashSet<string> SocketsOn(int port)
    {
        var wanted = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        return [.. new[] { "/proc/net/tcp", "/proc/net/tcp6" }.Where(File.Exists).SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(c => c.Length > 9 && c[3] == Listening && c[1].EndsWith(wanted, StringComparison.Ordinal))
            .Select(c => $"socket:[{c[9]}]")];
    }

    private static string CommandOf(string process)
    {
        var words = File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        var text = string.Join(' ', words.Take(CommandWords));
        return text.Length > CommandLength ? text[..CommandLength] + "…" : text;
    }
}
