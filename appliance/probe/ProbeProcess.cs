using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Probe;

/// <summary>
/// <c>appliance-probe</c>: the only process that sits in driver calls while the box runs. A GPU has two threads, one that reads for the
/// cooling loop and one that reads its health; a call that hangs holds up its own thread and nobody else. The main thread looks at them
/// four times a second and says who hangs. It ends when its daemon does, but never while a call is out: a client killed in the middle
/// can leave the driver worse than it was.
/// </summary>
internal sealed class ProbeProcess : IDisposable
{
    /// <summary>The role's lock in the run directory.</summary>
    public const string Role = "probe";

    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _sayEvery = TimeSpan.FromSeconds(1);

    private readonly ProbeOptions _options;
    private readonly TimeProvider _time;
    private readonly Nvml _nvml;
    private readonly GpuPoller _poller;
    private readonly GpuSurveyor _surveyor;
    private readonly NvmlEvents _events;
    private readonly HostSurveyor _host;
    private readonly ProbeWriter _writer;
    private readonly HangWatch _hangs;
    private readonly Footprint _footprint;

    /// <summary>By GPU, what the daemon holds: its survey's thread alone looks at it.</summary>
    private readonly GpuHealth?[] _sent;

    /// <summary>By GPU, that the daemon was told something else meanwhile.</summary>
    private readonly bool[] _isStale;
    private readonly ManualResetEventSlim _stop = new();
    private TimeSpan _saidAt = TimeSpan.MinValue;
    private ProbeState _saidState;

    private ProbeProcess(ProbeOptions options, ProbeWriter writer, TimeProvider time)
    {
        _options = options;
        _time = time;
        _writer = writer;
        _nvml = new(options.Library, new(options.Gpus, options.SlotsFile));
        _poller = new(_nvml, options.Gpus, options.ReadEvery, time) { ReadDone = SendReading };
        _surveyor = new(_nvml, _poller, options.SysRoot, time, SendHealth);
        _events = new(_nvml, options.Gpus, time, happened => writer.Send(ProbeFrame.Event, happened, HealthJson.Default.NvmlEvent));
        _host = new(options.SysRoot, time, part => writer.Send(ProbeFrame.Host, part, HealthJson.Default.BoxHealth));
        _hangs = new(options.Gpus, _poller.Call, _surveyor.Call);
        _footprint = new(time.GetElapsedTime(0));
        (_sent, _isStale) = (new GpuHealth?[options.Gpus], new bool[options.Gpus]);
    }

