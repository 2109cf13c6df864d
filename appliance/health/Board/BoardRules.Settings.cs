using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Health.Board;

public sealed partial class BoardRules
{
    internal static readonly TimeSpan DriftWindow = TimeSpan.FromMinutes(10);
    private const double DriftLoadW = 300;
    private const int DriftGpus = 6;
    private const long PowerCap = 0x4;
    private const double DriftTimes = 6;

    /// <summary>Against the GPU's own normal place among its neighbours, and, where that is not known yet, against theirs.</summary>
    private const double ResistanceGrown = 1.12;
    private const double ResistanceHigh = 1.30;
    private const double WorkFallen = 0.93;
    private const double WorkLow = 0.85;

    /// <summary>Eight GPUs work as one: what differs in firmware or setup makes the whole as good as the odd one.</summary>
    private void Uniformity(BoardView view)
    {
        var gpus = view.Health.Gpus.Where(g => g is { Access: GpuAccess.Good, Identity: not null }).ToArray();
        Same(gpus, g => g.Identity!.VbiosVersion, "VBIOS");
        Same(gpus, g => g.Identity!.InforomImageVersion, "InfoROM");
        Same(gpus, g => g.Identity!.GspFirmwareVersion, "GSP firmware");
        Same(gpus, g => g.Identity!.BoardPartNumber, "part number");
        foreach (var gpu in gpus)
        {
            var name = Name(gpu);
            if (gpu.Identity!.InforomValid == false)
                Find(BoardAlarms.GpuFailing, name, $"The InfoROM of GPU {gpu.Index} is corrupt.", action: FaultAction.ContactSupport);
            if (gpu.Identity.GspEnabled == false && gpus.Any(g => g.Identity!.GspEnabled == true))
                Find(BoardAlarms.GpuSettingsDiffer, name, $"GPU {gpu.Index} runs without its GSP firmware, the others with it.");
            if (gpu.Modes is { } modes)
                Modes(gpu, modes);
        }

        Driver(view);
    }

    private void Same(GpuHealth[] gpus, Func<GpuHealth, string?> of, string what)
    {
        var groups = gpus.Where(g => of(g) is not null).GroupBy(of).OrderByDescending(g => g.Count()).ToArray();
        if (groups.Length < 2)
            return;
        foreach (var gpu in groups.Skip(1).SelectMany(g => g))
            Find(BoardAlarms.GpuSettingsDiffer, Name(gpu), $"GPU {gpu.Index} has {what} {of(gpu)}; {groups[0].Count()} others have {groups[0].Key}.", action: FaultAction.UpdateSoftware);
    }

    private void Modes(GpuHealth gpu, GpuModes modes)
    {
        var name = Name(gpu);
        if (modes.Persistence == false)
            Find(BoardAlarms.GpuSettingsDiffer, name, $"Persistence mode of GPU {gpu.Index} is off: `nvidia-smi -i {gpu.Index} -pm 1`.");
        if (modes.EccEnabled == false)
            Find(BoardAlarms.GpuSettingsDiffer, name, $"ECC of GPU {gpu.Index} is off: `nvidia-smi -i {gpu.Index} -e 1`, then reset it.");
        if (modes.MigEnabled == true)
            Find(BoardAlarms.GpuSettingsDiffer, name, $"MIG of GPU {gpu.Index} is on, which takes its NVLinks away: `nvidia-smi -i {gpu.Index} -mig 0`.");
        if (modes.ComputeMode is 1 or 2)
            Find(BoardAlarms.GpuSettingsDiffer, name, $"Compute mode of GPU {gpu.Index} is {(modes.ComputeMode == 2 ? "prohibited" : "exclusive thread")}: `nvidia-smi -i {gpu.Index} -c 0`.");
    }

    private void Driver(BoardView view)
    {
        if (view.Health is not { Host: { } host, Probe: { } probe })
            return;
        if (host.DriverModuleVersion is { } module && probe.LibraryVersion is { } library && !library.Contains(module, StringComparison.Ordinal))
            Find(BoardAlarms.GpuSettingsDiffer, "driver", $"The NVML library is {library}, the loaded kernel module {module}: the driver was updated under a running system.", action: FaultAction.RestartBareMetal);
        if (view.Health.RdmaPorts is { Count: > 0 } ports && ports.Any(p => p.State == "ACTIVE") && host is { PeermemLoaded: false, DmabufAvailable: false })
            Find(BoardAlarms.GpuSettingsDiffer, "peermem", "RDMA cannot reach GPU memory: nvidia_peermem is not loaded and DMA buffers are not available (`modprobe nvidia_peermem`).");
    }

