using System.Text.Json.Serialization;
using Appliance.Model;

namespace Appliance.Daemon.Control;

/// <summary>What <c>status --json</c> prints and the daemon answers to <c>status</c>: the box as of now and who watches it.</summary>
internal sealed record StatusReport
{
    public required string Node { get; set; }

    public required string Version { get; set; }

    public required string Board { get; set; }

    public bool Simulated { get; set; }

    /// <summary>UTC of the answer; a frame's age is judged against it.</summary>
    public DateTimeOffset Ts { get; set; }

    /// <summary>Seconds since the daemon started.</summary>
    public double UptimeS { get; set; }

    public int Pid { get; set; }

    /// <summary>The configuration in force: a file's path, or <c>defaults</c>.</summary>
    public string Config { get; set; } = "defaults";

    /// <summary>The one line about a configuration file that was put aside; null when all is well.</summary>
    public string? ConfigFault { get; set; }

    public bool BusConnected { get; set; }

    public LoopReport Loop { get; set; } = new();

    /// <summary>Events on their way to the bmc-agent; null until the outbox is open.</summary>
    public OutboxReport? Outbox { get; set; }

    public required Snapshot Snapshot { get; set; }

    /// <summary>GPUs, fabric, RDMA, disks and clock in figures; null until they were read.</summary>
    public BoardReport? Hardware { get; set; }

    /// <summary>The launcher's children; empty where systemd is the supervisor.</summary>
    public IReadOnlyList<ChildReport> Processes { get; set; } = [];
}

/// <summary>How the control loop keeps its time.</summary>
internal sealed record LoopReport
{
    public long Ticks { get; set; }

    public double? LatenessP99Ms { get; set; }

    public double? LatenessP999Ms { get; set; }

    public double LatenessMaxMs { get; set; }

    /// <summary>By the loop's thread in its last tick; 0 is what it should be.</summary>
    public long? AllocatedBytesPerTick { get; set; }

    /// <summary>Periods without a tick.</summary>
    public long Missed { get; set; }

    public long Faults { get; set; }

    public bool RealTime { get; set; }
}

/// <param name="LastSeq">The newest event on this disk.</param>
/// <param name="AckedSeq">The newest event that the bmc-agent has on its own.</param>
/// <param name="Refused">Events that found the outbox full or its disk failed, since the last one that was kept.</param>
/// <param name="DiskError">Why the last write failed; null when it did not.</param>
internal sealed record OutboxReport(long Epoch, long LastSeq, long AckedSeq, long Refused, string? DiskError);

/// <summary>One child of <c>appliance run</c>.</summary>
/// <param name="State"><c>running</c>, <c>restarting</c>, <c>stopped</c>.</param>
/// <param name="Restarts">Times it had to be started again.</param>
/// <param name="Since">UTC of its last start.</param>
/// <param name="LastExit">Why it ended last: <c>signal 9</c>, <c>exit code 1</c>; null when it never did.</param>
internal sealed record ChildReport(string Name, int Pid, string State, int Restarts, DateTimeOffset Since, string? LastExit);

/// <summary>What <c>appliance run</c> keeps in <c>processes.json</c>.</summary>
internal sealed record LauncherReport(int Pid, DateTimeOffset Since, IReadOnlyList<ChildReport> Processes);

internal sealed record GpusReport(IReadOnlyList<GpuFrame> Gpus);

internal sealed record AlarmsReport(IReadOnlyList<Alarm> Alarms);

/// <param name="ExitCode">0 well, 1 warning, 2 critical, 3 unknown.</param>
internal sealed record HealthReport(int ExitCode, IReadOnlyList<Cli.HealthCheck> Checks);

/// <param name="Error">The one line; null when the file is good.</param>
internal sealed record ConfigCheckReport(string File, bool Valid, string? Error);

/// <param name="Acknowledged">How many alarms were marked as seen.</param>
internal sealed record AcknowledgeReport(int Acknowledged);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(UtcMillisecondsConverter), typeof(QualityConverter), typeof(SeverityConverter)])]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(LauncherReport))]
[JsonSerializable(typeof(GpusReport))]
[JsonSerializable(typeof(AlarmsReport))]
[JsonSerializable(typeof(AcknowledgeReport))]
[JsonSerializable(typeof(ThermalFrame))]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(ConfigCheckReport))]
internal sealed partial class ControlJson : JsonSerializerContext;
