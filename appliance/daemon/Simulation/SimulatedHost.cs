using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>
/// The software side of faults in virtual time: a killed daemon is followed by the safe state after 0.2 s and a restart after 1.5 s,
/// a stopped one by systemd's watchdog after 2.2 s (both measured with systemd 252); a panicked host runs nothing any more, and only
/// the chips' own watchdog is left. The real processes are tested in tests/system.
/// </summary>
internal sealed class SimulatedHost(BoxTwin twin, ISimulatedControl control)
{
    private TimeSpan? _diedAt;
    private TimeSpan _safeAfter;
    private TimeSpan _restartAfter;
    private TimeSpan _now;
    private bool _safeDone;
    private bool _panicked;

    public void Inject(FaultKind kind)
    {
        if (kind is FaultKind.DaemonKilled or FaultKind.DaemonStopped)
        {
            _diedAt = _now;
            _safeDone = false;
            var noticed = kind == FaultKind.DaemonKilled ? 0.2 : 2.2;
            _safeAfter = TimeSpan.FromSeconds(noticed);
            _restartAfter = TimeSpan.FromSeconds(noticed + 1.3);
        }

        if (kind == FaultKind.HostPanic)
            _panicked = true;
    }

    public void Clear(FaultKind kind)
    {
        if (kind != FaultKind.HostPanic)
            return;
        _panicked = false;
        control.Restart();
    }

    public void Tick(TimeSpan now)
    {
        _now = now;
        if (_panicked)
            return;
        if (_diedAt is { } died)
        {
            if (!_safeDone && now - died >= _safeAfter)
            {
                SafeState();
                _safeDone = true;
            }

            if (now - died < _restartAfter)
                return;
            _diedAt = null;
            control.Restart();
        }

        control.Tick(twin, now);
    }

    /// <summary>What appliance-safe writes: everything that cools to full, every GPU to its lowest limit and clock; and the lines that the kernel has let go.</summary>
    private void SafeState()
    {
        for (var i = 0; i < twin.FanCount; i++)
        {
            twin.WriteFanEnable(i, 1);
            twin.WriteFan(i, 255);
        }

        for (var i = 0; i < twin.PumpCount; i++)
            twin.WritePump(i, 255);
        for (var i = 0; i < twin.GpuCount; i++)
        {
            twin.WriteGpuLimit(i, twin.LowestLimitW);
            twin.WriteGpuClock(i, lowest: true);
        }

        twin.WriteFacilityValve(255);
        twin.WriteBypassValve(255);
        twin.ReleaseLines();
    }
}
