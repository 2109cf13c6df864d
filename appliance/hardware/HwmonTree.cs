using System.Text;

namespace Appliance.Hardware;

/// <summary>
/// The hwmon chips below a root directory, found by their <c>name</c> file and never by the N of hwmonN, which the kernel deals out
/// anew at every boot and after every driver reload. Each chip is looked for again when it answers ENODEV or its name changed.
/// </summary>
public sealed class HwmonTree : IDisposable
{
    /// <summary>How often a missing chip is looked for: often enough to control again within a tick or two, seldom enough to cost nothing.</summary>
    private static readonly TimeSpan _searchEvery = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<string, HwmonChip> _chips = new(StringComparer.Ordinal);
    private readonly string _class;
    private TimeSpan _searchedAt = TimeSpan.MinValue;

    /// <param name="sysRoot"><c>/</c> on a box, <c>.run/sysfs</c> on the twin.</param>
    public HwmonTree(string sysRoot) => _class = Path.Combine(sysRoot, "sys", "class", "hwmon");

    /// <param name="name">The chip's <c>name</c>; where a board has two alike, <c>name@device</c>, e.g. <c>max31790@1-0023</c>.</param>
    public HwmonChip Chip(string name)
    {
        if (!_chips.TryGetValue(name, out var chip))
            _chips.Add(name, chip = new(name, Find(_class, name)));
        return chip;
    }

    /// <summary>Once per tick, before the attributes are read.</summary>
    public void Refresh(TimeSpan now)
    {
        var missing = false;
        foreach (var chip in _chips.Values)
            missing |= !chip.IsPresent();
        if (!missing || (_searchedAt != TimeSpan.MinValue && now - _searchedAt < _searchEvery))
            return;
        _searchedAt = now;
        foreach (var chip in _chips.Values)
        {
            if (!chip.IsPresent())
                chip.MoveTo(Find(_class, chip.Name));
        }
    }

    /// <summary>Every chip directory there is, with its name; unreadable ones are left out.</summary>
    public static IEnumerable<(string Directory, string Name)> Enumerate(string sysRoot) =>
        EnumerateClass(Path.Combine(sysRoot, "sys", "class", "hwmon"));

    private static IEnumerable<(string Directory, string Name)> EnumerateClass(string directory)
    {
        string[] entries;
        try
        {
            entries = Directory.GetDirectories(directory);
        }
        catch (IOException)
        {
            yield break;
        }
        catch (UnauthorizedAccessException)
        {
            yield break;
        }

        Array.Sort(entries, StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (NameOf(entry) is { } name)
                yield return (entry, name);
        }
    }

    private static string? Find(string directory, string name)
    {
        var at = name.IndexOf('@');
        var (chip, device) = at < 0 ? (name, null) : (name[..at], name[(at + 1)..]);
        foreach (var (candidate, found) in EnumerateClass(directory))
        {
            if (found == chip && (device is null || DeviceOf(candidate) == device))
                return candidate;
        }

        return null;
    }

    private static string? NameOf(string directory)
    {
        using var file = SysfsFile.TryOpen(Path.Combine(directory, "name"), write: false, out _);
        Span<byte> text = stackalloc byte[64];
        return file is not null && file.TryReadText(text, out var length).IsOk ? Encoding.UTF8.GetString(text[..length]) : null;
    }

    private static string? DeviceOf(string directory)
    {
        try
        {
            return Path.GetFileName(Directory.ResolveLinkTarget(Path.Combine(directory, "device"), returnFinalTarget: true)?.FullName);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        foreach (var chip in _chips.Values)
            chip.MoveTo(null);
    }
}
