using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Health.Board;

public sealed partial class BoardRules
{
    /// <summary>
    /// Symbol errors are counted before forward error correction and are normal at NDR rates. They count against the port's own
    /// normal, and only in numbers that the correction notices.
    /// </summary>
    private const double SymbolFactor = 100;
    private const double SymbolsPerSecond = 10;

    /// <summary>Uptime until which a port may wait for its subnet manager.</summary>
    internal static readonly TimeSpan BootGrace = TimeSpan.FromMinutes(3);

    private void Rdma(BoardView view)
    {
        if (view.Health.RdmaPorts is not { } ports)
            return;
        foreach (var port in ports.Where(p => IsFresh(p, view.Now, FreshSlow)))
            Port(port, view.Now);
        foreach (var name in Missing(ports.Where(p => p.State == "ACTIVE").Select(Name), "active").Where(n => ports.All(p => Name(p) != n)))
        {
            if (Acceptable(BoardAlarms.RdmaPortDown, name, name, "active", null))
                Find(BoardAlarms.RdmaPortDown, name, $"{name} was in use and its adapter is gone.", action: FaultAction.CheckMechanicals);
        }

        Same(ports);
    }

    private static string Name(RdmaPortHealth port) => port.Port <= 1 ? port.Device : $"{port.Device}-{port.Port}";

    private void Port(RdmaPortHealth port, TimeSpan now)
    {
        var name = Name(port);
        var inUse = NormalOf(name, "active") == 1;
        if (port.State is { } state && state != "ACTIVE" && inUse && now > BootGrace && Acceptable(BoardAlarms.RdmaPortDown, name, name, "active", null))
            Find(BoardAlarms.RdmaPortDown, name, $"{name} is {state} ({port.PhysState}); it was ACTIVE before.");
        if (port.State == "ACTIVE" && port.RateGbS is { } rate)
        {
            var usual = NormalOf(name, "rate_gb_s") ?? 0;
            if (rate > usual)
                Learn(name, "rate_gb_s", rate);
            else if (rate < usual && Acceptable(BoardAlarms.RdmaPortErrors, name, name, "rate_gb_s", rate))
                Find(BoardAlarms.RdmaPortErrors, name, $"{name} runs at {rate:0} Gb/s ({port.RateText}); it did {usual:0} before.");
        }

        Any(Measure.LinkDowned, port.LinkDowned, "times the link went down");
        Any(Measure.LinkIntegrity, port.LocalLinkIntegrityErrors, "link integrity errors");
        Any(Measure.BufferOverruns, port.ExcessiveBufferOverruns, "buffer overruns");
        Any(Measure.RetriesLost, port.RnrNakRetryErrors, "connections lost to a receiver that was not ready");
        Rate(Measure.LinkRecoveries, port.LinkErrorRecoveries, 5.0 / 60, "link recoveries");
        Rate(Measure.ReceiveErrors, port.ReceiveErrors, 10, "receive errors");
        Rate(Measure.TransmitDiscards, port.TransmitDiscards, 100, "packets thrown away before sending");
        Rate(Measure.SlowRestarts, port.RoceSlowRestarts, 10, "RoCE slow restarts");
        Rate(Measure.AckTimeouts, port.LocalAckTimeoutErrors, 1, "acknowledgements that timed out");
        if (Grow(Measure.CarrierChanges, name, port.CarrierChanges, port.At, Minute).Sum(now) is var changes and > 2)
            Find(BoardAlarms.RdmaPortErrors, name, $"The carrier of {name} came or went {changes:0} times within a minute (limit 2).");
        Symbols(port, name, now);
        Latency(name, $"over {name}", port.LatencyUs, now);

        // Fatal by the vendor's reading: none of these counters moves on a port that is well.
        void Any(Measure measure, long? count, string what)
        {
            if (Grow(measure, name, count, port.At, Hour).Sum(now) is var sum and > 0)
                Find(BoardAlarms.RdmaPortErrors, name, $"{name} had {sum:0} {what} within an hour (limit 0).");
        }

        void Rate(Measure measure, long? count, double perSecond, string what)
        {
            var growth = Grow(measure, name, count, port.At, Minute);
            if (growth.Sum(now) > perSecond * Minute.TotalSeconds * (Stands(BoardAlarms.RdmaPortErrors, name) ? 0.5 : 1))
                Find(BoardAlarms.RdmaPortErrors, name, $"{name} had {growth.Sum(now):0} {what} within a minute (limit {perSecond * Minute.TotalSeconds:0}).");
        }
    }

    private void Symbols(RdmaPortHealth port, string name, TimeSpan now)
    {
        var symbols = Grow(Measure.Symbols, name, port.SymbolErrors, port.At, ErrorWindow);
        if (symbols.Watched(now) < Minute)
            return;
        var rate = symbols.PerSecond(now);
        var normal = NormalOf(name, "symbols_per_s") ?? 0;
        if (rate > SymbolsPerSecond && rate > SymbolFactor * normal)
            Find(BoardAlarms.RdmaPortErrors, name, $"{name} has {rate:0} symbol errors a second; its normal is {normal:0.00} (limit {SymbolFactor:0} times, at least {SymbolsPerSecond:0}).");
        else if (symbols.Watched(now) >= ErrorWindow && IsLearningTime(name, now))
            LearnSlowly(name, "symbols_per_s", Math.Round(rate, 3), LearnEvery / TimeSpan.FromDays(1));
    }

    private void Same(IReadOnlyList<RdmaPortHealth> ports)
    {
        foreach (var kind in ports.Where(p => p.FirmwareVersion is not null).GroupBy(p => p.HcaType ?? p.BoardId))
        {
            var versions = kind.GroupBy(p => p.FirmwareVersion).OrderByDescending(g => g.Count()).ToArray();
            foreach (var port in versions.Skip(1).SelectMany(g => g))
                Find(BoardAlarms.GpuSettingsDiffer, Name(port), $"{Name(port)} has firmware {port.FirmwareVersion}; {versions[0].Count()} others have {versions[0].Key}.", action: FaultAction.UpdateSoftware);
        }
    }
}
