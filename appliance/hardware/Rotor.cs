using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// One PWM output with its tachometer: a fan or a pump. We write the hwmon files ourselves, because System.Device.Pwm's channel stops
/// the signal when it is disposed, and a cooling program that ends must leave the fans running. Nobody disposes a rotor.
/// </summary>
public sealed class Rotor
{
    /// <summary>A standing duty is written again this often: it feeds the chip's own watchdog and undoes what others wrote.</summary>
    public static readonly TimeSpan RewriteEvery = TimeSpan.FromMilliseconds(500);

    private readonly PwmDriver _driver;
    private readonly HwmonAttribute _pwm;
    private readonly HwmonAttribute _enable;
    private readonly HwmonAttribute _tach;
    private readonly HwmonAttribute _fault;

    private int _written = -1;
    private bool _confirmed;
    private TimeSpan _writtenAt;
    private int _heldGeneration;

    public Rotor(HwmonTree tree, string name, string chip, int channel)
        : this(tree.Chip(chip), name, channel)
    {
    }

    internal Rotor(HwmonChip chip, string name, int channel)
    {
        Name = name;
        _driver = PwmDriver.For(chip.Driver);
        _pwm = chip.Attribute($"pwm{channel}", write: true);
        _enable = chip.Attribute($"pwm{channel}_enable", write: true);
        _tach = chip.Attribute($"fan{channel}_input");
        _fault = chip.Attribute($"fan{channel}_fault");
    }

    /// <summary><c>fan1</c> … or <c>pump1</c> …</summary>
    public string Name { get; }

    /// <summary>For messages: <c>max31790/pwm1</c>.</summary>
    public string Output => _pwm.ToString();

    public PwmDriver Driver => _driver;

    public RotorReading Read(TimeSpan now)
    {
        var duty = ReadPwm(now);
        var rpm = _tach.TryRead(out var turns).IsOk && turns >= 0 ? Reading<Rpm>.Good(new(turns), now) : Reading<Rpm>.Absent;
        if (rpm.HasValue && _fault.Exists && _fault.TryRead(out var fault).IsOk && fault == 1)
            rpm = rpm.WithQuality(Quality.Suspect);
        return new(duty, IsManual(), rpm);
    }

    /// <summary>
    /// Writes when the duty changed, was not confirmed, is older than <see cref="RewriteEvery"/>, or the chip no longer holds it;
    /// then reads back. One retry inside the call: a lost I²C transaction is ordinary, two in a row are not.
    /// </summary>
    /// <param name="seen">This tick's reading of the same rotor.</param>
    public RotorWrite Write(Duty duty, RotorReading seen, TimeSpan now)
    {
        var wanted = duty.Pwm;
        var moved = _heldGeneration != _pwm.Chip.Generation;
        var foreign = !moved && _confirmed && (!seen.Manual || !Holds(seen.Duty, (byte)_written));
        if (!foreign && _confirmed && !moved && wanted == _written && now - _writtenAt < RewriteEvery)
            return new(RotorWriteState.Standing, seen.Duty, SysfsStatus.Ok, false);

        var result = WriteOnce(wanted, now, foreign);
        return result.IsGood || result.State == RotorWriteState.Gone ? result : WriteOnce(wanted, now, foreign);
    }

    private RotorWrite WriteOnce(byte wanted, TimeSpan now, bool foreign)
    {
        _confirmed = false;
        var status = SysfsStatus.Ok;
        if (_driver.Manual is { } manual && !IsManual() && _enable.Exists)
            status = _enable.TryWrite(manual);
        if (status.IsOk)
            status = _pwm.TryWrite(wanted);
        if (!status.IsOk)
            return new(status.IsGone ? RotorWriteState.Gone : RotorWriteState.Failed, ReadPwm(now), status, foreign);

        var held = ReadPwm(now);
        _written = wanted;
        _writtenAt = now;
        _heldGeneration = _pwm.Chip.Generation;
        _confirmed = IsManual() && Holds(held, wanted);
        return new(_confirmed ? RotorWriteState.Confirmed : RotorWriteState.Ignored, held, SysfsStatus.Ok, foreign);
    }

    /// <summary>
    /// The safe state: manual, full, read back. Where that fails and the driver documents 0 as full speed, enable 0 is the last resort.
    /// </summary>
    public SysfsStatus WriteFull()
    {
        var result = WriteOnce(Duty.Full.Pwm, TimeSpan.Zero, foreign: false);
        if (!result.IsGood)
            result = WriteOnce(Duty.Full.Pwm, TimeSpan.Zero, foreign: false);
        if (result.IsGood)
            return SysfsStatus.Ok;
        if (_driver.Zero == PwmEnableZero.FullSpeed && _enable.Exists && _enable.TryWrite(0).IsOk
            && _enable.TryRead(out var enable).IsOk && enable == 0)
            return SysfsStatus.Ok;
        return result.Status.IsOk ? new(LibcInterop.EIO) : result.Status;
    }

    private Reading<Duty> ReadPwm(TimeSpan now) => _pwm.TryRead(out var pwm).IsOk && pwm is >= 0 and <= 255
        ? Reading<Duty>.Good(Duty.OfPwm((byte)pwm), now)
        : Reading<Duty>.Absent;

    private bool IsManual() =>
        _driver.Manual is not { } manual || !_enable.Exists || (_enable.TryRead(out var enable).IsOk && enable == manual);

    private bool Holds(Reading<Duty> held, byte pwm) =>
        held.Value is { } duty && Math.Abs(duty.Permille - Duty.OfPwm(pwm).Permille) <= _driver.ReadBackTolerance * 4;
}
