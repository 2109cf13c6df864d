using Appliance.Daemon.Control;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>The answer in fifteen lines: verdict first, then what it rests on, then what to do.</summary>
internal static class StatusText
{
    private const int AlarmsShown = 2;

    public static IEnumerable<string> Lines(StatusReport report, Screen screen)
    {
        var verdict = Verdict.Of(report);
        var snapshot = report.Snapshot;
        yield return $"{verdict.Paint(screen)}  {report.Node}: {verdict.Sentence}";
        if (snapshot.Thermal is { } thermal)
        {
            yield return Row(screen, "Coolant", $"{screen.Strong(Text.Celsius(thermal.CoolantSupplyC))}, {PaintBand(screen, thermal)}");
            yield return Row(screen, "Loop", $"return {Text.Celsius(thermal.CoolantReturnC)}, flow {Text.Number(thermal.FlowLMin, "0.0")} L/min, level {Text.Number(thermal.LevelPercent)} %, "
                + $"{(thermal.Leak ? screen.Bad("LEAK") : "no leak")}, mode {thermal.Mode}");
            yield return Row(screen, "Heat", $"{Text.Kilowatts(thermal.HeatW)}; the loop can remove {Text.Kilowatts(thermal.CapacityW)}{Cooling(snapshot.Power)}");
            yield return Row(screen, "Room", $"{Text.Celsius(thermal.AmbientC)}, {Text.Number(thermal.HumidityPercent)} %RH, dew point {Text.Celsius(thermal.DewPointC)}");
            yield return Row(screen, "Fans", Text.Rotors(thermal.Fans));
            yield return Row(screen, "Pumps", Text.Rotors(thermal.Pumps));
        }

        yield return Row(screen, "GPUs", Gpus(snapshot.Gpus));
        yield return Row(screen, "Engine", Engine(snapshot.Inference, report.Ts));
        foreach (var line in Alarms(snapshot.Alarms, screen))
            yield return line;
        yield return Row(screen, "Box", $"{report.Board}{(report.Simulated ? " (twin)" : "")}, appliance {report.Version}, up {Text.Span(report.UptimeS)}, "
            + (report.BusConnected ? "bus connected" : screen.Warn("bus not connected")));
        if (report.MetricsFault is { } fault)
            yield return Row(screen, "Metrics", screen.Warn(fault));
        if (report.Processes.Count > 0)
            yield return Row(screen, "Programs", Processes(report.Processes));
    }

    private static string Row(Screen screen, string name, string text) => $"  {screen.Faint(name.PadRight(9))} {text}";

    private static string PaintBand(Screen screen, ThermalFrame thermal) =>
        thermal.CoolantSupplyC is not { } supply || Math.Abs(supply - thermal.SetpointC) > thermal.BandK
            ? screen.Warn(Text.Band(thermal))
            : screen.Good(Text.Band(thermal));

    private static string Cooling(PowerFrame? power) => power is null ? "" : $"; cooling it takes {power.FansW + power.PumpsW:0} W";

    private static string Gpus(IReadOnlyList<GpuFrame> gpus)
    {
        if (gpus.Count == 0)
            return "not heard of yet";
        var good = gpus.Count(g => g.State == "ok");
        var bad = gpus.Where(g => g.State != "ok").Select(g => $"gpu{g.Index} {g.State}").ToArray();
        var hottest = gpus.Where(g => g.TemperatureC is not null).MaxBy(g => g.TemperatureC);
        var text = $"{good} of {gpus.Count} ok, {Text.Kilowatts(gpus.Sum(g => g.PowerW ?? 0))}";
        if (hottest is not null)
            text += $"; hottest gpu{hottest.Index} {Text.Number(hottest.TemperatureC)} °C, {Text.Number(hottest.MarginK)} K left to throttling";
        return bad.Length > 0 ? $"{text}; {string.Join(", ", bad)}" : text;
    }

    private static string Engine(InferenceFrame? engine, DateTimeOffset now)
    {
        if (engine is null)
            return "not heard of yet";
        var age = (now - engine.Ts).TotalSeconds;
        var stale = Text.IsStale(engine, now) ? $"; silent for {Text.Span(age)}" : "";
        var detail = engine.Detail is { Length: > 0 } why ? $" ({why})" : "";
        return $"{engine.Model} on {engine.Device}: {engine.State}{detail}, {engine.Running} running, {engine.Waiting} waiting, "
            + $"{engine.TokensPerSecond:0.0} tokens/s{stale}";
    }

    private static IEnumerable<string> Alarms(IReadOnlyList<Alarm> alarms, Screen screen)
    {
        yield return Row(screen, "Alarms", alarms.Count == 0 ? "none" : $"{alarms.Count} standing");
        foreach (var alarm in alarms.Take(AlarmsShown))
        {
            yield return $"    {AlarmsText.Mark(alarm, screen)} {alarm.Code} {AlarmsText.Said(alarm)}";
            yield return $"      → {alarm.NextStep}";
        }

        if (alarms.Count > AlarmsShown)
            yield return $"    … {alarms.Count - AlarmsShown} more: appliance alarms";
    }

    private static string Processes(IReadOnlyList<ChildReport> processes) => string.Join(", ", processes.Select(p =>
        p.Restarts == 0 && p.State == "running" ? p.Name
            : $"{p.Name} ({(p.State == "running" ? "" : $"{p.State}, ")}{p.Restarts} {(p.Restarts == 1 ? "restart" : "restarts")}{(p.LastExit is null ? "" : $", last: {p.LastExit}")})"));
}
