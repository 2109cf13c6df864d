using Appliance.Model;

namespace Appliance.Hardware;

// Power, heat, clocks, load and the bus.
internal sealed unsafe partial class NvmlSurvey
{
    private const double Mib = 1024 * 1024;

    private readonly NvmlFields _telemetry = new(
        NvmlInterop.NVML_FI_DEV_POWER_INSTANT, NvmlInterop.NVML_FI_DEV_POWER_AVERAGE, NvmlInterop.NVML_FI_DEV_POWER_CURRENT_LIMIT,
        NvmlInterop.NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION, NvmlInterop.NVML_FI_DEV_MEMORY_TEMP,
        NvmlInterop.NVML_FI_DEV_TEMPERATURE_SHUTDOWN_TLIMIT, NvmlInterop.NVML_FI_DEV_TEMPERATURE_SLOWDOWN_TLIMIT,
        NvmlInterop.NVML_FI_DEV_TEMPERATURE_MEM_MAX_TLIMIT, NvmlInterop.NVML_FI_DEV_TEMPERATURE_GPU_MAX_TLIMIT);

    private readonly NvmlFields _violations = new(
        NvmlInterop.NVML_FI_DEV_PERF_POLICY_POWER, NvmlInterop.NVML_FI_DEV_PERF_POLICY_THERMAL,
        NvmlInterop.NVML_FI_DEV_CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN, NvmlInterop.NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN,
        NvmlInterop.NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN);

    private readonly NvmlFields _pcie = new(
        NvmlInterop.NVML_FI_DEV_PCIE_REPLAY_COUNTER, NvmlInterop.NVML_FI_DEV_PCIE_REPLAY_ROLLOVER_COUNTER,
        NvmlInterop.NVML_FI_DEV_PCIE_L0_TO_RECOVERY_COUNTER, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_CORRECTABLE_ERRORS,
        NvmlInterop.NVML_FI_DEV_PCIE_COUNT_NAKS_RECEIVED, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_RECEIVER_ERROR,
        NvmlInterop.NVML_FI_DEV_PCIE_COUNT_BAD_TLP, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_NAKS_SENT,
        NvmlInterop.NVML_FI_DEV_PCIE_COUNT_BAD_DLLP, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_NON_FATAL_ERROR,
        NvmlInterop.NVML_FI_DEV_PCIE_COUNT_FATAL_ERROR, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_UNSUPPORTED_REQ,
        NvmlInterop.NVML_FI_DEV_PCIE_COUNT_LCRC_ERROR, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_LANE_ERROR,
        NvmlInterop.NVML_FI_DEV_PCIE_COUNT_TX_BYTES, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_RX_BYTES);

    private void ReadTelemetry()
    {
        Fields(_telemetry);
        uint average;
        var averageW = _telemetry[1] / 1000.0 ?? (Ok(_nvml.nvmlDeviceGetPowerUsage(_device, &average)) ? average / 1000.0 : null);
        uint limit;
        var limitW = _telemetry[2] / 1000.0 ?? (Ok(_nvml.nvmlDeviceGetEnforcedPowerLimit(_device, &limit)) ? limit / 1000.0 : null);
        var at = Now;
        if ((_telemetry[0] / 1000.0 ?? averageW) is { } watts)
        {
            _health = _health with
            {
                Power = (_health.Power ?? new()) with
                {
                    At = at,
                    PowerW = watts,
                    AverageW = averageW,
                    LimitW = limitW,
                    EnergyJ = _telemetry[3] / 1000.0 ?? Energy(),
                },
            };
        }
        else
        {
            _health = _health with { Power = null };
        }

        var dieC = Temperature();
        _health = _health with
        {
            Heat = dieC is not null || _telemetry[4] is not null
                ? new()
                {
                    At = at,
                    TemperatureC = dieC,
                    MemoryTemperatureC = _telemetry[4],
                    MarginK = Margin(),
                    ShutdownMarginK = _telemetry[5],
                    SlowdownMarginK = _telemetry[6],
                    MemoryMaxMarginK = _telemetry[7],
                    GpuMaxMarginK = _telemetry[8],
                }
                : null,
        };
    }

