using Appliance.Model;

namespace Appliance.Hardware;

// Memory errors, row remaps, and what the driver wants done.
internal sealed unsafe partial class NvmlSurvey
{
    private readonly NvmlFields _recovery = new(NvmlInterop.NVML_FI_DEV_GET_GPU_RECOVERY_ACTION);

    /// <summary>What older drivers have instead of nvmlDeviceGetRemappedRows.</summary>
    private readonly NvmlFields _remaps = new(
        NvmlInterop.NVML_FI_DEV_REMAPPED_COR, NvmlInterop.NVML_FI_DEV_REMAPPED_UNC, NvmlInterop.NVML_FI_DEV_REMAPPED_PENDING,
        NvmlInterop.NVML_FI_DEV_REMAPPED_FAILURE);

    private bool ReadMemoryHealth()
    {
        Fields(_recovery);
        var sram = new NvmlInterop.nvmlEccSramErrorStatus_v1_t { version = NvmlInterop.nvmlEccSramErrorStatus_v1 };
        var isSramKnown = Ok(_nvml.nvmlDeviceGetSramEccErrorStatus(_device, &sram));
        NvmlInterop.nvmlUnrepairableMemoryStatus_v1_t unrepairable;
        _health = _health with
        {
            Ecc = new()
            {
                VolatileCorrected = Ecc(NvmlInterop.NVML_MEMORY_ERROR_TYPE_CORRECTED, NvmlInterop.NVML_VOLATILE_ECC),
                VolatileUncorrected = Ecc(NvmlInterop.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, NvmlInterop.NVML_VOLATILE_ECC),
                AggregateCorrected = Ecc(NvmlInterop.NVML_MEMORY_ERROR_TYPE_CORRECTED, NvmlInterop.NVML_AGGREGATE_ECC),
                AggregateUncorrected = Ecc(NvmlInterop.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, NvmlInterop.NVML_AGGREGATE_ECC),
                SramVolatileUncorrected = isSramKnown ? (long)(sram.volatileUncParity + sram.volatileUncSecDed) : null,
                SramAggregateCorrected = isSramKnown ? (long)sram.aggregateCor : null,
                SramAggregateUncorrected = isSramKnown ? (long)(sram.aggregateUncParity + sram.aggregateUncSecDed) : null,
                SramThresholdExceeded = isSramKnown ? sram.bThresholdExceeded != 0 : null,
                UnrepairableMemory = Ok(_nvml.nvmlDeviceGetUnrepairableMemoryFlag_v1(_device, &unrepairable)) ? unrepairable.bUnrepairableMemory != 0 : null,
                At = Now,
            },
            RowRemaps = Remaps(),
            Modes = (_health.Modes ?? new() { At = Now }) with { RecoveryAction = (int?)_recovery[0] },
        };
        return true;
    }

    private long? Ecc(int type, int life)
    {
        ulong count;
        return Ok(_nvml.nvmlDeviceGetTotalEccErrors(_device, type, life, &count)) ? (long)Math.Min(count, long.MaxValue) : null;
    }

    private GpuRowRemaps? Remaps()
    {
        uint corrected, uncorrected, pending, failed;
        var held = _health.RowRemaps ?? new();
        if (Ok(_nvml.nvmlDeviceGetRemappedRows(_device, &corrected, &uncorrected, &pending, &failed)))
            return held with { Correctable = (int)corrected, Uncorrectable = (int)uncorrected, Pending = pending != 0, Failed = failed != 0, At = Now };
        Fields(_remaps);
        return _remaps[0] is null ? null : held with
        {
            Correctable = (int?)_remaps[0],
            Uncorrectable = (int?)_remaps[1],
            Pending = _remaps[2] is { } waits ? waits != 0 : null,
            Failed = _remaps[3] is { } broke ? broke != 0 : null,
            At = Now,
        };
    }

    private bool ReadHistogram()
    {
        if (_health.RowRemaps is not { } remaps)
            return false;
        NvmlInterop.nvmlRowRemapperHistogramValues_t banks;
        if (Ok(_nvml.nvmlDeviceGetRowRemapperHistogram(_device, &banks)))
        {
            remaps = remaps with
            {
                BanksMax = (int)banks.max,
                BanksHigh = (int)banks.high,
                BanksPartial = (int)banks.partial,
                BanksLow = (int)banks.low,
                BanksNone = (int)banks.none,
            };
        }

        var repair = new NvmlInterop.nvmlRepairStatus_v1_t { version = NvmlInterop.nvmlRepairStatus_v1 };
        if (Ok(_nvml.nvmlDeviceGetRepairStatus(_device, &repair)))
            remaps = remaps with { ChannelRepairPending = repair.bChannelRepairPending != 0, TpcRepairPending = repair.bTpcRepairPending != 0 };
        _health = _health with { RowRemaps = remaps };
        return true;
    }
}
