using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>Looks at the health of every GPU once a second, each on a thread of its own, so that one that hangs holds up none of the others.</summary>
public sealed class GpuSurveyor : IDisposable
{
    private static readonly TimeSpan _period = TimeSpan.FromSeconds(1);

    private readonly NvmlSurvey[] _surveys;
    private readonly GpuPoller _poller;
    private readonly TimeProvider _time;
    private readonly Action<GpuHealth> _done;
    private readonly CancellationTokenSource _stop = new();

    /// <param name="poller">Reads the same GPUs for the cooling loop: what it knows is not asked for twice.</param>
    /// <param name="done">Called on the GPU's own thread after each look; the same object as before where nothing was due.</param>
    public GpuSurveyor(Nvml nvml, GpuPoller poller, string sysRoot, TimeProvider time, Action<GpuHealth> done)
    {
        var count = poller.Count;
        _poller = poller;
        _time = time;
        _done = done;
        _surveys = [.. Enumerable.Range(0, count).Select(index => new NvmlSurvey(nvml, index, count, sysRoot, time))];
    }

    /// <summary>What a GPU's thread asks the driver for right now.</summary>
    public DriverCall Call(int index) => _surveys[index].Call;

    /// <summary>One look at one GPU in the caller's thread; what moves within a second stands in the poller's reading.</summary>
    public GpuHealth ReadOnce(int index)
    {
        _poller.ReadOne(index, out var reading);
        return _surveys[index].Read(reading);
    }

    /// <summary>Profiling counters are wanted until this uptime.</summary>
    public void Profile(TimeSpan until)
    {
        foreach (var survey in _surveys)
            survey.Profile(until);
    }

    public void Start()
    {
        for (var i = 0; i < _surveys.Length; i++)
        {
            var index = i;
            new Thread(() => Look(index), 256 * 1024) { IsBackground = true, Name = $"survey{index}" }.Start();
        }
    }

    private void Look(int index)
    {
        // One after another through the second: the driver has locks of its own, and eight at once would stand in the cooling loop's way.
        if (_stop.Token.WaitHandle.WaitOne(_period * index / _surveys.Length))
            return;
        while (!_stop.IsCancellationRequested)
        {
            var began = _time.GetTimestamp();
            _done(Once(index));
            var left = _period - _time.GetElapsedTime(began);
            if (left > TimeSpan.Zero && _stop.Token.WaitHandle.WaitOne(left))
                return;
        }
    }

    private GpuHealth Once(int index)
    {
        try
        {
            return ReadOnce(index);
        }
        catch (Exception e) // the loop's edge: this GPU's health is unknown and says why; the others go on
        {
            return new() { Index = index, Access = GpuAccess.Refused, Fault = $"{e.GetType().Name}: {e.Message}" };
        }
    }

    public void Dispose() => _stop.Cancel(); // the threads are background threads: one that hangs in a driver must not hold up the exit
}
