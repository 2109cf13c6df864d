using Microsoft.Extensions.Time.Testing;

namespace FastTests.Bundle;

/// <summary>Time that moves when it is told to, and knows how many timers wait for it.</summary>
internal sealed class CountedTime : FakeTimeProvider
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (int Made, int Left) _timers;
    private (int Made, int Left) _wanted = (-1, -1);

    /// <summary>Done when so many timers have been made in all and so many of them are left.</summary>
    public Task WhenTimers(int made, int left)
    {
        _wanted = (made, left);
        return _left.Task;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Count(made: 1, left: 1);
        return new Counted(this, base.CreateTimer(callback, state, dueTime, period));
    }

    private void Count(int made, int left)
    {
        lock (_gate)
        {
            _timers = (_timers.Made + made, _timers.Left + left);
            if (_timers == _wanted)
                _left.TrySetResult();
        }
    }

    private sealed class Counted(CountedTime time, ITimer timer) : ITimer
    {
        private int _gone;

        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            timer.Dispose();
            if (Interlocked.Exchange(ref _gone, 1) == 0)
                time.Count(made: 0, left: -1);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
