namespace Appliance.Hardware;

/// <summary>What <c>pwmN_enable = 0</c> does. The generic ABI says full speed; several in-tree drivers do something else.</summary>
public enum PwmEnableZero
{
    FullSpeed,

    /// <summary>The output, and with it the fan, is switched off.</summary>
    Off,

    /// <summary>Control and tachometer are disabled; the duty stays what it was.</summary>
    Disabled,

    /// <summary>The driver has no <c>pwmN_enable</c>.</summary>
    NoSuchFile,
}

/// <summary>
/// The per-driver facts behind the safe state (kernel sources of pwm-fan, max31790, max6650, emc2305 and
/// Documentation/ABI/testing/sysfs-class-hwmon). The portable safe write is <c>enable = 1</c>, then <c>pwm = 255</c>, then reading both
/// back; writing 0 to enable, as lm-sensors' fancontrol does on exit, stops a pwm-fan.
/// </summary>
/// <param name="Driver">The chip's <c>name</c> file.</param>
/// <param name="Manual">The value of <c>pwmN_enable</c> under which <c>pwmN</c> is obeyed; null where there is no such file.</param>
/// <param name="Zero">What enable 0 does: only where it is full speed may it serve as the last resort.</param>
/// <param name="ReadBackTolerance">How far a driver's rounding may move the byte that was written.</param>
/// <param name="TachHoldS">How long the driver goes on answering with one look at its tachometers, beyond the second that counting pulses takes
/// anywhere: the estimator must not hold an old speed against a new duty.</param>
public sealed record PwmDriver(string Driver, int? Manual, PwmEnableZero Zero, int ReadBackTolerance, double TachHoldS = 0)
{
    private static readonly PwmDriver[] _table =
    [
        new("pwmfan", 1, PwmEnableZero.Off, 0),
        new("max31790", 1, PwmEnableZero.Disabled, 1),
        new("max6650", 1, PwmEnableZero.FullSpeed, 3), // the DAC has 180 steps; enable 3 would be off
        new("max6651", 1, PwmEnableZero.FullSpeed, 3),
        new("emc2305", null, PwmEnableZero.NoSuchFile, 1),
        new("emc2303", null, PwmEnableZero.NoSuchFile, 1),
        new("emc2302", null, PwmEnableZero.NoSuchFile, 1),
        new("emc2301", null, PwmEnableZero.NoSuchFile, 1),
        new("adt7470", 1, PwmEnableZero.Disabled, 1, TachHoldS: 5), // refuses 0; looks at its sensors every five seconds
    ];

    /// <summary>The ABI as documented, for chips the table does not know.</summary>
    public static PwmDriver Generic { get; } = new("generic", 1, PwmEnableZero.FullSpeed, 2);

    public static IReadOnlyList<PwmDriver> Table => _table;

    public static PwmDriver For(string driver) =>
        Array.Find(_table, entry => entry.Driver == driver) ?? Generic with { Driver = driver };
}
