using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>One GPU through NVML. Every call's code is looked at; what is not supported here is absent and is not asked for again.</summary>
internal sealed class NvmlGpu : IGpuDevice
{
    private readonly NvmlDevice _device;
    private bool _temperatureV = true;
    private bool _margin = true;
    private bool _memoryV2 = true;
    private bool _eventReasons = true;
    private bool _lost;

    internal NvmlGpu(NvmlDevice device)
    {
        _device = device;
        Identity = ReadIdentity(device);
    }

    public GpuIdentity Identity { get; }

    public void Read(TimeSpan now, ref GpuReading reading)
    {
        _lost = false;
        ReadFields(now, ref reading);
        if (!reading.PowerW.HasValue && Note(NvmlInterop.nvmlDeviceGetPowerUsage(_device, out var averageMw)))
            reading.PowerW = Reading<double>.Good(averageMw / 1000.0, now);
        if (!reading.LimitW.HasValue && Note(NvmlInterop.nvmlDeviceGetEnforcedPowerLimit(_device, out var limitMw)))
            reading.LimitW = Reading<double>.Good(limitMw / 1000.0, now);
        reading.TemperatureC = Temperature(now);
        reading.MarginK = Margin(now);
        if (Note(NvmlInterop.nvmlDeviceGetClockInfo(_device, NvmlInterop.NVML_CLOCK_SM, out var mhz)))
            reading.SmClockMhz = Reading<double>.Good(mhz, now);
        if (Note(NvmlInterop.nvmlDeviceGetUtilizationRates(_device, out var utilization)))
            reading.UtilizationPercent = Reading<double>.Good(utilization.gpu, now);
        ReadMemory(now, ref reading);
        reading.ClocksEventReasons = EventReasons(now);
        reading.Lost = _lost;
    }

    /// <summary>Clamped to what the driver accepts: its lowest limit is the safe state, not an error.</summary>
    public bool SetPowerLimit(double watts)
    {
        var milliwatts = (uint)Math.Max(0, Math.Round(watts * 1000));
        if (NvmlInterop.nvmlDeviceGetPowerManagementLimitConstraints(_device, out var minimum, out var maximum) == NvmlReturn.Success)
            milliwatts = Math.Clamp(milliwatts, minimum, maximum);
        return Note(NvmlInterop.nvmlDeviceSetPowerManagementLimit(_device, milliwatts));
    }

    /// <summary>HBM temperature, instant power and the limit in one call; each field carries its own return code.</summary>
    private unsafe void ReadFields(TimeSpan now, ref GpuReading reading)
    {
        var fields = stackalloc NvmlInterop.nvmlFieldValue_t[3];
        fields[0] = new() { fieldId = NvmlInterop.NVML_FI_DEV_MEMORY_TEMP };
        fields[1] = new() { fieldId = NvmlInterop.NVML_FI_DEV_POWER_INSTANT };
        fields[2] = new() { fieldId = NvmlInterop.NVML_FI_DEV_POWER_CURRENT_LIMIT };
        if (!Note(NvmlInterop.nvmlDeviceGetFieldValues(_device, 3, fields)))
            return;
        if (Note(fields[0].nvmlReturn))
            reading.MemoryTemperatureC = Reading<double>.Good((uint)fields[0].value, now);
        if (Note(fields[1].nvmlReturn))
            reading.PowerW = Reading<double>.Good((uint)fields[1].value / 1000.0, now);
        if (Note(fields[2].nvmlReturn))
            reading.LimitW = Reading<double>.Good((uint)fields[2].value / 1000.0, now);
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
            var status = TemperatureV(ref versioned);
            if (Note(status))
                return Reading<double>.Good(versioned.temperature, now);
            _temperatureV = !IsMissing(status);
        }

