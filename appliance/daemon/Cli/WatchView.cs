using Appliance.Daemon.Control;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>
/// The picture <c>watch</c> draws, as lines; a pure function of what was heard and of the terminal. Everything of importance
/// fits 80 by 24; a larger terminal gets longer trails and more alarms.
/// </summary>
internal static class WatchView
{
    private const int Label = 10;
    private const int Value = 10;
    private const int Remark = 30;

    /// <summary>Lines below which only what decides is drawn, so that the alarms keep their place.</summary>
    private const int Roomy = 20;

    public static IReadOnlyList<string> Lines(WatchModel model, Screen screen)
    {
        var lines = new List<string>();
        if (model.Report is not { } report)
        {
            lines.Add($" {screen.Strong("appliance watch")}");
            lines.Add("");
            lines.Add($" {screen.Warn("○ waiting")}  {model.Silent ?? "asking the daemon"}");
            return Finish(lines, screen);
        }

        var stale = model.Silent is not null;
        Header(lines, model, report, screen);
        var body = new List<string>();
        Cooling(body, model, report, screen);
        Gpus(body, report, screen);
        Engine(body, report, screen);

        // What is not known to be so any more must not look as if it were.
        lines.AddRange(stale ? body.Select(l => screen.Faint(Plain(l))) : body);
        Alarms(lines, report, screen, stale);
        return Finish(lines, screen);
    }

    /// <summary>One line for a log or a pipe.</summary>
    public static string Line(StatusReport report)
    {
        var thermal = report.Snapshot.Thermal;
        var hottest = report.Snapshot.Gpus.Max(g => g.TemperatureC);
        return $"{report.Ts.UtcDateTime:HH:mm:ss}Z {Verdict.Of(report).Word,-8} coolant {Text.Celsius(thermal?.CoolantSupplyC)}, heat {Text.Kilowatts(thermal?.HeatW)}, "
            + $"fans {Text.Number(thermal?.Fans.Select(f => (double?)f.DutyPercent).Max())} %, pumps {Text.Number(thermal?.Pumps.Select(p => (double?)p.DutyPercent).Max())} %, "
            + $"hottest GPU {Text.Number(hottest)} °C, engine {report.Snapshot.Inference?.State ?? Text.Absent}, {report.Snapshot.Alarms.Count} alarms";
    }

    private static void Header(List<string> lines, WatchModel model, StatusReport report, Screen screen)
    {
        var right = $"{(report.Simulated ? "twin, " : "")}up {Text.Span(report.UptimeS)}  {report.Ts.UtcDateTime:HH:mm:ss}Z ";
        string left;
        if (model.Silent is { } why)
        {
            left = $" {screen.Strong(report.Node)}  {screen.Bad("○ SILENT")}  values are {Text.Span(model.AgeS)} old: {why}";
            right = "";
        }
        else
        {
            var verdict = Verdict.Of(report);
            left = $" {screen.Strong(report.Node)}  {verdict.Paint(screen)}  {verdict.Sentence}";
        }

        var room = screen.Width - right.Length;
        lines.Add(Screen.Pad(screen.Cut(left, Math.Max(room - 1, 20)), room) + screen.Faint(right));
        lines.Add(screen.Faint(new string('─', screen.Width)));
    }

    private static void Cooling(List<string> lines, WatchModel model, StatusReport report, Screen screen)
    {
        if (report.Snapshot.Thermal is not { } thermal)
        {
            lines.Add(" The control loop has not finished its first tick yet.");
            return;
        }

        var inBand = thermal.CoolantSupplyC is { } c && Math.Abs(c - thermal.SetpointC) <= thermal.BandK;
        var supply = Text.Celsius(thermal.CoolantSupplyC);
        var (low, high) = (thermal.SetpointC - thermal.BandK, thermal.SetpointC + thermal.BandK);
        lines.Add(Trail("Coolant", inBand ? screen.Good(supply) : screen.Bad(supply), model.SupplyC, low - 1, high + 1,
            $"band {low:0}–{high:0}, back {Text.Celsius(thermal.CoolantReturnC)}", screen));
        var most = Math.Max(thermal.CapacityW ?? 6000, 1000);
        lines.Add(Trail("Heat", Text.Kilowatts(thermal.HeatW), model.HeatW, 0, most, $"of {Text.Kilowatts(thermal.CapacityW)} it can remove", screen));
        var fan = thermal.Fans.Count > 0 ? thermal.Fans.MaxBy(f => f.DutyPercent) : null;
        lines.Add(Trail("Fans", $"{Text.Number(fan?.DutyPercent)} %", model.FanPercent, 0, 100, fan?.Reason ?? "", screen));
        var pump = thermal.Pumps.Count > 0 ? thermal.Pumps.MaxBy(p => p.DutyPercent) : null;
        lines.Add($" {screen.Faint("Pumps".PadRight(Label - 1))} {Screen.Pad($"{Text.Number(pump?.DutyPercent)} %", Value)} flow {Text.Number(thermal.FlowLMin, "0.0")} L/min, "
            + $"level {Text.Number(thermal.LevelPercent)} %, {(thermal.Leak ? screen.Bad("LEAK") : "no leak")}, room {Text.Celsius(thermal.AmbientC)} {Text.Number(thermal.HumidityPercent)} %RH");
        if (screen.Height < Roomy)
            return;
        lines.Add($" {screen.Faint("rpm".PadRight(Label - 1))} {Rotors(thermal.Fans, screen)}   {Rotors(thermal.Pumps, screen)}");
        var bad = thermal.Sensors.Where(s => s.Q != Quality.Good).ToArray();
        lines.Add($" {screen.Faint("Sensors".PadRight(Label - 1))} "
            + (bad.Length == 0 ? $"{thermal.Sensors.Count} of {thermal.Sensors.Count} good, mode {thermal.Mode}"
                : screen.Warn(string.Join(", ", bad.Select(s => $"{s.Name} {s.Q.ToString().ToLowerInvariant()}"))) + $", mode {thermal.Mode}"));
        lines.Add("");
    }

