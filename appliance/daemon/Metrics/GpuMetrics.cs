using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Daemon.Metrics;

/// <summary>GPUs and what connects them as <c>appliance_*</c>: what dcgm-exporter leaves out by default or shows in other units.</summary>
internal static class GpuMetrics
{
    private const double Mib = 1024 * 1024;

    public static void Write(PrometheusText page, MetricsSource source)
    {
        Frames(page, source.Snapshot.Gpus);
        if (source.Health is not { } health)
            return;
        page.Gauge("appliance_probe_blind", "1 while no call into the GPU driver returns.", health.Probe is { } probe ? probe.BlindSince is null ? 0 : 1 : null);
        page.Gauge("appliance_fabric_manager_alive", "1 while the Fabric Manager process runs.", health.Fabric?.ManagerAlive is { } alive ? alive ? 1 : 0 : null);
        Counters(page, health.Gpus);
        page.Counter("appliance_gpu_xid_errors_total", "Driver errors (XID) since the control plane started.");
        foreach (var (address, xid, count, _) in source.Xids)
        {
            var gpu = health.Gpus.FirstOrDefault(g => g.Identity?.PciBusId is { } own && PciAddress.Short(own) == address);
            page.Sample(count, ("gpu", gpu is null ? address : $"{gpu.Index}"), ("uuid", gpu?.Identity?.Uuid), ("xid", $"{xid}"));
        }

        Nvlinks(page, health.Gpus);
        if (health.RdmaPorts is { } ports)
            Ports(page, ports);
    }

    private static void Frames(PrometheusText page, IReadOnlyList<GpuFrame> gpus)
    {
        void Gauge(string name, string help, Func<GpuFrame, double?> value)
        {
            page.Gauge($"appliance_gpu_{name}", help);
            foreach (var gpu in gpus)
                page.Sample(value(gpu), ("gpu", $"{gpu.Index}"), ("uuid", gpu.Uuid));
        }

        page.Gauge("appliance_gpu_ok", "1 while the GPU answers and nothing is wrong with it.");
        foreach (var gpu in gpus)
            page.Sample(gpu.State == "ok" ? 1 : 0, ("gpu", $"{gpu.Index}"), ("uuid", gpu.Uuid), ("state", gpu.State));
        Gauge("temperature_celsius", "GPU die.", g => g.TemperatureC);
        Gauge("memory_temperature_celsius", "HBM.", g => g.MemoryTemperatureC);
        Gauge("throttle_margin_celsius", "Kelvin left to throttling (NVML T.Limit).", g => g.MarginK);
        Gauge("power_watts", "Power drawn now.", g => g.PowerW);
        Gauge("power_limit_watts", "Power limit in force.", g => g.PowerLimitW);
        Gauge("utilization_ratio", "Share of time with a kernel running, 0 to 1.", g => g.UtilizationPercent / 100);
        Gauge("memory_used_bytes", "Memory in use.", g => g.MemoryUsedMib * Mib);
        Gauge("memory_size_bytes", "Memory fitted.", g => g.MemoryTotalMib * Mib);
    }

