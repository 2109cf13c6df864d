using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Health.Board;

public sealed partial class BoardRules
{
    private const double DiskHotC = 75;
    private const double DiskWornPercent = 90;
    private const double DiskLowPercent = 5;
    private const double DiskEmptyPercent = 2;
    private const double DimmCorrectedPerDay = 100;

    internal static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan FreshDisks = TimeSpan.FromMinutes(15);
    internal static readonly TimeSpan ServiceWindow = TimeSpan.FromMinutes(5);

    private void Storage(BoardView view)
    {
        var now = view.Now;
        foreach (var disk in view.Health.Disks?.Where(d => IsFresh(d, now, FreshDisks)) ?? [])
            Disk(disk, now);
        if (view.Health.Disks is { } disks)
        {
            foreach (var name in Missing(disks.Select(d => d.Name), "disk"))
            {
                if (Acceptable(BoardAlarms.DiskFailing, name, name, "disk", null))
                    Find(BoardAlarms.DiskFailing, name, $"{name} was there and is gone.");
            }
        }

        foreach (var raid in view.Health.Raids?.Where(r => IsFresh(r, now, FreshDisks)) ?? [])
        {
            if (raid.Degraded > 0)
                Find(BoardAlarms.RaidDegraded, raid.Name, $"{raid.Name} ({raid.Level}) lacks {raid.Degraded} of {raid.Disks} members{(raid.SyncAction is "recover" or "resync" ? ", and is being rebuilt" : "")}.");
            if (raid.State == "inactive")
                Find(BoardAlarms.RaidDegraded, raid.Name, $"{raid.Name} is inactive: its data cannot be reached.", Severity.Critical);
        }

        foreach (var mount in view.Health.Mounts?.Where(m => IsFresh(m, now, FreshDisks)) ?? [])
            Mount(mount);
    }

    private void Disk(DiskHealth disk, TimeSpan now)
    {
        if (disk.State is { } state && state is not ("live" or "running" or "connecting" or "new" or "resetting"))
            Find(BoardAlarms.DiskFailing, disk.Name, $"{disk.Name} is \"{state}\".");
        var errors = Grow(Measure.DiskErrors, disk.Name, disk.IoErrors, disk.At, Hour).Sum(now);
        var timeouts = Grow(Measure.DiskTimeouts, disk.Name, disk.IoTimeouts, disk.At, Hour).Sum(now);
        if (errors + timeouts >= (Stands(BoardAlarms.DiskFailing, disk.Name) ? 1 : 5))
            Find(BoardAlarms.DiskFailing, disk.Name, $"{disk.Name} had {errors:0} failed and {timeouts:0} timed out commands within an hour (limit 5).", Severity.Warning);
        if (disk.Smart is not { } smart)
            return;
        if ((smart.CriticalWarning & 0x3d & ~0x1) != 0)
            Find(BoardAlarms.DiskFailing, disk.Name, $"{disk.Name} warns of itself (critical warning 0x{smart.CriticalWarning:x2}).");
        if ((smart.CriticalWarning & 1) != 0 || smart.AvailableSparePercent < smart.SpareThresholdPercent)
            Find(BoardAlarms.DiskFailing, disk.Name, $"{disk.Name} has {smart.AvailableSparePercent} % of its spare left (limit {smart.SpareThresholdPercent} %).");
        if (smart.PercentageUsed >= DiskWornPercent)
            Find(BoardAlarms.DiskFailing, disk.Name, $"{disk.Name} has used {smart.PercentageUsed} % of its endurance (limit {DiskWornPercent:0} %).", smart.PercentageUsed >= 100 ? null : Severity.Warning);
        if ((disk.TemperatureC ?? smart.TemperatureC) >= DiskHotC || (smart.CriticalWarning & 2) != 0)
            Find(BoardAlarms.DiskFailing, disk.Name, $"{disk.Name} is at {disk.TemperatureC ?? smart.TemperatureC:0} °C (limit {DiskHotC:0} °C).", Severity.Warning, FaultAction.CheckCooling, "Check the airflow over the disk.");

        // Errors of an earlier life are normal for this disk; new ones are not.
        var known = NormalOf(disk.Serial ?? disk.Name, "media_errors");
        if (smart.MediaErrors is { } counted && (known is null || counted < known))
            Learn(disk.Serial ?? disk.Name, "media_errors", counted);
        else if (smart.MediaErrors > known && Acceptable(BoardAlarms.DiskFailing, disk.Name, disk.Serial ?? disk.Name, "media_errors", smart.MediaErrors))
            Find(BoardAlarms.DiskFailing, disk.Name, $"{disk.Name} could not read or write {smart.MediaErrors - known:0} places since it was first seen ({smart.MediaErrors} in all).", Severity.Warning);
    }

