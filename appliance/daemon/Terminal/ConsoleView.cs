using Appliance.Daemon.Cli;
using Appliance.Daemon.Control;
using Appliance.Guide;
using Appliance.Health;
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

    /// <summary>At most.</summary>
    private const int FootLines = 4;

    private static readonly GuideBook Guide = GuideBook.Load();

    public static IReadOnlyList<Line> Lines(ConsoleModel model, int width, int height)
    {
        if (model.AsksLanguage)
            return Login(model, width, height);
        var lines = new List<Line>(Head(model, width));
        var foot = Foot(model, width).ToArray();
        var room = height - HeadLines - foot.Length;
        var page = model.Report is { } report ? Page(model, report, width).ToList() : [];
        // What is not known to be so any more stands there plainly dated; see the head.
        lines.AddRange(model is { Page: ConsoleModel.ActionsPage, Work: not null } ? Ends(page, room) : page.Skip(Skip(model, page, room)).Take(room));
        while (lines.Count < height - foot.Length)
            lines.Add("");
        lines.AddRange(foot);
        return lines;
    }

    /// <summary>Before anything else somebody says which language is theirs; in both, and to be read where Chinese cannot be shown.</summary>
    private static List<Line> Login(ConsoleModel model, int width, int height)
    {
        var lines = new List<Line>
        {
            new(Bar(model.Report?.Node ?? "appliance", "", width), Look.Reverse), "", "  Language / 语言", "",
            new("  1  English", Look.Bold), new("  2  中文 (Chinese)", Look.Bold), "",
            "  One key. It is kept for you; l changes it at any time.", "  按一个键。会记住您的选择；以后可随时按 l 更改。",
        };
        while (lines.Count < height)
            lines.Add("");
        return lines;
    }

    private static IEnumerable<Line> Head(ConsoleModel model, int width)
    {
        var words = model.Words;
        if (model.Report is not { } report)
        {
            yield return new(Bar("appliance", "", width), Look.Reverse);
            foreach (var line in Two($"{words.Waiting}: {model.Silent}", width))
                yield return line;
        }
        else
        {
            var verdict = Verdict.Of(report, words.Verdict);
            var state = model.Silent is null ? verdict.Word : words.SilentWord;
            var right = model.Silent is null ? $"{string.Format(null, words.Up, words.Span(report.UptimeS))}  {report.Ts.UtcDateTime:HH:mm}Z" : string.Format(null, words.Old, words.Span(model.AgeS));
            yield return new(Bar($"{report.Node}  {state}  {(model.Silent is null ? verdict.Sentence : model.Silent)}", right, width), Look.Reverse);
            foreach (var line in Two(Said(words, report), width))
                yield return line;
        }

        yield return string.Concat(words.Pages.Select((p, i) => $"{(i == model.Page ? '>' : ' ')}{i + 1} {p} "));
        yield return new string('-', width);
    }

    /// <summary>The worst alarm as a sentence with its next step, or that all is well.</summary>
    private static string Said(ConsoleWords words, StatusReport report)
    {
        var alarms = report.Snapshot.Alarms.Where(a => a.Severity > Severity.Information).ToArray();
        if (alarms.Length == 0)
            return Verdict.Of(report, words.Verdict) is { ExitCode: > 0 } verdict ? verdict.Sentence : words.Well;
        var more = alarms.Length > 1 ? $" ({string.Format(null, words.More, alarms.Length - 1)})" : "";
        return $"{Named(alarms[0], words)} -> {NextStep(alarms[0], words)}{more}";
    }

    /// <summary>In Chinese by its title: the box' own sentence is English, and stands on the alarms' page.</summary>
    private static string Named(Alarm alarm, ConsoleWords words) => words.IsEnglish ? AlarmsText.Said(alarm) : words.Verdict.Alarm(alarm);

    private static string NextStep(Alarm alarm, ConsoleWords words) => words.IsEnglish
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

    /// <summary>What is asked for, with what was typed; what is about to be done; what was done; else the keys.</summary>
    private static IEnumerable<Line> Foot(ConsoleModel model, int width)
    {
        var words = model.Words;
        if (model.Prompt is { } prompt)
        {
            yield return model.Message.Length > 0 ? model.Message : words.AskKeys;
            var ask = $"{words.Asks[prompt.Action]}: ";
            var room = Math.Max(8, width - CellWidth.Of(ask) - 2);
            yield return new($"{ask}{(prompt.Typed.Length > room ? prompt.Typed[^room..] : prompt.Typed)}_", Look.Bold);
        }
        else if (model.Pending is ConsoleWish.Act(var action, var answer))
        {
            if (words.Effects.GetValueOrDefault(action) is { } effect)
                yield return effect;
            var what = answer.Length > 0 ? $"{words.Actions[(int)action]}: {Place(answer, words)}" : words.Actions[(int)action];
            foreach (var line in Wrapped(string.Format(null, words.Confirm, what), width))
                yield return new(line, Look.Bold);
        }
        else if (model.Message.Length > 0)
        {
            foreach (var line in Wrapped(model.Message, width))
                yield return line;
        }
        else
        {
            yield return Keys(model);
        }
    }

    /// <summary>A refusal says what would be right, and that is its end.</summary>
    private static IEnumerable<string> Wrapped(string text, int width) => CellWidth.Wrap(BoxPages.Ascii(text), width - 1).Take(FootLines);

    private static Line Keys(ConsoleModel model)
    {
        var words = model.Words;
        return model switch
        {
            { Work: { } work, Page: ConsoleModel.ActionsPage } => new Line(string.Format(null, work.IsUnderWay ? words.WorkEnds : words.WorkCloses, words.Keys), Look.Bold),
            { Work: { IsUnderWay: true } work } => new Line(string.Format(null, words.WorkElsewhere, work.Title), Look.Bold),
            { Page: ConsoleModel.AlarmsPage, Rows: > 0 } => $"{words.AlarmKeys}   {words.Keys}",
            { Page: ConsoleModel.ActionsPage } => $"{string.Format(null, words.ActionKeys, model.Row + 1, model.Rows)}   {words.Keys}",
            _ => words.Keys,
        };
    }

    private static string Place(string answer, ConsoleWords words) => answer == "." ? words.Here : answer;

    private static IEnumerable<Line> Page(ConsoleModel model, StatusReport report, int width) => model.Page switch
    {
        0 => BoxPages.Cooling(report, model.Words, width),
        1 => GpuPages.Gpus(report.Snapshot.Gpus, model.Sweep, model.Words, width),
        ConsoleModel.AlarmsPage => Alarms(model, report, width),
        3 => model.Sweep is { } sweep ? GpuPages.Fabric(report.Snapshot.Fabric, sweep, model.Words, width) : [],
        4 => model.Network is { } network ? BoxPages.Network(network, model.Words, width) : [],
        5 => BoxPages.Engine(report, model.Words, width),
        ConsoleModel.EventsPage => model.Events.Select(l => new Line(CellWidth.Fit(l, width - 1).TrimEnd())),
        ConsoleModel.ActionsPage => Actions(model, width),
        _ => throw new System.Diagnostics.UnreachableException($"No page {model.Page}."),
    };

    private static IEnumerable<Line> Actions(ConsoleModel model, int width) => model switch
    {
        { Work: { } work } => Work(work, model.Words, width),
        { Prompt: { Choices.Count: > 0 } prompt } => prompt.Choices.Select((c, i) => new Line($"  {i + 1}  {(c == "." ? model.Words.Here : c)}"))
            .Prepend(new("")).Prepend(new(model.Words.Actions[(int)prompt.Action], Look.Bold)),
        _ => model.Words.Actions.Select((a, i) => i == model.Row ? new Line($"> {a}", Look.Bold) : new Line($"  {a}")),
    };

    private static IEnumerable<Line> Work(ConsoleWorkView work, ConsoleWords words, int width)
    {
        yield return new(work.Title, Look.Bold);
        yield return "";
        foreach (var line in work.Lines)
        {
            var at = $"{line.At.UtcDateTime:HH:mm:ss}  ";
            foreach (var part in CellWidth.Wrap(line.Text, width - 1 - at.Length))
            {
                yield return at + part;
                at = new(' ', at.Length);
            }
        }

        if (work.Outcome is not { } outcome)
            yield break;
        yield return "";
        yield return new(words.Ended(work.Action, outcome), Look.Bold);
    }

    private static IEnumerable<Line> Alarms(ConsoleModel model, StatusReport report, int width)
    {
        var (alarms, words) = (report.Snapshot.Alarms, model.Words);
        if (alarms.Count == 0)
            yield return words.NoAlarm;
        for (var i = 0; i < alarms.Count; i++)
        {
            var alarm = alarms[i];
            var seen = alarm.Acknowledged ? $", {words.Acknowledged}" : "";
            yield return new(
                BoxPages.Ascii($"{(i == model.Row ? '>' : ' ')} {words.Severity(alarm.Severity.ToString())} {words.Verdict.Alarm(alarm)}, {words.Span((report.Ts - alarm.RaisedAt).TotalSeconds)}{seen}"),
                i == model.Row ? Look.Bold : Look.Plain);
            if (i != model.Row)
                continue;
            foreach (var line in CellWidth.Wrap(BoxPages.Ascii($"{Detail(alarm, words)} -> {NextStep(alarm, words)}"), width - 8))
                yield return $"       {line}";
        }
    }

    /// <summary>A title says less than the code to whoever looks it up, so the code stands with it.</summary>
    private static string Detail(Alarm alarm, ConsoleWords words) => words.IsEnglish || AlarmCatalogue.Find(alarm.Code) is null ? alarm.Text : $"{alarm.Code}: {alarm.Text}";

    /// <summary>What work said first, a bundle its place, and what it said last; what does not fit between them is left out.</summary>
    private static IEnumerable<Line> Ends(List<Line> page, int room) =>
        page.Count <= room ? page : [.. page.Take(room / 2 - 1), "          ..", .. page.TakeLast(room - room / 2)];

    private static int Skip(ConsoleModel model, List<Line> page, int room) => model switch
    {
        { Page: ConsoleModel.EventsPage } => Math.Max(0, page.Count - room),
        { Page: ConsoleModel.AlarmsPage or ConsoleModel.ActionsPage } => SkipFor(page, room),
        _ => 0,
    };

    /// <summary>So many lines left out at the top that the chosen row is seen with what it says.</summary>
    private static int SkipFor(List<Line> page, int room)
    {
        var chosen = page.FindIndex(l => l.Text.StartsWith('>'));
        var last = chosen < 0 ? 0 : page.FindIndex(chosen + 1, l => !l.Text.StartsWith("       ", StringComparison.Ordinal)) is var end and >= 0 ? end : page.Count;
        return Math.Max(0, last - room);
    }
}
