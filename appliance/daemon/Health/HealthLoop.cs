using Appliance.Daemon.Loop;
using Appliance.Hardware;
using Appliance.Health;
using Appliance.Health.Board;
using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Daemon.Health;

/// <summary>
/// The board's health as the daemon runs it: the kernel's lines the moment they come, a sweep a second, findings for the alarm book. It
/// runs beside the cooling loop, which never waits for it; it owns its <see cref="BoardWatch"/> alone.
/// </summary>
internal sealed class HealthLoop : IDisposable
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan KeepEvery = TimeSpan.FromSeconds(30);

    /// <summary>A storm in the kernel's log is told once in so long per error and part.</summary>
    private static readonly TimeSpan TellAgainAfter = TimeSpan.FromMinutes(1);
    private const int ToldLimit = 256;

    private readonly DaemonState _state;
    private readonly Func<BoxHealth> _sweep;
    private readonly Func<NvmlEvent?> _nextEvent;
    private readonly Func<IReadOnlyList<PeerHealth>> _peers;
    private readonly TimeProvider _time;
    private readonly NewestWriter<BoardMemory> _writer;
    private readonly BoardWatch _watch;
    private readonly KernelLogReader _kernel;
    private readonly TickRecord _tick;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string, string?), TimeSpan> _told = [];
    private readonly Queue<(string Code, string? Target)> _seen = new();
    private BoardMemory _kept;
    private TimeSpan _keptAt;
    private TimeSpan _beganAt;
    private long _lostTold;
    private long _eventsLostTold;

    /// <param name="sweep">What was last read of the box; never waits.</param>
    /// <param name="nextEvent">The next of the driver's events; null when there is none.</param>
    /// <param name="peers">Other nodes as they were reached last; never waits.</param>
    public HealthLoop(DaemonState state, Func<BoxHealth> sweep, Func<NvmlEvent?> nextEvent, Func<IReadOnlyList<PeerHealth>> peers, TimeProvider time)
    {
        _state = state;
        _sweep = sweep;
        _nextEvent = nextEvent;
        _peers = peers;
        _time = time;
        var file = new BoardMemoryFile(state.Paths.State);
        _writer = new("the board's memory", file.Write);
        _kept = file.Read();
        _watch = new(_kept);
        _watch.Boot(KernelLogReader.BootId(state.Paths.SysRoot));
        _kernel = new(state.Paths.SysRoot, _watch.KernelSequence);
        _tick = new(state.Board);
        Latest = new();
    }

    /// <summary>What stands, as the alarm book takes it; replaced whole.</summary>
    public IReadOnlyList<Finding> Findings { get; private set; } = [];

    /// <summary>The sweep that was judged last.</summary>
    public BoxHealth Latest { get; private set; }

    /// <summary>The driver's errors by GPU since the daemon started, those that mean nothing included.</summary>
    public XidTally Xids { get; } = new();

    /// <summary>From the kernel's stamp of a line to the decision about it, of the lines that came while this daemon ran.</summary>
    public LatenessHistogram KernelLatency { get; } = new();

    /// <summary>Why the kernel's log cannot be read; null when it can.</summary>
    public string? KernelFault => _kernel.Fault;

    /// <summary>A person has seen an alarm; taken over by the next look.</summary>
    public void Acknowledge(string code, string? target)
    {
        lock (_gate)
            _seen.Enqueue((code, target));
    }

    public void Dispose() => _kernel.Dispose();

    public async Task RunAsync(CancellationToken stop)
    {
        _kernel.Start();
        var keeping = Task.Run(_writer.RunAsync, CancellationToken.None);
        var swept = TimeSpan.MinValue;
        _beganAt = _time.GetElapsedTime(0);
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var now = Moment.Of(_time);
                var due = swept == TimeSpan.MinValue || now.Uptime - swept >= SweepEvery;
                if (Look(now) || due)
                {
                    swept = due ? now.Uptime : swept;
                    Judge(now);
                }

                await WaitAsync(stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }

        Keep(Moment.Of(_time), always: true);
        _writer.Complete();
        await keeping.ConfigureAwait(false);
    }

    /// <summary>Until a line comes, at most until the driver's events are due.</summary>
    private async Task WaitAsync(CancellationToken stop)
    {
        using var late = new CancellationTokenSource(LookEvery, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stop);
        try
        {
            await _kernel.Lines.WaitToReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // No line came.
        }
    }

    /// <returns>True where something was decided.</returns>
    private bool Look(Moment now)
    {
        TakeAcknowledgements();
        var lines = new List<KernelLine>();
        while (lines.Count < 1024 && _kernel.Lines.TryRead(out var line))
            lines.Add(line);
        var events = new List<NvmlEvent>();
        while (events.Count < 1024 && _nextEvent() is { } happened)
            events.Add(happened);
        var decisions = _watch.Kernel(lines, events, now);
        Time(lines);
        foreach (var decision in decisions)
        {
            Xids.Add(decision);
            Tell(decision, now);
        }

        if (_kernel.Lost > _lostTold)
        {
            _state.Alarms.Post(BoxEvents.KernelLogLost(_kernel.Lost - _lostTold, now.Utc));
            _lostTold = _kernel.Lost;
        }

        if (_state.Probe.EventsLost is var lost && lost > _eventsLostTold)
        {
            _state.Alarms.Post(BoxEvents.DriverEventsLost(lost - _eventsLostTold, now.Utc));
            _eventsLostTold = lost;
        }

        return decisions.Count > 0;
    }

    private void Time(List<KernelLine> lines)
    {
        var decidedAt = _time.GetElapsedTime(0);
        foreach (var line in lines)
        {
            if (line.At >= _beganAt)
                KernelLatency.Add((decidedAt - line.At).TotalMilliseconds);
        }
    }

    private void TakeAcknowledgements()
    {
        lock (_gate)
        {
            while (_seen.TryDequeue(out var seen))
                _watch.Acknowledge(seen.Code, seen.Target);
        }
    }

    private void Judge(Moment now)
    {
        Latest = _sweep().WithPeers(_peers());
        var parked = _state.Requests.ParkEngine;
        var known = _state.Latest.Read(_tick);
        Findings = _watch.Evaluate(
            new()
            {
                Health = Latest,
                Now = now.Uptime,
                GpusFitted = _state.Board.Gpus.Count,
                OwnLimitW = known ? [.. Enumerable.Range(0, _state.Board.Gpus.Count).Select(i => _tick.Commands.GpuLimitW[i] is > 0 and var limit ? limit : (double?)null)] : [],
                EngineParked = parked,
                BrakeByFlow = known && _state.Board.PowerBrake is not null && _tick.Estimate.Flow is Thermal.FlowState.Low or Thermal.FlowState.None,
                CoolantC = known && _tick.Estimate.SupplyC.IsGood ? _tick.Estimate.SupplyC.Value : null,
                Service = ServiceView.Of(_state.Inference, Latest.Gpus, now),
                Limits = HealthLimits.Of(_state.Config.Health),
            },
            now.Utc,
            _state.Alarms.IsStanding);
        Keep(now, always: false);
    }

    /// <summary>An XID that raises no alarm is still something that happened.</summary>
    private void Tell(KernelDecision decision, Moment now)
    {
        if (decision.Severity == FaultSeverity.Information && decision.Alarm is null)
            return;
        var key = (decision.Xid is { } xid ? $"XID {xid}" : decision.Component, decision.Gpu);
        if (_told.TryGetValue(key, out var at) && now.Uptime - at < TellAgainAfter)
            return;
        if (_told.Count >= ToldLimit)
            _told.Clear();
        _told[key] = now.Uptime;
        _state.Alarms.Post(BoxEvents.KernelDecided(decision, now.Utc));
    }

    private void Keep(Moment now, bool always)
    {
        var memory = _watch.Memory;
        var grave = memory.Open != _kept.Open || memory.BootId != _kept.BootId;
        if (!always && !grave && now.Uptime - _keptAt < KeepEvery)
            return;
        if (memory.KernelSequence != _kept.KernelSequence || grave || memory.Closed != _kept.Closed || !memory.Normal.SequenceEqual(_kept.Normal))
        {
            _writer.Keep(memory);
            _kept = memory;
        }

        _keptAt = now.Uptime;
    }
}