    private void Mount(MountHealth mount)
    {
        var device = mount.Device[(mount.Device.LastIndexOf('/') + 1)..];
        var wasWritable = NormalOf(mount.Point, "writable") == 1;
        if (!mount.ReadOnly)
            Learn(mount.Point, "writable", 1);
        else if (wasWritable && Acceptable(BoardAlarms.FilesystemDamaged, device, mount.Point, "writable", 0))
            Find(BoardAlarms.FilesystemDamaged, device, $"{mount.Point} was writable and is read-only now.");
        if (mount.ReadOnly || mount is not { SizeBytes: > 0, FreeBytes: not null })
            return;
        var free = 100.0 * mount.FreeBytes.Value / mount.SizeBytes.Value;
        var inodes = mount is { Inodes: > 0, FreeInodes: not null } ? 100.0 * mount.FreeInodes.Value / mount.Inodes.Value : 100;
        var low = Stands(BoardAlarms.DiskFull, device) ? DiskLowPercent + 2 : DiskLowPercent;
        if (Math.Min(free, inodes) < low)
            Find(BoardAlarms.DiskFull, device, $"{mount.Point} has {free:0.0} % of its space and {inodes:0.0} % of its inodes left (limit {DiskLowPercent:0} %).", Math.Min(free, inodes) < DiskEmptyPercent ? Severity.Critical : null);
    }

    /// <summary>Parts that were there once and are not now.</summary>
    private List<string> Missing(IEnumerable<string> present, string kind)
    {
        var there = present.ToHashSet();
        foreach (var name in there)
            Learn(name, kind, 1);
        var suffix = "/" + kind;
        return [.. _normal.Keys.Where(k => k.EndsWith(suffix, StringComparison.Ordinal)).Select(k => k[..^suffix.Length]).Where(n => !there.Contains(n))];
    }

    private void Host(BoardView view)
    {
        var now = view.Now;
        if (IsFresh(view.Health.Clock, now, FreshSlow))
        {
            var clock = view.Health.Clock!;
            if (clock.Source is null)
                Find(BoardAlarms.ClockNoSource, "clock", "No program disciplines the system clock (chrony, ntpd, timesyncd, ptp4l).");
            else if (clock.Synchronised == false)
                Find(BoardAlarms.ClockNoSource, "clock", $"{clock.Source} runs, and the kernel's clock is not synchronised.");
            else if (clock.OffsetUs is { } offset && Math.Abs(offset) > _limits.ClockOffsetUs * (Stands(BoardAlarms.ClockOffsetHigh, "clock") ? 0.8 : 1))
                Find(BoardAlarms.ClockOffsetHigh, "clock", $"The clock is {offset:0} µs off (limit {_limits.ClockOffsetUs:0} µs).");
        }

        if (view.Health.Host is not { } host || !IsFresh(host, now, FreshDisks))
            return;
        if (Grow(Measure.DimmUncorrected, "host", host.DimmUncorrected, host.At, Day).Sum(now) is var lost and > 0)
            Find(BoardAlarms.HostMemoryErrors, "memory", $"The host's memory had {lost:0} uncorrectable errors within a day (limit 0).");
        if (Grow(Measure.DimmCorrected, "host", host.DimmCorrected, host.At, Day).Sum(now) is var corrected and > DimmCorrectedPerDay)
            Find(BoardAlarms.HostMemoryErrors, "memory", $"The host's memory had {corrected:0} corrected errors within a day (limit {DimmCorrectedPerDay:0}).", Severity.Warning);
    }

