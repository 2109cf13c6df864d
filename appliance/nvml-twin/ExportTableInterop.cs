using System.Runtime.InteropServices;
using Appliance.Hardware;

namespace Appliance.NvmlTwin;

// nvidia-smi asks for a table of functions that no header describes. What is known of it (NVIDIA/k8s-test-infra found it out by trial
// with nvidia-smi 580): the table's identifier; entry 0 is its size in bytes; entry 81 gives a device handle by index; 213 to 215 list
// processes; 230 tells the host's highest PCIe generation; every other entry must succeed, and leave a zero where a count is wanted.
internal static unsafe partial class Exports
{
    private const int Entries = 256;
    private const int HandleByIndex = 81;
    private const int ProcessesFirst = 213;
    private const int ProcessesLast = 215;
    private const int HostMaxPcieGeneration = 230;

    private static readonly Guid _known = new("6c3efec4-8fc9-4e6c-a327-ee696e12f7c4");
    private static readonly nint* _table = Build();

    [UnmanagedCallersOnly(EntryPoint = "nvmlInternalGetExportTable")]
    private static NvmlReturn nvmlInternalGetExportTable(nint** table, Guid* id)
    {
        if (table is null || id is null || *id != _known)
            return NvmlReturn.NotSupported;
        *table = _table;
        return NvmlReturn.Success;
    }

    private static nint* Build()
    {
        var table = (nint*)NativeMemory.AllocZeroed(Entries, (nuint)sizeof(nint)); // for the life of the process
        table[0] = 0x1000;
        for (var i = 1; i < Entries; i++)
            table[i] = (nint)(delegate* unmanaged<nint, uint*, nint, nint, NvmlReturn>)&AnyInternal;
        table[HandleByIndex] = (nint)(delegate* unmanaged<nint, nint*, nint, nint, NvmlReturn>)&HandleInternal;
        table[HostMaxPcieGeneration] = (nint)(delegate* unmanaged<nint, uint*, nint, nint, NvmlReturn>)&HostGenerationInternal;
        for (var i = ProcessesFirst; i <= ProcessesLast; i++)
            table[i] = (nint)(delegate* unmanaged<nint, uint*, nint, nint, NvmlReturn>)&AnyInternal; // no process: a zero count
        return table;
    }

    [UnmanagedCallersOnly]
    private static NvmlReturn HandleInternal(nint index, nint* device, nint kind, nint unused) =>
        device is not null && index is >= 0 and < 64 ? Handle((int)index, device) : NvmlReturn.Success;

    [UnmanagedCallersOnly]
    private static NvmlReturn HostGenerationInternal(nint device, uint* generation, nint unused, nint unused2)
    {
        if (TwinDriver.IsHandle(device) && generation is not null)
            *generation = 5;
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly]
    private static NvmlReturn AnyInternal(nint device, uint* count, nint unused, nint unused2)
    {
        if (TwinDriver.IsHandle(device) && count is not null)
            *count = 0;
        return NvmlReturn.Success;
    }
}
