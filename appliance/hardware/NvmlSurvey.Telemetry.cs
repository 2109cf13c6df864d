using Appliance.Model;

namespace Appliance.Hardware;

// Counters of power and heat, clocks, the bus, modes, names.
internal sealed unsafe partial class NvmlSurvey
{
    private readonly NvmlFields _telemetry = new(
        NvmlInterop.NVML_FI_DEV_PERF_POLICY_POWER, NvmlInterop.NVML_FI_DEV_PERF_POLICY_THERMAL,
        NvmlInterop.NVML_FI_DEV_CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN, NvmlInterop.NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN,
        NvmlInterop.NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN,
        NvmlInterop.NVML_FI_DEV_POWER_AVERAGE);

    private readonly NvmlFields _energy = new(NvmlInterop.NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION);

    private readonly NvmlFields _margins = new(
        NvmlInterop.NVML_FI_DEV_TEMPERATURE_SHUTDOWN_TLIMIT, NvmlInterop.NVML_FI_DEV_TEMPERATURE_SLOWDOWN_TLIMIT,
        NvmlInterop.NVML_FI_DEV_TEMPERATURE_MEM_MAX_TLIMIT, NvmlInterop.NVML_FI_DEV_TEMPERATURE_GPU_MAX_TLIMIT);

    private readonly NvmlFields _pcie = new(
        NvmlInterop.NVML_FI_DEV_PCIE_REPLAY_COUNTER, NvmlInterop.NVML_FI_DEV_PCIE_REPLAY_ROLLOVER_COUNTER,
        NvmlInterop.NVML_FI_DEV_PCIE_L0_TO_RECOVERY_COUNTER, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_CORRECTABLE_ERRORS,
        NvmlInterop.NVML_FI_DEV_PCIE_COUNT_NAKS_RECEIVED, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_RECEIVER_ERROR,
        NvmlInterop.NVML_FI_DEV_PCIE_COUNT_BAD_TLP, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_NAKS_SENT,
        NvmlInterop.NVML_FI_DEV_PCIE_COUNT_BAD_DLLP, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_NON_FATAL_ERROR,
        NvmlInterop.NVML_FI_DEV_PCIE_COUNT_FATAL_ERROR, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_UNSUPPORTED_REQ,
        NvmlInterop.NVML_FI_DEV_PCIE_COUNT_LCRC_ERROR, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_LANE_ERROR,
        NvmlInterop.NVML_FI_DEV_PCIE_COUNT_TX_BYTES, NvmlInterop.NVML_FI_DEV_PCIE_COUNT_RX_BYTES);

    private bool ReadTelemetry()
    {
        Fields(_telemetry);
        uint average, memory, period, encoder, decoder;
        int state;
        _health = _health with
        {
            Power = (_health.Power ?? new()) with
            {
                AverageW = _telemetry[5] / 1000.0 ?? (Ok(_nvml.nvmlDeviceGetPowerUsage(_device, &average)) ? average / 1000.0 : null),
                At = Now,
            },
            Clocks = (_health.Clocks ?? new()) with
            {
                MemoryMhz = Ok(_nvml.nvmlDeviceGetClockInfo(_device, NvmlInterop.NVML_CLOCK_MEM, &memory)) ? memory : null,
                PerformanceState = Ok(_nvml.nvmlDeviceGetPerformanceState(_device, &state)) && state < 32 ? state : null,
                PowerViolationNs = _telemetry[0],
                ThermalViolationNs = _telemetry[1],
                SoftwareThermalNs = _telemetry[2],
                HardwareThermalNs = _telemetry[3],
                PowerBrakeNs = _telemetry[4],
                At = Now,
            },
            Load = (_health.Load ?? new()) with
            {
                EncoderPercent = Ok(_nvml.nvmlDeviceGetEncoderUtilization(_device, &encoder, &period)) ? encoder : null,
                DecoderPercent = Ok(_nvml.nvmlDeviceGetDecoderUtilization(_device, &decoder, &period)) ? decoder : null,
                At = Now,
            },
        };
        return true;
    }

