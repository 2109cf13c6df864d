using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Health.Board;

public sealed partial class BoardRules
{
    /// <summary>A link that healthy boards run for months without a replay may have one; not ten in ten minutes.</summary>
    private const double LinkReplays = 10;
    private const double LinkRecoveries = 2;
    private const double LinkCrcErrors = 100;

    /// <summary>Corrected data a second: hundreds in all are normal, hundreds a second are a bad link.</summary>
    private const double LinkCorrectedPerSecond = 100;

    /// <summary>By the formula of the PCIe 5 specification's bit error rate for sixteen lanes.</summary>
    private const double PcieReplaysPerMinute = 31;
    private const double PcieCorrectable = 480;

    private const double LoadPercent = 10;
    private const double LoadW = 200;

    internal static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    internal static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan NotStartedGrace = TimeSpan.FromSeconds(60);
    internal static readonly TimeSpan InProgressGrace = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan FreshTopology = TimeSpan.FromMinutes(30);

    private readonly Dictionary<int, TimeSpan> _unregisteredSince = [];

    private static bool IsLoaded(GpuHealth gpu, TimeSpan now) =>
        (IsFresh(gpu.Load, now, Fresh) && gpu.Load!.GpuPercent >= LoadPercent) || (IsFresh(gpu.Power, now, Fresh) && gpu.Power!.PowerW >= LoadW);

    private void Pcie(GpuHealth gpu, GpuPcie pcie, BoardView view)
    {
        var (name, now) = (Name(gpu), view.Now);
        // At idle the link saves power in generation 1: its speed means something under load only. Its width does not change for that.
        if (pcie.Generation < pcie.MaxGeneration && IsLoaded(gpu, now))
            Find(BoardAlarms.PcieDegraded, name, $"The PCIe link of GPU {gpu.Index} runs at generation {pcie.Generation} under load; GPU and host can do {pcie.MaxGeneration}.");
        if (pcie.Width < pcie.MaxWidth)
            Find(BoardAlarms.PcieDegraded, name, $"The PCIe link of GPU {gpu.Index} is x{pcie.Width} wide; GPU and host can do x{pcie.MaxWidth}.");
        var others = view.Health.Gpus.Where(g => g.Index != gpu.Index && g.Pcie?.MaxGeneration is not null).Select(g => g.Pcie!.MaxGeneration!.Value).Order().ToArray();
        if (others.Length >= 2 && pcie.MaxGeneration < others[others.Length / 2])
            Find(BoardAlarms.PcieDegraded, name, $"GPU {gpu.Index} and its slot agree on generation {pcie.MaxGeneration} at most; its neighbours do {others[others.Length / 2]}.");

        Over(Measure.PcieReplays, pcie.Replays, Minute, PcieReplaysPerMinute, "replays within a minute");
        Over(Measure.PcieNaks, pcie.NaksReceived + (pcie.NaksSent ?? 0), Minute, PcieReplaysPerMinute, "NAKs within a minute");
        Over(Measure.PcieLane, pcie.LaneErrors + (pcie.LcrcErrors ?? 0), Minute, PcieReplaysPerMinute, "lane and CRC errors within a minute");
        Over(Measure.PcieRollovers, pcie.ReplayRollovers, Hour, 1, "replay rollovers within an hour");
        Over(Measure.PcieCorrectable, Larger(pcie.AerCorrectable, pcie.CorrectableErrors), ErrorWindow, PcieCorrectable, "corrected errors within 10 min");
        Over(Measure.PcieNonFatal, Larger(pcie.AerNonFatal, pcie.NonFatalErrors), Hour, 1, "uncorrectable, non-fatal errors within an hour");
        Over(Measure.PcieFatal, Larger(pcie.AerFatal, pcie.FatalErrors), Hour, 1, "fatal errors within an hour", Severity.Critical);

        void Over(Measure measure, long? count, TimeSpan window, double limit, string what, Severity? severity = null)
        {
            var sum = Grow(measure, gpu.Index, count, pcie.At, window).Sum(now);
            if (sum >= (Stands(BoardAlarms.PcieDegraded, name) ? Math.Max(1, limit / 3) : limit))
                Find(BoardAlarms.PcieDegraded, name, $"The PCIe link of GPU {gpu.Index} had {sum:0} {what} (limit {limit:0}).", severity);
        }
    }

