using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>How values look to people. What is absent is a dash, never a zero.</summary>
internal static class Text
{
    public const string Absent = "–";

    public static string Celsius(double? value) => value is { } v ? $"{v:0.0} °C" : $"{Absent} °C";

    public static string Kilowatts(double? watts) => watts is { } w ? $"{w / 1000:0.00} kW" : $"{Absent} kW";

    public static string Watts(double? watts) => watts is { } w ? $"{w:0} W" : $"{Absent} W";

    public static string Number(double? value, string format = "0") => value is { } v ? v.ToString(format) : Absent;

    public static bool IsStale(Frame frame, DateTimeOffset now) => (now - frame.Ts).TotalSeconds > frame.TtlS;

    /// <summary>"3 s", "4 min 10 s", "2 h 5 min", "3 d 4 h".</summary>
    public static string Span(double seconds)
    {
        var span = TimeSpan.FromSeconds(Math.Max(0, seconds));
        return span switch
        {
            { TotalSeconds: < 60 } => $"{span.TotalSeconds:0} s",
            { TotalMinutes: < 60 } => $"{(int)span.TotalMinutes} min {span.Seconds} s",
            { TotalHours: < 24 } => $"{(int)span.TotalHours} h {span.Minutes} min",
            _ => $"{(int)span.TotalDays} d {span.Hours} h",
        };
    }

    /// <summary>Where the coolant is against its band.</summary>
    public static string Band(ThermalFrame thermal) => Band(thermal.CoolantSupplyC, thermal);

    public static string Band(double? celsius, ThermalFrame thermal)
    {
        var (low, high) = (thermal.SetpointC - thermal.BandK, thermal.SetpointC + thermal.BandK);
        return celsius switch
        {
            null => $"unknown (band {low:0.0}–{high:0.0} °C)",
            { } c when c > high => $"above its band {low:0.0}–{high:0.0} °C",
            { } c when c < low => $"below its band {low:0.0}–{high:0.0} °C",
            _ => $"in its band {low:0.0}–{high:0.0} °C",
        };
    }

    /// <summary>"limited to 200 W, clock at its lowest: no flow"; null while the box does not hold this GPU back.</summary>
    public static string? Held(GpuFrame gpu) => gpu.LimitReason is { } reason
        ? $"limited to {Watts(gpu.PowerLimitW)}{(gpu.LowestClock == true ? ", clock at its lowest" : "")}: {reason}"
        : null;

    /// <summary>"5 of 6 turn (fan3 stalled), 62 %, 3120–3160 rpm: return 46.1 °C".</summary>
    public static string Rotors(IReadOnlyList<RotorFrame> rotors)
    {
        if (rotors.Count == 0)
            return Absent;
        var turning = rotors.Count(r => r.State is "ok" or "slow" or "tach_lost");
        var duty = Range(rotors.Select(r => r.DutyPercent), "0");
        var speeds = rotors.Where(r => r.Rpm is not null).Select(r => r.Rpm!.Value).ToArray();
        var bad = rotors.Where(r => r.State != "ok").Select(r => $"{r.Name} {r.State.Replace('_', ' ')}").ToArray();
        return $"{turning} of {rotors.Count} turn{(bad.Length > 0 ? $" ({string.Join(", ", bad)})" : "")}, {duty} %"
            + $"{(speeds.Length > 0 ? $", {Range(speeds, "0")} rpm" : "")}: {rotors[0].Reason}";
    }

    private static string Range(IEnumerable<double> values, string format)
    {
        var (low, high) = (values.Min().ToString(format), values.Max().ToString(format));
        return low == high ? low : $"{low}–{high}";
    }
}