    /// <param name="input">The daemon's wishes; its end is the daemon's end.</param>
    /// <returns>The exit code.</returns>
    public static int Run(ProbeOptions options, Stream input, Stream output, TimeProvider time)
    {
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true); // the daemon decides
        var writer = new ProbeWriter(output);
        using var role = WaitForRole(options, writer, time);
        if (role is null)
            return 0;
        using var probe = new ProbeProcess(options, writer, time);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            probe._stop.Set();
        });
        probe.Start(input);
        probe.Watch();
        probe.WaitForCalls();
        return 0;
    }

    /// <summary>A probe of an earlier daemon may still wait for the driver: nobody is started beside it.</summary>
    private static RunLock? WaitForRole(ProbeOptions options, ProbeWriter writer, TimeProvider time)
    {
        while (!writer.IsBroken)
        {
            if (RunLock.TryTake(options.LockDirectory, Role, out var holder) is { } role)
                return role;
            writer.Send(
                ProbeFrame.Probe,
                new() { At = time.GetElapsedTime(0), State = ProbeState.Blind, Pid = holder, Fault = $"the former probe, process {holder}, still waits for the driver" },
                HealthJson.Default.ProbeHealth);
            Thread.Sleep(_look);
        }

        return null;
    }

    private void Start(Stream input)
    {
        new Thread(() => Listen(input), 128 * 1024) { IsBackground = true, Name = "daemon" }.Start();
        _poller.Start();
        _surveyor.Start();
        _events.Start();
        _host.Start();
    }

    private void Listen(Stream input)
    {
        var reader = new ProbeReader(input);
        while (reader.Next(out var kind, out var payload))
        {
            if (kind == ProbeFrame.Limit && payload.Length == 13 && BinaryPrimitives.ReadInt32LittleEndian(payload) is var index && index >= 0 && index < _options.Gpus)
                _poller.RequestBound(index, new(BinaryPrimitives.ReadDoubleLittleEndian(payload[4..]), payload[12] != 0));
            else if (kind == ProbeFrame.Profile && payload.Length == 4 && BinaryPrimitives.ReadInt32LittleEndian(payload) is var seconds and > 0)
                _surveyor.Profile(_time.GetElapsedTime(0) + TimeSpan.FromSeconds(seconds));
        }

        _stop.Set();
    }

    private void SendReading(int index)
    {
        Span<GpuReading> reading = stackalloc GpuReading[1];
        _poller.ReadOne(index, out reading[0]);
        Span<byte> payload = stackalloc byte[4 + Unsafe.SizeOf<GpuReading>()];
        var bytes = MemoryMarshal.AsBytes(reading);
        BinaryPrimitives.WriteInt32LittleEndian(payload, index);
        bytes.CopyTo(payload[4..]);
        _writer.Send(ProbeFrame.Reading, payload);
    }

    /// <summary>What is new since the last look; nothing where nothing was due.</summary>
    private void SendHealth(GpuHealth health)
    {
        if (_options.Whole)
        {
            _poller.ReadOne(health.Index, out var reading);
            _writer.Send(ProbeFrame.Gpu, reading.Onto(health), HealthJson.Default.GpuHealth);
            return;
        }

        var sent = Interlocked.Exchange(ref _isStale[health.Index], false) ? null : _sent[health.Index];
        if (ReferenceEquals(health, sent))
            return;
        _sent[health.Index] = health;
        if (sent is not null && health.Since(sent) is { } part)
            _writer.Send(ProbeFrame.GpuPart, part, HealthJson.Default.GpuHealth);
        else
            _writer.Send(ProbeFrame.Gpu, health, HealthJson.Default.GpuHealth);
    }

    private void Watch()
    {
        while (!_stop.Wait(_look) && !_writer.IsBroken && !_nvml.IsOutdated)
        {
            var now = _time.GetElapsedTime(0);
            foreach (var changed in _hangs.Look(now))
            {
                _writer.Send(ProbeFrame.Access, changed, HealthJson.Default.GpuHealth);
                Volatile.Write(ref _isStale[changed.Index], true);
            }

            Say(now);
            _ = _footprint.Look(now);
        }
    }

    private void Say(TimeSpan now)
    {
        var state = _hangs.AllSince is not null ? ProbeState.Blind : _nvml.Fault is not null || _nvml.DriverVersion is null ? ProbeState.NoDriver : ProbeState.Working;
        if (state == _saidState && now - _saidAt < _sayEvery)
            return;
        (_saidState, _saidAt) = (state, now);
        var (calls, values) = _nvml.Asked;
        var said = new ProbeHealth
        {
            At = now,
            State = state,
            Fault = state == ProbeState.Blind ? _hangs.Fault(now) : _nvml.Fault,
            BlindSince = _hangs.AllSince,
            DriverVersion = _nvml.DriverVersion,
            LibraryVersion = _nvml.LibraryVersion,
            GpusFound = _nvml.DriverVersion is null ? null : _nvml.Count,
            Pid = Environment.ProcessId,
            MemoryMib = Math.Round(Environment.WorkingSet / 1048576.0, 1),
            CpuS = Math.Round(Environment.CpuUsage.TotalTime.TotalSeconds, 3),
            DriverCalls = calls,
            FieldValues = values,
        };
        _writer.Send(ProbeFrame.Probe, said, HealthJson.Default.ProbeHealth);
    }

    /// <summary>No deadline: a call that is out is waited for, whatever it takes.</summary>
    private void WaitForCalls()
    {
        _poller.Dispose();
        _surveyor.Dispose();
        _host.Dispose();
        while (_hangs.AnyOut)
            Thread.Sleep(20);
        if (_events.Stop())
            _nvml.Shutdown();
    }

    public void Dispose()
    {
        _events.Dispose();
        _stop.Dispose();
    }
}
