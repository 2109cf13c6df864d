using System.Runtime.InteropServices;
using Appliance.Hardware;

namespace Appliance.NvmlTwin;

// Profiling counters: a sample is how busy the GPU was when it was taken.
internal static unsafe partial class Exports
{
    [StructLayout(LayoutKind.Sequential)]
    private struct Sample
    {
        public long Percent;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlGpmQueryDeviceSupport")]
    private static NvmlReturn nvmlGpmQueryDeviceSupport(nint device, NvmlInterop.nvmlGpmSupport_t* support)
    {
        if (TwinDriver.Enter(device, nameof(nvmlGpmQueryDeviceSupport), out _) is not NvmlReturn.Success and var status)
            return status;
        if (support is null || support->version != NvmlInterop.NVML_GPM_SUPPORT_VERSION)
            return NvmlReturn.InvalidArgument;
        support->isSupportedDevice = 1;
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlGpmSampleAlloc")]
    private static NvmlReturn nvmlGpmSampleAlloc(nint* sample)
    {
        if (sample is null)
            return NvmlReturn.InvalidArgument;
        *sample = (nint)NativeMemory.AllocZeroed((nuint)sizeof(Sample));
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlGpmSampleFree")]
    private static NvmlReturn nvmlGpmSampleFree(nint sample)
    {
        NativeMemory.Free((void*)sample);
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlGpmSampleGet")]
    private static NvmlReturn nvmlGpmSampleGet(nint device, nint sample)
    {
        if (TwinDriver.Enter(device, nameof(nvmlGpmSampleGet), out var gpu) is not NvmlReturn.Success and var status)
            return status;
        if (sample == 0)
            return NvmlReturn.InvalidArgument;
        ((Sample*)sample)->Percent = gpu["percent"];
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlGpmMetricsGet")]
    private static NvmlReturn nvmlGpmMetricsGet(NvmlInterop.nvmlGpmMetricsGet_t* asked)
    {
        if (asked is null || asked->version != NvmlInterop.NVML_GPM_METRICS_GET_VERSION || asked->sample1 == 0 || asked->sample2 == 0 || asked->numMetrics > 333)
            return NvmlReturn.InvalidArgument;
        var percent = (((Sample*)asked->sample1)->Percent + ((Sample*)asked->sample2)->Percent) / 2.0;
        for (var i = 0; i < asked->numMetrics; i++)
        {
            ref var metric = ref asked->metrics[i];
            double? value = metric.metricId switch
            {
                NvmlInterop.NVML_GPM_METRIC_GRAPHICS_UTIL => percent,
                NvmlInterop.NVML_GPM_METRIC_ANY_TENSOR_UTIL => percent * 0.6,
                NvmlInterop.NVML_GPM_METRIC_DRAM_BW_UTIL => percent / 2,
                NvmlInterop.NVML_GPM_METRIC_PCIE_TX_PER_SEC or NvmlInterop.NVML_GPM_METRIC_PCIE_RX_PER_SEC => percent * 4, // MiB/s
                _ => null,
            };
            (metric.nvmlReturn, metric.value) = (value is null ? NvmlReturn.NotSupported : NvmlReturn.Success, value ?? 0);
        }

        return NvmlReturn.Success;
    }
}
