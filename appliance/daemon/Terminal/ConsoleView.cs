using Appliance.Daemon.Cli;
using Appliance.Daemon.Control;
using Appliance.Guide;
using Appliance.Model;

namespace Appliance.Daemon.Terminal;

/// <summary>
/// The console's picture: the box in one line, what is wrong and what to do in two, then the page. A pure function of what is known; everything
/// that matters fits 80 by 24.
/// </summary>
internal static class ConsoleView
{
    /// <summary>Bar, two lines of state, menu, rule.</summary>
    private const int HeadLines = 5;

    private static readonly GuideBook Guide = GuideBook.Load();

    public static IReadOnlyList<Line> Lines(ConsoleModel model, int width, int height)
    {
        var lines = new List<Line>(Head(model, width));
        var room = height - HeadLines - 1;
        var page = model.Report is { } report ? Page(model, report, width).ToList() : [];
        // What is not known to be so any more stands there plainly dated; see the head.
        var skip = model.Page is ConsoleModel.AlarmsPage or ConsoleModel.ActionsPage ? SkipFor(page, room) : Math.Max(0, model.Page == ConsoleModel.EventsPage ? page.Count - room : 0);
        lines.AddRange(page.Skip(skip).Take(room));
        while (lines.Count < height - 1)
            lines.Add("");
        lines.Add(new(Foot(model), model.Pending is null ? Look.Plain : Look.Bold));
        return lines;
    }

    private static IEnumerable<Line> Head(ConsoleModel model, int width)
    {
        if (model.Report is not { } report)
        {
            yield return new(Bar("appliance", "", width), Look.Reverse);
            foreach (var line in Two($"{model.Words.Waiting}: {model.Silent}", width))
                yield return line;
        }
        else
        {
            var verdict = Verdict.Of(report);
            var state = model.Silent is null ? verdict.Word : "SILENT";
            var right = model.Silent is null ? $"up {Text.Span(report.UptimeS)}  {report.Ts.UtcDateTime:HH:mm}Z" : string.Format(null, model.Words.Old, Text.Span(model.AgeS));
            yield return new(Bar($"{report.Node}  {state}  {(model.Silent is null ? verdict.Sentence : model.Silent)}", right, width), Look.Reverse);
            foreach (var line in Two(Said(model, report), width))
                yield return line;
        }

        yield return string.Concat(model.Words.Pages.Select((p, i) => $"{(i == model.Page ? '>' : ' ')}{i + 1} {p} "));
        yield return new string('-', width);
    }

    /// <summary>The worst alarm as a sentence with its next step, or that all is well.</summary>
    private static string Said(ConsoleModel model, StatusReport report)
    {
        var alarms = report.Snapshot.Alarms.Where(a => a.Severity > Severity.Information).ToArray();
        if (alarms.Length == 0)
            return Verdict.Of(report).ExitCode == 0 ? model.Words.Well : Verdict.Of(report).Sentence;
        var more = alarms.Length > 1 ? $" ({string.Format(null, model.Words.More, alarms.Length - 1)})" : "";
        return $"{AlarmsText.Said(alarms[0])} -> {NextStep(alarms[0], model.Words)}{more}";
    }

    private static string NextStep(Alarm alarm, ConsoleWords words) => words.Language == "en"
        ? alarm.NextStep
        : Guide.Entries.FirstOrDefault(e => e.Covers.Contains($"alarm/{alarm.Code}"))?.Answers["zh"] ?? alarm.NextStep;

    private static IEnumerable<Line> Two(string text, int width)
    {
        var lines = CellWidth.Wrap(text, width - 1).ToArray();
        yield return new(lines.ElementAtOrDefault(0) ?? "", Look.Bold);
        yield return new(lines.Length > 2 ? CellWidth.Fit(lines[1], width - 4).TrimEnd() + " .." : lines.ElementAtOrDefault(1) ?? "", Look.Bold);
    }

    private static string Bar(string left, string right, int width)
    {
        var room = width - CellWidth.Of(right) - 2;
        return $" {CellWidth.Fit(left, Math.Max(0, room - 1))} {right}";
    }

    private static string Foot(ConsoleModel model) =>
        model.Pending is { } action ? string.Format(null, model.Words.Confirm, model.Words.Actions[action])
        : model.Message.Length > 0 ? model.Message
        : model.Page == ConsoleModel.AlarmsPage && model.Rows > 0 ? $"{model.Words.AlarmKeys}   {model.Words.Keys}"
        : model.Words.Keys;

    private static IEnumerable<Line> Page(ConsoleModel model, StatusReport report, int width)
    {
        var plain = new Screen(width, 24, Colour: false, Unicode: model.Words.Language != "en");
        return model.Page switch
        {
            0 => Cooling(report, model.Words),
            1 => GpusText.Lines(report.Snapshot.Gpus, plain).Concat(model.Sweep is { } sweep ? GpuHealthText.Lines(sweep, plain).Prepend("") : []).Select(l => new Line(plain.Fit(l))),
            2 => Alarms(model, report, width),
            3 => (model.Sweep is { } sweep ? FabricText.Lines(report.Snapshot.Fabric, sweep, plain) : []).Select(l => new Line(plain.Fit(l))),
            4 => model.Network.Select(l => new Line(l)),
            5 => Engine(report, model.Words),
            6 => model.Events.Select(l => new Line(CellWidth.Fit(l, width - 1).TrimEnd())),
            7 => model.Words.Actions.Select((a, i) => i == model.Row ? new Line($"> {a}", Look.Bold) : new Line($"  {a}")),
            _ => throw new System.Diagnostics.UnreachableException($"No page {model.Page}."),
        };
    }

