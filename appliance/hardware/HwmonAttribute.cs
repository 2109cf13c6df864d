namespace Appliance.Hardware;

/// <summary>One attribute of a chip that may move. Opened on first use and again when the chip was found elsewhere.</summary>
public sealed class HwmonAttribute(HwmonChip chip, string file, bool write)
{
    private SysfsFile? _open;
    private int _generation;
    private SysfsStatus _openStatus = new(LibcInterop.ENODEV);

    public HwmonChip Chip => chip;

    /// <summary>For a message: <c>max31790/pwm1</c>.</summary>
    public override string ToString() => $"{chip.Name}/{file}";

    /// <summary>True where the driver has the file at all.</summary>
    public bool Exists => Opened() is not null;

    public SysfsStatus TryRead(out long value)
    {
        value = 0;
        return Opened() is { } open ? Noted(open.TryRead(out value)) : _openStatus;
    }

    public SysfsStatus TryWrite(long value) => Opened() is { } open ? Noted(open.TryWrite(value)) : _openStatus;

    private SysfsStatus Noted(SysfsStatus status)
    {
        if (status.IsGone)
            chip.ReportGone();
        return status;
    }

    private SysfsFile? Opened()
    {
        if (_generation == chip.Generation && (_open is not null || _openStatus.Errno == LibcInterop.ENOENT))
            return _open;
        _open?.Dispose();
        _open = null;
        if (chip.Directory is not { } directory)
        {
            _openStatus = new(LibcInterop.ENODEV);
            return null;
        }

        _generation = chip.Generation;
        _open = SysfsFile.TryOpen(Path.Combine(directory, file), write, out _openStatus);
        return _open;
    }
}
