using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// Everything NVML tells about one GPU beside what cooling needs. Each subject has its own period, and the subjects and the GPUs take turns: to
/// the driver every call is work, and the ten that matter within a second are not delayed by the hundred that matter within a minute. What the
/// cooling loop's thread has just read is not asked for again. Owned by one thread; a call may take as long as the driver likes. Values refused
/// are null, and the refusal is kept as evidence.
/// </summary>
internal sealed partial class NvmlSurvey
{
    private const double LoadW = 200;
    private const double LoadPercent = 10;

    private static readonly TimeSpan _openAgainAfter = TimeSpan.FromSeconds(2);

    /// <summary>A reading that is older says nothing about whether the GPU answers.</summary>
    private static readonly TimeSpan _readingLimit = TimeSpan.FromSeconds(2);

    /// <summary>How long a subject that this GPU does not have is left alone.</summary>
    private static readonly TimeSpan _absentFor = TimeSpan.FromMinutes(10);

    private readonly Nvml _source;
    private readonly int _index;
    private readonly int _count;
    private readonly string _sysRoot;
    private readonly TimeProvider _time;
    private readonly SurveyStep[] _steps;
    private readonly SortedDictionary<string, (NvmlReturn Code, string Step)> _refusals = new(StringComparer.Ordinal);
    private NvmlInterop _nvml = null!;
    private NvmlDevice _device;
    private bool _open;
    private bool _isLoaded;
    private TimeSpan? _triedAt;
    private string _step = "";
    private NvmlReturn _fatal;
    private string? _fatalCall;
    private GpuHealth _health;

    /// <param name="count">GPUs that take turns.</param>
    public NvmlSurvey(Nvml source, int index, int count, string sysRoot, TimeProvider time)
    {
        _source = source;
        (_index, _count) = (index, count);
        _sysRoot = sysRoot;
        _time = time;
        _health = new() { Index = index };
        _steps = Steps(index, count);
    }

    /// <summary>What is being asked for, for whoever watches this thread.</summary>
    public DriverCall Call { get; } = new();

    private TimeSpan Now => _time.GetElapsedTime(0);

    /// <summary>
    /// One look: what is due. What could not be read any more is dropped: only the identity of a GPU that went away stays known. Power, heat and
    /// load of the moment are the reading's and not in it.
    /// </summary>
    /// <param name="reading">What the cooling loop's thread read last.</param>
    /// <returns>The same object as before where nothing was due.</returns>
    public GpuHealth Read(in GpuReading reading)
    {
        var answers = !reading.Lost && reading.TemperatureC.HasValue && Now - reading.TemperatureC.At <= _readingLimit;
        _isLoaded = reading.PowerW.Value >= LoadW || reading.UtilizationPercent.Value >= LoadPercent;
        try
        {
            if (!Open())
                return _health;
            _fatal = NvmlReturn.Success;
            answers = answers || Step("whether it answers", Answers);
            if (answers)
                ReadDue();
        }
        finally
        {
            Call.End();
        }

        if (_fatal != NvmlReturn.Success)
            return Away(_fatal, _fatalCall!);
        if (!answers && _health.Access != GpuAccess.Refused)
            Restart();
        return Told(answers ? GpuAccess.Good : GpuAccess.Refused);
    }

    private bool Open()
    {
        if (_open)
            return true;
        var now = Now;
        if (_triedAt is { } tried && now - tried < _openAgainAfter)
            return false;
        _triedAt = now;
        Call.Begin("nvmlDeviceGetHandleByIndex_v2", now);
        var status = _source.Handle(_index, out _device);
        if (status == NvmlReturn.Uninitialized)
        {
            _health = new() { Index = _index, Identity = _health.Identity };
            return false;
        }

        if (status != NvmlReturn.Success)
        {
            Away(status, "nvmlDeviceGetHandleByIndex_v2");
            return false;
        }

        _nvml = _source.Calls!;
        _refusals.Clear();
        Restart();
        return _open = true;
    }

    /// <summary>Another GPU, or the same after a reset or a refusal: what was known is dropped, everything is asked for anew.</summary>
    private void Restart()
    {
        foreach (var step in _steps)
            step.Restart();
        foreach (var fields in new[] { _telemetry, _margins, _pcie, _recovery, _remaps, _links, _toSwitch, _energy })
            fields.Forget();
        (_linkStates, _linkErrors, _linkDetail, _isSampled) = (null, null, [], false);
        _health = new() { Index = _index, Identity = _health.Identity };
    }

