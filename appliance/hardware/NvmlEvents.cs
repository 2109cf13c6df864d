using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// Waits for NVML's events (XIDs, ECC errors, recovery actions) on a thread of its own. Events that happened before the registration are
/// lost, and some XIDs never come this way: the kernel's log is read beside it.
/// </summary>
public sealed unsafe class NvmlEvents : IDisposable
{
    private const uint WaitMs = 500; // also how long an end may have to wait for this thread

    private static readonly TimeSpan _registerAgainAfter = TimeSpan.FromSeconds(5);

    // Single-bit errors storm: thousands a second, and the counters tell the same.
    private const ulong Unwanted = 0x1 | 0x4 | 0x10;

    private readonly Nvml _nvml;
    private readonly int _count;
    private readonly TimeProvider _time;
    private readonly Action<NvmlEvent> _happened;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<nint, (int Index, string? PciBusId)> _known = [];
    private readonly Thread _thread;

    public NvmlEvents(Nvml nvml, int count, TimeProvider time, Action<NvmlEvent> happened)
    {
        _nvml = nvml;
        _count = count;
        _time = time;
        _happened = happened;
        _thread = new(Run, 256 * 1024) { IsBackground = true, Name = "nvml-events" };
    }

    public void Start() => _thread.Start();

    /// <returns>True when the thread has left the driver.</returns>
    public bool Stop()
    {
        _stop.Cancel();
        return !_thread.IsAlive || _thread.Join(TimeSpan.FromMilliseconds(WaitMs * 2));
    }

    private void Run()
    {
        while (!_stop.IsCancellationRequested)
        {
            if (_nvml.Calls is { } calls)
                WaitForEvents(calls);
            _ = _stop.Token.WaitHandle.WaitOne(_nvml.Calls is null ? TimeSpan.FromMilliseconds(WaitMs) : _registerAgainAfter);
        }
    }

    /// <summary>Returns when the set is of no use any more: a GPU that is lost ends it for all.</summary>
    private void WaitForEvents(NvmlInterop nvml)
    {
        nint set;
        if (nvml.nvmlEventSetCreate(&set) != NvmlReturn.Success)
            return;
        try
        {
            if (!Register(nvml, set))
                return;
            while (!_stop.IsCancellationRequested)
            {
                NvmlInterop.nvmlEventData_t data;
                var status = nvml.nvmlEventSetWait_v2(set, &data, WaitMs);
                if (status == NvmlReturn.Success)
                    _happened(Told(data));
                else if (status != NvmlReturn.Timeout)
                    return;
            }
        }
        finally
        {
            _ = nvml.nvmlEventSetFree(set);
        }
    }

    private bool Register(NvmlInterop nvml, nint set)
    {
        _known.Clear();
        var any = false;
        for (var i = 0; i < _count; i++)
        {
            ulong supported;
            if (_nvml.Handle(i, out var device) != NvmlReturn.Success || nvml.nvmlDeviceGetSupportedEventTypes(device, &supported) != NvmlReturn.Success)
                continue;
            _known[device.Pointer] = (i, NvmlIdentity.Names(nvml, device).PciBusId);
            any |= (supported & ~Unwanted) != 0 && nvml.nvmlDeviceRegisterEvents(device, supported & ~Unwanted, set) == NvmlReturn.Success;
        }

        return any;
    }

    private NvmlEvent Told(NvmlInterop.nvmlEventData_t data)
    {
        const uint NoInstance = uint.MaxValue;
        var isKnown = _known.TryGetValue(data.device.Pointer, out var gpu);
        var isXid = data.eventType == NvmlInterop.nvmlEventTypeXidCriticalError;
        return new(
            _time.GetElapsedTime(0), isKnown ? gpu.Index : null, gpu.PciBusId, (long)data.eventType, isXid ? (long)data.eventData : 0,
            data.gpuInstanceId == NoInstance ? null : (int)data.gpuInstanceId, data.computeInstanceId == NoInstance ? null : (int)data.computeInstanceId);
    }

    public void Dispose() => _stop.Cancel();
}
