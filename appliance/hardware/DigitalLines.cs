using System.Device.Gpio;
using System.Device.Gpio.Drivers;
using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// The board's digital lines through System.Device.Gpio: leak ropes, level switch, valve. Read by the loop at its own pace, never by
/// callbacks. A chip or line that cannot be opened is tried again every few seconds; until then the line is absent, not dry.
/// Output lines are left as they are when the program ends: a released line is the safe state by wiring. Only a (de)humidifier is switched off before, because
/// a kernel that is driven through sysfs does not release.
/// </summary>
public sealed class DigitalLines : IDisposable
{
    private static readonly TimeSpan _retryEvery = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<BoardLine> _lines;
    private readonly Func<int, GpioDriver> _open;
    private readonly Dictionary<int, GpioController> _chips = [];
    private readonly bool[] _isOpen;
    private readonly TimeSpan?[] _failedAt;

    private DigitalLines(IReadOnlyList<BoardLine> lines, Func<int, GpioDriver> open)
    {
        _lines = lines;
        _open = open;
        _isOpen = new bool[lines.Count];
        _failedAt = new TimeSpan?[lines.Count];
    }

    /// <summary>The kernel's GPIO character device: libgpiod where it is installed, else sysfs.</summary>
    public static DigitalLines OnBox(IReadOnlyList<BoardLine> lines) => new(lines, OpenKernelChip);

    public static DigitalLines OnTwin(IReadOnlyList<BoardLine> lines, string sysRoot) =>
        new(lines, chip => new TwinGpioDriver(sysRoot, chip));

    /// <summary>True where the line's condition holds; active-low lines are turned round here.</summary>
    public Reading<bool> Read(int index, TimeSpan now)
    {
        var line = _lines[index];
        if (!IsOpen(index, now))
            return Reading<bool>.Absent;
        try
        {
            return Reading<bool>.Good((_chips[line.GpioChip].Read(line.Offset) == PinValue.High) != line.ActiveLow, now);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ObjectDisposedException)
        {
            Close(index, now);
            return Reading<bool>.Absent;
        }
    }

    /// <summary>Drives an output line; false where it could not be driven.</summary>
    public bool Write(int index, bool active, TimeSpan now)
    {
        var line = _lines[index];
        if (!line.Output)
            throw new ArgumentException($"{line.Name} is an input; only lines with \"output\": true can be driven.");
        if (!IsOpen(index, now))
            return false;
        try
        {
            _chips[line.GpioChip].Write(line.Offset, active != line.ActiveLow ? PinValue.High : PinValue.Low);
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ObjectDisposedException)
        {
            Close(index, now);
            return false;
        }
    }

    private bool IsOpen(int index, TimeSpan now)
    {
        if (_isOpen[index])
            return true;
        if (_failedAt[index] is { } failed && now - failed < _retryEvery)
            return false;
        try
        {
            var line = _lines[index];
            if (!_chips.TryGetValue(line.GpioChip, out var chip))
                _chips.Add(line.GpioChip, chip = new(_open(line.GpioChip)));
            if (chip.IsPinOpen(line.Offset))
                return _isOpen[index] = true;
            if (line.SwitchesMoisture)
                chip.OpenPin(line.Offset, PinMode.Output, line.ActiveLow ? PinValue.High : PinValue.Low); // off from the first moment, however it is wired
            else
                chip.OpenPin(line.Offset, line.Output ? PinMode.Output : PinMode.Input);
            return _isOpen[index] = true;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or PlatformNotSupportedException
            or DllNotFoundException or ArgumentException or UnauthorizedAccessException)
        {
            _failedAt[index] = now;
            return false;
        }
    }

    private void Close(int index, TimeSpan now)
    {
        _isOpen[index] = false;
        _failedAt[index] = now;
        try
        {
            _chips[_lines[index].GpioChip].ClosePin(_lines[index].Offset);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ObjectDisposedException)
        {
            // It could not be read either: the retry opens it anew.
        }
    }

    private static GpioDriver OpenKernelChip(int chip)
    {
        try
        {
            return new LibGpiodDriver(chip);
        }
        catch (Exception e) when (e is PlatformNotSupportedException or DllNotFoundException)
        {
            return new SysFsDriver();
        }
    }

    public void Dispose()
    {
        for (var i = 0; i < _lines.Count; i++)
        {
            if (_isOpen[i] && _lines[i].SwitchesMoisture)
                _ = Write(i, active: false, TimeSpan.Zero);
        }

        foreach (var chip in _chips.Values)
            chip.Dispose();
        _chips.Clear();
    }
}