    private void ReadDue()
    {
        foreach (var step in _steps)
        {
            if (_fatal == NvmlReturn.Success && step.IsDue(Now, _isLoaded))
                step.Done(Now, Step(step.What, step.Read), _absentFor);
        }
    }

    /// <summary>What moves within seconds first; a GPU that has no fabric or no links is not asked for them every time.</summary>
    private SurveyStep[] Steps(int index, int count)
    {
        var turn = (index + 1.0) / count;
        SurveyStep Every(double seconds, string what, Func<bool> read, double? loadedS = null) =>
            new(what, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(loadedS ?? seconds), turn, read);
        return
        [
            Every(600, "identity", ReadIdentity),
            Every(5, "PCIe link", ReadPcieLink, loadedS: 1), // a link that trains down under load is told within five seconds
            Every(5, "counters of power and heat", ReadTelemetry),
            Every(5, "profiling counters", ReadProfile),
            Every(10, "PCIe counters", ReadPcieCounters),
            Every(10, "memory errors", ReadMemoryHealth),
            Every(10, "NVLink", ReadNvlinks),
            Every(10, "fabric", ReadFabric),
            Every(30, "NVLink errors", ReadNvlinkErrors),
            Every(30, "energy", ReadEnergy), // 5.7 ms on an H100, idle or not
            Every(60, "modes", ReadModes),
            Every(60, "limits", ReadLimits),
            Every(60, "row remapper", ReadHistogram),
            Every(60, "corrected words of NVLinks", ReadNvlinkCounters), // 60 ms for eighteen links
            Every(600, "NVLink ends", ReadNvlinkEnds),
            Every(600, "topology", ReadTopology),
            Every(3600, "InfoROM", ReadInforom), // 70 ms on an H100: it is read from the board
        ];
    }

    /// <summary>The reading has nothing: is it refused, or only late?</summary>
    private unsafe bool Answers()
    {
        uint celsius;
        return Ok(_nvml.nvmlDeviceGetTemperature(_device, NvmlInterop.NVML_TEMPERATURE_GPU, &celsius));
    }

    /// <summary>Named for whoever watches the thread; what it was refused last time is forgotten.</summary>
    private bool Step(string what, Func<bool> read)
    {
        _step = what;
        foreach (var call in _refusals.Where(r => r.Value.Step == what).Select(r => r.Key).ToArray())
            _refusals.Remove(call);
        Call.Begin(what, Now);
        return read();
    }

    private GpuHealth Told(GpuAccess access)
    {
        var refusals = _health.Refusals;
        if (refusals.Count != _refusals.Count || !refusals.All(r => _refusals.TryGetValue(r.Call, out var held) && held.Code.ToString() == r.Code))
            refusals = [.. _refusals.Select(r => new NvmlRefusal(r.Key, r.Value.Code.ToString()))];
        if (access != _health.Access || _health.Fault is not null || !ReferenceEquals(refusals, _health.Refusals))
            _health = _health with { Access = access, Fault = null, Refusals = refusals };
        return _health;
    }

    private GpuHealth Away(NvmlReturn status, string call)
    {
        _open = false;
        _triedAt = Now;
        return _health = new()
        {
            Index = _index,
            Identity = _health.Identity,
            Access = status == NvmlReturn.ResetRequired ? GpuAccess.ResetRequired : Nvml.IsGone(status) ? GpuAccess.Lost : GpuAccess.Refused,
            Fault = $"{call}: {status}",
        };
    }

    /// <param name="call">The function, as it is called; what stands before it and its arguments are cut away.</param>
    private bool Ok(NvmlReturn status, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(status))] string call = "")
    {
        if (status == NvmlReturn.Success)
            return true;
        Refused(NameOf(call), status);
        return false;
    }

    private void Refused(string call, NvmlReturn status)
    {
        _source.Note(status);
        if (status is NvmlReturn.GpuIsLost or NvmlReturn.ResetRequired or NvmlReturn.GpuNotFound or NvmlReturn.Uninitialized)
            (_fatal, _fatalCall) = (status, call);
        else if (status != NvmlReturn.NotSupported)
            _refusals[call] = (status, _step);
    }

    /// <summary>The function's name out of <c>_nvml.nvmlDeviceGetX(_device, …)</c>.</summary>
    internal static string NameOf(string expression)
    {
        var begin = expression.StartsWith("_nvml.", StringComparison.Ordinal) ? "_nvml.".Length : 0;
        var end = expression.IndexOf('(', StringComparison.Ordinal);
        return end < 0 ? expression[begin..] : expression[begin..end];
    }
}
