using System.Collections.Immutable;
using Appliance.Health;
using Appliance.Health.Board;
using Appliance.Model;
using static Appliance.Health.AlarmCatalogue;
using static Appliance.Health.BoardAlarms;

namespace FastTests.Health;

/// <summary>
/// A daemon that was started anew, with the fault there all the time, just as grave as it must be to be told: its rules have seen nothing, and must find the
/// fault again before the alarm of the earlier life is taken for over. What the cooling loop tells is tried on the twin (tests/simulation, ColdLoopTests).
/// </summary>
public sealed class ColdRulesTests
{
    private static readonly Dictionary<string, Cold> ByCode = new Cold[]
    {
        new(GpuUnreadable, "nvml", 1, _ => new() { Probe = new() { State = ProbeState.Absent, Fault = "it does not start" } }),
        new(GpuThrottled, "gpu0", 1, t => Gpu(g => g with { Clocks = new() { At = Read(t, 5), HardwareThermalNs = (long)(t * 0.02e9) } })),
        new(GpuPowerFeed, "gpu0", 1, t => Gpu(g => g with { Clocks = new() { At = Read(t, 5), PowerBrakeNs = (long)(t * 0.02e9) } })),
        new(GpuSettingsDiffer, "gpu0", 1, t => Gpu(g => g with { Identity = new() { At = Read(t, 600) }, Modes = new() { At = Read(t, 60), EccEnabled = false } })),
        new(GpuSuspect, "gpu0", 1, t => Gpu(g => g with { Ecc = new() { At = Read(t, 10), VolatileCorrected = Count(t, 8.5, 10) } })),
        new(PlateSuspect, "gpu2", 1, Hot, View: v => v with { CoolantC = 38 }),
        new(PcieDegraded, "gpu0", 5, t => Gpu(g => g with { Pcie = new() { At = Read(t, 10), ReplayRollovers = Count(t, 3000, 10) } })),
        new(NvlinkFault, "gpu0-link3", 5, t => Gpu(g => g with { Nvlinks = new() { At = Read(t, 30), Links = [new() { Link = 3, Up = true, Recoveries = Count(t, 1650, 30) }] } })),
        new(FabricDown, "fabric", 1, t => Gpu(g => g with { Fabric = new() { At = Read(t, 10), State = FabricState.InProgress } })),
        new(RdmaPortDown, "mlx5_0", 1, t => new() { RdmaPorts = [new() { At = Read(t, 3), Device = "mlx5_0", State = "INIT", PhysState = "LinkUp" }] }, WasActive: "mlx5_0"),
        new(RdmaPortErrors, "mlx5_0", 5, t => new() { RdmaPorts = [new() { At = Read(t, 3), Device = "mlx5_0", State = "ACTIVE", LinkDowned = Count(t, 3000, 3) }] }),
        new(DiskFailing, "nvme0n1", 5, t => new() { Disks = [new() { At = Read(t, 10), Name = "nvme0n1", State = "live", IoErrors = Count(t, 3000, 10) }] }),
        new(HostMemoryErrors, "memory", 60, t => new() { Host = new() { At = Read(t, 15), DimmUncorrected = Count(t, 72_000, 15) } }),
        new(LatencyHigh, "engine", 1, _ => new(), Serve),
        new(AvailabilityLow, "engine", 1, _ => new(), Serve),
        new(HttpErrorsHigh, "engine", 1, _ => new(), Serve),
    }.ToDictionary(c => c.Code);

    /// <summary>Of the loop: tried on the twin.</summary>
    private static readonly string[] OnTheTwin = [HeatUnaccounted, RadiatorFouled, SensorStuck, SetpointUnreachable, ValveMismatch];

    /// <summary>Found in the first readings, within seconds of them, or kept over the restart where it is judged (incidents of the kernel's log, latches).</summary>
    private static readonly string[] AtOnce =
    [
        CoolantHot, CoolantCold, SupplyUnknown, DewPointNear, HumidityOutOfBand, FlowLow, FlowNone, FlowNoisy, LeakSuspected, LeakConfirmed, LeakWireBroken, LevelLow,
        CapacityShort, FanStalled, FanSlow, FanTachLost, FanNotObeying, FanWriteFailed, PumpStalled, PumpSlow, PumpTachLost, PumpNotObeying,
        PumpWriteFailed, PumpWithoutFlow, SensorLost, SensorRange, SensorRate, SensorDisagrees, SensorNoisy, SensorImplausible, SensorsSwapped, GpuLost, GpuHot,
        GpuPowerWithheld, GpuLimitRefused, ManualActive, EngineParked, ShutDown, LoopLate, LoopFault, LoopStalled, BusDisconnected, ConfigInvalid, CertificateExpiring,
        CertificateExpired, InferenceFailed, InferenceSilent, GpuResetNeeded, GpuResetDue, RebootNeeded, GpuFailing, RaidDegraded, DiskFull, FilesystemDamaged,
        ClockNoSource, ClockOffsetHigh, GpuMemoryHigh, NodeLatencyHigh,
    ];