    private void Links(GpuHealth gpu, GpuNvlinks nvlinks, BoardView view)
    {
        var down = nvlinks.Links.Where(l => l.Up == false).ToArray();
        if (down.Length > 0 && down.Length == nvlinks.Links.Count)
        {
            Find(BoardAlarms.NvlinkFault, Name(gpu), $"All {down.Length} NVLinks of GPU {gpu.Index} are down.");
            return;
        }

        var fastest = nvlinks.Links.Max(l => l.SpeedMbS);
        foreach (var link in nvlinks.Links)
        {
            var target = $"{Name(gpu)}-link{link.Link}";
            if (link.Up == false)
                Find(BoardAlarms.NvlinkFault, target, $"Link {link.Link} of GPU {gpu.Index} is down; {nvlinks.Links.Count - down.Length} of {nvlinks.Links.Count} are up.");
            if (link.Up == true && link.SpeedMbS > 0 && link.SpeedMbS < 0.9 * fastest)
                Find(BoardAlarms.NvlinkFault, target, $"Link {link.Link} of GPU {gpu.Index} runs at {link.SpeedMbS} MB/s; the others do {fastest}.", Severity.Warning);
            Over(Measure.Replays, link.Replays, ErrorWindow, LinkReplays, "replays within 10 min");
            Over(Measure.Recoveries, link.Recoveries, Hour, LinkRecoveries, "recoveries within an hour");
            Over(Measure.Crc, link.CrcErrors, ErrorWindow, LinkCrcErrors, "CRC errors within 10 min");
            Over(Measure.CorrectedData, link.CrcData + (link.EccData ?? 0), Minute, LinkCorrectedPerSecond * 60, "corrected words within a minute");

            void Over(Measure measure, long? count, TimeSpan window, double limit, string what)
            {
                var sum = Grow(measure, gpu.Index, count, nvlinks.At, window, link.Link).Sum(view.Now);
                if (sum >= limit)
                    Find(BoardAlarms.NvlinkFault, target, $"Link {link.Link} of GPU {gpu.Index} had {sum:0} {what} (limit {limit:0}).", Severity.Warning, FaultAction.CheckMechanicals);
            }
        }
    }

    private void Fabric(BoardView view)
    {
        var now = view.Now;
        var gpus = view.Health.Gpus.Where(g => g.Access == GpuAccess.Good && IsFresh(g.Fabric, now, FreshSlow) && g.Modes?.MigEnabled != true).ToArray();
        var down = gpus.Where(g => IsUnregistered(g, now)).ToArray();
        var managerDead = false;
        if (IsFresh(view.Health.Fabric, now, FreshSlow) && view.Health.Fabric is { } fabric)
        {
            managerDead = fabric is { ManagerAlive: false, Switches: not 0 } && gpus.Length > 0;
            if (managerDead)
                Find(BoardAlarms.FabricDown, "fabric", $"The Fabric Manager does not run; {gpus.Length - down.Length} of {gpus.Length} GPUs still read as registered, and new programs cannot start.");
            Switches(fabric);
        }

        if (down.Length * 2 > gpus.Length)
            Find(BoardAlarms.FabricDown, "fabric", $"{down.Length} of {gpus.Length} GPUs are not registered with the fabric (state {down[0].Fabric!.State}).");
        foreach (var gpu in gpus)
        {
            if (down.Length * 2 <= gpus.Length && down.Contains(gpu))
                Find(BoardAlarms.FabricDown, Name(gpu), $"GPU {gpu.Index} is not registered with the fabric (state {gpu.Fabric!.State}); the others are.", action: FaultAction.ResetGpu);
            else if (!down.Contains(gpu))
                Registered(gpu, gpu.Fabric!);
        }

        if (!managerDead && down.Length == 0)
            Peers(gpus, now);
    }

