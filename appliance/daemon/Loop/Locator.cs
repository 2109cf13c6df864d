using Appliance.Hardware;

namespace Appliance.Daemon.Loop;

/// <summary>The locate LED with its end: somebody who walked away must not leave it blinking for the next one to follow.</summary>
internal sealed class Locator(LocateLed led, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private ITimer? _end;

    /// <returns>Null when it was done, else one line.</returns>
    public string? Set(bool on, TimeSpan limit)
    {
        lock (_gate)
        {
            _end?.Dispose();
            _end = null;
            if (led.Set(on) is { } fault)
                return fault;
            if (on)
                _end = time.CreateTimer(_ => led.Set(on: false), null, limit, Timeout.InfiniteTimeSpan);
            return null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _end?.Dispose();
    }
}