    public static TheoryData<string> Codes => [.. ByCode.Keys];

    [Theory]
    [MemberData(nameof(Codes))]
    public void What_stood_before_a_restart_is_found_again_before_it_is_taken_for_over(string code)
    {
        var (cold, kind) = (ByCode[code], Get(code));
        var rules = new BoardRules(cold.Memory);
        var book = AlarmBook.Of([new(code, cold.Target, kind.Severity, "As it was.", kind.NextStep, DateTimeOffset.UnixEpoch)]);
        double? found = null;
        for (var t = 0.0; t <= kind.KnownAfter.TotalSeconds + 10 * cold.PaceS; t += cold.PaceS)
        {
            var now = TimeSpan.FromSeconds(t);
            var view = new BoardView { Health = cold.Fault(t), Now = now };
            var findings = rules.Evaluate(cold.View is null ? view : cold.View(view), book.IsStanding);
            found ??= findings.Any(f => f.Code == code && f.Target == cold.Target) ? t : null;
            var step = AlarmBook.Step(book, [.. findings.Where(f => f.Code == code)], new(now, DateTimeOffset.UnixEpoch + now));
            book = step.Book;
            Assert.DoesNotContain(step.Changes, c => c is AlarmChange.Cleared or AlarmChange.Raised);
        }

        Assert.InRange(found ?? double.PositiveInfinity, 0, kind.KnownAfter.TotalSeconds);
    }

    [Fact]
    public void Every_alarm_is_tried_or_found_at_once()
    {
        Assert.Equal(AlarmCatalogue.All.Select(k => k.Code).Order(), ByCode.Keys.Concat(OnTheTwin).Concat(AtOnce).Order());
        Assert.All(AlarmCatalogue.All, k => Assert.Equal(AtOnce.Contains(k.Code), k.KnownAfter == AlarmKind.FirstReadings));
    }

    /// <summary>Eight at work, one of them on a plate that lets half as much through.</summary>
    private static BoxHealth Hot(double t) => new()
    {
        Probe = new() { State = ProbeState.Working },
        Gpus = [.. Enumerable.Range(0, 8).Select(i => new GpuHealth
        {
            Index = i,
            Access = GpuAccess.Good,
            Power = new() { At = Read(t, 1), PowerW = 600, LimitW = 700, DefaultLimitW = 700 },
            Heat = new() { At = Read(t, 1), TemperatureC = i == 2 ? 90 : 70 },
        })],
    };

    private static BoardView Serve(BoardView view)
    {
        var t = view.Now.TotalSeconds;
        return view with
        {
            Service = new() { At = view.Now, Requests = (long)(0.8 * t), ServerErrors = (long)(t / 60), LatencySamples = 240, InterTokenP99Ms = 500 },
        };
    }

    private static BoxHealth Gpu(Func<GpuHealth, GpuHealth> change) => new()
    {
        Probe = new() { State = ProbeState.Working },
        Gpus = [change(new() { Index = 0, Access = GpuAccess.Good })],
    };

    /// <summary>When what is read every so often was read last.</summary>
    private static TimeSpan Read(double t, double everyS) => TimeSpan.FromSeconds(Math.Floor(t / everyS) * everyS);

    /// <summary>A counter with one more every so often, as it was read last.</summary>
    private static long Count(double t, double oneEveryS, double readEveryS) => (long)(Read(t, readEveryS).TotalSeconds / oneEveryS);

    /// <param name="PaceS">Between two sweeps.</param>
    /// <param name="Fault">What is read at that second after the start.</param>
    /// <param name="WasActive">A port that was in use in the earlier life.</param>
    private sealed record Cold(string Code, string Target, double PaceS, Func<double, BoxHealth> Fault, Func<BoardView, BoardView>? View = null, string? WasActive = null)
    {
        public BoardMemory Memory => WasActive is null
            ? BoardMemory.Empty
            : new() { Normal = ImmutableSortedDictionary<string, double>.Empty.Add($"{WasActive}/active", 1) };
    }
}
