using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>Reads what names a GPU and the firmware on it. What the driver does not say is null.</summary>
internal static unsafe class NvmlIdentity
{
    private const int Length = 96;

    private delegate NvmlReturn TextCall(NvmlDevice device, byte* text, uint length);

    private delegate NvmlReturn NumberCall(NvmlDevice device, uint* number);

    /// <summary>The names alone: quick.</summary>
    public static GpuIdentity Names(NvmlInterop nvml, NvmlDevice device) => new()
    {
        Name = Text(nvml.nvmlDeviceGetName, device),
        Uuid = Text(nvml.nvmlDeviceGetUUID, device),
        PciBusId = PciBusId(nvml, device),
    };

    /// <summary>Null where the driver does not tell. Takes its time: the whole InfoROM is read from the board.</summary>
    public static bool? IsInforomValid(NvmlInterop nvml, NvmlDevice device) => nvml.nvmlDeviceValidateInforom(device) switch
    {
        NvmlReturn.Success => true,
        NvmlReturn.CorruptedInforom => false,
        _ => null,
    };

    /// <summary>All of it but the check of the InfoROM.</summary>
    public static GpuIdentity Read(NvmlInterop nvml, NvmlDevice device, TimeSpan now)
    {
        uint enabled, byDefault;
        return new()
        {
            At = now,
            Name = Text(nvml.nvmlDeviceGetName, device),
            Uuid = Text(nvml.nvmlDeviceGetUUID, device),
            Serial = Text(nvml.nvmlDeviceGetSerial, device),
            ModuleId = Number(nvml.nvmlDeviceGetModuleId, device),
            PciBusId = PciBusId(nvml, device),
            MinorNumber = Number(nvml.nvmlDeviceGetMinorNumber, device),
            BoardPartNumber = Text(nvml.nvmlDeviceGetBoardPartNumber, device),
            VbiosVersion = Text(nvml.nvmlDeviceGetVbiosVersion, device),
            InforomImageVersion = Text(nvml.nvmlDeviceGetInforomImageVersion, device),
            GspFirmwareVersion = Text((d, text, _) => nvml.nvmlDeviceGetGspFirmwareVersion(d, text), device),
            GspEnabled = nvml.nvmlDeviceGetGspFirmwareMode(device, &enabled, &byDefault) == NvmlReturn.Success ? enabled != 0 : null,
        };
    }

    private static string? PciBusId(NvmlInterop nvml, NvmlDevice device)
    {
        NvmlInterop.nvmlPciInfo_t pci;
        return nvml.nvmlDeviceGetPciInfo_v3(device, &pci) == NvmlReturn.Success ? Nvml.Text(pci.busId, 32) : null;
    }

    private static string? Text(TextCall call, NvmlDevice device)
    {
        var buffer = stackalloc byte[Length];
        return call(device, buffer, Length) == NvmlReturn.Success && Nvml.Text(buffer, Length) is { Length: > 0 } text ? text : null;
    }

    private static int? Number(NumberCall call, NvmlDevice device)
    {
        uint number;
        return call(device, &number) == NvmlReturn.Success ? (int)number : null;
    }
}