    private double? Temperature()
    {
        var versioned = new NvmlInterop.nvmlTemperature_t { version = NvmlInterop.nvmlTemperature_v1, sensorType = NvmlInterop.NVML_TEMPERATURE_GPU };
        if (_nvml.nvmlDeviceGetTemperatureV(_device, &versioned) == NvmlReturn.Success)
            return versioned.temperature;
        uint celsius;
        return Ok(_nvml.nvmlDeviceGetTemperature(_device, NvmlInterop.NVML_TEMPERATURE_GPU, &celsius)) ? celsius : null;
    }

    private double? Margin()
    {
        var margin = new NvmlInterop.nvmlMarginTemperature_t { version = NvmlInterop.nvmlMarginTemperature_v1 };
        return Ok(_nvml.nvmlDeviceGetMarginTemperature(_device, &margin)) ? margin.marginTemperature : null;
    }

    private double? Energy()
    {
        ulong millijoules;
        return Ok(_nvml.nvmlDeviceGetTotalEnergyConsumption(_device, &millijoules)) ? millijoules / 1000.0 : null;
    }

    private void ReadClocks()
    {
        Fields(_violations);
        uint sm, memory, period, encoder, decoder;
        int state;
        NvmlInterop.nvmlUtilization_t busy;
        var isBusyKnown = Ok(_nvml.nvmlDeviceGetUtilizationRates(_device, &busy));
        _health = _health with
        {
            Clocks = (_health.Clocks ?? new()) with
            {
                SmMhz = Ok(_nvml.nvmlDeviceGetClockInfo(_device, NvmlInterop.NVML_CLOCK_SM, &sm)) ? sm : null,
                MemoryMhz = Ok(_nvml.nvmlDeviceGetClockInfo(_device, NvmlInterop.NVML_CLOCK_MEM, &memory)) ? memory : null,
                PerformanceState = Ok(_nvml.nvmlDeviceGetPerformanceState(_device, &state)) && state < 32 ? state : null,
                EventReasons = EventReasons(),
                PowerViolationNs = _violations[0],
                ThermalViolationNs = _violations[1],
                SoftwareThermalNs = _violations[2],
                HardwareThermalNs = _violations[3],
                PowerBrakeNs = _violations[4],
                At = Now,
            },
            Load = Memory(new()
            {
                GpuPercent = isBusyKnown ? busy.gpu : null,
                MemoryPercent = isBusyKnown ? busy.memory : null,
                EncoderPercent = Ok(_nvml.nvmlDeviceGetEncoderUtilization(_device, &encoder, &period)) ? encoder : null,
                DecoderPercent = Ok(_nvml.nvmlDeviceGetDecoderUtilization(_device, &decoder, &period)) ? decoder : null,
            }) with
            { At = Now },
        };
    }

    private long? EventReasons()
    {
        ulong reasons;
        if (_nvml.nvmlDeviceGetCurrentClocksEventReasons(_device, &reasons) is var status and not NvmlReturn.FunctionNotFound)
            return Ok(status, nameof(_nvml.nvmlDeviceGetCurrentClocksEventReasons)) ? (long)reasons : null;
        return Ok(_nvml.nvmlDeviceGetCurrentClocksThrottleReasons(_device, &reasons)) ? (long)reasons : null;
    }

    private GpuLoad Memory(GpuLoad load)
    {
        var memory = new NvmlInterop.nvmlMemory_v2_t { version = NvmlInterop.nvmlMemory_v2 };
        if (_nvml.nvmlDeviceGetMemoryInfo_v2(_device, &memory) == NvmlReturn.Success)
        {
            return load with
            {
                MemoryTotalMib = memory.total / Mib,
                MemoryUsedMib = memory.used / Mib,
                MemoryFreeMib = memory.free / Mib,
                MemoryReservedMib = memory.reserved / Mib,
            };
        }

        NvmlInterop.nvmlMemory_t plain;
        return Ok(_nvml.nvmlDeviceGetMemoryInfo(_device, &plain))
            ? load with { MemoryTotalMib = plain.total / Mib, MemoryUsedMib = plain.used / Mib, MemoryFreeMib = plain.free / Mib }
            : load;
    }