        return !_temperatureV && Note(NvmlInterop.nvmlDeviceGetTemperature(_device, NvmlInterop.NVML_TEMPERATURE_GPU, out var celsius))
            ? Reading<double>.Good(celsius, now)
            : Reading<double>.Absent;
    }

    private Reading<double> Margin(TimeSpan now)
    {
        if (!_margin)
            return Reading<double>.Absent;
        var margin = new NvmlInterop.nvmlMarginTemperature_t { version = NvmlInterop.nvmlMarginTemperature_v1 };
        var status = MarginTemperature(ref margin);
        if (Note(status))
            return Reading<double>.Good(margin.marginTemperature, now);
        _margin = !IsMissing(status);
        return Reading<double>.Absent;
    }

    private void ReadMemory(TimeSpan now, ref GpuReading reading)
    {
        const double Mib = 1024 * 1024;
        if (_memoryV2)
        {
            var memory = new NvmlInterop.nvmlMemory_v2_t { version = NvmlInterop.nvmlMemory_v2 };
            var status = MemoryV2(ref memory);
            if (Note(status))
            {
                reading.MemoryUsedMib = Reading<double>.Good(Math.Round(memory.used / Mib), now);
                reading.MemoryTotalMib = Reading<double>.Good(Math.Round(memory.total / Mib), now);
                return;
            }

            _memoryV2 = !IsMissing(status);
        }

        if (_memoryV2 || !Note(NvmlInterop.nvmlDeviceGetMemoryInfo(_device, out var plain)))
            return;
        reading.MemoryUsedMib = Reading<double>.Good(Math.Round(plain.used / Mib), now);
        reading.MemoryTotalMib = Reading<double>.Good(Math.Round(plain.total / Mib), now);
    }

    private Reading<long> EventReasons(TimeSpan now)
    {
        var status = ClocksEventReasons(_eventReasons, out var reasons);
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

    // The symbols that not every driver has: a missing one is an answer, not a crash.

    private NvmlReturn TemperatureV(ref NvmlInterop.nvmlTemperature_t temperature)
    {
        try
        {
            return NvmlInterop.nvmlDeviceGetTemperatureV(_device, ref temperature);
        }
        catch (EntryPointNotFoundException)
        {
            return NvmlReturn.FunctionNotFound;
        }
    }

    private NvmlReturn MarginTemperature(ref NvmlInterop.nvmlMarginTemperature_t margin)
    {
        try
        {
            return NvmlInterop.nvmlDeviceGetMarginTemperature(_device, ref margin);
        }
        catch (EntryPointNotFoundException)
        {
            return NvmlReturn.FunctionNotFound;
        }
    }

    private NvmlReturn MemoryV2(ref NvmlInterop.nvmlMemory_v2_t memory)
    {
        try
        {
            return NvmlInterop.nvmlDeviceGetMemoryInfo_v2(_device, ref memory);
        }
        catch (EntryPointNotFoundException)
        {
            return NvmlReturn.FunctionNotFound;
        }
    }

    private NvmlReturn ClocksEventReasons(bool current, out ulong reasons)
    {
        try
        {
            return current
                ? NvmlInterop.nvmlDeviceGetCurrentClocksEventReasons(_device, out reasons)
                : NvmlInterop.nvmlDeviceGetCurrentClocksThrottleReasons(_device, out reasons);
        }
        catch (EntryPointNotFoundException)
        {
            reasons = 0;
            return NvmlReturn.FunctionNotFound;
        }
    }

    private static unsafe GpuIdentity ReadIdentity(NvmlDevice device)
    {
        const int Length = 96;
        var buffer = stackalloc byte[Length];
        var name = NvmlInterop.nvmlDeviceGetName(device, buffer, Length) == NvmlReturn.Success ? Nvml.Text(buffer, Length) : null;
        var uuid = NvmlInterop.nvmlDeviceGetUUID(device, buffer, Length) == NvmlReturn.Success ? Nvml.Text(buffer, Length) : null;
        string? bus = null;
        if (NvmlInterop.nvmlDeviceGetPciInfo_v3(device, out var pci) == NvmlReturn.Success)
            bus = Nvml.Text(pci.busId, 32);
        return new() { Name = name, Uuid = uuid, PciBusId = bus };
    }
}
