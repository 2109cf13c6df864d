using System.Runtime.InteropServices;
using Appliance.Hardware;

namespace Appliance.NvmlTwin;

// Who a GPU is and how it is set up.
internal static unsafe partial class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetName")]
    private static NvmlReturn nvmlDeviceGetName(nint device, byte* text, uint length) => Answers.Text(device, nameof(nvmlDeviceGetName), text, length, gpu => TwinGpu.Name);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetUUID")]
    private static NvmlReturn nvmlDeviceGetUUID(nint device, byte* text, uint length) => Answers.Text(device, nameof(nvmlDeviceGetUUID), text, length, gpu => gpu.Uuid);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetSerial")]
    private static NvmlReturn nvmlDeviceGetSerial(nint device, byte* text, uint length) => Answers.Text(device, nameof(nvmlDeviceGetSerial), text, length, gpu => gpu.Serial);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetVbiosVersion")]
    private static NvmlReturn nvmlDeviceGetVbiosVersion(nint device, byte* text, uint length) => Answers.Text(device, nameof(nvmlDeviceGetVbiosVersion), text, length, gpu => gpu.Vbios);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetInforomImageVersion")]
    private static NvmlReturn nvmlDeviceGetInforomImageVersion(nint device, byte* text, uint length) => Answers.Text(device, nameof(nvmlDeviceGetInforomImageVersion), text, length, gpu => gpu.Inforom);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetBoardPartNumber")]
    private static NvmlReturn nvmlDeviceGetBoardPartNumber(nint device, byte* text, uint length) => Answers.Text(device, nameof(nvmlDeviceGetBoardPartNumber), text, length, gpu => "692-2G520-0200-000");

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetInforomVersion")]
    private static NvmlReturn nvmlDeviceGetInforomVersion(nint device, int part, byte* text, uint length) => Answers.Text(device, nameof(nvmlDeviceGetInforomVersion), text, length, gpu => part switch { 0 => "2.1", 1 => "7.16", _ => "N/A" });

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetGspFirmwareVersion")]
    private static NvmlReturn nvmlDeviceGetGspFirmwareVersion(nint device, byte* text) => Answers.Text(device, nameof(nvmlDeviceGetGspFirmwareVersion), text, 64, gpu => DriverVersion);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceValidateInforom")]
    private static NvmlReturn nvmlDeviceValidateInforom(nint device) => TwinDriver.Enter(device, nameof(nvmlDeviceValidateInforom), out _);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetIndex")]
    private static NvmlReturn nvmlDeviceGetIndex(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetIndex), number, gpu => gpu.Index);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetModuleId")]
    private static NvmlReturn nvmlDeviceGetModuleId(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetModuleId), number, gpu => gpu["module"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMinorNumber")]
    private static NvmlReturn nvmlDeviceGetMinorNumber(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetMinorNumber), number, gpu => gpu.Index);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetBoardId")]
    private static NvmlReturn nvmlDeviceGetBoardId(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetBoardId), number, gpu => gpu.Bus << 8);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMultiGpuBoard")]
    private static NvmlReturn nvmlDeviceGetMultiGpuBoard(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetMultiGpuBoard), number, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetInforomConfigurationChecksum")]
    private static NvmlReturn nvmlDeviceGetInforomConfigurationChecksum(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetInforomConfigurationChecksum), number, gpu => 0x7717B0C5);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPersistenceMode")]
    private static NvmlReturn nvmlDeviceGetPersistenceMode(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetPersistenceMode), number, gpu => gpu["persistence"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetComputeMode")]
    private static NvmlReturn nvmlDeviceGetComputeMode(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetComputeMode), number, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetBrand")]
    private static NvmlReturn nvmlDeviceGetBrand(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetBrand), number, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetArchitecture")]
    private static NvmlReturn nvmlDeviceGetArchitecture(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetArchitecture), number, gpu => 9);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetDisplayMode")]
    private static NvmlReturn nvmlDeviceGetDisplayMode(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetDisplayMode), number, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetDisplayActive")]
    private static NvmlReturn nvmlDeviceGetDisplayActive(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetDisplayActive), number, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetNumGpuCores")]
    private static NvmlReturn nvmlDeviceGetNumGpuCores(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetNumGpuCores), number, gpu => 16_896);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMemoryBusWidth")]
    private static NvmlReturn nvmlDeviceGetMemoryBusWidth(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetMemoryBusWidth), number, gpu => 5120);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetBusType")]
    private static NvmlReturn nvmlDeviceGetBusType(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetBusType), number, gpu => 2);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPcieSpeed")]
    private static NvmlReturn nvmlDeviceGetPcieSpeed(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetPcieSpeed), number, gpu => 32_000);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPcieLinkMaxSpeed")]
    private static NvmlReturn nvmlDeviceGetPcieLinkMaxSpeed(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetPcieLinkMaxSpeed), number, gpu => 6);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetIrqNum")]
    private static NvmlReturn nvmlDeviceGetIrqNum(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetIrqNum), number, gpu => 120 + gpu.Index);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetAccountingMode")]
    private static NvmlReturn nvmlDeviceGetAccountingMode(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetAccountingMode), number, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetAccountingBufferSize")]
    private static NvmlReturn nvmlDeviceGetAccountingBufferSize(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetAccountingBufferSize), number, gpu => 4000);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetVirtualizationMode")]
    private static NvmlReturn nvmlDeviceGetVirtualizationMode(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetVirtualizationMode), number, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMaxMigDeviceCount")]
    private static NvmlReturn nvmlDeviceGetMaxMigDeviceCount(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetMaxMigDeviceCount), number, gpu => 7);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetEccMode")]
    private static NvmlReturn nvmlDeviceGetEccMode(nint device, uint* first, uint* second) => Answers.Pair(device, nameof(nvmlDeviceGetEccMode), first, second, gpu => (1, 1));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMigMode")]
    private static NvmlReturn nvmlDeviceGetMigMode(nint device, uint* first, uint* second) => Answers.Pair(device, nameof(nvmlDeviceGetMigMode), first, second, gpu => (0, 0));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetGspFirmwareMode")]
    private static NvmlReturn nvmlDeviceGetGspFirmwareMode(nint device, uint* first, uint* second) => Answers.Pair(device, nameof(nvmlDeviceGetGspFirmwareMode), first, second, gpu => (1, 1));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetCudaComputeCapability")]
    private static NvmlReturn nvmlDeviceGetCudaComputeCapability(nint device, uint* first, uint* second) => Answers.Pair(device, nameof(nvmlDeviceGetCudaComputeCapability), first, second, gpu => (9, 0));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPciInfo")]
    private static NvmlReturn nvmlDeviceGetPciInfo(nint device, NvmlInterop.nvmlPciInfo_t* pci)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetPciInfo), out var gpu);
        if (status == NvmlReturn.Success)
            FillPci(gpu, pci);
        return status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPciInfo_v2")]
    private static NvmlReturn nvmlDeviceGetPciInfo_v2(nint device, NvmlInterop.nvmlPciInfo_t* pci)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetPciInfo_v2), out var gpu);
        if (status == NvmlReturn.Success)
            FillPci(gpu, pci);
        return status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPciInfo_v3")]
    private static NvmlReturn nvmlDeviceGetPciInfo_v3(nint device, NvmlInterop.nvmlPciInfo_t* pci)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetPciInfo_v3), out var gpu);
        if (status == NvmlReturn.Success)
            FillPci(gpu, pci);
        return status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetNumaNodeId")]
    private static NvmlReturn nvmlDeviceGetNumaNodeId(nint device, uint* node)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetNumaNodeId), out _);
        return status == NvmlReturn.Success ? NvmlReturn.NotSupported : status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetCpuAffinityWithinScope")]
    private static NvmlReturn nvmlDeviceGetCpuAffinityWithinScope(nint device, uint size, ulong* set, uint scope)
    {
        return Affinity(device, nameof(nvmlDeviceGetCpuAffinityWithinScope), size, set);
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetCpuAffinity")]
    private static NvmlReturn nvmlDeviceGetCpuAffinity(nint device, uint size, ulong* set)
    {
        return Affinity(device, nameof(nvmlDeviceGetCpuAffinity), size, set);
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetP2PStatus")]
    private static NvmlReturn nvmlDeviceGetP2PStatus(nint one, nint two, int index, int* p2p)
    {
        var status = TwinDriver.Enter(one, nameof(nvmlDeviceGetP2PStatus), out var first);
        if (status == NvmlReturn.Success)
            status = TwinDriver.Enter(two, nameof(nvmlDeviceGetP2PStatus), out _);
        if (status == NvmlReturn.Success)
            *p2p = first["links_down"] == (1 << TwinDriver.Links) - 1 ? 5 : 0;
        return status;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetTopologyCommonAncestor")]
    private static NvmlReturn nvmlDeviceGetTopologyCommonAncestor(nint one, nint two, int* level)
    {
        var status = TwinDriver.Enter(one, nameof(nvmlDeviceGetTopologyCommonAncestor), out var first);
        if (status == NvmlReturn.Success)
            status = TwinDriver.Enter(two, nameof(nvmlDeviceGetTopologyCommonAncestor), out _);
        if (status == NvmlReturn.Success)
            *level = first.Index / 4 == TwinDriver.IndexOf(two) / 4 ? 40 : 50; // one NUMA node, or across both
        return status;
    }

    private static void FillPci(TwinGpu gpu, NvmlInterop.nvmlPciInfo_t* pci)
    {
        *pci = new() { bus = gpu.Bus, pciDeviceId = 0x233010DE, pciSubSystemId = 0x16C110DE };
        _ = Answers.Text(gpu.BusId, pci->busId, 32);
        _ = Answers.Text(gpu.BusIdLegacy, pci->busIdLegacy, 16);
    }

    /// <summary>Two processors of 56 cores with two threads each; four GPUs near each.</summary>
    private static NvmlReturn Affinity(nint device, string function, uint size, ulong* set)
    {
        var status = TwinDriver.Enter(device, function, out var gpu);
        if (status != NvmlReturn.Success)
            return status;
        new Span<ulong>(set, (int)size).Clear();
        for (var cpu = gpu.Index / 4 * 56; cpu < gpu.Index / 4 * 56 + 56; cpu++)
        {
            if (cpu / 64 < size)
                set[cpu / 64] |= 1UL << cpu % 64;
            if ((cpu + 112) / 64 < size)
                set[(cpu + 112) / 64] |= 1UL << (cpu + 112) % 64;
        }

        return NvmlReturn.Success;
    }
}
