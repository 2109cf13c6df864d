using System.Text;

namespace Appliance.Daemon.Terminal;

/// <summary>Sticks and disks that somebody plugged in and this person may write to.</summary>
internal static class Sticks
{
    private static readonly string[] Places = ["/media/", "/run/media/"];

    /// <summary>Those of this machine that a file could just be made on: no other question is answered as truly.</summary>
    public static IReadOnlyList<string> Writable()
    {
        try
        {
            return [.. Mounted(File.ReadLines("/proc/self/mountinfo")).Where(MayWrite)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>From lines of proc_pid_mountinfo(5): the fifth word is the place with its blanks written in octal, the sixth its options.</summary>
    public static IEnumerable<string> Mounted(IEnumerable<string> mountinfo)
    {
        foreach (var line in mountinfo)
        {
            var words = line.Split(' ');
            if (words.Length < 6 || words[5].Split(',').Contains("ro"))
                continue;
            var place = Plain(words[4]);
            if (Places.Any(p => place.StartsWith(p, StringComparison.Ordinal)))
                yield return place;
        }
    }

    private static string Plain(string escaped)
    {
        if (!escaped.Contains('\\', StringComparison.Ordinal))
            return escaped;
        var bytes = new List<byte>();
        for (var i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] == '\\' && i + 3 < escaped.Length && escaped.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0)
            {
                bytes.Add((byte)((escaped[i + 1] - '0') * 64 + (escaped[i + 2] - '0') * 8 + (escaped[i + 3] - '0')));
                i += 3;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(escaped[i].ToString()));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static bool MayWrite(string place)
    {
        try
        {
            var probe = Path.Combine(place, $".appliance-{Environment.ProcessId}");
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
                return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
