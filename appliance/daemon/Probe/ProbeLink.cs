using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Appliance.Daemon.Launcher;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Probe;

/// <summary>
/// The daemon's end of the probe: starts it, takes what it says on a thread of its own, starts it again when it has ended by itself.
/// It is never killed. The cooling loop copies the last readings under a lock that is never held across anything slow; when the probe
/// is silent they grow old, and the estimator counts those GPUs at full power.
/// </summary>
internal sealed class ProbeLink : IGpuFeed
{
    private const int EventsMax = 1024;

    private static readonly TimeSpan _repeatLimitEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _silentAfter = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan _startAgainAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _endLimit = TimeSpan.FromSeconds(1.5);

    /// <summary>A scraper comes every minute or more often; one that has not come for so long has gone.</summary>
    private static readonly TimeSpan _profileFor = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan _repeatProfileEvery = TimeSpan.FromSeconds(10);

    private readonly ProbeOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly GpuReading[] _readings;
    private readonly GpuBound[] _wanted;
    private readonly GpuBound[] _sent;
    private readonly TimeSpan[] _sentAt;
    private readonly GpuHealth[] _gpus;
    private readonly Queue<NvmlEvent> _events = new();
    private readonly ManualResetEventSlim _stop = new();
    private readonly ManualResetEventSlim _ended = new(initialState: true);
    private BoxHealth _host = new();
    private ProbeHealth? _probe;
    private string? _fault = "not started yet";
    private TimeSpan _heardAt;
    private int _starts;
    private Process? _process;
    private TimeSpan? _profileWantedAt;
    private TimeSpan? _profileSentAt;

    public ProbeLink(ProbeOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _readings = new GpuReading[options.Gpus];
        (_wanted, _sent, _sentAt) = (new GpuBound[options.Gpus], new GpuBound[options.Gpus], new TimeSpan[options.Gpus]);
        _gpus = [.. Enumerable.Range(0, options.Gpus).Select(i => new GpuHealth { Index = i })];
    }

    /// <summary>Events that came faster than they were taken, since start.</summary>
    public long EventsLost { get; private set; }

    public void Start() => new Thread(Run, 256 * 1024) { IsBackground = true, Name = "probe-link" }.Start();

    public void Read(Span<GpuReading> readings)
    {
        lock (_gate)
            _readings.AsSpan().CopyTo(readings);
    }

    public void RequestBound(int index, GpuBound bound)
    {
        lock (_gate)
            _wanted[index] = bound;
    }

    /// <summary>Somebody wants the GPUs' profiling counters: they are read for a while from now on.</summary>
    public void WantProfile()
    {
        lock (_gate)
            _profileWantedAt = _time.GetElapsedTime(0);
    }

    public GpuIdentity Identity(int index)
    {
        lock (_gate)
            return _gpus[index].Identity ?? _unknown;
    }

    /// <summary>What the box was last read to be: facts with their ages, and how far the probe itself is heard.</summary>
    public BoxHealth Sweep()
    {
        var now = _time.GetElapsedTime(0);
        lock (_gate)
            return _host with { At = now, Probe = Heard(now), Gpus = [.. _gpus.Select(g => _readings[g.Index].Onto(g))] };
    }

    public bool TryTakeEvent(out NvmlEvent happened)
    {
        lock (_gate)
            return _events.TryDequeue(out happened!);
    }

    /// <summary>Ends the probe's input: it goes when no call is out any more. Waited for only as long as an orderly end takes.</summary>
    public void Dispose()
    {
        _stop.Set();
        try
        {
            _process?.StandardInput.Close();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // Gone already.
        }

        _ = _ended.Wait(_endLimit);
    }

    private static readonly GpuIdentity _unknown = new();

    private ProbeHealth Heard(TimeSpan now) => _probe is { } said && now - _heardAt < _silentAfter
        ? said with { Starts = _starts }
        : new() { At = now, State = ProbeState.Absent, Starts = _starts, Pid = _probe?.Pid, Fault = _fault ?? $"no word for {(now - _heardAt).TotalSeconds:0.0} s" };

    private void Run()
    {
        _ended.Reset();
        while (!_stop.IsSet)
        {
            var fault = Once();
            lock (_gate)
                _fault = fault;
            if (!_stop.IsSet)
                _stop.Wait(_startAgainAfter);
        }

        _ended.Set();
    }

