using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Health.Board;

public sealed partial class BoardRules
{
    /// <summary>Correctable errors an hour that no GPU needs to explain: the floor under a GPU's own normal.</summary>
    private const double CorrectedFloorPerHour = 6;
    private const double CorrectedFactor = 10;
    private const double CorrectedFactorStands = 5;
    private const double CorrectedFactorGrave = 100;

    /// <summary>So many within the window at least: a rate of three errors is no rate.</summary>
    private const double CorrectedAtLeast = 60;

    /// <summary>NVIDIA replaces a board with as many rows remapped for uncorrectable errors.</summary>
    private const int RemapsMax = 512;

    private const double HbmHotC = 95;
    private const double HbmCoolC = 92;
    private const double LimitToleranceW = 5;

    /// <summary>Share of the last ten seconds: a violation counter grows by harmless nanoseconds all the time.</summary>
    private const double ThrottleShare = 0.01;

    internal static readonly TimeSpan ErrorWindow = TimeSpan.FromMinutes(10);
    internal static readonly TimeSpan ShareWindow = TimeSpan.FromSeconds(10);

    /// <summary>Readings may be a sweep or two older than the cooling loop's flow.</summary>
    private static readonly TimeSpan BrakeSweep = TimeSpan.FromSeconds(3);
    internal static readonly TimeSpan AbsentGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LearnEvery = TimeSpan.FromMinutes(10);

    private readonly Dictionary<int, double> _energyJ = [];
    private readonly Dictionary<string, TimeSpan> _learnt = [];
    private readonly List<int> _resets = [];
    private TimeSpan? _absentSince;

    /// <returns>True where the driver cannot be asked at all: then nothing else about GPUs is judged.</returns>
    private bool Access(BoardView view)
    {
        if (view.Health.Probe is not { } probe)
            return true;
        if (probe.State != ProbeState.Absent)
            _absentSince = null;
        if (probe.State != ProbeState.Working)
        {
            // A probe that is being started is absent for a moment, after its own end too.
            if (probe.State == ProbeState.Absent)
                _absentSince ??= view.Now;
            if (probe.State == ProbeState.Blind || (probe.Fault is not null && (_absentSince is not { } since || view.Now - since >= AbsentGrace)))
            {
                Find(AlarmCatalogue.GpuUnreadable, "nvml", probe.State == ProbeState.Blind
                    ? $"NVML blind: no call has returned for {Since(probe.BlindSince, view.Now)}; cooling goes on with full power assumed."
                    : $"The GPU driver cannot be asked: {probe.Fault!.TrimEnd('.')}.", action: FaultAction.RestartBareMetal);
            }

            return true;
        }

        foreach (var gpu in view.Health.Gpus)
        {
            switch (gpu.Access)
            {
                case GpuAccess.Hung:
                    Find(AlarmCatalogue.GpuUnreadable, Name(gpu), $"A call for GPU {gpu.Index} has not returned for {Since(gpu.HungSince, view.Now)} ({gpu.Fault ?? "no call named"}).", action: FaultAction.ResetGpu);
                    break;
                case GpuAccess.Lost:
                    Find(AlarmCatalogue.GpuLost, Name(gpu), $"The driver says that GPU {gpu.Index} is lost ({gpu.Fault ?? "not found"}).", action: FaultAction.RestartBareMetal);
                    break;
                case GpuAccess.ResetRequired:
                    Find(BoardAlarms.GpuResetNeeded, Name(gpu), $"The driver wants GPU {gpu.Index} reset before it answers ({gpu.Fault ?? "reset required"}).");
                    break;
                case GpuAccess.Refused:
                    Find(AlarmCatalogue.GpuUnreadable, Name(gpu), $"GPU {gpu.Index} refuses to be read ({gpu.Fault ?? "no reason given"}).", action: FaultAction.ResetGpu);
                    break;
                case GpuAccess.Good or GpuAccess.Unknown:
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException($"No rule for {gpu.Access}.");
            }
        }

        return false;
    }

    /// <summary>The energy counter runs from the driver's load or the GPU's reset; nothing else sets it back.</summary>
    private void WatchResets(GpuHealth gpu)
    {
        if (gpu.Power?.EnergyJ is not { } energy)
            return;
        if (_energyJ.TryGetValue(gpu.Index, out var last) && energy < last / 2)
            _resets.Add(gpu.Index);
        _energyJ[gpu.Index] = energy;
    }

