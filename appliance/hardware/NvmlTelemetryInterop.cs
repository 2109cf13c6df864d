namespace Appliance.Hardware;

// Heat, power, clocks, load and the bus.
internal sealed unsafe partial class NvmlInterop
{
    private delegate* unmanaged<NvmlDevice, int, nvmlFieldValue_t*, NvmlReturn> _nvmlDeviceGetFieldValues;
    private delegate* unmanaged<NvmlDevice, nvmlTemperature_t*, NvmlReturn> _nvmlDeviceGetTemperatureV;
    private delegate* unmanaged<NvmlDevice, int, uint*, NvmlReturn> _nvmlDeviceGetTemperature;
    private delegate* unmanaged<NvmlDevice, nvmlMarginTemperature_t*, NvmlReturn> _nvmlDeviceGetMarginTemperature;
    private delegate* unmanaged<NvmlDevice, uint, nvmlGpuThermalSettings_t*, NvmlReturn> _nvmlDeviceGetThermalSettings;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetPowerUsage;
    private delegate* unmanaged<NvmlDevice, ulong*, NvmlReturn> _nvmlDeviceGetTotalEnergyConsumption;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetEnforcedPowerLimit;
    private delegate* unmanaged<NvmlDevice, uint*, uint*, NvmlReturn> _nvmlDeviceGetPowerManagementLimitConstraints;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetPowerManagementDefaultLimit;
    private delegate* unmanaged<NvmlDevice, uint, NvmlReturn> _nvmlDeviceSetPowerManagementLimit;
    private delegate* unmanaged<NvmlDevice, int, uint*, NvmlReturn> _nvmlDeviceGetClockInfo;
    private delegate* unmanaged<NvmlDevice, int, uint*, NvmlReturn> _nvmlDeviceGetMaxClockInfo;
    private delegate* unmanaged<NvmlDevice, int, int, uint*, uint*, NvmlReturn> _nvmlDeviceGetMinMaxClockOfPState;
    private delegate* unmanaged<NvmlDevice, uint, uint, NvmlReturn> _nvmlDeviceSetGpuLockedClocks;
    private delegate* unmanaged<NvmlDevice, NvmlReturn> _nvmlDeviceResetGpuLockedClocks;
    private delegate* unmanaged<NvmlDevice, int*, NvmlReturn> _nvmlDeviceGetPerformanceState;
    private delegate* unmanaged<NvmlDevice, ulong*, NvmlReturn> _nvmlDeviceGetCurrentClocksEventReasons;
    private delegate* unmanaged<NvmlDevice, ulong*, NvmlReturn> _nvmlDeviceGetCurrentClocksThrottleReasons;
    private delegate* unmanaged<NvmlDevice, ulong*, NvmlReturn> _nvmlDeviceGetSupportedClocksEventReasons;
    private delegate* unmanaged<NvmlDevice, nvmlUtilization_t*, NvmlReturn> _nvmlDeviceGetUtilizationRates;
    private delegate* unmanaged<NvmlDevice, uint*, uint*, NvmlReturn> _nvmlDeviceGetEncoderUtilization;
    private delegate* unmanaged<NvmlDevice, uint*, uint*, NvmlReturn> _nvmlDeviceGetDecoderUtilization;
    private delegate* unmanaged<NvmlDevice, nvmlMemory_v2_t*, NvmlReturn> _nvmlDeviceGetMemoryInfo_v2;
    private delegate* unmanaged<NvmlDevice, nvmlMemory_t*, NvmlReturn> _nvmlDeviceGetMemoryInfo;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetCurrPcieLinkGeneration;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetCurrPcieLinkWidth;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetMaxPcieLinkGeneration;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetMaxPcieLinkWidth;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetGpuMaxPcieLinkGeneration;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetPcieReplayCounter;
    private delegate* unmanaged<NvmlDevice, int, uint*, NvmlReturn> _nvmlDeviceGetPcieThroughput;