    private bool ReadEnergy()
    {
        Fields(_energy);
        ulong millijoules;
        var energy = _energy[0] ?? (Ok(_nvml.nvmlDeviceGetTotalEnergyConsumption(_device, &millijoules)) ? (long)millijoules : null);
        _health = _health with { Power = (_health.Power ?? new() { At = Now }) with { EnergyJ = energy / 1000.0 } };
        return true;
    }

    private bool ReadPcieLink()
    {
        uint generation, width;
        _health = _health with
        {
            Pcie = (_health.Pcie ?? new()) with
            {
                Generation = Ok(_nvml.nvmlDeviceGetCurrPcieLinkGeneration(_device, &generation)) ? (int)generation : null,
                Width = Ok(_nvml.nvmlDeviceGetCurrPcieLinkWidth(_device, &width)) ? (int)width : null,
                At = Now,
            },
        };
        return true;
    }

    private bool ReadPcieCounters()
    {
        Fields(_pcie);
        uint replays;
        var (correctable, nonFatal, fatal) = PciErrors.Read(_sysRoot, _health.Identity?.PciBusId);
        _health = _health with
        {
            Pcie = (_health.Pcie ?? new()) with
            {
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
        return true;
    }

    private bool ReadLimits()
    {
        Fields(_margins);
        uint lowest, highest, byDefault, sm, memory, generation, width, gpuGeneration;
        ulong supported;
        var isRangeKnown = Ok(_nvml.nvmlDeviceGetPowerManagementLimitConstraints(_device, &lowest, &highest));
        var defaultW = Ok(_nvml.nvmlDeviceGetPowerManagementDefaultLimit(_device, &byDefault)) ? byDefault / 1000.0 : (double?)null;
        _health = _health with
        {
            Power = (_health.Power ?? new() { At = Now }) with
            {
                MinLimitW = isRangeKnown ? lowest / 1000.0 : null,
                MaxLimitW = isRangeKnown ? highest / 1000.0 : null,
                DefaultLimitW = defaultW,
            },
            Heat = new()
            {
                ShutdownMarginK = _margins[0],
                SlowdownMarginK = _margins[1],
                MemoryMaxMarginK = _margins[2],
                GpuMaxMarginK = _margins[3],
                At = Now,
            },
            Clocks = (_health.Clocks ?? new() { At = Now }) with
            {
                SmMaxMhz = Ok(_nvml.nvmlDeviceGetMaxClockInfo(_device, NvmlInterop.NVML_CLOCK_SM, &sm)) ? sm : null,
                MemoryMaxMhz = Ok(_nvml.nvmlDeviceGetMaxClockInfo(_device, NvmlInterop.NVML_CLOCK_MEM, &memory)) ? memory : null,
                SupportedEventReasons = Ok(_nvml.nvmlDeviceGetSupportedClocksEventReasons(_device, &supported)) ? (long)supported : null,
            },
            Pcie = (_health.Pcie ?? new() { At = Now }) with
            {
                MaxGeneration = Ok(_nvml.nvmlDeviceGetMaxPcieLinkGeneration(_device, &generation)) ? (int)generation : null,
                MaxWidth = Ok(_nvml.nvmlDeviceGetMaxPcieLinkWidth(_device, &width)) ? (int)width : null,
                GpuMaxGeneration = Ok(_nvml.nvmlDeviceGetGpuMaxPcieLinkGeneration(_device, &gpuGeneration)) ? (int)gpuGeneration : null,
            },
        };
        return true;
    }

    private bool ReadModes()
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
        return true;
    }

    private bool ReadIdentity()
    {
        _health = _health with { Identity = NvmlIdentity.Read(_nvml, _device, Now) with { InforomValid = _health.Identity?.InforomValid } };
        return true;
    }

    private bool ReadInforom()
    {
        _health = _health with { Identity = (_health.Identity ?? new() { At = Now }) with { InforomValid = NvmlIdentity.IsInforomValid(_nvml, _device) } };
        return true;
    }

    /// <summary>Reads a set and looks at every field's own code.</summary>
    private void Fields(NvmlFields fields)
    {
        if (!Ok(fields.Read(_nvml, _device, Now), "nvmlDeviceGetFieldValues"))
            return;
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields.Status(i) is not NvmlReturn.Success and var status)
                Refused($"field {fields.Id(i)}", status);
        }
    }
}
