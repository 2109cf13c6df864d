using System.Runtime.InteropServices;
using Appliance.Hardware;

namespace Appliance.NvmlTwin;

// Heat, power, clocks, load and the bus.
internal static unsafe partial class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPowerUsage")]
    private static NvmlReturn nvmlDeviceGetPowerUsage(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetPowerUsage), number, gpu => gpu["power_mw"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetEnforcedPowerLimit")]
    private static NvmlReturn nvmlDeviceGetEnforcedPowerLimit(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetEnforcedPowerLimit), number, gpu => gpu["limit_mw"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPowerManagementLimit")]
    private static NvmlReturn nvmlDeviceGetPowerManagementLimit(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetPowerManagementLimit), number, gpu => gpu["limit_mw"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPowerManagementDefaultLimit")]
    private static NvmlReturn nvmlDeviceGetPowerManagementDefaultLimit(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetPowerManagementDefaultLimit), number, gpu => gpu["max_limit_mw"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPowerManagementMode")]
    private static NvmlReturn nvmlDeviceGetPowerManagementMode(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetPowerManagementMode), number, gpu => 1);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPerformanceState")]
    private static NvmlReturn nvmlDeviceGetPerformanceState(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetPerformanceState), number, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPowerState")]
    private static NvmlReturn nvmlDeviceGetPowerState(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetPowerState), number, gpu => 0);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetCurrPcieLinkGeneration")]
    private static NvmlReturn nvmlDeviceGetCurrPcieLinkGeneration(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetCurrPcieLinkGeneration), number, gpu => gpu["pcie_generation"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetCurrPcieLinkWidth")]
    private static NvmlReturn nvmlDeviceGetCurrPcieLinkWidth(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetCurrPcieLinkWidth), number, gpu => gpu["pcie_width"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMaxPcieLinkGeneration")]
    private static NvmlReturn nvmlDeviceGetMaxPcieLinkGeneration(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetMaxPcieLinkGeneration), number, gpu => 5);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMaxPcieLinkWidth")]
    private static NvmlReturn nvmlDeviceGetMaxPcieLinkWidth(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetMaxPcieLinkWidth), number, gpu => 16);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetGpuMaxPcieLinkGeneration")]
    private static NvmlReturn nvmlDeviceGetGpuMaxPcieLinkGeneration(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetGpuMaxPcieLinkGeneration), number, gpu => 5);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPcieReplayCounter")]
    private static NvmlReturn nvmlDeviceGetPcieReplayCounter(nint device, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetPcieReplayCounter), number, gpu => gpu["pcie_replays"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetTemperature")]
    private static NvmlReturn nvmlDeviceGetTemperature(nint device, int sensor, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetTemperature), number, gpu => gpu["die_c"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetClockInfo")]
    private static NvmlReturn nvmlDeviceGetClockInfo(nint device, int type, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetClockInfo), number, gpu => type == 2 ? 2619 : gpu["sm_mhz"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetClock")]
    private static NvmlReturn nvmlDeviceGetClock(nint device, int type, int id, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetClock), number, gpu => id != 0 ? Highest(type) : type == 2 ? 2619 : gpu["sm_mhz"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMaxClockInfo")]
    private static NvmlReturn nvmlDeviceGetMaxClockInfo(nint device, int type, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetMaxClockInfo), number, gpu => Highest(type));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMaxCustomerBoostClock")]
    private static NvmlReturn nvmlDeviceGetMaxCustomerBoostClock(nint device, int type, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetMaxCustomerBoostClock), number, gpu => Highest(type));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetApplicationsClock")]
    private static NvmlReturn nvmlDeviceGetApplicationsClock(nint device, int type, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetApplicationsClock), number, gpu => Highest(type));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetDefaultApplicationsClock")]
    private static NvmlReturn nvmlDeviceGetDefaultApplicationsClock(nint device, int type, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetDefaultApplicationsClock), number, gpu => Highest(type));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPcieThroughput")]
    private static NvmlReturn nvmlDeviceGetPcieThroughput(nint device, int counter, uint* number) => Answers.Number(device, nameof(nvmlDeviceGetPcieThroughput), number, gpu => gpu["percent"] * 1000);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetEncoderUtilization")]
    private static NvmlReturn nvmlDeviceGetEncoderUtilization(nint device, uint* percent, uint* periodUs) => Answers.Pair(device, nameof(nvmlDeviceGetEncoderUtilization), percent, periodUs, gpu => (0, 167_000));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetDecoderUtilization")]
    private static NvmlReturn nvmlDeviceGetDecoderUtilization(nint device, uint* percent, uint* periodUs) => Answers.Pair(device, nameof(nvmlDeviceGetDecoderUtilization), percent, periodUs, gpu => (0, 167_000));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetJpgUtilization")]
    private static NvmlReturn nvmlDeviceGetJpgUtilization(nint device, uint* percent, uint* periodUs) => Answers.Pair(device, nameof(nvmlDeviceGetJpgUtilization), percent, periodUs, gpu => (0, 167_000));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetOfaUtilization")]
    private static NvmlReturn nvmlDeviceGetOfaUtilization(nint device, uint* percent, uint* periodUs) => Answers.Pair(device, nameof(nvmlDeviceGetOfaUtilization), percent, periodUs, gpu => (0, 167_000));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetPowerManagementLimitConstraints")]
    private static NvmlReturn nvmlDeviceGetPowerManagementLimitConstraints(nint device, uint* lowest, uint* highest) => Answers.Pair(device, nameof(nvmlDeviceGetPowerManagementLimitConstraints), lowest, highest, gpu => (gpu["min_limit_mw"], gpu["max_limit_mw"]));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetUtilizationRates")]
    private static NvmlReturn nvmlDeviceGetUtilizationRates(nint device, NvmlInterop.nvmlUtilization_t* busy) => Answers.Pair(device, nameof(nvmlDeviceGetUtilizationRates), &busy->gpu, &busy->memory, gpu => (gpu["percent"], gpu["percent"] / 2));

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetTotalEnergyConsumption")]
    private static NvmlReturn nvmlDeviceGetTotalEnergyConsumption(nint device, ulong* number) => Answers.Number(device, nameof(nvmlDeviceGetTotalEnergyConsumption), number, gpu => gpu["energy_mj"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetCurrentClocksEventReasons")]
    private static NvmlReturn nvmlDeviceGetCurrentClocksEventReasons(nint device, ulong* number) => Answers.Number(device, nameof(nvmlDeviceGetCurrentClocksEventReasons), number, gpu => gpu["reasons"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetCurrentClocksThrottleReasons")]
    private static NvmlReturn nvmlDeviceGetCurrentClocksThrottleReasons(nint device, ulong* number) => Answers.Number(device, nameof(nvmlDeviceGetCurrentClocksThrottleReasons), number, gpu => gpu["reasons"]);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetSupportedClocksEventReasons")]
    private static NvmlReturn nvmlDeviceGetSupportedClocksEventReasons(nint device, ulong* number) => Answers.Number(device, nameof(nvmlDeviceGetSupportedClocksEventReasons), number, gpu => 511);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetSupportedClocksThrottleReasons")]
    private static NvmlReturn nvmlDeviceGetSupportedClocksThrottleReasons(nint device, ulong* number) => Answers.Number(device, nameof(nvmlDeviceGetSupportedClocksThrottleReasons), number, gpu => 511);

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceSetPowerManagementLimit")]
    private static NvmlReturn nvmlDeviceSetPowerManagementLimit(nint device, uint milliwatts)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceSetPowerManagementLimit), out var gpu);
        return status != NvmlReturn.Success ? status : gpu.SetLimit(milliwatts) ? NvmlReturn.Success : NvmlReturn.InvalidArgument;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMinMaxClockOfPState")]
    private static NvmlReturn nvmlDeviceGetMinMaxClockOfPState(nint device, int type, int pstate, uint* lowest, uint* highest) =>
        pstate != 0 ? NvmlReturn.Unknown : Answers.Pair(device, nameof(nvmlDeviceGetMinMaxClockOfPState), lowest, highest, gpu => (type == 2 ? 2619 : TwinGpu.LowestMhz, Highest(type)));

    /// <summary>The twin knows one pair of clocks only: both at the lowest.</summary>
    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceSetGpuLockedClocks")]
    private static NvmlReturn nvmlDeviceSetGpuLockedClocks(nint device, uint lowest, uint highest)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceSetGpuLockedClocks), out var gpu);
        return status != NvmlReturn.Success ? status
            : lowest != TwinGpu.LowestMhz || highest != TwinGpu.LowestMhz ? NvmlReturn.InvalidArgument
            : gpu.HoldClock(true) ? NvmlReturn.Success : NvmlReturn.Unknown;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceResetGpuLockedClocks")]
    private static NvmlReturn nvmlDeviceResetGpuLockedClocks(nint device)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceResetGpuLockedClocks), out var gpu);
        return status != NvmlReturn.Success ? status : gpu.HoldClock(false) ? NvmlReturn.Success : NvmlReturn.Unknown;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetTemperatureV")]
    private static NvmlReturn nvmlDeviceGetTemperatureV(nint device, NvmlInterop.nvmlTemperature_t* temperature)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetTemperatureV), out var gpu);
        if (status != NvmlReturn.Success)
            return status;
        if (temperature->version != NvmlInterop.nvmlTemperature_v1)
            return NvmlReturn.ArgumentVersionMismatch;
        temperature->temperature = (int)gpu["die_c"];
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMarginTemperature")]
    private static NvmlReturn nvmlDeviceGetMarginTemperature(nint device, NvmlInterop.nvmlMarginTemperature_t* margin)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetMarginTemperature), out var gpu);
        if (status != NvmlReturn.Success)
            return status;
        if (margin->version != NvmlInterop.nvmlMarginTemperature_v1)
            return NvmlReturn.ArgumentVersionMismatch;
        margin->marginTemperature = (int)gpu["margin_k"];
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetTemperatureThreshold")]
    private static NvmlReturn nvmlDeviceGetTemperatureThreshold(nint device, int threshold, uint* celsius)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetTemperatureThreshold), out _);
        if (status != NvmlReturn.Success)
            return status;
        if (threshold is < 0 or > 3)
            return NvmlReturn.NotSupported;
        *celsius = threshold switch { 0 => 92u, 1 => 89u, 2 => 95u, _ => 87u };
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMemoryInfo")]
    private static NvmlReturn nvmlDeviceGetMemoryInfo(nint device, NvmlInterop.nvmlMemory_t* memory)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetMemoryInfo), out var gpu);
        if (status != NvmlReturn.Success)
            return status;
        var (total, used) = ((ulong)gpu["memory_total_mib"] << 20, (ulong)gpu["memory_used_mib"] << 20);
        *memory = new() { total = total, used = used, free = total - used };
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetMemoryInfo_v2")]
    private static NvmlReturn nvmlDeviceGetMemoryInfo_v2(nint device, NvmlInterop.nvmlMemory_v2_t* memory)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetMemoryInfo_v2), out var gpu);
        if (status != NvmlReturn.Success)
            return status;
        if (memory->version != NvmlInterop.nvmlMemory_v2)
            return NvmlReturn.ArgumentVersionMismatch;
        const ulong Reserved = 546UL << 20;
        var (total, used) = ((ulong)gpu["memory_total_mib"] << 20, (ulong)gpu["memory_used_mib"] << 20);
        *memory = new() { version = memory->version, total = total, used = used, reserved = Reserved, free = total - Math.Min(total, used + Reserved) };
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetBAR1MemoryInfo")]
    private static NvmlReturn nvmlDeviceGetBAR1MemoryInfo(nint device, ulong* bar1)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetBAR1MemoryInfo), out _);
        if (status != NvmlReturn.Success)
            return status;
        (bar1[0], bar1[1], bar1[2]) = (128UL << 30, (128UL << 30) - (3UL << 20), 3UL << 20); // total, free, used
        return NvmlReturn.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "nvmlDeviceGetFieldValues")]
    private static NvmlReturn nvmlDeviceGetFieldValues(nint device, int count, NvmlInterop.nvmlFieldValue_t* values)
    {
        var status = TwinDriver.Enter(device, nameof(nvmlDeviceGetFieldValues), out var gpu);
        if (status != NvmlReturn.Success)
            return status;
        for (var i = 0; i < count; i++)
        {
            values[i].nvmlReturn = FieldTable.Answer(gpu, values[i].fieldId, values[i].scopeId, out var value, out var type);
            values[i].valueType = type;
            values[i].value = (ulong)value;
            values[i].timestamp = (long)MonotonicClock.Now.TotalMicroseconds;
        }

        return NvmlReturn.Success;
    }

    private static long Highest(int type) => type == 2 ? 2619 : 1980;
}
