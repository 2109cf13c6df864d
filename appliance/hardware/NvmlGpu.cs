using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// One GPU through NVML as the cooling loop needs it, ten times a second: power, temperature, margin. Every call's code is looked at; what is
/// not supported here is absent and is not asked for again. What cooling does not steer by is read once a second, and nobody else asks for it.
/// </summary>
internal sealed unsafe class NvmlGpu : IGpuDevice
{
    private const double Mib = 1024 * 1024;

    /// <summary>A little less than a second, so that reads once a second have it each time.</summary>
    private static readonly TimeSpan _slowEvery = TimeSpan.FromMilliseconds(950);

    private readonly NvmlInterop _nvml;
    private readonly NvmlDevice _device;
    private bool _temperatureV = true;
    private bool _margin = true;
    private bool _memoryV2 = true;
    private bool _eventReasons = true;
    private bool _lost;
    private TimeSpan? _slowAt;
    private uint _writtenMw;

    /// <summary>Null until asked for, 0 where the driver does not tell.</summary>
    private uint? _lowestMhz;
    private GpuReading _slow;

    internal NvmlGpu(NvmlInterop nvml, NvmlDevice device)
    {
        _nvml = nvml;
        _device = device;
        Identity = NvmlIdentity.Names(nvml, device);
    }

    public GpuIdentity Identity { get; }

    public double? LowestClockMhz => (_lowestMhz ??= Lowest()) is > 0 and var mhz ? mhz : null;

    public void Read(TimeSpan now, ref GpuReading reading)
    {
        _lost = false;
        var isSlowDue = _slowAt is not { } at || now - at >= _slowEvery;
        ReadFields(now, isSlowDue, ref reading);
        if (isSlowDue)
            ReadSlow(now, reading.LimitW);
        reading.LimitW = _slow.LimitW;
        reading.MemoryTemperatureC = _slow.MemoryTemperatureC;
        reading.SmClockMhz = _slow.SmClockMhz;
        reading.UtilizationPercent = _slow.UtilizationPercent;
        reading.MemoryBusyPercent = _slow.MemoryBusyPercent;
        reading.MemoryUsedMib = _slow.MemoryUsedMib;
        reading.MemoryTotalMib = _slow.MemoryTotalMib;
        reading.MemoryFreeMib = _slow.MemoryFreeMib;
        reading.MemoryReservedMib = _slow.MemoryReservedMib;
        reading.ClocksEventReasons = _slow.ClocksEventReasons;
        uint milliwatts;
        if (!reading.PowerW.HasValue && Note(_nvml.nvmlDeviceGetPowerUsage(_device, &milliwatts)))
            reading.PowerW = Reading<double>.Good(milliwatts / 1000.0, now);
        reading.TemperatureC = Temperature(now);
        reading.MarginK = Margin(now);
        reading.Lost = _lost;
    }

    /// <summary>Clamped to what the driver accepts: its lowest limit is the safe state, not an error.</summary>
    public bool SetPowerLimit(double watts)
    {
        var milliwatts = (uint)Math.Max(0, Math.Round(watts * 1000));
        uint minimum, maximum;
        if (_nvml.nvmlDeviceGetPowerManagementLimitConstraints(_device, &minimum, &maximum) == NvmlReturn.Success)
            milliwatts = Math.Clamp(milliwatts, minimum, maximum);
        if (milliwatts != _writtenMw)
            (_writtenMw, _slowAt) = (milliwatts, null); // what stands now is read with the next look
        var result = _nvml.nvmlDeviceSetPowerManagementLimit(_device, milliwatts);
        if (result == NvmlReturn.NoPermission && Identity.Uuid is { } uuid)
            return RightsClient.LimitGpu(uuid, watts) is null; // the driver lets only root set limits
        return Note(result);
    }

    public bool SetLowestClock(bool held)
    {
        if (LowestClockMhz is null)
            return !held;
        _slowAt = null;
        var mhz = _lowestMhz!.Value;
        var result = held ? _nvml.nvmlDeviceSetGpuLockedClocks(_device, mhz, mhz) : _nvml.nvmlDeviceResetGpuLockedClocks(_device);
        if (result == NvmlReturn.NoPermission && Identity.Uuid is { } uuid)
            return RightsClient.HoldClock(uuid, held) is null;
        return Note(result) || (!held && IsMissing(result));
    }

    /// <summary>An H100 answers 345 MHz, and takes 2 ms for it.</summary>
    private uint Lowest()
    {
        uint lowest, highest;
        return _nvml.nvmlDeviceGetMinMaxClockOfPState(_device, NvmlInterop.NVML_CLOCK_SM, NvmlInterop.NVML_PSTATE_0, &lowest, &highest) == NvmlReturn.Success ? lowest : 0;
    }

    private void ReadSlow(TimeSpan now, Reading<double> limit)
    {
        var memoryC = _slow.MemoryTemperatureC;
        (_slow, _slowAt) = (default, now);
        _slow.MemoryTemperatureC = memoryC;
        _slow.LimitW = limit;
        uint milliwatts, mhz;
        if (!limit.HasValue && Note(_nvml.nvmlDeviceGetEnforcedPowerLimit(_device, &milliwatts)))
            _slow.LimitW = Reading<double>.Good(milliwatts / 1000.0, now);
        if (Note(_nvml.nvmlDeviceGetClockInfo(_device, NvmlInterop.NVML_CLOCK_SM, &mhz)))
            _slow.SmClockMhz = Reading<double>.Good(mhz, now);
        NvmlInterop.nvmlUtilization_t utilization;
        if (Note(_nvml.nvmlDeviceGetUtilizationRates(_device, &utilization)))
        {
            _slow.UtilizationPercent = Reading<double>.Good(utilization.gpu, now);
            _slow.MemoryBusyPercent = Reading<double>.Good(utilization.memory, now);
        }

        ReadMemory(now, ref _slow);
        _slow.ClocksEventReasons = EventReasons(now);
    }

