using System.Security.Cryptography;
using System.Text;

namespace BmcAgent;

/// <summary>What the door says to one request.</summary>
/// <param name="Status">200, 401, 429 or 503.</param>
/// <param name="Line">For a person; empty when the door is open.</param>
internal readonly record struct DoorAnswer(int Status, string Line)
{
    public bool IsOpen => Status == StatusCodes.Status200OK;
}

/// <summary>
/// Who may see the panel of a box: people of the machine in one of its groups, by name and password (HTTP Basic over TLS 1.3). PAM is asked once in
/// five minutes for each; five wrong passwords for a name from an address close it for half an hour. Thread-safe.
/// </summary>
/// <param name="ask">Name and password; the role's word, or null for nobody.</param>
/// <param name="isClaimed">Until somebody owns the box there is nobody to let in.</param>
internal sealed class PanelDoor(Func<string, string, CancellationToken, Task<string?>> ask, Func<bool> isClaimed, TimeProvider time)
{
    public const int MostFailures = 5;
    public static readonly TimeSpan LockedFor = TimeSpan.FromMinutes(30);
    public static readonly TimeSpan KnownFor = TimeSpan.FromMinutes(5);

    private const int Remembered = 1024;
    private const string Scheme = "Basic ";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, DateTimeOffset> _known = [];
    private readonly Dictionary<(string Name, string Source), (int Failures, DateTimeOffset Last)> _failures = [];

    /// <param name="authorization">The header; null for none.</param>
    /// <param name="source">The client's address.</param>
    public async Task<DoorAnswer> CheckAsync(string? authorization, string source, CancellationToken cancel)
    {
        if (!isClaimed())
            return new(StatusCodes.Status503ServiceUnavailable, "This box has not been claimed yet: appliance setup.");
        if (Read(authorization) is not var (name, password))
            return new(StatusCodes.Status401Unauthorized, "Log in as a user of this machine in appliance-viewer, appliance-operator or appliance-admin.");
        var print = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{name}\n{password}")));
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (_known.TryGetValue(print, out var until) && now < until)
                return new(StatusCodes.Status200OK, "");
            if (_failures.TryGetValue((name, source), out var failed) && failed.Failures >= MostFailures && now - failed.Last < LockedFor)
                return new(StatusCodes.Status429TooManyRequests, $"{MostFailures} wrong passwords; try again in {(LockedFor - (now - failed.Last)).TotalMinutes:0} minutes.");
        }

        var role = await ask(name, password, cancel);
        lock (_lock)
            return Took(name, source, print, role is not null, now);
    }

    private DoorAnswer Took(string name, string source, string print, bool isGood, DateTimeOffset now)
    {
        Forget(_known, now, until => until);
        Forget(_failures, now, f => f.Last + LockedFor);
        if (isGood)
        {
            _known[print] = now + KnownFor;
            _failures.Remove((name, source));
            return new(StatusCodes.Status200OK, "");
        }

        var before = _failures.GetValueOrDefault((name, source));
        _failures[(name, source)] = (before.Failures + 1, now);
        return new(StatusCodes.Status401Unauthorized, "Name or password is wrong, or this user is in none of the groups of the box.");
    }

    /// <summary>What has passed goes; where that is not enough, all of it: a flood of names must not cost memory.</summary>
    private static void Forget<TKey, TValue>(Dictionary<TKey, TValue> table, DateTimeOffset now, Func<TValue, DateTimeOffset> until)
        where TKey : notnull
    {
        if (table.Count < Remembered)
            return;
        foreach (var old in table.Where(e => until(e.Value) <= now).Select(e => e.Key).ToArray())
            table.Remove(old);
        if (table.Count >= Remembered)
            table.Clear();
    }

    private static (string Name, string Password)? Read(string? authorization)
    {
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || authorization.Length > 1024)
            return null;
        try
        {
            var text = Encoding.UTF8.GetString(Convert.FromBase64String(authorization[Scheme.Length..].Trim()));
            var colon = text.IndexOf(':');
            return colon < 1 || colon == text.Length - 1 || text.Any(c => c is '\n' or '\0') ? null : (text[..colon], text[(colon + 1)..]);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