    private void Recovery(GpuHealth gpu, GpuModes modes)
    {
        var (code, action, what) = modes.RecoveryAction switch
        {
            1 => (BoardAlarms.GpuResetNeeded, FaultAction.ResetGpu, "a reset"),
            2 => (BoardAlarms.RebootNeeded, FaultAction.RestartBareMetal, "a reboot of the box"),
            3 => (BoardAlarms.GpuResetNeeded, FaultAction.DrainPeers, "peer-to-peer work drained, then a reset"),
            4 => (BoardAlarms.GpuResetNeeded, FaultAction.DrainAndReset, "its work drained and a reset"),
            _ => ("", "", ""), // 5 (IMEX) speaks of clusters over several machines
        };
        if (code.Length > 0)
            Find(code, Name(gpu), $"The driver asks for {what} (recovery action {modes.RecoveryAction}).", action: action);
    }

    private void Ecc(GpuHealth gpu, GpuEcc ecc, TimeSpan now)
    {
        var name = Name(gpu);
        if (ecc.VolatileUncorrected > 0)
            Find(BoardAlarms.GpuResetDue, name, $"{ecc.VolatileUncorrected} uncorrectable memory errors since the driver was loaded (limit 0).");
        if (ecc.SramVolatileUncorrected > 0)
            Find(BoardAlarms.GpuResetDue, name, $"{ecc.SramVolatileUncorrected} uncorrectable SRAM errors since the driver was loaded (limit 0).");
        if (ecc.SramThresholdExceeded == true)
            Find(BoardAlarms.GpuFailing, name, "The SRAM error threshold of the vendor is passed.", action: FaultAction.RunFieldDiagnostics);
        if (ecc.UnrepairableMemory == true)
            Find(BoardAlarms.GpuFailing, name, "The GPU holds memory that cannot be repaired any more.");

        var corrected = Grow(Measure.Corrected, gpu.Index, ecc.VolatileCorrected, ecc.At, ErrorWindow);
        var rate = corrected.PerSecond(now) * 3600;
        var normal = NormalOf(Part(gpu), "sbe_per_h") ?? 0;
        var floor = Math.Max(normal, CorrectedFloorPerHour);
        var factor = Stands(BoardAlarms.GpuSuspect, name) ? CorrectedFactorStands : CorrectedFactor;
        if (corrected.Sum(now) >= CorrectedAtLeast && rate > factor * floor)
        {
            Find(BoardAlarms.GpuSuspect, name, $"{corrected.Sum(now):0} correctable memory errors within {corrected.Watched(now).TotalMinutes:0.#} min, {rate:0} an hour; normal here is {normal:0.#} (limit {CorrectedFactor:0} times, at least {CorrectedFactor * CorrectedFloorPerHour:0} an hour).",
                rate > CorrectedFactorGrave * floor ? Severity.Critical : null);
        }
        else if (corrected.Watched(now) >= ErrorWindow && IsLearningTime(Name(gpu), now))
        {
            LearnSlowly(Part(gpu), "sbe_per_h", Math.Round(rate, 1), LearnEvery / TimeSpan.FromDays(1));
        }
    }

    private bool IsLearningTime(string part, TimeSpan now)
    {
        if (_learnt.TryGetValue(part, out var at) && now - at < LearnEvery)
            return false;
        _learnt[part] = now;
        return true;
    }

    private void Remaps(GpuHealth gpu, GpuRowRemaps remaps)
    {
        var name = Name(gpu);
        if (remaps.Failed == true)
            Find(BoardAlarms.GpuFailing, name, "A row remap failed: no spare row is left in that bank.");
        if (remaps.Uncorrectable >= RemapsMax)
            Find(BoardAlarms.GpuFailing, name, $"{remaps.Uncorrectable} rows were remapped for uncorrectable errors (limit {RemapsMax}).");
        if (remaps.BanksNone > 0 && remaps.Failed != true)
            Find(BoardAlarms.GpuFailing, name, $"{remaps.BanksNone} memory banks have no spare row left; the next bad row there cannot be repaired.", Severity.Warning);
        if (remaps.Pending == true)
            Find(BoardAlarms.GpuResetDue, name, "A row remap waits for a reset.");
        if (remaps.ChannelRepairPending == true || remaps.TpcRepairPending == true)
            Find(BoardAlarms.GpuResetDue, name, $"A {(remaps.ChannelRepairPending == true ? "memory channel" : "TPC")} repair waits for a reset.");
    }

    /// <summary>Lost flow pulls the brake of a board that is wired so; its share of the last window outlives it by as long.</summary>
    private bool IsBrakeExplained(BoardView view)
    {
        if (view.BrakeByFlow)
            _brakeByFlowAt = view.Now;
        return _brakeByFlowAt is { } at && view.Now - at <= ShareWindow + BrakeSweep;
    }

