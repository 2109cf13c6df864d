namespace Appliance.Hardware;

/// <summary>How a sysfs access ended: an errno, or one of two answers of our own. <c>default</c> is success.</summary>
public readonly record struct SysfsStatus(int Errno)
{
    /// <summary>The file answered, but not with a whole number.</summary>
    public static SysfsStatus NotANumber { get; } = new(-1);

    public static SysfsStatus Ok => default;

    public bool IsOk => Errno == 0;

    /// <summary>The device behind the file is not there (any more): look for it again by name.</summary>
    public bool IsGone => Errno is LibcInterop.ENODEV or LibcInterop.ENXIO or LibcInterop.ENOENT;

    public override string ToString() => Errno switch
    {
        0 => "ok",
        -1 => "not a number",
        _ => $"{new System.ComponentModel.Win32Exception(Errno).Message} (errno {Errno})",
    };
}