    /// <summary>Instant power and, once a second, HBM temperature and the limit, in one call; each field carries its own return code.</summary>
    private void ReadFields(TimeSpan now, bool isSlowDue, ref GpuReading reading)
    {
        var fields = stackalloc NvmlInterop.nvmlFieldValue_t[3];
        fields[0] = new() { fieldId = NvmlInterop.NVML_FI_DEV_POWER_INSTANT };
        fields[1] = new() { fieldId = NvmlInterop.NVML_FI_DEV_POWER_CURRENT_LIMIT };
        fields[2] = new() { fieldId = NvmlInterop.NVML_FI_DEV_MEMORY_TEMP };
        if (isSlowDue)
            _slow.MemoryTemperatureC = default;
        if (!Note(_nvml.nvmlDeviceGetFieldValues(_device, isSlowDue ? 3 : 1, fields)))
            return;
        if (Note(fields[0].nvmlReturn))
            reading.PowerW = Reading<double>.Good((uint)fields[0].value / 1000.0, now);
        if (!isSlowDue)
            return;
        if (Note(fields[1].nvmlReturn))
            reading.LimitW = Reading<double>.Good((uint)fields[1].value / 1000.0, now);
        if (Note(fields[2].nvmlReturn))
            _slow.MemoryTemperatureC = Reading<double>.Good((uint)fields[2].value, now);
    }

    private Reading<double> Temperature(TimeSpan now)
    {
        if (_temperatureV)
        {
            var versioned = new NvmlInterop.nvmlTemperature_t
            {
                version = NvmlInterop.nvmlTemperature_v1,
                sensorType = NvmlInterop.NVML_TEMPERATURE_GPU,
            };
            var status = _nvml.nvmlDeviceGetTemperatureV(_device, &versioned);
            if (Note(status))
                return Reading<double>.Good(versioned.temperature, now);
            _temperatureV = !IsMissing(status);
        }

        uint celsius;
        return !_temperatureV && Note(_nvml.nvmlDeviceGetTemperature(_device, NvmlInterop.NVML_TEMPERATURE_GPU, &celsius))
            ? Reading<double>.Good(celsius, now)
            : Reading<double>.Absent;
    }

    private Reading<double> Margin(TimeSpan now)
    {
        if (!_margin)
            return Reading<double>.Absent;
        var margin = new NvmlInterop.nvmlMarginTemperature_t { version = NvmlInterop.nvmlMarginTemperature_v1 };
        var status = _nvml.nvmlDeviceGetMarginTemperature(_device, &margin);
        if (Note(status))
            return Reading<double>.Good(margin.marginTemperature, now);
        _margin = !IsMissing(status);
        return Reading<double>.Absent;
    }

    private void ReadMemory(TimeSpan now, ref GpuReading reading)
    {
        if (_memoryV2)
        {
            var memory = new NvmlInterop.nvmlMemory_v2_t { version = NvmlInterop.nvmlMemory_v2 };
            var status = _nvml.nvmlDeviceGetMemoryInfo_v2(_device, &memory);
            if (Note(status))
            {
                reading.MemoryUsedMib = Reading<double>.Good(Math.Round(memory.used / Mib), now);
                reading.MemoryTotalMib = Reading<double>.Good(Math.Round(memory.total / Mib), now);
                reading.MemoryFreeMib = Reading<double>.Good(Math.Round(memory.free / Mib), now);
                reading.MemoryReservedMib = Reading<double>.Good(Math.Round(memory.reserved / Mib), now);
                return;
            }

            _memoryV2 = !IsMissing(status);
        }

        NvmlInterop.nvmlMemory_t plain;
        if (_memoryV2 || !Note(_nvml.nvmlDeviceGetMemoryInfo(_device, &plain)))
            return;
        reading.MemoryUsedMib = Reading<double>.Good(Math.Round(plain.used / Mib), now);
        reading.MemoryTotalMib = Reading<double>.Good(Math.Round(plain.total / Mib), now);
        reading.MemoryFreeMib = Reading<double>.Good(Math.Round(plain.free / Mib), now);
    }

    private Reading<long> EventReasons(TimeSpan now)
    {
        ulong reasons;
        var status = _eventReasons
            ? _nvml.nvmlDeviceGetCurrentClocksEventReasons(_device, &reasons)
            : _nvml.nvmlDeviceGetCurrentClocksThrottleReasons(_device, &reasons);
        if (Note(status))
            return Reading<long>.Good((long)reasons, now);
        if (_eventReasons && IsMissing(status))
            _eventReasons = false;
        return Reading<long>.Absent;
    }

    private bool Note(NvmlReturn status)
    {
        _lost |= status is NvmlReturn.GpuIsLost or NvmlReturn.ResetRequired;
        return status == NvmlReturn.Success;
    }

    private static bool IsMissing(NvmlReturn status) => status is NvmlReturn.FunctionNotFound or NvmlReturn.NotSupported
        or NvmlReturn.ArgumentVersionMismatch or NvmlReturn.Deprecated;
}