    private void Throttling(GpuHealth gpu, GpuClocks clocks, TimeSpan now, bool brakeExplained)
    {
        var name = Name(gpu);
        var hardware = Share(Measure.HardwareThermal, gpu.Index, clocks.HardwareThermalNs, clocks.At, now);
        var software = Share(Measure.SoftwareThermal, gpu.Index, clocks.SoftwareThermalNs, clocks.At, now);
        var any = clocks.HardwareThermalNs is null && clocks.SoftwareThermalNs is null
            ? Share(Measure.Thermal, gpu.Index, clocks.ThermalViolationNs, clocks.At, now) : 0;
        if (Math.Max(hardware, Math.Max(software, any)) is var heat and > ThrottleShare)
            Find(AlarmCatalogue.GpuThrottled, name, $"GPU {gpu.Index} was slowed by heat for {heat:P0} of the last 10 s (limit {ThrottleShare:P0}).", action: FaultAction.CheckCooling);
        var brake = Share(Measure.PowerBrake, gpu.Index, clocks.PowerBrakeNs, clocks.At, now);
        if (brake > ThrottleShare && !brakeExplained)
            Find(BoardAlarms.GpuPowerFeed, name, $"The power brake slowed GPU {gpu.Index} for {brake:P0} of the last 10 s (limit {ThrottleShare:P0}).");

        // A slowdown that neither counter explains comes from outside the GPU.
        if (clocks.EventReasons is not { } reasons)
            return;
        var slowdown = MeanOf(Measure.SlowdownShare, gpu.Index, ShareWindow);
        slowdown.Add((reasons & 0x8) != 0 && (reasons & 0x60) == 0 && !brakeExplained ? 1 : 0, clocks.At, ShareWindow);
        if (slowdown.Value > 0.5 && brake <= ThrottleShare && hardware <= ThrottleShare)
            Find(BoardAlarms.GpuPowerFeed, name, $"GPU {gpu.Index} is in hardware slowdown for {slowdown.Value:P0} of the last 10 s, and not for heat.");
    }

    private double Share(Measure measure, int gpu, long? nanoseconds, TimeSpan at, TimeSpan now)
    {
        var growth = Grow(measure, gpu, nanoseconds, at, ShareWindow);
        return growth.Watched(now) < ShareWindow / 2 ? 0 : growth.PerSecond(now) / 1e9;
    }

    private void Heat(GpuHealth gpu, GpuHeat heat)
    {
        var name = Name(gpu);
        if (heat.MemoryTemperatureC >= (Stands(AlarmCatalogue.GpuHot, name) ? HbmCoolC : HbmHotC))
            Find(AlarmCatalogue.GpuHot, name, $"The memory of GPU {gpu.Index} is at {heat.MemoryTemperatureC:0} °C (limit {HbmHotC:0} °C).", action: FaultAction.CheckCooling);
        if (heat.MarginK <= (heat.SlowdownMarginK ?? -2))
            Find(AlarmCatalogue.GpuThrottled, name, $"GPU {gpu.Index} is {-heat.MarginK:0} K past its thermal limit.", action: FaultAction.CheckCooling);
    }

    private void Power(GpuHealth gpu, BoardView view)
    {
        if (gpu.Power is not { } power)
            return;
        var name = Name(gpu);
        if (power.PowerW is null && power.AverageW is null && IsFresh(gpu.Heat, view.Now, Fresh))
            Find(BoardAlarms.GpuSuspect, name, $"The power of GPU {gpu.Index} cannot be read{Refusal(gpu, "ower", "field 186")}.");
        if (!IsFresh(power, view.Now, Fresh) || power.LimitW is not { } limit || power.DefaultLimitW is not { } whole)
            return;
        var own = view.OwnLimitW.ElementAtOrDefault(gpu.Index);
        if (Math.Abs(limit - whole) > LimitToleranceW && (own is not { } asked || Math.Abs(limit - asked) > LimitToleranceW))
            Find(BoardAlarms.GpuSettingsDiffer, name, $"The power limit of GPU {gpu.Index} is {limit:0} W; its default is {whole:0} W and the box asked for {(own is { } w ? $"{w:0} W" : "none")}.");
    }

    private static string Refusal(GpuHealth gpu, params string[] calls) =>
        gpu.Refusals.FirstOrDefault(r => calls.Any(c => r.Call.Contains(c, StringComparison.Ordinal))) is { } refusal ? $" ({refusal.Call}: {refusal.Code})" : "";

    private static string Since(TimeSpan? since, TimeSpan now) => since is { } at ? $"{(now - at).TotalSeconds:0.0} s" : "an unknown time";
}