    /// <summary>
    /// A GPU that changes its place among its neighbours, over ten minutes of load. Temperatures come in whole kelvin, so it is thermal
    /// resistance and clock per watt that are compared, and each GPU with its own normal place: silicon differs by several percent.
    /// </summary>
    private void Drift(BoardView view)
    {
        var now = view.Now;
        var loaded = view.Health.Gpus.Where(g => g.Access == GpuAccess.Good && IsFresh(g.Power, now, Fresh) && g.Power!.PowerW >= DriftLoadW).ToArray();
        if (loaded.Length < DriftGpus)
            return;
        var limits = Median([.. loaded.Select(g => g.Power!.LimitW ?? 0)]);
        var resistances = new List<(GpuHealth Gpu, double Value)>();
        var works = new List<(GpuHealth Gpu, double Value)>();
        foreach (var gpu in loaded)
        {
            if (view.CoolantC is { } coolant && IsFresh(gpu.Heat, now, Fresh) && gpu.Heat!.TemperatureC is { } celsius)
                resistances.Add((gpu, (celsius - coolant) / gpu.Power!.PowerW!.Value));
            // Like with like: only at the power cap does the clock tell what a watt buys, and only under the same cap is it comparable.
            if (IsFresh(gpu.Clocks, now, Fresh) && gpu.Clocks! is { SmMhz: { } clock, EventReasons: { } reasons } && (reasons & PowerCap) != 0 && gpu.Power!.LimitW == limits)
                works.Add((gpu, clock / limits));
        }

        foreach (var (gpu, ratio, normal) in Places(resistances, Measure.ThermalResistance, "rth_ratio", (ratio, own) => ratio > (own is { } usual ? usual * ResistanceGrown : ResistanceHigh)))
            Find(AlarmCatalogue.PlateSuspect, Name(gpu), $"The thermal resistance of GPU {gpu.Index} is {ratio:0.00} times its neighbours'{Usual(normal)} over 10 min.", Severity.Warning, FaultAction.CheckCooling);
        foreach (var (gpu, ratio, normal) in Places(works, Measure.WorkPerWatt, "work_ratio", (ratio, own) => ratio < (own is { } usual ? usual * WorkFallen : WorkLow)))
            Find(BoardAlarms.GpuSuspect, Name(gpu), $"GPU {gpu.Index} runs {ratio:0.00} times its neighbours' clock per watt{Usual(normal)} over 10 min.");
    }

    /// <summary>
    /// Each GPU's place among those that do the same at the same moment, averaged; the odd ones are returned, of the others it becomes normal.
    /// </summary>
    private List<(GpuHealth Gpu, double Ratio, double? Normal)> Places(
        List<(GpuHealth Gpu, double Value)> now, Measure measure, string what, Func<double, double?, bool> isOdd)
    {
        var odd = new List<(GpuHealth, double, double?)>();
        if (now.Count < DriftGpus)
            return odd;
        var middle = Median([.. now.Select(n => n.Value)]);
        foreach (var (gpu, value) in now)
        {
            var mean = MeanOf(measure, gpu.Index, DriftWindow);
            mean.Add(value / middle, gpu.Power!.At, ShareWindow);
            if (mean.Value is not { } ratio)
                continue;
            var normal = Settled(gpu, what);
            if (isOdd(ratio, normal))
                odd.Add((gpu, ratio, normal));
            else if (IsLearningTime($"{Name(gpu)} {what}", gpu.Power.At))
                LearnPlace(gpu, what, ratio);
        }

        return odd;
    }

    private void LearnPlace(GpuHealth gpu, string what, double ratio)
    {
        var times = (NormalOf(Part(gpu), what + "_n") ?? 0) + 1;
        Learn(Part(gpu), what + "_n", Math.Min(times, DriftTimes));
        LearnSlowly(Part(gpu), what, Math.Round(ratio, 4), times < DriftTimes ? 1 / times : LearnEvery / TimeSpan.FromDays(30));
    }

    /// <summary>A place among the neighbours is known once it was seen often: the first ten minutes may be any ten minutes.</summary>
    private double? Settled(GpuHealth gpu, string what) => NormalOf(Part(gpu), what + "_n") >= DriftTimes ? NormalOf(Part(gpu), what) : null;

    private static string Usual(double? normal) => normal is { } own ? $" (its own normal is {own:0.00})" : "";

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values.Length % 2 == 1 ? values[values.Length / 2] : (values[values.Length / 2 - 1] + values[values.Length / 2]) / 2;
    }
}
