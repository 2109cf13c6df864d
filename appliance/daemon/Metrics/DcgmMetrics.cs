using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Daemon.Metrics;

/// <summary>
/// What dcgm-exporter shows by default, under its names, with its labels and in its units, so that dashboards and rules made for it
/// work unchanged. The names are not Prometheus' style and stay as they are; ours begin with <c>appliance_</c>. The five profiling
/// metrics are there for who asks for them: reading them keeps an idle GPU awake.
/// </summary>
internal static class DcgmMetrics
{
    /// <summary>Older values are absent: a GPU that hangs must not look alive.</summary>
    private static readonly TimeSpan _ttl = TimeSpan.FromSeconds(10);

    public static void Write(PrometheusText page, MetricsSource source)
    {
        if (source.Health is not { } health)
            return;
        var gpus = health.Gpus.Where(g => g.Identity is not null).ToArray();
        var writer = new Writer(page, source, gpus, health.Probe?.DriverVersion);

        writer.Gauge("SM_CLOCK", "SM clock frequency (in MHz).", g => g.Clocks, c => c.SmMhz);
        writer.Gauge("MEM_CLOCK", "Memory clock frequency (in MHz).", g => g.Clocks, c => c.MemoryMhz);
        writer.Gauge("MEMORY_TEMP", "Memory temperature (in C).", g => g.Heat, h => h.MemoryTemperatureC);
        writer.Gauge("GPU_TEMP", "GPU temperature (in C).", g => g.Heat, h => h.TemperatureC);
        writer.Gauge("POWER_USAGE", "Power draw (in W).", g => g.Power, p => p.PowerW);
        writer.Counter("TOTAL_ENERGY_CONSUMPTION", "Total energy consumption since boot (in mJ).", g => g.Power, p => p.EnergyJ * 1000);
        writer.Counter("PCIE_REPLAY_COUNTER", "Total number of PCIe retries.", g => g.Pcie, p => p.Replays);
        writer.Gauge("GPU_UTIL", "GPU utilization (in %).", g => g.Load, l => l.GpuPercent);
        writer.Gauge("MEM_COPY_UTIL", "Memory utilization (in %).", g => g.Load, l => l.MemoryPercent);
        writer.Gauge("ENC_UTIL", "Encoder utilization (in %).", g => g.Load, l => l.EncoderPercent);
        writer.Gauge("DEC_UTIL", "Decoder utilization (in %).", g => g.Load, l => l.DecoderPercent);
        writer.Gauge("XID_ERRORS", "Value of the last XID error encountered.", g => LastXid(g, source));
        writer.Gauge("FB_FREE", "Framebuffer memory free (in MiB).", g => g.Load, l => l.MemoryFreeMib);
        writer.Gauge("FB_USED", "Framebuffer memory used (in MiB).", g => g.Load, l => l.MemoryUsedMib);
        writer.Gauge("FB_RESERVED", "Framebuffer memory reserved (in MiB).", g => g.Load, l => l.MemoryReservedMib);
        writer.Counter("NVLINK_BANDWIDTH_TOTAL", "Total NVLink payload of all links, sent and received (in KiB).", g => g.Nvlinks, n => n.SentKib + n.ReceivedKib);
        writer.Gauge("VGPU_LICENSE_STATUS", "vGPU License status", _ => 0); // a box has no vGPU and so no licence
        writer.Counter("UNCORRECTABLE_REMAPPED_ROWS", "Number of remapped rows for uncorrectable errors", g => g.RowRemaps, r => r.Uncorrectable);
        writer.Counter("CORRECTABLE_REMAPPED_ROWS", "Number of remapped rows for correctable errors", g => g.RowRemaps, r => r.Correctable);
        writer.Gauge("ROW_REMAP_FAILURE", "Whether remapping of rows has failed", g => g.RowRemaps, r => r.Failed is { } failed ? failed ? 1 : 0 : null);
        if (!source.Profiling)
            return;
        writer.Profile("GR_ENGINE_ACTIVE", "Ratio of time the graphics engine is active.", p => p.GraphicsActive);
        writer.Profile("PIPE_TENSOR_ACTIVE", "Ratio of cycles the tensor (HMMA) pipe is active.", p => p.TensorActive);
        writer.Profile("DRAM_ACTIVE", "Ratio of cycles the device memory interface is active sending or receiving data.", p => p.MemoryActive);
        writer.Profile("PCIE_TX_BYTES", "The rate of data transmitted over the PCIe bus - including both protocol headers and data payloads - in bytes per second.", p => p.PcieSentBytesPerS);
        writer.Profile("PCIE_RX_BYTES", "The rate of data received over the PCIe bus - including both protocol headers and data payloads - in bytes per second.", p => p.PcieReceivedBytesPerS);
    }

    private static double LastXid(GpuHealth gpu, MetricsSource source) => gpu.Identity?.PciBusId is { } address
        ? source.Xids.FirstOrDefault(x => x.IsLast && x.Gpu == PciAddress.Short(address)).Xid
        : 0;

    private readonly struct Writer(PrometheusText page, MetricsSource source, GpuHealth[] gpus, string? driver)
    {
        public void Gauge<T>(string name, string help, Func<GpuHealth, T?> group, Func<T, double?> value)
            where T : HealthGroup
        {
            page.Gauge($"DCGM_FI_DEV_{name}", help);
            Samples(group, value);
        }

        public void Counter<T>(string name, string help, Func<GpuHealth, T?> group, Func<T, double?> value)
            where T : HealthGroup
        {
            page.Counter($"DCGM_FI_DEV_{name}", help);
            Samples(group, value);
        }

        /// <summary>Older ones are absent: who stopped asking is not told what was.</summary>
        public void Profile(string name, string help, Func<GpuProfile, double?> value)
        {
            page.Gauge($"DCGM_FI_PROF_{name}", help);
            foreach (var gpu in gpus)
            {
                if (gpu.Profile is { } read && read.Age(source.Now.Uptime) <= _ttl)
                    Sample(gpu, value(read));
            }
        }

        public void Gauge(string name, string help, Func<GpuHealth, double?> value)
        {
            page.Gauge($"DCGM_FI_DEV_{name}", help);
            foreach (var gpu in gpus)
                Sample(gpu, value(gpu));
        }

        private void Samples<T>(Func<GpuHealth, T?> group, Func<T, double?> value)
            where T : HealthGroup
        {
            foreach (var gpu in gpus)
            {
                // A slow group is as old as its own rate; what counts for it is whether the GPU still answers.
                if (group(gpu) is { } read && (gpu.Access == GpuAccess.Good || read.Age(source.Now.Uptime) <= _ttl))
                    Sample(gpu, value(read));
            }
        }

        private void Sample(GpuHealth gpu, double? value) => page.Sample(
            value,
            ("gpu", $"{gpu.Index}"), ("UUID", gpu.Identity?.Uuid), ("pci_bus_id", gpu.Identity?.PciBusId),
            ("device", $"nvidia{gpu.Identity?.MinorNumber ?? gpu.Index}"), ("modelName", gpu.Identity?.Name),
            ("Hostname", source.Snapshot.Node), ("DCGM_FI_DRIVER_VERSION", driver));
    }
}
