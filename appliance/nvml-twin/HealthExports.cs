using System.Runtime.InteropServices;
using Appliance.Hardware;

namespace Appliance.NvmlTwin;

// Memory health, NVLink, fabric, events, processes.
internal static unsafe partial class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetTotalEccErrors")]
    private static NvmlReturn nvmlDeviceGetTotalEccErrors(nint device, int type, int life, ulong* count)
    {
        return Answers.Number(device, nameof(nvmlDeviceGetTotalEccErrors), count, gpu => gpu[type == 0 ? "ecc_corrected" : "ecc_uncorrected"]);
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMemoryErrorCounter")]
    private static NvmlReturn nvmlDeviceGetMemoryErrorCounter(nint device, int type, int life, int place, ulong* count)
    {
        const int DeviceMemory = 2;
        return Answers.Number(device, nameof(nvmlDeviceGetMemoryErrorCounter), count, gpu => place == DeviceMemory ? gpu[type == 0 ? "ecc_corrected" : "ecc_uncorrected"] : 0);
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetSramEccErrorStatus")]
    private static NvmlReturn nvmlDeviceGetSramEccErrorStatus(nint device, NvmlInterop.nvmlEccSramErrorStatus_v1_t* sram)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetSramEccErrorStatus), out var gpu);
        if (status != NvmlReturn.Success)
            return status;
        if (sram->version != NvmlInterop.nvmlEccSramErrorStatus_v1)
            return NvmlReturn.ArgumentVersionMismatch;
        var isOver = gpu["sram_threshold"] != 0;
        *sram = new() { version = sram->version, aggregateUncSecDed = isOver ? 11u : 0u, bThresholdExceeded = isOver ? 1u : 0u };
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetRemappedRows")]
    private static NvmlReturn nvmlDeviceGetRemappedRows(nint device, uint* corrected, uint* uncorrected, uint* pending, uint* failed)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetRemappedRows), out var gpu);
        if (status == NvmlReturn.Success)
            (*corrected, *uncorrected, *pending, *failed) = (0, (uint)gpu["remapped"], (uint)gpu["remap_pending"], (uint)gpu["remap_failed"]);
        return status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetRemappedRows_v2")]
    private static NvmlReturn nvmlDeviceGetRemappedRows_v2(nint device, NvmlInterop.nvmlRemappedRowsInfo_v2_t* rows)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetRemappedRows_v2), out var gpu);
        if (status == NvmlReturn.Success)
            *rows = new() { uncActiveRemaps = (uint)gpu["remapped"], bPending = (uint)gpu["remap_pending"], bFailureOccurred = (uint)gpu["remap_failed"] };
        return status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetRowRemapperHistogram")]
    private static NvmlReturn nvmlDeviceGetRowRemapperHistogram(nint device, NvmlInterop.nvmlRowRemapperHistogramValues_t* banks)
    {
        const uint Banks = 2560;
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetRowRemapperHistogram), out var gpu);
        if (status != NvmlReturn.Success)
            return status;
        var (used, none) = (Math.Min((uint)gpu["remapped"], Banks), (uint)gpu["remap_failed"]);
        *banks = new() { max = Banks - used - none, high = used, none = none };
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetRepairStatus")]
    private static NvmlReturn nvmlDeviceGetRepairStatus(nint device, NvmlInterop.nvmlRepairStatus_v1_t* repair)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetRepairStatus), out _);
        if (status != NvmlReturn.Success)
            return status;
        if (repair->version != NvmlInterop.nvmlRepairStatus_v1)
            return NvmlReturn.ArgumentVersionMismatch;
        *repair = new() { version = repair->version };
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetUnrepairableMemoryFlag_v1")]
    private static NvmlReturn nvmlDeviceGetUnrepairableMemoryFlag_v1(nint device, uint* flag) => Answers.Number(device, nameof(nvmlDeviceGetUnrepairableMemoryFlag_v1), flag, gpu => gpu["remap_failed"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetNvLinkState")]
    private static NvmlReturn nvmlDeviceGetNvLinkState(nint device, uint link, uint* isActive)
    {
        var status = Answers.Link(device, nameof(nvmlDeviceGetNvLinkState), link, out var gpu);
        if (status == NvmlReturn.Success)
            *isActive = (gpu["links_down"] >> (int)link & 1) == 0 ? 1u : 0u;
        return status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetNvLinkVersion")]
    private static NvmlReturn nvmlDeviceGetNvLinkVersion(nint device, uint link, uint* version)
    {
        var status = Answers.Link(device, nameof(nvmlDeviceGetNvLinkVersion), link, out _);
        if (status == NvmlReturn.Success)
            *version = 6;
        return status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetNvLinkCapability")]
    private static NvmlReturn nvmlDeviceGetNvLinkCapability(nint device, uint link, int capability, uint* has)
    {
        var status = Answers.Link(device, nameof(nvmlDeviceGetNvLinkCapability), link, out _);
        if (status == NvmlReturn.Success)
            *has = 1;
        return status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetNvLinkErrorCounter")]
    private static NvmlReturn nvmlDeviceGetNvLinkErrorCounter(nint device, uint link, int counter, ulong* count)
    {
        var status = Answers.Link(device, nameof(nvmlDeviceGetNvLinkErrorCounter), link, out var gpu);
        if (status != NvmlReturn.Success)
            return status;
        var corrected = 43 + (ulong)((gpu.Index * 31 + (int)link * 17) % 100); // what two healthy boards showed: 43 to 158
        *count = counter switch { 3 => corrected, 4 => corrected * 3 / 2, _ => (ulong)gpu[$"link{link}_errors"] };
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetNvLinkRemotePciInfo_v2")]
    private static NvmlReturn nvmlDeviceGetNvLinkRemotePciInfo_v2(nint device, uint link, NvmlInterop.nvmlPciInfo_t* pci)
    {
        var status = Answers.Link(device, nameof(nvmlDeviceGetNvLinkRemotePciInfo_v2), link, out _);
        if (status != NvmlReturn.Success)
            return status;
        *pci = new() { domain = uint.MaxValue, bus = 0xFF, device = 0xFF };
        _ = Answers.Text("FFFFFFFF:FF:FF.0", pci->busId, 32);
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetNvLinkRemoteDeviceType")]
    private static NvmlReturn nvmlDeviceGetNvLinkRemoteDeviceType(nint device, uint link, int* type)
    {
        var status = Answers.Link(device, nameof(nvmlDeviceGetNvLinkRemoteDeviceType), link, out _);
        if (status == NvmlReturn.Success)
            *type = 2; // a switch
        return status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetGpuFabricInfoV")]
    private static NvmlReturn nvmlDeviceGetGpuFabricInfoV(nint device, NvmlInterop.nvmlGpuFabricInfo_v3_t* info)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetGpuFabricInfoV), out var gpu);
        if (status != NvmlReturn.Success)
            return status;
        if (info->version != NvmlInterop.nvmlGpuFabricInfo_v2 && (TwinDriver.IsOld || info->version != NvmlInterop.nvmlGpuFabricInfo_v3))
            return NvmlReturn.ArgumentVersionMismatch;
        var isNew = info->version == NvmlInterop.nvmlGpuFabricInfo_v3;
        new Span<byte>(info->clusterUuid, 16).Clear();
        info->status = NvmlReturn.Success;
        info->cliqueId = 0;
        info->state = (uint)gpu["fabric_state"];
        info->healthMask = (uint)gpu["fabric_mask"];
        if (isNew)
            info->healthSummary = 0;
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlEventSetCreate")]
    private static NvmlReturn nvmlEventSetCreate(nint* set)
    {
        *set = EventSets.Create();
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlEventSetFree")]
    private static NvmlReturn nvmlEventSetFree(nint set) => EventSets.Free(set) ? NvmlReturn.Success : NvmlReturn.InvalidArgument;

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetSupportedEventTypes")]
    private static NvmlReturn nvmlDeviceGetSupportedEventTypes(nint device, ulong* types) => Answers.Number(device, nameof(nvmlDeviceGetSupportedEventTypes), types, gpu => 0x819F);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceRegisterEvents")]
    private static NvmlReturn nvmlDeviceRegisterEvents(nint device, ulong types, nint set)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceRegisterEvents), out var gpu);
        return status != NvmlReturn.Success ? status : EventSets.Register(set, gpu.Index) ? NvmlReturn.Success : NvmlReturn.InvalidArgument;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlEventSetWait")]
    private static NvmlReturn nvmlEventSetWait(nint set, NvmlInterop.nvmlEventData_t* data, uint timeoutMs) => Wait(set, data, timeoutMs);

    [UnmanagedCallersOnly(EntryPoint = "nvmlEventSetWait_v2")]
    private static NvmlReturn nvmlEventSetWait_v2(nint set, NvmlInterop.nvmlEventData_t* data, uint timeoutMs) => Wait(set, data, timeoutMs);

    /// <summary>Both versions answer alike: no GPU here is cut into instances.</summary>
    private static NvmlReturn Wait(nint set, NvmlInterop.nvmlEventData_t* data, uint timeoutMs)
    {
        var status = EventSets.Wait(set, TimeSpan.FromMilliseconds(timeoutMs), out var gpu, out var xid);
        if (status == NvmlReturn.Success)
        {
            *data = new()
            {
                device = new(TwinDriver.HandleOf(gpu)),
                eventType = NvmlInterop.nvmlEventTypeXidCriticalError,
                eventData = (ulong)xid,
                gpuInstanceId = uint.MaxValue,
                computeInstanceId = uint.MaxValue,
            };
        }

        return status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetComputeRunningProcesses")]
    private static NvmlReturn nvmlDeviceGetComputeRunningProcesses(nint device, uint* count, void* infos) => Answers.Number(device, nameof(nvmlDeviceGetComputeRunningProcesses), count, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetComputeRunningProcesses_v2")]
    private static NvmlReturn nvmlDeviceGetComputeRunningProcesses_v2(nint device, uint* count, void* infos) => Answers.Number(device, nameof(nvmlDeviceGetComputeRunningProcesses_v2), count, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetComputeRunningProcesses_v3")]
    private static NvmlReturn nvmlDeviceGetComputeRunningProcesses_v3(nint device, uint* count, void* infos) => Answers.Number(device, nameof(nvmlDeviceGetComputeRunningProcesses_v3), count, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetGraphicsRunningProcesses")]
    private static NvmlReturn nvmlDeviceGetGraphicsRunningProcesses(nint device, uint* count, void* infos) => Answers.Number(device, nameof(nvmlDeviceGetGraphicsRunningProcesses), count, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetGraphicsRunningProcesses_v2")]
    private static NvmlReturn nvmlDeviceGetGraphicsRunningProcesses_v2(nint device, uint* count, void* infos) => Answers.Number(device, nameof(nvmlDeviceGetGraphicsRunningProcesses_v2), count, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetGraphicsRunningProcesses_v3")]
    private static NvmlReturn nvmlDeviceGetGraphicsRunningProcesses_v3(nint device, uint* count, void* infos) => Answers.Number(device, nameof(nvmlDeviceGetGraphicsRunningProcesses_v3), count, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMPSComputeRunningProcesses")]
    private static NvmlReturn nvmlDeviceGetMPSComputeRunningProcesses(nint device, uint* count, void* infos) => Answers.Number(device, nameof(nvmlDeviceGetMPSComputeRunningProcesses), count, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMPSComputeRunningProcesses_v2")]
    private static NvmlReturn nvmlDeviceGetMPSComputeRunningProcesses_v2(nint device, uint* count, void* infos) => Answers.Number(device, nameof(nvmlDeviceGetMPSComputeRunningProcesses_v2), count, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMPSComputeRunningProcesses_v3")]
    private static NvmlReturn nvmlDeviceGetMPSComputeRunningProcesses_v3(nint device, uint* count, void* infos) => Answers.Number(device, nameof(nvmlDeviceGetMPSComputeRunningProcesses_v3), count, gpu => 0);
}
