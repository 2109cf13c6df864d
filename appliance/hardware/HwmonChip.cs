using System.Text;

namespace Appliance.Hardware;

/// <summary>One hwmon chip, followed by name through renumbering. Attributes opened from it reopen themselves when it moved.</summary>
public sealed class HwmonChip
{
    private readonly byte[] _expected;
    private SysfsFile? _name;
    private bool _gone;

    internal HwmonChip(string name, string? directory)
    {
        Name = name;
        var at = name.IndexOf('@');
        _expected = Encoding.UTF8.GetBytes(at < 0 ? name : name[..at]);
        MoveTo(directory);
    }

    /// <summary>As the board file names it.</summary>
    public string Name { get; }

    /// <summary>The kernel driver's name, without <c>@device</c>.</summary>
    public string Driver => Encoding.UTF8.GetString(_expected);

    /// <summary>Null while the chip cannot be found.</summary>
    public string? Directory { get; private set; }

    /// <summary>Grows whenever the chip was found anew; an attribute opened under an older one must be reopened.</summary>
    public int Generation { get; private set; }

    /// <summary>How often the chip moved or came back since start.</summary>
    public int Moves => Math.Max(0, Generation - 1);

    public HwmonAttribute Attribute(string file, bool write = false) => new(this, file, write);

    /// <summary>An attribute said ENODEV: the whole chip is looked for again at the next refresh.</summary>
    internal void ReportGone() => _gone = true;

    internal bool IsPresent()
    {
        if (_name is null || _gone)
            return false;
        Span<byte> text = stackalloc byte[64];
        return _name.TryReadText(text, out var length).IsOk && text[..length].SequenceEqual(_expected);
    }

    internal void MoveTo(string? directory)
    {
        _name?.Dispose();
        _name = null;
        _gone = false;
        Directory = directory;
        if (directory is null)
            return;
        _name = SysfsFile.TryOpen(Path.Combine(directory, "name"), write: false, out _);
        Generation++;
    }
}