    private static void Counters(PrometheusText page, IReadOnlyList<GpuHealth> gpus)
    {
        void Counter(string name, string help, Func<GpuHealth, double?> value)
        {
            page.Counter($"appliance_gpu_{name}", help);
            foreach (var gpu in gpus)
                page.Sample(value(gpu), ("gpu", $"{gpu.Index}"), ("uuid", gpu.Identity?.Uuid));
        }

        Counter("energy_joules_total", "Energy since the driver was loaded.", g => g.Power?.EnergyJ);
        Counter("ecc_corrected_errors_total", "Corrected memory errors since the driver was loaded.", g => g.Ecc?.VolatileCorrected);
        Counter("ecc_uncorrected_errors_total", "Uncorrected memory errors since the driver was loaded.", g => g.Ecc?.VolatileUncorrected);
        Counter("pcie_replays_total", "PCIe packets sent again.", g => g.Pcie?.Replays);
        Counter("pcie_sent_bytes_total", "Bytes the GPU sent over PCIe.", g => g.Pcie?.SentBytes);
        Counter("pcie_received_bytes_total", "Bytes the GPU received over PCIe.", g => g.Pcie?.ReceivedBytes);
        Counter("power_capped_seconds_total", "Time below the wanted clocks for the power limit.", g => g.Clocks?.PowerViolationNs / 1e9);
        Counter("thermal_capped_seconds_total", "Time below the wanted clocks for temperature.", g => g.Clocks?.ThermalViolationNs / 1e9);
        page.Gauge("appliance_gpu_pcie_generation", "PCIe generation of the link now.");
        foreach (var gpu in gpus)
            page.Sample(gpu.Pcie?.Generation, ("gpu", $"{gpu.Index}"), ("uuid", gpu.Identity?.Uuid));
        page.Gauge("appliance_gpu_pcie_lanes", "PCIe lanes of the link now.");
        foreach (var gpu in gpus)
            page.Sample(gpu.Pcie?.Width, ("gpu", $"{gpu.Index}"), ("uuid", gpu.Identity?.Uuid));
        page.Gauge("appliance_gpu_row_remap_pending", "1 while a row remap waits for a reset.");
        foreach (var gpu in gpus)
            page.Sample(gpu.RowRemaps?.Pending is { } pending ? pending ? 1 : 0 : null, ("gpu", $"{gpu.Index}"), ("uuid", gpu.Identity?.Uuid));
    }

    private static void Nvlinks(PrometheusText page, IReadOnlyList<GpuHealth> gpus)
    {
        var links = gpus.SelectMany(g => (g.Nvlinks?.Links ?? []).Select(l => (Gpu: $"{g.Index}", Link: l))).ToArray();
        void Counter(string name, string help, Func<NvlinkHealth, double?> value)
        {
            page.Counter($"appliance_nvlink_{name}", help);
            foreach (var (gpu, link) in links)
                page.Sample(value(link), ("gpu", gpu), ("link", $"{link.Link}"));
        }

        page.Gauge("appliance_nvlink_up", "1 while the link is up.");
        foreach (var (gpu, link) in links)
            page.Sample(link.Up is { } up ? up ? 1 : 0 : null, ("gpu", gpu), ("link", $"{link.Link}"));
        Counter("replays_total", "Packets sent again.", l => l.Replays);
        Counter("recoveries_total", "Times the link trained again.", l => l.Recoveries);
        Counter("crc_errors_total", "CRC errors.", l => l.CrcErrors);
        page.Counter("appliance_nvlink_sent_bytes_total", "Payload sent over all links of a GPU.");
        foreach (var gpu in gpus)
            page.Sample(gpu.Nvlinks?.SentKib * 1024.0, ("gpu", $"{gpu.Index}"));
        page.Counter("appliance_nvlink_received_bytes_total", "Payload received over all links of a GPU.");
        foreach (var gpu in gpus)
            page.Sample(gpu.Nvlinks?.ReceivedKib * 1024.0, ("gpu", $"{gpu.Index}"));
    }

    private static void Ports(PrometheusText page, IReadOnlyList<RdmaPortHealth> ports)
    {
        void Family(string name, string help, Func<RdmaPortHealth, double?> value)
        {
            if (name.EndsWith("_total", StringComparison.Ordinal))
                page.Counter($"appliance_rdma_{name}", help);
            else
                page.Gauge($"appliance_rdma_{name}", help);
            foreach (var port in ports)
                page.Sample(value(port), ("device", port.Device), ("port", $"{port.Port}"));
        }

        Family("up", "1 while the port is ACTIVE.", p => p.State is { } state ? state == "ACTIVE" ? 1 : 0 : null);
        Family("speed_bytes_per_second", "Signalling rate of the port.", p => p.RateGbS * 1e9 / 8);
        Family("sent_bytes_total", "Bytes sent.", p => p.SentBytes);
        Family("received_bytes_total", "Bytes received.", p => p.ReceivedBytes);
        Family("link_downed_total", "Times the link went down.", p => p.LinkDowned);
        Family("symbol_errors_total", "Symbol errors; not zero on a healthy PAM4 link.", p => p.SymbolErrors);
        Family("receive_errors_total", "Packets received with errors.", p => p.ReceiveErrors);
        Family("transmit_discards_total", "Packets given up before sending.", p => p.TransmitDiscards);
        Family("latency_seconds", "Round trip to the configured peer.", p => p.LatencyUs / 1e6);
    }
}