    /// <summary>Shares and quantiles of a handful of requests say nothing: below the minimum of traffic nobody judges.</summary>
    private void Service(BoardView view)
    {
        foreach (var gpu in view.Health.Gpus.Where(g => g.Access == GpuAccess.Good && IsFresh(g.Load, view.Now, Fresh)))
            Memory(gpu, view);
        if (view.Service is not { } service || view.EngineParked || view.Now - service.At > Fresh)
            return;
        var requests = Grow(Measure.Requests, "engine", service.Requests, service.At, ServiceWindow).Sum(view.Now);
        var errors = Grow(Measure.ServerErrors, "engine", service.ServerErrors, service.At, ServiceWindow).Sum(view.Now);
        var lost = Grow(Measure.LostRequests, "engine", service.Lost, service.At, ServiceWindow).Sum(view.Now);
        if (requests >= _limits.MinimumRequests)
        {
            var available = 100 * (1 - (errors + lost) / requests);
            if (available < _limits.AvailabilityPercent && errors + lost >= 3)
                Find(BoardAlarms.AvailabilityLow, "engine", $"{available:0.00} % of {requests:0} requests within 5 min were answered (limit {_limits.AvailabilityPercent} %).");
            if (100 * errors / requests > _limits.ServerErrorPercent && errors >= 3)
                Find(BoardAlarms.HttpErrorsHigh, "engine", $"{errors:0} of {requests:0} requests within 5 min ended with HTTP 5xx, {100 * errors / requests:0.00} % (limit {_limits.ServerErrorPercent} %).");
        }

        if (service.LatencySamples is null || service.LatencySamples < _limits.MinimumRequests)
            return;
        var milder = Stands(BoardAlarms.LatencyHigh, "engine") ? 0.9 : 1;
        Late(service.InterTokenP99Ms, _limits.LatencyP99Ms, "between two tokens");
        Late(service.EndToEndP99Ms, _limits.LatencyP99Ms, "from request to answer");
        Late(service.FirstTokenP99Ms, _limits.FirstTokenMs + _limits.FirstTokenMsPerPromptToken * (service.PromptTokens ?? 0), "to the first token");

        void Late(double? p99, double limit, string what)
        {
            if (p99 > limit * milder)
                Find(BoardAlarms.LatencyHigh, "engine", $"P99 {what} is {p99:0} ms over {service.LatencySamples} answers (limit {limit:0} ms).");
        }
    }

    private void Memory(GpuHealth gpu, BoardView view)
    {
        if (gpu.Load is not { MemoryTotalMib: { } total and > 0, MemoryUsedMib: { } used })
            return;
        // An engine takes nearly all memory for its cache when it starts; what it does not say about the cache, or said long ago, cannot be judged.
        var free = view.Service switch
        {
            null => 0,
            { } service when view.Now - service.At > Fresh => null,
            { } service => service.FreeCacheMib.ElementAtOrDefault(gpu.Index),
        };
        if (free is not { } cache)
            return;
        var percent = 100 * (used - cache) / total;
        if (percent > _limits.GpuMemoryPercent - (Stands(BoardAlarms.GpuMemoryHigh, Name(gpu)) ? 2 : 0))
            Find(BoardAlarms.GpuMemoryHigh, Name(gpu), $"{percent:0.0} % of the memory of GPU {gpu.Index} is in use, {cache:0} MiB of free cache counted as free (limit {_limits.GpuMemoryPercent:0} %).");
    }
}