    private static string Trail(string name, string value, IReadOnlyList<double?> trail, double low, double high, string remark, Screen screen)
    {
        var columns = screen.Width - Label - Value - Remark - 4;
        var shown = columns > 4 ? string.Concat(trail.Skip(Math.Max(0, trail.Count - columns)).Select(v => screen.Spark(v, low, high))).PadLeft(columns) : "";
        return $" {screen.Faint(name.PadRight(Label - 1))} {Screen.Pad(value, Value)} {shown}  {screen.Cut(remark, Remark)}";
    }

    private static string Rotors(IReadOnlyList<RotorFrame> rotors, Screen screen) => string.Join(' ', rotors.Select(r =>
    {
        var speed = Text.Number(r.Rpm).PadLeft(4);
        return r.State == "ok" ? speed : screen.Bad($"{r.Name}:{(r.Rpm is null ? Text.Absent : speed.Trim())}");
    }));

    private static void Gpus(List<string> lines, StatusReport report, Screen screen)
    {
        var gpus = report.Snapshot.Gpus;
        var rows = (gpus.Count + 1) / 2;
        for (var row = 0; row < rows; row++)
        {
            var right = row + rows < gpus.Count ? Gpu(gpus[row + rows], screen) : "";
            lines.Add($" {Screen.Pad(Gpu(gpus[row], screen), 39)}{right}");
        }

        if (screen.Height >= Roomy)
            lines.Add("");
    }

    private static string Gpu(GpuFrame gpu, Screen screen)
    {
        var name = $"gpu{gpu.Index}";
        if (gpu.State is "lost" or "unreadable")
            return $"{screen.Bad(name)} {screen.Bad(gpu.State)}";
        var limit = gpu.PowerLimitW ?? 700;
        var bar = screen.Bar((gpu.PowerW ?? 0) / Math.Max(limit, 1), 8);
        var margin = $"{Text.Number(gpu.MarginK)} K".PadLeft(5);
        var text = $"{Text.Number(gpu.PowerW),4} W {screen.Faint(bar)} {Text.Number(gpu.TemperatureC),3} °C {(gpu.MarginK < 8 ? screen.Bad(margin) : screen.Faint(margin))}";
        return $"{(gpu.State == "ok" ? name : screen.Warn(name))} {text}{(gpu.ThrottleReasons.Count > 0 ? screen.Warn(" slow") : "")}";
    }

    private static void Engine(List<string> lines, StatusReport report, Screen screen)
    {
        var label = screen.Faint("Engine".PadRight(Label - 1));
        if (report.Snapshot.Inference is not { } engine)
        {
            lines.Add($" {label} not heard of yet");
            return;
        }

        var text = $"{engine.Model}: {engine.State}, {engine.Running} running, {engine.Waiting} waiting, {engine.TokensPerSecond:0.0} tokens/s";
        lines.Add(Text.IsStale(engine, report.Ts)
            ? $" {label} {screen.Faint($"{text}  ({Text.Span((report.Ts - engine.Ts).TotalSeconds)} old)")}"
            : $" {label} {(engine.State == "ready" ? text : screen.Warn(text))}");
    }

    private static void Alarms(List<string> lines, StatusReport report, Screen screen, bool stale)
    {
        var alarms = report.Snapshot.Alarms;
        var label = screen.Faint("Alarms".PadRight(Label - 1));
        var when = stale ? screen.Faint(" when last heard of") : "";
        lines.Add($" {label} {(alarms.Count == 0 ? "none" : $"{alarms.Count} standing")}{when}");

        // Two lines each as far as the height reaches; the footer keeps its own.
        var room = screen.Height - lines.Count - 1;
        var shown = alarms.Count * 2 <= room ? alarms.Count : Math.Max(0, (room - 1) / 2);
        foreach (var alarm in alarms.Take(shown))
        {
            var seen = alarm.Acknowledged ? screen.Faint(" (seen)") : "";
            lines.Add($"  {AlarmsText.Mark(alarm, screen)} {alarm.Code} {AlarmsText.Said(alarm)}{seen}");
            lines.Add(screen.Faint($"    → {alarm.NextStep}"));
        }

        if (shown < alarms.Count)
            lines.Add(screen.Faint($"    … {alarms.Count - shown} more: appliance alarms"));
    }

    private static List<string> Finish(List<string> lines, Screen screen)
    {
        while (lines.Count < screen.Height - 1)
            lines.Add("");
        if (lines.Count > screen.Height - 1)
            lines.RemoveRange(screen.Height - 1, lines.Count - screen.Height + 1);
        lines.Add(screen.Faint(" q quit   appliance status | alarms | thermal | gpus tell more"));
        return [.. lines.Select(l => screen.Cut(screen.Fit(l), screen.Width))];
    }

    private static string Plain(string text)
    {
        var plain = new System.Text.StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\x1b')
                i = text.IndexOf('m', i);
            else
                plain.Append(text[i]);
        }

        return plain.ToString();
    }
}
