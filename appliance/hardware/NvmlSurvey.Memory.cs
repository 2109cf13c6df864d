using Appliance.Model;

namespace Appliance.Hardware;

// Memory errors, row remaps, and what the driver wants done.
internal sealed unsafe partial class NvmlSurvey
{
    private readonly NvmlFields _memory = new(
        NvmlInterop.NVML_FI_DEV_REMAPPED_COR, NvmlInterop.NVML_FI_DEV_REMAPPED_UNC, NvmlInterop.NVML_FI_DEV_REMAPPED_PENDING,
        NvmlInterop.NVML_FI_DEV_REMAPPED_FAILURE, NvmlInterop.NVML_FI_DEV_GET_GPU_RECOVERY_ACTION);

    private void ReadMemoryHealth()
    {
        Fields(_memory);
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
            Modes = (_health.Modes ?? new() { At = Now }) with { RecoveryAction = (int?)_memory[4] },
        };
    }

    private long? Ecc(int type, int life)
    {
        ulong count;
        return Ok(_nvml.nvmlDeviceGetTotalEccErrors(_device, type, life, &count)) ? (long)Math.Min(count, long.MaxValue) : null;
    }

    private GpuRowRemaps? Remaps()
    {
        uint corrected, uncorrected, pending, failed;
        var isKnown = Ok(_nvml.nvmlDeviceGetRemappedRows(_device, &corrected, &uncorrected, &pending, &failed));
        if (!isKnown && _memory[0] is null)
            return null;
        return (_health.RowRemaps ?? new()) with
        {
            Correctable = isKnown ? (int)corrected : (int?)_memory[0],
            Uncorrectable = isKnown ? (int)uncorrected : (int?)_memory[1],
            Pending = isKnown ? pending != 0 : _memory[2] is { } waits ? waits != 0 : null,
            Failed = isKnown ? failed != 0 : _memory[3] is { } broke ? broke != 0 : null,
            At = Now,
        };
    }

    private void ReadHistogram()
    {
        if (_health.RowRemaps is not { } remaps)
            return;
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
    }
}