    /// <summary>One life of the probe, from its start to its end.</summary>
    private string Once()
    {
        try
        {
            using var process = Launch();
            _process = process;
            var writer = new ProbeWriter(process.StandardInput.BaseStream);
            _profileSentAt = null;
            var reader = new ProbeReader(process.StandardOutput.BaseStream);
            while (reader.Next(out var kind, out var payload))
                Take(kind, payload, writer);
            process.StandardInput.Close();
            process.WaitForExit(); // it may wait for the driver: nobody is started beside it
            return $"the probe ended with exit code {process.ExitCode}";
        }
        catch (Win32Exception e)
        {
            return $"the probe cannot be started: {e.Message}";
        }
        catch (Exception e) when (e is JsonException or IOException or InvalidOperationException)
        {
            return $"the probe's words are not understood: {e.Message}";
        }
    }

    private Process Launch()
    {
        var start = new ProcessStartInfo(Programs.PathOf(Programs.Probe), _options.Words())
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (_options.Library is not null)
            start.Environment["APPLIANCE_TWIN_SYSROOT"] = _options.SysRoot;
        _starts++;
        return Process.Start(start)!;
    }

    private void Take(ProbeFrame kind, ReadOnlySpan<byte> payload, ProbeWriter writer)
    {
        var now = _time.GetElapsedTime(0);
        switch (kind)
        {
            case ProbeFrame.Reading:
                TakeReading(payload, now, writer);
                break;
            case ProbeFrame.Gpu:
                var health = JsonSerializer.Deserialize(payload, HealthJson.Default.GpuHealth)!;
                lock (_gate)
                    _gpus[health.Index] = health;
                break;
            case ProbeFrame.GpuPart:
                var newer = JsonSerializer.Deserialize(payload, HealthJson.Default.GpuHealth)!;
                lock (_gate)
                    _gpus[newer.Index] = _gpus[newer.Index].With(newer);
                break;
            case ProbeFrame.Access:
                var access = JsonSerializer.Deserialize(payload, HealthJson.Default.GpuHealth)!;
                lock (_gate)
                    _gpus[access.Index] = _gpus[access.Index] with { Access = access.Access, HungSince = access.HungSince, Fault = access.Fault };
                break;
            case ProbeFrame.Probe:
                var probe = JsonSerializer.Deserialize(payload, HealthJson.Default.ProbeHealth)!;
                lock (_gate)
                    (_probe, _heardAt, _fault) = (probe, now, null);
                break;
            case ProbeFrame.Host:
                var part = JsonSerializer.Deserialize(payload, HealthJson.Default.BoxHealth)!;
                lock (_gate)
                    _host = _host.With(part);
                break;
            case ProbeFrame.Event:
                TakeEvent(JsonSerializer.Deserialize(payload, HealthJson.Default.NvmlEvent)!);
                break;
            default:
                throw new InvalidOperationException($"a frame of kind {(byte)kind}");
        }
    }

    private void TakeReading(ReadOnlySpan<byte> payload, TimeSpan now, ProbeWriter writer)
    {
        // After an upgrade the daemon that still runs may start the probe of the next version.
        if (payload.Length != sizeof(int) + Unsafe.SizeOf<GpuReading>())
            throw new InvalidOperationException($"a reading of {payload.Length} bytes, as another version's");
        var index = BinaryPrimitives.ReadInt32LittleEndian(payload);
        var reading = MemoryMarshal.Read<GpuReading>(payload[4..]);
        GpuBound wanted;
        TimeSpan? profile;
        lock (_gate)
        {
            _readings[index] = reading;
            (wanted, profile) = (_wanted[index], _profileWantedAt);
        }

        if (profile is { } at && now - at < _profileFor && !(now - _profileSentAt < _repeatProfileEvery))
            SendProfile(_profileFor - (now - at), now, writer);

        // Answered only to a GPU that just spoke: one that hangs cannot fill the pipe.
        if (wanted.LimitW <= 0 || (wanted == _sent[index] && now - _sentAt[index] < _repeatLimitEvery))
            return;
        (_sent[index], _sentAt[index]) = (wanted, now);
        Span<byte> bound = stackalloc byte[13];
        BinaryPrimitives.WriteInt32LittleEndian(bound, index);
        BinaryPrimitives.WriteDoubleLittleEndian(bound[4..], wanted.LimitW);
        bound[12] = wanted.LowestClock ? (byte)1 : (byte)0;
        writer.Send(ProbeFrame.Limit, bound);
    }

    private void SendProfile(TimeSpan left, TimeSpan now, ProbeWriter writer)
    {
        _profileSentAt = now;
        Span<byte> seconds = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(seconds, (int)left.TotalSeconds + 1);
        writer.Send(ProbeFrame.Profile, seconds);
    }

    private void TakeEvent(NvmlEvent happened)
    {
        lock (_gate)
        {
            if (_events.Count >= EventsMax)
            {
                _events.Dequeue();
                EventsLost++;
            }

            _events.Enqueue(happened);
        }
    }
}
