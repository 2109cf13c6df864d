using System.Runtime.CompilerServices;
using Appliance.Model;

namespace Appliance.Hardware;

// Profiling counters (GPM): two samples and the driver's arithmetic between them.
internal sealed unsafe partial class NvmlSurvey
{
    private const double MibPerS = 1024 * 1024;

    private static readonly uint[] _profileMetrics =
    [
        NvmlInterop.NVML_GPM_METRIC_GRAPHICS_UTIL, NvmlInterop.NVML_GPM_METRIC_ANY_TENSOR_UTIL, NvmlInterop.NVML_GPM_METRIC_DRAM_BW_UTIL,
        NvmlInterop.NVML_GPM_METRIC_PCIE_TX_PER_SEC, NvmlInterop.NVML_GPM_METRIC_PCIE_RX_PER_SEC,
    ];

    private nint _before;
    private nint _now;
    private bool _isSampled;
    private long _profileUntilTicks;

    /// <summary>Profiling counters are wanted until this uptime; set by any thread.</summary>
    public void Profile(TimeSpan until) => Volatile.Write(ref _profileUntilTicks, until.Ticks);

    private bool ReadProfile()
    {
        if (Now.Ticks >= Volatile.Read(ref _profileUntilTicks))
        {
            _isSampled = false;
            if (_health.Profile is not null)
                _health = _health with { Profile = null };
            return true; // not wanted now is not the same as not there
        }

        if (!HasSamples() || !Ok(_nvml.nvmlGpmSampleGet(_device, _now)))
            return false;
        if (_isSampled)
            _health = _health with { Profile = Between(_before, _now) };
        (_before, _now, _isSampled) = (_now, _before, true);
        return true;
    }

    /// <summary>Two, kept for the life of the process.</summary>
    private bool HasSamples()
    {
        if (_now != 0)
            return true;
        var support = new NvmlInterop.nvmlGpmSupport_t { version = NvmlInterop.NVML_GPM_SUPPORT_VERSION };
        if (!Ok(_nvml.nvmlGpmQueryDeviceSupport(_device, &support)) || support.isSupportedDevice == 0)
            return false;
        nint before, now;
        if (!Ok(_nvml.nvmlGpmSampleAlloc(&before)))
            return false;
        if (!Ok(_nvml.nvmlGpmSampleAlloc(&now)))
        {
            _ = _nvml.nvmlGpmSampleFree(before);
            return false;
        }

        (_before, _now) = (before, now);
        return true;
    }

    [SkipLocalsInit] // thirteen kilobytes, of which five entries are used
    private GpuProfile? Between(nint before, nint now)
    {
        Unsafe.SkipInit(out NvmlInterop.nvmlGpmMetricsGet_t asked);
        (asked.version, asked.numMetrics, asked.sample1, asked.sample2) = (NvmlInterop.NVML_GPM_METRICS_GET_VERSION, (uint)_profileMetrics.Length, before, now);
        for (var i = 0; i < _profileMetrics.Length; i++)
            asked.metrics[i] = new() { metricId = _profileMetrics[i] };
        if (!Ok(_nvml.nvmlGpmMetricsGet(&asked)))
            return null;
        return new()
        {
            GraphicsActive = Value(asked.metrics[0], 0.01),
            TensorActive = Value(asked.metrics[1], 0.01),
            MemoryActive = Value(asked.metrics[2], 0.01),
            PcieSentBytesPerS = Value(asked.metrics[3], MibPerS),
            PcieReceivedBytesPerS = Value(asked.metrics[4], MibPerS),
            At = Now,
        };
    }

    private static double? Value(in NvmlInterop.nvmlGpmMetric_t metric, double scale) =>
        metric.nvmlReturn == NvmlReturn.Success && double.IsFinite(metric.value) ? metric.value * scale : null;
}
