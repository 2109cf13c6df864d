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

    /// <summary>From now on changes are published; those that stand are published now.</summary>
    public void Attach(BusSession bus, EventOutbox outbox)
    {
        lock (_gate)
        {
            (_bus, _outbox) = (bus, outbox);
            foreach (var alarm in _book.Standing)
                Tell(new AlarmChange.Raised(alarm));
        }
    }

    public void Step(BoxView view, Moment now)
    {
        lock (_gate)
        {
            var step = AlarmBook.Step(_book, Dependencies.Settle(BoxRules.Evaluate(view, _book)), now);
            _book = step.Book;
            foreach (var change in step.Changes)
                Tell(change);
        }
    }

    /// <returns>How many alarms were marked as seen; 0 when none of that name stands unseen.</returns>
    public int Acknowledge(string code, string? target, string who)
    {
        lock (_gate)
        {
            var step = AlarmBook.Acknowledge(_book, code, target);
            _book = step.Book;
            foreach (var change in step.Changes)
                Tell(change);
            if (step.Changes.Length > 0)
                Post(BoxEvents.OperatorAction(who, $"acknowledged {code}{(target is null ? "" : $" on {target}")}", time.GetUtcNow()));
            return step.Changes.Length;
        }
    }

    /// <summary>An event that is no alarm.</summary>
    public void Post(BoxEvent happened) =>
        _outbox?.Post(happened.Kind, happened.Severity, happened.Text, happened.Code, happened.Target);

    private void Tell(AlarmChange change)
    {
        if (_bus is null)
            return; // told by Attach
        var alarm = change.Alarm;
        var topic = topics.Alarm(alarm.Code, alarm.Target);
        if (change is AlarmChange.Cleared)
            _bus.Publish(topic, ReadOnlyMemory<byte>.Empty, retain: true, qos: 1);
        else
            _bus.Publish(topic, alarm, ModelJson.Default.Alarm, retain: true, qos: 1);
        Post(BoxEvents.Of(change, time.GetUtcNow()));
    }
}
