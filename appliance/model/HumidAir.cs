namespace Appliance.Model;

/// <summary>Dew point and humidity by the Magnus formula (Sonntag 1990: 17.62, 243.12 °C), good to 0.1 K between −45 and 60 °C.</summary>
public static class HumidAir
{
    /// <summary>No surface comes nearer to the dew point than this, K.</summary>
    public const double DewMarginK = 3;

    private const double A = 17.62;
    private const double B = 243.12;

    /// <summary>Saturation vapour pressure over water, Pa.</summary>
    public static double SaturationPa(double celsius) => 611.2 * Math.Exp(A * celsius / (B + celsius));

    /// <summary>Water in saturated air, g/m³ (ideal gas, 461.5 J/(kg·K)).</summary>
    public static double SaturationGPerM3(double celsius) => 1000 * SaturationPa(celsius) / (461.5 * (celsius + 273.15));

    /// <summary>Dew point of air at this temperature and relative humidity, °C.</summary>
    public static double DewPointC(double celsius, double relativeHumidityPercent)
    {
        var gamma = Math.Log(Math.Clamp(relativeHumidityPercent, 0.1, 100) / 100) + A * celsius / (B + celsius);
        return B * gamma / (A - gamma);
    }

    /// <summary>Relative humidity of the same air (same vapour content) at another temperature, %.</summary>
    public static double AtTemperature(double relativeHumidityPercent, double fromC, double toC) =>
        relativeHumidityPercent * SaturationPa(fromC) / SaturationPa(toC);
}
