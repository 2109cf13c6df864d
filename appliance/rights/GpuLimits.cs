using Appliance.Hardware;

namespace Appliance.Rights;

/// <summary>Power limits through NVML, by UUID. The driver is opened at the first request and again after a failure.</summary>
internal sealed class GpuLimits
{
    private Dictionary<string, IGpuDevice>? _gpus;

    public string? Set(string uuid, double watts)
    {
        if (_gpus is null && Open() is { } fault)
            return fault;
        if (!_gpus!.TryGetValue(uuid, out var gpu))
        {
            _gpus = null; // the driver was reloaded, or a GPU came back: look again next time
            return $"there is no {uuid}";
        }

        if (gpu.SetPowerLimit(watts))
            return null;
        _gpus = null;
        return $"{uuid} refuses {watts:0} W";
    }

    private string? Open()
    {
        var nvml = new Nvml();
        if (!nvml.Initialise())
            return nvml.Fault ?? "NVML does not open";
        var gpus = new Dictionary<string, IGpuDevice>(StringComparer.Ordinal);
        for (var i = 0; i < nvml.Count; i++)
        {
            if (nvml.Open(i, out _) is { Identity.Uuid: { } id } gpu)
                gpus[id] = gpu;
        }

        _gpus = gpus;
        return null;
    }
}
