using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>Eight GPUs, a line each.</summary>
internal static class GpusText
{
    public static IEnumerable<string> Lines(IReadOnlyList<GpuFrame> gpus, Screen screen)
    {
        if (gpus.Count == 0)
        {
            yield return "No GPU has been heard of yet.";
            yield break;
        }

        yield return screen.Faint("GPU   STATE       POWER   LIMIT   DIE  HBM  LEFT    CLOCK UTIL  MEMORY            NAME");
        foreach (var gpu in gpus)
        {
            var state = Screen.Pad(gpu.State == "ok" ? screen.Good("ok") : screen.Bad(gpu.State), 10);
            var memory = gpu.MemoryUsedMib is { } used && gpu.MemoryTotalMib is { } total ? $"{used / 1024:0.0}/{total / 1024:0.0} GiB" : Text.Absent;
            yield return $"gpu{gpu.Index}  {state} {Text.Number(gpu.PowerW),4} W  {Text.Number(gpu.PowerLimitW),4} W {Text.Number(gpu.TemperatureC),4} {Text.Number(gpu.MemoryTemperatureC),4} "
                + $"{Text.Number(gpu.MarginK),4} K {Text.Number(gpu.SmClockMhz),4} MHz {Text.Number(gpu.UtilizationPercent),3} %  {memory,-16}  {gpu.Name ?? Text.Absent}"
                + (gpu.ThrottleReasons.Count > 0 ? screen.Warn($"  {string.Join(", ", gpu.ThrottleReasons)}") : "");
        }
    }
}