    private static IEnumerable<Line> Cooling(StatusReport report, ConsoleWords words)
    {
        if (report.Snapshot.Thermal is not { } thermal)
            yield break;
        string Row(string name, string text) => $"{CellWidth.Fit(name, 9)} {text}";
        yield return Row(words.Coolant, $"{Degrees(thermal.CoolantSupplyC)} (band {thermal.SetpointC - thermal.BandK:0.0}-{thermal.SetpointC + thermal.BandK:0.0}), back {Degrees(thermal.CoolantReturnC)}, mode {thermal.Mode}");
        yield return Row(words.Loop, $"flow {Number(thermal.FlowLMin, "0.0")} L/min, level {Number(thermal.LevelPercent)} %, {(thermal.Leak ? "LEAK" : "no leak")}");
        yield return Row(words.Heat, $"{thermal.HeatW / 1000:0.00} kW of {Number(thermal.CapacityW / 1000, "0.00")} kW the loop can remove");
        yield return Row(words.Room, $"{Degrees(thermal.AmbientC)}, {Number(thermal.HumidityPercent)} %RH, dew point {Degrees(thermal.DewPointC)}");
        yield return "";
        yield return words.Rotors;
        foreach (var rotor in thermal.Fans.Concat(thermal.Pumps))
            yield return new(Ascii($"{rotor.Name,-7} {rotor.DutyPercent,4:0} % {Number(rotor.Rpm),6}  {rotor.State.Replace('_', ' '),-13} {rotor.Reason}"), rotor.State == "ok" ? Look.Plain : Look.Bold);
        var bad = thermal.Sensors.Where(s => s.Q != Quality.Good).ToArray();
        yield return "";
        yield return new(
            Row(words.Sensors, bad.Length == 0 ? $"{thermal.Sensors.Count} of {thermal.Sensors.Count} good" : string.Join(", ", bad.Select(s => $"{s.Name} {s.Q.ToString().ToLowerInvariant()}"))),
            bad.Length == 0 ? Look.Plain : Look.Bold);
    }

    private static IEnumerable<Line> Alarms(ConsoleModel model, StatusReport report, int width)
    {
        var alarms = report.Snapshot.Alarms;
        if (alarms.Count == 0)
            yield return model.Words.NoAlarm;
        for (var i = 0; i < alarms.Count; i++)
        {
            var alarm = alarms[i];
            var seen = alarm.Acknowledged ? $", {model.Words.Acknowledged}" : "";
            yield return new(
                Ascii($"{(i == model.Row ? '>' : ' ')} {alarm.Severity.ToString().ToUpperInvariant()[..4]} {alarm.Code} {alarm.Target}, {Text.Span((report.Ts - alarm.RaisedAt).TotalSeconds)}{seen}"),
                i == model.Row ? Look.Bold : Look.Plain);
            if (i != model.Row)
                continue;
            foreach (var line in CellWidth.Wrap(Ascii($"{alarm.Text} -> {NextStep(alarm, model.Words)}"), width - 8))
                yield return $"       {line}";
        }
    }

    /// <summary>So many lines left out at the top that the chosen row is seen with what it says.</summary>
    private static int SkipFor(List<Line> page, int room)
    {
        var chosen = page.FindIndex(l => l.Text.StartsWith('>'));
        var last = chosen < 0 ? 0 : page.FindIndex(chosen + 1, l => !l.Text.StartsWith("       ", StringComparison.Ordinal)) is var end and >= 0 ? end : page.Count;
        return Math.Max(0, last - room);
    }

    private static IEnumerable<Line> Engine(StatusReport report, ConsoleWords words)
    {
        if (report.Snapshot.Inference is not { } engine)
        {
            yield return words.NoEngine;
            yield break;
        }

        yield return $"{engine.Model} on {engine.Device}: {engine.State}{(engine.Detail is { Length: > 0 } why ? $" ({why})" : "")}";
        yield return $"{engine.Running} running, {engine.Waiting} waiting, {engine.TokensPerSecond:0.0} tokens/s; {engine.RequestsTotal} requests, {engine.GeneratedTokensTotal} tokens since start";
        yield return $"first token p99 {Number(engine.FirstTokenP99Ms)} ms, between tokens p99 {Number(engine.InterTokenP99Ms)} ms; server errors {Number(engine.HttpServerErrorsTotal)}, lost answers {Number(engine.AnswersLostTotal)}";
        yield return $"API: {report.InferenceApi}";
    }

    private static string Degrees(double? value) => $"{Number(value, "0.0")} C";

    private static string Number(double? value, string format = "0") => value is { } v ? v.ToString(format, null) : "-";

    /// <summary>A serial terminal may know ASCII only; Chinese is asked for by somebody whose terminal shows it.</summary>
    private static string Ascii(string text) => new Screen(80, 24, Colour: false, Unicode: false).Fit(text);
}