    private void ReadPcie()
    {
        Fields(_pcie);
        uint generation, width, replays;
        var (correctable, nonFatal, fatal) = PciErrors.Read(_sysRoot, _health.Identity?.PciBusId);
        _health = _health with
        {
            Pcie = (_health.Pcie ?? new()) with
            {
                Generation = Ok(_nvml.nvmlDeviceGetCurrPcieLinkGeneration(_device, &generation)) ? (int)generation : null,
                Width = Ok(_nvml.nvmlDeviceGetCurrPcieLinkWidth(_device, &width)) ? (int)width : null,
                Replays = _pcie[0] ?? (Ok(_nvml.nvmlDeviceGetPcieReplayCounter(_device, &replays)) ? replays : null),
                ReplayRollovers = _pcie[1],
                L0ToRecovery = _pcie[2],
                CorrectableErrors = _pcie[3],
                NaksReceived = _pcie[4],
                ReceiverErrors = _pcie[5],
                BadTlps = _pcie[6],
                NaksSent = _pcie[7],
                BadDllps = _pcie[8],
                NonFatalErrors = _pcie[9],
                FatalErrors = _pcie[10],
                UnsupportedRequests = _pcie[11],
                LcrcErrors = _pcie[12],
                LaneErrors = _pcie[13],
                SentBytes = _pcie[14],
                ReceivedBytes = _pcie[15],
                AerCorrectable = correctable,
                AerNonFatal = nonFatal,
                AerFatal = fatal,
                At = Now,
            },
        };
    }

    private void ReadLimits()
    {
        uint lowest, highest, byDefault, sm, memory, generation, width, gpuGeneration;
        ulong supported;
        var isRangeKnown = Ok(_nvml.nvmlDeviceGetPowerManagementLimitConstraints(_device, &lowest, &highest));
        var defaultW = Ok(_nvml.nvmlDeviceGetPowerManagementDefaultLimit(_device, &byDefault)) ? byDefault / 1000.0 : (double?)null;
        _health = _health with
        {
            Power = _health.Power is { } power
                ? power with
                {
                    MinLimitW = isRangeKnown ? lowest / 1000.0 : null,
                    MaxLimitW = isRangeKnown ? highest / 1000.0 : null,
                    DefaultLimitW = defaultW,
                }
                : null,
            Clocks = _health.Clocks! with
            {
                SmMaxMhz = Ok(_nvml.nvmlDeviceGetMaxClockInfo(_device, NvmlInterop.NVML_CLOCK_SM, &sm)) ? sm : null,
                MemoryMaxMhz = Ok(_nvml.nvmlDeviceGetMaxClockInfo(_device, NvmlInterop.NVML_CLOCK_MEM, &memory)) ? memory : null,
                SupportedEventReasons = Ok(_nvml.nvmlDeviceGetSupportedClocksEventReasons(_device, &supported)) ? (long)supported : null,
            },
            Pcie = _health.Pcie! with
            {
                MaxGeneration = Ok(_nvml.nvmlDeviceGetMaxPcieLinkGeneration(_device, &generation)) ? (int)generation : null,
                MaxWidth = Ok(_nvml.nvmlDeviceGetMaxPcieLinkWidth(_device, &width)) ? (int)width : null,
                GpuMaxGeneration = Ok(_nvml.nvmlDeviceGetGpuMaxPcieLinkGeneration(_device, &gpuGeneration)) ? (int)gpuGeneration : null,
            },
        };
    }

    private void ReadModes()
    {
        uint persistence, ecc, eccPending, mig, migPending, compute;
        var isEccKnown = Ok(_nvml.nvmlDeviceGetEccMode(_device, &ecc, &eccPending));
        var isMigKnown = Ok(_nvml.nvmlDeviceGetMigMode(_device, &mig, &migPending));
        _health = _health with
        {
            Modes = (_health.Modes ?? new()) with
            {
                Persistence = Ok(_nvml.nvmlDeviceGetPersistenceMode(_device, &persistence)) ? persistence != 0 : null,
                EccEnabled = isEccKnown ? ecc != 0 : null,
                EccPending = isEccKnown ? eccPending != 0 : null,
                MigEnabled = isMigKnown ? mig != 0 : null,
                MigPending = isMigKnown ? migPending != 0 : null,
                ComputeMode = Ok(_nvml.nvmlDeviceGetComputeMode(_device, &compute)) ? (int)compute : null,
                At = Now,
            },
        };
    }

    /// <summary>Reads a set and looks at every field's own code.</summary>
    private void Fields(NvmlFields fields)
    {
        if (!Ok(fields.Read(_nvml, _device), "nvmlDeviceGetFieldValues"))
            return;
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields.Status(i) is not NvmlReturn.Success and var status)
                Refused($"field {fields.Id(i)}", status);
        }
    }
}