    private void Switches(FabricHealth fabric)
    {
        if (fabric.Switches is not { } switches)
            return;
        var known = NormalOf("box", "switches") ?? 0;
        if (switches > known)
            Learn("box", "switches", switches);
        else if (switches < known)
            Find(BoardAlarms.FabricDown, "fabric", $"{switches} of {known:0} NVSwitches are there.", action: FaultAction.RestartBareMetal);
    }

    /// <summary>Not started or in progress for longer than a fabric needs after a boot.</summary>
    private bool IsUnregistered(GpuHealth gpu, TimeSpan now)
    {
        if (gpu.Fabric!.State is FabricState.Completed or FabricState.NotSupported)
        {
            _unregisteredSince.Remove(gpu.Index);
            return false;
        }

        if (!_unregisteredSince.TryGetValue(gpu.Index, out var since))
            _unregisteredSince[gpu.Index] = since = now;
        return now - since >= (gpu.Fabric.State == FabricState.InProgress ? InProgressGrace : NotStartedGrace);
    }

    /// <summary>Each field of the mask is judged by itself: a mask that is not zero is no fault.</summary>
    private void Registered(GpuHealth gpu, GpuFabric fabric)
    {
        var name = Name(gpu);
        if (fabric.State == FabricState.Completed && fabric.Status != 0)
            Find(BoardAlarms.FabricDown, name, $"GPU {gpu.Index} was registered with status {fabric.Status} (0 is success).", action: FaultAction.ResetGpu);
        if (fabric.DegradedBandwidth == true)
            Find(BoardAlarms.NvlinkFault, name, $"GPU {gpu.Index} has less NVLink bandwidth than it should (health mask 0x{fabric.HealthMask:x}).", Severity.Warning);
        if (fabric.RouteUnhealthy == true)
            Find(BoardAlarms.FabricDown, name, $"The fabric's routes to GPU {gpu.Index} are not healthy (health mask 0x{fabric.HealthMask:x}).");
        if (fabric.RouteRecovery == true || fabric.AccessTimeoutRecovery == true)
            Find(BoardAlarms.FabricDown, name, $"GPU {gpu.Index} is recovering from a {(fabric.RouteRecovery == true ? "route" : "fabric access")} error (health mask 0x{fabric.HealthMask:x}).", Severity.Warning);
        var (code, action, what) = fabric.IncorrectConfiguration switch
        {
            0 or 1 => ("", "", ""),
            5 => (BoardAlarms.NvlinkFault, FaultAction.ResetGpu, "too few NVLinks"),
            6 => (BoardAlarms.GpuSettingsDiffer, FaultAction.UpdateSoftware, "GPU firmware that does not fit"),
            4 => (BoardAlarms.FabricDown, FaultAction.RestartFabricManager, "no partition"),
            8 => (BoardAlarms.FabricDown, FaultAction.ResetGpu, "an invalid GPU state"),
            var other => (BoardAlarms.FabricDown, FaultAction.ContactSupport, $"an incorrect configuration ({other})"),
        };
        if (code.Length > 0)
            Find(code, name, $"The fabric says of GPU {gpu.Index}: {what}.", action: action);
        else if (fabric.Summary == 2 && fabric is { RouteUnhealthy: not true, DegradedBandwidth: not true })
            Find(BoardAlarms.FabricDown, name, $"The fabric calls GPU {gpu.Index} unhealthy.");
    }

    private void Peers(GpuHealth[] gpus, TimeSpan now)
    {
        var good = gpus.Select(g => g.Index).ToHashSet();
        foreach (var gpu in gpus.Where(g => IsFresh(g.Topology, now, FreshTopology)))
        {
            var unreachable = gpu.Topology!.P2pNvlink.Select((status, peer) => (status, peer)).Where(p => p.status > 0 && good.Contains(p.peer)).ToArray();
            if (unreachable.Length > 0)
                Find(BoardAlarms.FabricDown, Name(gpu), $"GPU {gpu.Index} cannot reach {string.Join(", ", unreachable.Select(p => $"gpu{p.peer}"))} over NVLink (P2P status {unreachable[0].status}).");
        }
    }

    private static long? Larger(long? one, long? other) => one is { } a && other is { } b ? Math.Max(a, b) : one ?? other;
}
