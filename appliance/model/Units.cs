namespace Appliance.Model;

/// <summary>Temperature in degrees Celsius.</summary>
public readonly record struct Celsius(double Value) : IComparable<Celsius>
{
    public int CompareTo(Celsius other) => Value.CompareTo(other.Value);

    /// <summary>Difference in kelvin.</summary>
    public static double operator -(Celsius left, Celsius right) => left.Value - right.Value;

    public static Celsius operator +(Celsius left, double kelvin) => new(left.Value + kelvin);

    public static Celsius operator -(Celsius left, double kelvin) => new(left.Value - kelvin);

    public static bool operator <(Celsius left, Celsius right) => left.Value < right.Value;

    public static bool operator >(Celsius left, Celsius right) => left.Value > right.Value;

    public static bool operator <=(Celsius left, Celsius right) => left.Value <= right.Value;

    public static bool operator >=(Celsius left, Celsius right) => left.Value >= right.Value;

    public override string ToString() => $"{Value:0.0} °C";
}

/// <summary>Electrical or thermal power in watts.</summary>
public readonly record struct Watts(double Value) : IComparable<Watts>
{
    public int CompareTo(Watts other) => Value.CompareTo(other.Value);

    public static Watts operator +(Watts left, Watts right) => new(left.Value + right.Value);

    public static Watts operator -(Watts left, Watts right) => new(left.Value - right.Value);

    public static bool operator <(Watts left, Watts right) => left.Value < right.Value;

    public static bool operator >(Watts left, Watts right) => left.Value > right.Value;

    public static bool operator <=(Watts left, Watts right) => left.Value <= right.Value;

    public static bool operator >=(Watts left, Watts right) => left.Value >= right.Value;

    public override string ToString() => $"{Value:0} W";
}

/// <summary>Rotational speed in revolutions per minute, as a tachometer reports it.</summary>
public readonly record struct Rpm(double Value) : IComparable<Rpm>
{
    public int CompareTo(Rpm other) => Value.CompareTo(other.Value);

    public static bool operator <(Rpm left, Rpm right) => left.Value < right.Value;

    public static bool operator >(Rpm left, Rpm right) => left.Value > right.Value;

    public static bool operator <=(Rpm left, Rpm right) => left.Value <= right.Value;

    public static bool operator >=(Rpm left, Rpm right) => left.Value >= right.Value;

    public override string ToString() => $"{Value:0} rpm";
}

/// <summary>Coolant flow in litres per minute.</summary>
public readonly record struct LitresPerMinute(double Value) : IComparable<LitresPerMinute>
{
    public int CompareTo(LitresPerMinute other) => Value.CompareTo(other.Value);

    public static bool operator <(LitresPerMinute left, LitresPerMinute right) => left.Value < right.Value;

    public static bool operator >(LitresPerMinute left, LitresPerMinute right) => left.Value > right.Value;

    public static bool operator <=(LitresPerMinute left, LitresPerMinute right) => left.Value <= right.Value;

    public static bool operator >=(LitresPerMinute left, LitresPerMinute right) => left.Value >= right.Value;

    public override string ToString() => $"{Value:0.00} L/min";
}

/// <summary>Relative humidity in percent, 0..100.</summary>
public readonly record struct RelativeHumidity(double Percent)
{
    public override string ToString() => $"{Percent:0.0} %RH";
}

/// <summary>Fan or pump drive, 0..1000 permille. <c>default(Duty)</c> is full speed, so a forgotten value cools.</summary>
public readonly record struct Duty : IComparable<Duty>
{
    private readonly ushort _idlePermille;

    private Duty(ushort idlePermille) => _idlePermille = idlePermille;

    public static Duty Full => default;

    public int Permille => 1000 - _idlePermille;

    /// <summary>0..1, for arithmetic.</summary>
    public double Fraction => Permille / 1000.0;

    /// <summary>The hwmon <c>pwmN</c> byte, 0..255, rounded up: never less drive than asked for.</summary>
    public byte Pwm => (byte)((Permille * 255 + 999) / 1000);

    public static Duty OfPermille(int permille) => permille is >= 0 and <= 1000
        ? new Duty((ushort)(1000 - permille))
        : throw new ArgumentOutOfRangeException(nameof(permille), permille, "A duty lies in 0..1000 permille.");

    /// <summary>A fraction outside 0..1 is clamped; NaN is full speed, because an unknown demand must cool.</summary>
    public static Duty OfFraction(double fraction) => double.IsNaN(fraction)
        ? Full
        : OfPermille((int)Math.Round(Math.Clamp(fraction, 0, 1) * 1000));

    public static Duty OfPwm(byte pwm) => OfPermille(pwm * 1000 / 255);

    public static Duty Max(Duty left, Duty right) => left.Permille >= right.Permille ? left : right;

    public int CompareTo(Duty other) => Permille.CompareTo(other.Permille);

    public static bool operator <(Duty left, Duty right) => left.Permille < right.Permille;

    public static bool operator >(Duty left, Duty right) => left.Permille > right.Permille;

    public static bool operator <=(Duty left, Duty right) => left.Permille <= right.Permille;

    public static bool operator >=(Duty left, Duty right) => left.Permille >= right.Permille;

    public override string ToString() => $"{Permille / 10.0:0.0} %";
}
