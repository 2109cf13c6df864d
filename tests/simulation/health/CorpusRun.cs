using Appliance.Health;
using Appliance.Health.Board;
using Appliance.Model;

namespace SimulationTests.Health;

/// <summary>Plays a story through the rules and the alarm book as the daemon does, and keeps what was raised.</summary>
internal sealed class CorpusRun(CorpusBox box)
{
    private AlarmBook _book = AlarmBook.Empty with { KindOf = code => BoardAlarms.Find(code)! };
    private readonly Dictionary<(string, string), string?> _actions = [];

    public BoardWatch Watch { get; private set; } = new(BoardMemory.Empty);

    /// <summary>Everything that was ever raised, with the uptime of its raising.</summary>
    public List<(TimeSpan At, Alarm Alarm)> Raised { get; } = [];

    public IReadOnlyList<Alarm> Standing => _book.Standing;

    public string? ActionOf(Alarm alarm) => _actions.GetValueOrDefault((alarm.Code, alarm.Target)) ?? BoardAlarms.Find(alarm.Code)?.Action;

    /// <summary>The daemon of another boot, with what it had on its disk.</summary>
    public void Restart()
    {
        Watch = new(Watch.Memory);
        _book = AlarmBook.Empty with { KindOf = _book.KindOf };
    }

    public void Step(TimeSpan step)
    {
        var view = box.Sweep(step);
        var now = new Moment(box.Now, box.Utc);
        Watch.Boot(view.Health.Host!.BootId);
        var (lines, events) = box.TakeLog();
        Watch.Kernel(lines, events, now);
        var findings = Watch.Evaluate(view, box.Utc, _book.IsStanding);
        foreach (var finding in findings)
            _actions[(finding.Code, finding.Target)] = finding.Action;
        var changed = AlarmBook.Step(_book, findings, now);
        _book = changed.Book;
        foreach (var change in changed.Changes.OfType<AlarmChange.Raised>())
            Raised.Add((box.Now, change.Alarm));
    }
}
