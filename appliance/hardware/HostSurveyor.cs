using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// Reads the rest of the box, each subject on a thread of its own: a disk that hangs, a mount whose server is gone and a port whose
/// firmware is stuck block whoever asks them, and nobody else.
/// </summary>
public sealed class HostSurveyor : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Action<BoxHealth> _done;
    private readonly CancellationTokenSource _stop = new();
    private readonly (string Name, TimeSpan Period, Func<TimeSpan, BoxHealth> Read)[] _subjects;

    /// <param name="done">Called on the subject's own thread with the groups that were read.</param>
    public HostSurveyor(string sysRoot, TimeProvider time, Action<BoxHealth> done)
    {
        _time = time;
        _done = done;
        var (rdma, disks, host) = (new RdmaPorts(sysRoot), new Disks(sysRoot), new HostFacts(sysRoot));
        _subjects =
        [
            ("rdma", TimeSpan.FromSeconds(3), now => new() { RdmaPorts = rdma.Read(now) }),
            ("disks", TimeSpan.FromSeconds(10), now => new() { Disks = disks.Read(now), Raids = disks.ReadRaids(now) }),
            ("mounts", TimeSpan.FromSeconds(10), now => new() { Mounts = Mounts.Read(sysRoot, now) }),
            ("host", TimeSpan.FromSeconds(15), now => new() { Host = host.Read(now), Clock = host.ReadClock(now), Fabric = host.ReadFabric(now) }),
        ];
    }

    public void Start()
    {
        foreach (var (name, period, read) in _subjects)
            new Thread(() => Look(period, read), 256 * 1024) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>Every subject once, in the caller's thread.</summary>
    public BoxHealth ReadOnce() => _subjects.Aggregate(new BoxHealth { At = _time.GetElapsedTime(0) }, (all, subject) => all.With(subject.Read(_time.GetElapsedTime(0))));

    private void Look(TimeSpan period, Func<TimeSpan, BoxHealth> read)
    {
        while (!_stop.IsCancellationRequested)
        {
            var now = _time.GetElapsedTime(0);
            try
            {
                _done(read(now) with { At = now });
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
            {
                // The groups grow old, which is what the rules judge; the next look may work.
            }

            if (_stop.Token.WaitHandle.WaitOne(period))
                return;
        }
    }

    public void Dispose() => _stop.Cancel();
}
