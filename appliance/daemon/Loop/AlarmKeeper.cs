using Appliance.Bus;
using Appliance.Health;
using Appliance.Health.Board;
using Appliance.Model;

namespace Appliance.Daemon.Loop;

/// <summary>
/// Holds the alarm book and tells the world what changed in it: the retained alarm topic and an event for each change. Shared by the
/// telemetry task (findings) and the control socket (acknowledgements), hence the lock; nothing slow happens under it.
/// </summary>
internal sealed class AlarmKeeper(BusTopics topics, TimeProvider time)
{
    private readonly Lock _gate = new();
    private AlarmBook _book = AlarmBook.Empty;
    private BusSession? _bus;
    private EventOutbox? _outbox;
    private Action<IReadOnlyList<Alarm>>? _keep;
    private IReadOnlyList<Alarm> _kept = [];

    /// <summary>Worst first, then oldest first.</summary>
    public IReadOnlyList<Alarm> Standing
    {
        get
        {
            lock (_gate)
                return _book.Standing;
        }
    }

    public bool IsStanding(string code, string target)
    {
        lock (_gate)
            return _book.IsStanding(code, target);
    }

    /// <summary>Begins with what stood in the daemon's earlier life. Before the first step.</summary>
    /// <param name="stood">What stood.</param>
    /// <param name="rebooted">The machine has been started anew since.</param>
    /// <param name="keep">Takes what stands whenever an alarm comes, goes, is seen or changes its severity; must not wait.</param>
    /// <exception cref="ArgumentException">A code is not in the catalogue.</exception>
    public void TakeUp(IReadOnlyList<Alarm> stood, bool rebooted, Action<IReadOnlyList<Alarm>> keep)
    {
        lock (_gate)
        {
            _book = AlarmBook.Of(stood, rebooted);
            (_keep, _kept) = (keep, _book.Standing);
        }
    }

    /// <summary>From now on changes are published. What stands by now is shown, and makes no event: it had its own when it was raised.</summary>
    public void Attach(BusSession bus, EventOutbox outbox)
    {
        lock (_gate)
        {
            (_bus, _outbox) = (bus, outbox);
            foreach (var alarm in _book.Standing)
                Show(alarm);
        }
    }

    public void Step(BoxView view, Moment now)
    {
        lock (_gate)
            Take(AlarmBook.Step(_book, Dependencies.Settle(BoxRules.Evaluate(view, _book)), now));
    }

    /// <returns>How many alarms were marked as seen; 0 when none of that name stands unseen.</returns>
    public int Acknowledge(string code, string? target, string who)
    {
        lock (_gate)
        {
            var step = AlarmBook.Acknowledge(_book, code, target);
            Take(step);
            if (step.Changes.Length > 0)
                Post(BoxEvents.OperatorAction(who, $"acknowledged {code}{(target is null ? "" : $" on {target}")}", time.GetUtcNow()));
            return step.Changes.Length;
        }
    }

    /// <summary>An event that is no alarm.</summary>
    public void Post(BoxEvent happened) =>
        _outbox?.Post(happened.Kind, happened.Severity, happened.Text, happened.Code, happened.Target);

    private void Take(AlarmStep step)
    {
        _book = step.Book;
        if (step.Changes.IsEmpty)
            return;
        foreach (var change in step.Changes)
        {
            if (change is AlarmChange.Cleared)
                _bus?.Publish(topics.Alarm(change.Alarm.Code, change.Alarm.Target), ReadOnlyMemory<byte>.Empty, retain: true, qos: 1);
            else
                Show(change.Alarm);
            Post(BoxEvents.Of(change, time.GetUtcNow()));
        }

        // An alarm whose sentence alone is new costs the disk nothing.
        var standing = _book.Standing;
        if (_keep is null || standing.Select(Life).SequenceEqual(_kept.Select(Life)))
            return;
        _kept = standing;
        _keep(standing);
    }

    private static (string, string, Severity, bool) Life(Alarm alarm) => (alarm.Code, alarm.Target, alarm.Severity, alarm.Acknowledged);

    private void Show(Alarm alarm) =>
        _bus?.Publish(topics.Alarm(alarm.Code, alarm.Target), alarm, ModelJson.Default.Alarm, retain: true, qos: 1);
}