    private void LoadTelemetry()
    {
        _nvmlDeviceGetFieldValues = (delegate* unmanaged<NvmlDevice, int, nvmlFieldValue_t*, NvmlReturn>)Symbol("nvmlDeviceGetFieldValues");
        _nvmlDeviceGetTemperatureV = (delegate* unmanaged<NvmlDevice, nvmlTemperature_t*, NvmlReturn>)Symbol("nvmlDeviceGetTemperatureV");
        _nvmlDeviceGetTemperature = (delegate* unmanaged<NvmlDevice, int, uint*, NvmlReturn>)Symbol("nvmlDeviceGetTemperature");
        _nvmlDeviceGetMarginTemperature = (delegate* unmanaged<NvmlDevice, nvmlMarginTemperature_t*, NvmlReturn>)Symbol("nvmlDeviceGetMarginTemperature");
        _nvmlDeviceGetThermalSettings = (delegate* unmanaged<NvmlDevice, uint, nvmlGpuThermalSettings_t*, NvmlReturn>)Symbol("nvmlDeviceGetThermalSettings");
        _nvmlDeviceGetPowerUsage = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetPowerUsage");
        _nvmlDeviceGetTotalEnergyConsumption = (delegate* unmanaged<NvmlDevice, ulong*, NvmlReturn>)Symbol("nvmlDeviceGetTotalEnergyConsumption");
        _nvmlDeviceGetEnforcedPowerLimit = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetEnforcedPowerLimit");
        _nvmlDeviceGetPowerManagementLimitConstraints = (delegate* unmanaged<NvmlDevice, uint*, uint*, NvmlReturn>)Symbol("nvmlDeviceGetPowerManagementLimitConstraints");
        _nvmlDeviceGetPowerManagementDefaultLimit = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetPowerManagementDefaultLimit");
        _nvmlDeviceSetPowerManagementLimit = (delegate* unmanaged<NvmlDevice, uint, NvmlReturn>)Symbol("nvmlDeviceSetPowerManagementLimit");
        _nvmlDeviceGetClockInfo = (delegate* unmanaged<NvmlDevice, int, uint*, NvmlReturn>)Symbol("nvmlDeviceGetClockInfo");
        _nvmlDeviceGetMaxClockInfo = (delegate* unmanaged<NvmlDevice, int, uint*, NvmlReturn>)Symbol("nvmlDeviceGetMaxClockInfo");
        _nvmlDeviceGetMinMaxClockOfPState = (delegate* unmanaged<NvmlDevice, int, int, uint*, uint*, NvmlReturn>)Symbol("nvmlDeviceGetMinMaxClockOfPState");
        _nvmlDeviceSetGpuLockedClocks = (delegate* unmanaged<NvmlDevice, uint, uint, NvmlReturn>)Symbol("nvmlDeviceSetGpuLockedClocks");
        _nvmlDeviceResetGpuLockedClocks = (delegate* unmanaged<NvmlDevice, NvmlReturn>)Symbol("nvmlDeviceResetGpuLockedClocks");
        _nvmlDeviceGetPerformanceState = (delegate* unmanaged<NvmlDevice, int*, NvmlReturn>)Symbol("nvmlDeviceGetPerformanceState");
        _nvmlDeviceGetCurrentClocksEventReasons = (delegate* unmanaged<NvmlDevice, ulong*, NvmlReturn>)Symbol("nvmlDeviceGetCurrentClocksEventReasons");
        _nvmlDeviceGetCurrentClocksThrottleReasons = (delegate* unmanaged<NvmlDevice, ulong*, NvmlReturn>)Symbol("nvmlDeviceGetCurrentClocksThrottleReasons");
        _nvmlDeviceGetSupportedClocksEventReasons = (delegate* unmanaged<NvmlDevice, ulong*, NvmlReturn>)Symbol("nvmlDeviceGetSupportedClocksEventReasons");
        _nvmlDeviceGetUtilizationRates = (delegate* unmanaged<NvmlDevice, nvmlUtilization_t*, NvmlReturn>)Symbol("nvmlDeviceGetUtilizationRates");
        _nvmlDeviceGetEncoderUtilization = (delegate* unmanaged<NvmlDevice, uint*, uint*, NvmlReturn>)Symbol("nvmlDeviceGetEncoderUtilization");
        _nvmlDeviceGetDecoderUtilization = (delegate* unmanaged<NvmlDevice, uint*, uint*, NvmlReturn>)Symbol("nvmlDeviceGetDecoderUtilization");
        _nvmlDeviceGetMemoryInfo_v2 = (delegate* unmanaged<NvmlDevice, nvmlMemory_v2_t*, NvmlReturn>)Symbol("nvmlDeviceGetMemoryInfo_v2");
        _nvmlDeviceGetMemoryInfo = (delegate* unmanaged<NvmlDevice, nvmlMemory_t*, NvmlReturn>)Symbol("nvmlDeviceGetMemoryInfo");
        _nvmlDeviceGetCurrPcieLinkGeneration = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetCurrPcieLinkGeneration");
        _nvmlDeviceGetCurrPcieLinkWidth = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetCurrPcieLinkWidth");
        _nvmlDeviceGetMaxPcieLinkGeneration = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetMaxPcieLinkGeneration");
        _nvmlDeviceGetMaxPcieLinkWidth = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetMaxPcieLinkWidth");
        _nvmlDeviceGetGpuMaxPcieLinkGeneration = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetGpuMaxPcieLinkGeneration");
        _nvmlDeviceGetPcieReplayCounter = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetPcieReplayCounter");
        _nvmlDeviceGetPcieThroughput = (delegate* unmanaged<NvmlDevice, int, uint*, NvmlReturn>)Symbol("nvmlDeviceGetPcieThroughput");
    }

