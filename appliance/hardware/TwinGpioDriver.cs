using System.Device.Gpio;
using System.Globalization;

namespace Appliance.Hardware;

/// <summary>
/// The twin's digital lines as a GPIO chip: one file per line below <c>twin/gpio/&lt;chip&gt;/&lt;offset&gt;</c>, holding 0 or 1. The same
/// GpioController drives it as drives a real chip. A line whose file is missing or garbled throws, as a real chip's ioctl does.
/// </summary>
public sealed class TwinGpioDriver(string sysRoot, int chip) : GpioDriver
{
    private readonly Dictionary<int, SysfsFile> _lines = [];
    private readonly Dictionary<int, PinMode> _modes = [];

    protected override int PinCount => 64;

    public static string PathOf(string sysRoot, int chip, int offset) => Path.Combine(
        sysRoot, "twin", "gpio", chip.ToString(CultureInfo.InvariantCulture), offset.ToString(CultureInfo.InvariantCulture));

    protected override void OpenPin(int pinNumber)
    {
        var path = PathOf(sysRoot, chip, pinNumber);
        _lines[pinNumber] = SysfsFile.TryOpen(path, write: true, out var status)
            ?? throw new IOException($"{path}: {status}.");
    }

    protected override void ClosePin(int pinNumber)
    {
        if (_lines.Remove(pinNumber, out var line))
            line.Dispose();
        _modes.Remove(pinNumber);
    }

    protected override void SetPinMode(int pinNumber, PinMode mode) => _modes[pinNumber] = mode;

    protected override PinMode GetPinMode(int pinNumber) => _modes.GetValueOrDefault(pinNumber, PinMode.Input);

    protected override bool IsPinModeSupported(int pinNumber, PinMode mode) => mode is PinMode.Input or PinMode.Output;

    protected override PinValue Read(int pinNumber)
    {
        var line = _lines[pinNumber];
        var status = line.TryRead(out var value);
        return status.IsOk && value is 0 or 1
            ? (PinValue)(int)value
            : throw new IOException($"{line.Path}: {status}.");
    }

    protected override void Write(int pinNumber, PinValue value)
    {
        var line = _lines[pinNumber];
        var status = line.TryWrite((int)value);
        if (!status.IsOk)
            throw new IOException($"{line.Path}: {status}.");
    }

    protected override WaitForEventResult WaitForEvent(int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The twin's lines are polled by the loop.");

    protected override void AddCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback) =>
        throw new NotSupportedException("The twin's lines are polled by the loop.");

    protected override void RemoveCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback) =>
        throw new NotSupportedException("The twin's lines are polled by the loop.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var line in _lines.Values)
                line.Dispose();
            _lines.Clear();
        }

        base.Dispose(disposing);
    }
}
