using System.Text.Json;
using Appliance.Bus;
using Appliance.Daemon.Control;
using Appliance.Health;
using Appliance.Model;
using Appliance.Thermal;

namespace Appliance.Daemon.Loop;

/// <summary>
/// Everything the loop's ticks are turned into for others: frames at the configured rate, retained points, alarms, events, the node's
/// state, the checkpoint. Runs beside the loop and only ever looks at copies of its ticks.
/// </summary>
internal sealed class Telemetry
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _rulesEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a box that starts may take until a GPU was read for the first time: the probe starts, the driver's library loads.</summary>
    private static readonly TimeSpan _startGrace = TimeSpan.FromSeconds(5);

    private readonly DaemonState _state;
    private readonly BusTopics _topics;
    private readonly BusSession _bus;
    private readonly EventOutbox _outbox;
    private readonly CheckpointFile _checkpoint;
    private readonly KeepTeller _keeping = new("what the loop has learnt", Console.Error);
    private readonly PointTable _points;
    private readonly TimeProvider _time;
    private readonly TickRecord _tick;
    private readonly long _boot;
    private readonly HashSet<int> _awaited;
    private string? _stateSent;
    private TimeSpan _framesAt = TimeSpan.MinValue;
    private TimeSpan _rulesAt = TimeSpan.MinValue;

    public Telemetry(DaemonState state, BusSession bus, EventOutbox outbox, CheckpointFile checkpoint, long boot, TimeProvider time)
    {
        _state = state;
        _topics = state.Topics;
        _bus = bus;
        _outbox = outbox;
        _checkpoint = checkpoint;
        _boot = boot;
        _time = time;
        _points = new(state.Board);
        _tick = new(state.Board);
        _awaited = [.. Enumerable.Range(0, state.Board.Gpus.Count)];
        bus.Own($"{BusTopics.Root}/{state.Config.Node}/alarm/#");
        bus.Subscribe(_topics.Frame("inference"), OnInference);
    }

    /// <summary>The session of this process with its last will: without a goodbye the broker says "lost" in our name.</summary>
    public static BusSession OpenBus(BoxConfig config, RunPaths paths, BusTopics topics, long boot, TimeProvider time) => new(
        new()
        {
            Host = config.Bus.Host,
            Port = config.Bus.Port,
            ClientId = $"appliance-{config.Node}",
            Tls = paths == RunPaths.Box ? BusTls.OfBox("appliance") : null,
            Will = new(topics.State, JsonSerializer.SerializeToUtf8Bytes(
                new NodeState("lost", boot, time.GetUtcNow()), ModelJson.Default.NodeState)),
            DrainOnStop = TimeSpan.FromMilliseconds(500),
        },
        time);

    public void Begin()
    {
        _bus.Publish(_topics.Description, _points.Describe(DaemonState.Version), ModelJson.Default.NodeDescription, retain: true, qos: 1);
        Say("init");
    }

    /// <summary>The node's state at the end, before the session says goodbye.</summary>
    public void End() => Say("disconnected");

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(_look, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
                Once(Moment.Of(_time));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private void Once(Moment now)
    {
        if (!_state.Latest.Read(_tick))
            return;
        var framesDue = IsDue(ref _framesAt, now.Uptime, TimeSpan.FromSeconds(1 / _state.Config.Daemon.FrameHz));
        var rulesDue = IsDue(ref _rulesAt, now.Uptime, _rulesEvery);
        if (!framesDue && !rulesDue)
            return;
        var snapshot = _state.Assemble(_tick);
        if (rulesDue)
            Rules(snapshot, now);
        if (framesDue)
            Frames(snapshot, now);
    }

    private void Rules(Snapshot snapshot, Moment now)
    {
        var reported = ThermalFindings.Of(_tick.Commands.Conditions, _state.Board);
        if (_state.Watchdog.IsStalled)
            reported.Add(new(AlarmCatalogue.LoopFault, "watchdog", $"No tick for more than {StallWatchdog.Limit.TotalSeconds:0} s; everything was driven to full."));
        if (_state.Loop.Fault is { } broken)
            reported.Add(new(AlarmCatalogue.LoopFault, "loop", $"A tick broke: {broken}; everything was driven to full."));
        reported.AddRange(_state.Health?.Findings ?? []);
        reported.AddRange(_state.Certificates?.Findings ?? []);
        _awaited.RemoveWhere(i => _tick.Gpus[i].PowerW.HasValue || _tick.Gpus[i].Lost || _state.SinceStart > _startGrace);
        _state.Alarms.Step(
            new()
            {
                Thermal = snapshot.Thermal,
                Gpus = snapshot.Gpus,
                Inference = snapshot.Inference,
                Now = now.Utc,
                GpusFitted = _state.Board.Gpus.Count,
                GpusAwaited = _awaited,
                GpuMaxW = _state.Board.Gpus.MaxW,
                BusConnected = _bus.IsConnected || _state.SinceStart < TimeSpan.FromSeconds(5),
                ConfigFault = _state.ConfigFault,
                Reported = reported,
            },
            now);
        Say(_state.Alarms.Standing.Any(a => a.Severity == Severity.Critical) ? "degraded" : "ready");
        _keeping.Tell(_checkpoint.Write(_tick.State.Checkpoint()));
    }

    private void Frames(Snapshot snapshot, Moment now)
    {
        if (snapshot.Thermal is { } thermal)
        {
            _bus.Publish(_topics.Frame("thermal"), thermal, ModelJson.Default.ThermalFrame);
            _points.Set(thermal, now, _bus, _topics);
        }

        foreach (var gpu in snapshot.Gpus)
        {
            _bus.Publish(_topics.Frame($"gpu/{gpu.Index}"), gpu, ModelJson.Default.GpuFrame);
            _points.Set(gpu, now, _bus, _topics);
        }

        if (snapshot.Fabric is { } fabric)
            _bus.Publish(_topics.Frame("fabric"), fabric, ModelJson.Default.FabricFrame);
        if (snapshot.Power is { } power)
        {
            _bus.Publish(_topics.Frame("power"), power, ModelJson.Default.PowerFrame);
            _points.Set(power, now, _bus, _topics);
        }
    }

    private void Say(string state)
    {
        if (state == _stateSent)
            return;
        _stateSent = state;
        var said = new NodeState(state, _boot, _time.GetUtcNow());
        _state.NodeState = said;
        _bus.Publish(_topics.State, said, ModelJson.Default.NodeState, retain: true, qos: 1);
    }

    private void OnInference(string topic, ReadOnlyMemory<byte> payload)
    {
        try
        {
            _state.Inference = JsonSerializer.Deserialize(payload.Span, ModelJson.Default.InferenceFrame);
        }
        catch (JsonException)
        {
            // Not a frame: the last good one grows stale by its own stamp.
        }
    }

    private static bool IsDue(ref TimeSpan at, TimeSpan now, TimeSpan every)
    {
        // Half a look early is on time: a period that the looks do not divide must not lose every other frame.
        if (at != TimeSpan.MinValue && now - at < every - _look / 2)
            return false;
        at = at == TimeSpan.MinValue || now - at > every * 2 ? now : at + every;
        return true;
    }
}