    /// <summary>SUCCESS says nothing about the fields: each carries its own nvmlReturn.</summary>
    internal NvmlReturn nvmlDeviceGetFieldValues(NvmlDevice device, int valuesCount, nvmlFieldValue_t* values)
    {
        if (_nvmlDeviceGetFieldValues is null)
            return NvmlReturn.FunctionNotFound;
        Interlocked.Add(ref _fieldValues, valuesCount);
        return Counted(_nvmlDeviceGetFieldValues(device, valuesCount, values));
    }

    internal NvmlReturn nvmlDeviceGetTemperatureV(NvmlDevice device, nvmlTemperature_t* temperature) =>
        _nvmlDeviceGetTemperatureV is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetTemperatureV(device, temperature));

    /// <summary>Deprecated in CUDA 13's headers, the only one in older drivers.</summary>
    internal NvmlReturn nvmlDeviceGetTemperature(NvmlDevice device, int sensorType, uint* temp) =>
        _nvmlDeviceGetTemperature is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetTemperature(device, sensorType, temp));

    internal NvmlReturn nvmlDeviceGetMarginTemperature(NvmlDevice device, nvmlMarginTemperature_t* marginTempInfo) =>
        _nvmlDeviceGetMarginTemperature is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetMarginTemperature(device, marginTempInfo));

    internal NvmlReturn nvmlDeviceGetThermalSettings(NvmlDevice device, uint sensorIndex, nvmlGpuThermalSettings_t* thermalSettings) =>
        _nvmlDeviceGetThermalSettings is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetThermalSettings(device, sensorIndex, thermalSettings));

    internal NvmlReturn nvmlDeviceGetPowerUsage(NvmlDevice device, uint* power) =>
        _nvmlDeviceGetPowerUsage is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetPowerUsage(device, power));

    internal NvmlReturn nvmlDeviceGetTotalEnergyConsumption(NvmlDevice device, ulong* energy) =>
        _nvmlDeviceGetTotalEnergyConsumption is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetTotalEnergyConsumption(device, energy));

    internal NvmlReturn nvmlDeviceGetEnforcedPowerLimit(NvmlDevice device, uint* limit) =>
        _nvmlDeviceGetEnforcedPowerLimit is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetEnforcedPowerLimit(device, limit));

    internal NvmlReturn nvmlDeviceGetPowerManagementLimitConstraints(NvmlDevice device, uint* minLimit, uint* maxLimit) =>
        _nvmlDeviceGetPowerManagementLimitConstraints is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetPowerManagementLimitConstraints(device, minLimit, maxLimit));

    internal NvmlReturn nvmlDeviceGetPowerManagementDefaultLimit(NvmlDevice device, uint* defaultLimit) =>
        _nvmlDeviceGetPowerManagementDefaultLimit is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetPowerManagementDefaultLimit(device, defaultLimit));

    internal NvmlReturn nvmlDeviceSetPowerManagementLimit(NvmlDevice device, uint limit) =>
        _nvmlDeviceSetPowerManagementLimit is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceSetPowerManagementLimit(device, limit));

    internal NvmlReturn nvmlDeviceGetClockInfo(NvmlDevice device, int type, uint* clock) =>
        _nvmlDeviceGetClockInfo is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetClockInfo(device, type, clock));

    internal NvmlReturn nvmlDeviceGetMaxClockInfo(NvmlDevice device, int type, uint* clock) =>
        _nvmlDeviceGetMaxClockInfo is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetMaxClockInfo(device, type, clock));

    internal NvmlReturn nvmlDeviceGetMinMaxClockOfPState(NvmlDevice device, int type, int pstate, uint* minClockMHz, uint* maxClockMHz) =>
        _nvmlDeviceGetMinMaxClockOfPState is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetMinMaxClockOfPState(device, type, pstate, minClockMHz, maxClockMHz));

    internal NvmlReturn nvmlDeviceSetGpuLockedClocks(NvmlDevice device, uint minGpuClockMHz, uint maxGpuClockMHz) =>
        _nvmlDeviceSetGpuLockedClocks is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceSetGpuLockedClocks(device, minGpuClockMHz, maxGpuClockMHz));

    internal NvmlReturn nvmlDeviceResetGpuLockedClocks(NvmlDevice device) =>
        _nvmlDeviceResetGpuLockedClocks is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceResetGpuLockedClocks(device));

    internal NvmlReturn nvmlDeviceGetPerformanceState(NvmlDevice device, int* pState) =>
        _nvmlDeviceGetPerformanceState is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetPerformanceState(device, pState));

    internal NvmlReturn nvmlDeviceGetCurrentClocksEventReasons(NvmlDevice device, ulong* clocksEventReasons) =>
        _nvmlDeviceGetCurrentClocksEventReasons is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetCurrentClocksEventReasons(device, clocksEventReasons));

    /// <summary>The same call under its old name, in drivers before 535.</summary>
    internal NvmlReturn nvmlDeviceGetCurrentClocksThrottleReasons(NvmlDevice device, ulong* clocksThrottleReasons) =>
        _nvmlDeviceGetCurrentClocksThrottleReasons is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetCurrentClocksThrottleReasons(device, clocksThrottleReasons));

    internal NvmlReturn nvmlDeviceGetSupportedClocksEventReasons(NvmlDevice device, ulong* supportedClocksEventReasons) =>
        _nvmlDeviceGetSupportedClocksEventReasons is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetSupportedClocksEventReasons(device, supportedClocksEventReasons));

    internal NvmlReturn nvmlDeviceGetUtilizationRates(NvmlDevice device, nvmlUtilization_t* utilization) =>
        _nvmlDeviceGetUtilizationRates is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetUtilizationRates(device, utilization));

    internal NvmlReturn nvmlDeviceGetEncoderUtilization(NvmlDevice device, uint* utilization, uint* samplingPeriodUs) =>
        _nvmlDeviceGetEncoderUtilization is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetEncoderUtilization(device, utilization, samplingPeriodUs));

    internal NvmlReturn nvmlDeviceGetDecoderUtilization(NvmlDevice device, uint* utilization, uint* samplingPeriodUs) =>
        _nvmlDeviceGetDecoderUtilization is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetDecoderUtilization(device, utilization, samplingPeriodUs));

    internal NvmlReturn nvmlDeviceGetMemoryInfo_v2(NvmlDevice device, nvmlMemory_v2_t* memory) =>
        _nvmlDeviceGetMemoryInfo_v2 is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetMemoryInfo_v2(device, memory));

    internal NvmlReturn nvmlDeviceGetMemoryInfo(NvmlDevice device, nvmlMemory_t* memory) =>
        _nvmlDeviceGetMemoryInfo is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetMemoryInfo(device, memory));

    internal NvmlReturn nvmlDeviceGetCurrPcieLinkGeneration(NvmlDevice device, uint* currLinkGen) =>
        _nvmlDeviceGetCurrPcieLinkGeneration is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetCurrPcieLinkGeneration(device, currLinkGen));

    internal NvmlReturn nvmlDeviceGetCurrPcieLinkWidth(NvmlDevice device, uint* currLinkWidth) =>
        _nvmlDeviceGetCurrPcieLinkWidth is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetCurrPcieLinkWidth(device, currLinkWidth));

    internal NvmlReturn nvmlDeviceGetMaxPcieLinkGeneration(NvmlDevice device, uint* maxLinkGen) =>
        _nvmlDeviceGetMaxPcieLinkGeneration is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetMaxPcieLinkGeneration(device, maxLinkGen));

    internal NvmlReturn nvmlDeviceGetMaxPcieLinkWidth(NvmlDevice device, uint* maxLinkWidth) =>
        _nvmlDeviceGetMaxPcieLinkWidth is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetMaxPcieLinkWidth(device, maxLinkWidth));

    internal NvmlReturn nvmlDeviceGetGpuMaxPcieLinkGeneration(NvmlDevice device, uint* maxLinkGenDevice) =>
        _nvmlDeviceGetGpuMaxPcieLinkGeneration is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetGpuMaxPcieLinkGeneration(device, maxLinkGenDevice));

    internal NvmlReturn nvmlDeviceGetPcieReplayCounter(NvmlDevice device, uint* value) =>
        _nvmlDeviceGetPcieReplayCounter is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetPcieReplayCounter(device, value));

    /// <summary>Measures for 20 ms before it answers.</summary>
    internal NvmlReturn nvmlDeviceGetPcieThroughput(NvmlDevice device, int counter, uint* value) =>
        _nvmlDeviceGetPcieThroughput is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetPcieThroughput(device, counter, value));
}
