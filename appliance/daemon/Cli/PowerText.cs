using System.Globalization;
using Appliance.Daemon.Control;

namespace Appliance.Daemon.Cli;

/// <summary>Where the power goes, and what the box itself holds back.</summary>
internal static class PowerText
{
    public static IEnumerable<string> Lines(StatusReport report, Screen screen)
    {
        if (report.Snapshot.Power is not { } power)
        {
            yield return "The control loop has not finished its first tick yet.";
            yield break;
        }

        yield return $"{screen.Strong(Text.Kilowatts(power.TotalW))} in all: GPUs {Text.Kilowatts(power.GpusW)}, fans {Text.Watts(power.FansW)}, pumps {Text.Watts(power.PumpsW)}";
        yield return string.Create(CultureInfo.InvariantCulture, $"Withheld from GPUs since start: {power.WithheldWh:0.0} Wh");
        foreach (var gpu in report.Snapshot.Gpus)
        {
            var held = Text.Held(gpu) is { } why ? screen.Warn(why) : gpu.PowerLimitW < 700 ? screen.Warn($"limited to {Text.Watts(gpu.PowerLimitW)}") : $"limit {Text.Watts(gpu.PowerLimitW)}";
            yield return $"  gpu{gpu.Index}  {Text.Number(gpu.PowerW),4} W  {held}{(gpu.ThrottleReasons.Count > 0 ? screen.Warn($"  {string.Join(", ", gpu.ThrottleReasons)}") : "")}";
        }
    }
}
