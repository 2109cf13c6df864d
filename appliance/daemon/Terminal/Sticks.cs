using System.Text;

namespace Appliance.Daemon.Terminal;

/// <summary>Sticks and disks that somebody plugged in and this person may write to. One that does not answer hides no other and is asked no second time.</summary>
/// <param name="mounted">Places where some are mounted.</param>
/// <param name="mayWrite">Of a place; may never return.</param>
internal sealed class Sticks(Func<IEnumerable<string>> mounted, Func<string, bool> mayWrite, TimeProvider time)
{
    private static readonly string[] Places = ["/media/", "/run/media/"];

    /// <summary>A stick that takes longer than this to make an empty file on is none to wait for with a bundle.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Task<bool>> _asked = [];

    public static Sticks OfThisMachine(TimeProvider time) => new(() => Mounted(File.ReadLines("/proc/self/mountinfo")), MayWrite, time);

    /// <summary>Those that a file could just be made on: no other question is answered as truly. Not for several tasks at once.</summary>
    public async Task<IReadOnlyList<string>> WritableAsync()
    {
        var places = Now();
        foreach (var place in places.Where(p => !_asked.ContainsKey(p)))
            _asked[place] = Task.Run(() => mayWrite(place));
        await Task.WhenAny(Task.WhenAll(places.Select(p => _asked[p])), Task.Delay(Limit, time)).ConfigureAwait(false);
        var answered = _asked.Where(a => a.Value.IsCompleted).ToDictionary();
        foreach (var place in answered.Keys)
            _asked.Remove(place);
        return [.. places.Where(p => answered.TryGetValue(p, out var may) && may.Result)];
    }

    private string[] Now()
    {
        try
        {
            return [.. mounted().Distinct()];
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
