using Appliance.Bus;
using Appliance.Daemon.Health;
using Appliance.Daemon.Metrics;
using Appliance.Daemon.Probe;
using Appliance.Hardware;
using Appliance.Model;
using Appliance.Thermal;

namespace Appliance.Daemon.Loop;

/// <summary>
/// The running daemon as the control socket sees it: what stands now, and what may be asked for. Everything here may be called from
/// any thread and waits for nothing.
/// </summary>
internal sealed class DaemonState
{
    private readonly BoxHardware _hardware;
    private readonly TimeProvider _time;
    private readonly TimeSpan _startedAt;
    private volatile ThermalSettings _settings;

    internal DaemonState(
        BoxConfig config, RunPaths paths, bool simulated, BoxHardware hardware, ThermalSettings settings,
        LatestTick latest, LoopRequests requests, TickLoop loop, StallWatchdog watchdog, TimeProvider time)
    {
        Config = config;
        Paths = paths;
        Simulated = simulated;
        Latest = latest;
        Requests = requests;
        Loop = loop;
        Watchdog = watchdog;
        Topics = new(config.Node);
        Alarms = new(Topics, time);
        Locator = new(new(paths.SysRoot), time);
        _hardware = hardware;
        _settings = settings;
        _time = time;
        _startedAt = time.GetElapsedTime(0);
    }

    public static string Version { get; } =
        typeof(DaemonState).Assembly.GetName().Version is { } version ? version.ToString(3) : "0.0.0";

    public BoxConfig Config { get; private set; }

    public RunPaths Paths { get; }

    public bool Simulated { get; }

    public Board Board => _hardware.Board;

    public BusTopics Topics { get; }

    public AlarmKeeper Alarms { get; }

    public Locator Locator { get; }

    /// <summary>Null until the daemon serves, and on the twin, whose bus needs none.</summary>
    public CertificateWatch? Certificates { get; internal set; }

    /// <summary>The thread of the loop: lateness, faults, allocation.</summary>
    public TickLoop Loop { get; }

    public StallWatchdog Watchdog { get; }

    /// <summary>The process that asks the GPU driver, and what it read of the box.</summary>
    public required ProbeLink Probe { get; init; }

    public LatestTick Latest { get; }

    public TimeSpan SinceStart => _time.GetElapsedTime(0) - _startedAt;

    /// <summary>Null until the bus was opened.</summary>
    public BusSession? Bus { get; internal set; }

    public EventOutbox? Outbox { get; internal set; }

    public EngineActions? Engine { get; internal set; }

    /// <summary>Null until the daemon serves; cooling does not need it.</summary>
    public HealthLoop? Health { get; internal set; }

    public NodeState? NodeState { get; internal set; }

    public InferenceFrame? Inference { get; internal set; }

    /// <summary>Non-null when a bad configuration file was put aside: the line that says what is wrong with it.</summary>
    public string? ConfigFault { get; set; }

    /// <summary>Why <c>/metrics</c> is not served; null when it is, or is not wanted.</summary>
    public string? MetricsFault { get; internal set; }

    internal LoopRequests Requests { get; }

    /// <summary>The box as of the last tick, at most 100 ms old.</summary>
    public Snapshot Snapshot()
    {
        var tick = new TickRecord(Board);
        return Latest.Read(tick)
            ? Assemble(tick)
            : new() { Node = Config.Node, State = NodeState, Inference = Inference, Alarms = Alarms.Standing };
    }

    /// <summary>What a page of metrics is made of, now.</summary>
    /// <param name="profiling">The profiling metrics too: from now on they are read, and are there a few seconds later.</param>
    public MetricsSource Metrics(bool profiling)
    {
        if (profiling)
            Probe.WantProfile();
        var snapshot = Snapshot();
        return new(
            Moment.Of(_time), Version, Board, snapshot, Health?.Latest, Health?.Xids.Read() ?? [],
            new(snapshot.Thermal?.Tick ?? 0, Loop.Lateness.Missed, Loop.Faults, Loop.Lateness),
            Bus?.IsConnected ?? false, Bus?.Counters, Outbox?.Status, profiling);
    }

    /// <summary>What drives the loop, for <c>thermal --json</c> and the flight recorder: a copy of the last tick.</summary>
    public TickRecord? LastTick()
    {
        var tick = new TickRecord(Board);
        return Latest.Read(tick) ? tick : null;
    }

    /// <summary>Drives fans or pumps by hand; the fail-safe stays on.</summary>
    /// <param name="lasts">At most the configured time.</param>
    public void DriveManually(Duty? fans, Duty? pumps, TimeSpan lasts) =>
        Requests.Manual = new(fans, pumps, _time.GetElapsedTime(0), lasts);

    public void DriveAutomatically() => Requests.Manual = null;

    /// <summary>An operator says that the leak is mended.</summary>
    public void ResetLatches() => Requests.ResetLatches();

    /// <summary>Takes over what can change without a restart; the loop goes on with the state it has.</summary>
    /// <exception cref="ArgumentException">The board, the node, the bus or the metrics port changed: that needs a restart.</exception>
    public void Reload(BoxConfig config)
    {
        if (config.Node != Config.Node || config.Bus != Config.Bus || config.Daemon.Board != Config.Daemon.Board
            || config.Daemon.MetricsPort != Config.Daemon.MetricsPort)
            throw new ArgumentException("node, bus, daemon.board and daemon.metrics_port take effect at the next start of the daemon; nothing was changed.");
        _settings = ThermalSettings.From(Board, config.Daemon);
        Requests.Change(_settings);
        Config = config;
        ConfigFault = null;
    }

    internal Snapshot Assemble(TickRecord tick) => new()
    {
        Node = Config.Node,
        State = NodeState,
        Thermal = FrameAssembly.Thermal(tick, _settings),
        Gpus = [.. Enumerable.Range(0, Board.Gpus.Count).Select(i => FrameAssembly.Gpu(tick, i, _hardware.Gpus.Identity(i), Board))],
        Power = FrameAssembly.Power(tick, Board),
        Fabric = FabricAssembly.Frame(Probe.Sweep(), tick.Moment.Utc),
        Inference = Inference,
        Alarms = Alarms.Standing,
    };
}
