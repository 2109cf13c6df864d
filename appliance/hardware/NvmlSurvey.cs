using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// Everything NVML tells about one GPU beside what cooling needs: once a second what moves, twice a minute what hardly does. Owned by
/// one thread; a call may take as long as the driver likes. Values refused are null, and the refusal is kept as evidence.
/// </summary>
internal sealed partial class NvmlSurvey
{
    private static readonly TimeSpan _slowEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _openAgainAfter = TimeSpan.FromSeconds(2);

    private readonly Nvml _source;
    private readonly int _index;
    private readonly string _sysRoot;
    private readonly TimeProvider _time;
    private readonly SortedDictionary<string, NvmlReturn> _refusals = new(StringComparer.Ordinal);
    private NvmlInterop _nvml = null!;
    private NvmlDevice _device;
    private bool _open;
    private TimeSpan? _triedAt;
    private TimeSpan? _slowAt;
    private NvmlReturn _fatal;
    private string? _fatalCall;
    private GpuHealth _health;

    public NvmlSurvey(Nvml source, int index, string sysRoot, TimeProvider time)
    {
        _source = source;
        _index = index;
        _sysRoot = sysRoot;
        _time = time;
        _health = new() { Index = index };
    }

    /// <summary>What is being asked for, for whoever watches this thread.</summary>
    public DriverCall Call { get; } = new();

    private TimeSpan Now => _time.GetElapsedTime(0);

    /// <summary>One look. What could not be read any more is dropped: only the identity of a GPU that went away stays known.</summary>
    public GpuHealth Read()
    {
        try
        {
            if (!Open())
                return _health;
            _fatal = NvmlReturn.Success;
            _refusals.Clear();
            ReadAll();
        }
        finally
        {
            Call.End();
        }

        if (_fatal != NvmlReturn.Success)
            return Away(_fatal, _fatalCall!);
        return _health = _health with
        {
            Access = _health.Power is null && _health.Heat is null ? GpuAccess.Refused : GpuAccess.Good,
            Fault = null,
            Refusals = _refusals.Count == 0 ? [] : [.. _refusals.Select(r => new NvmlRefusal(r.Key, r.Value.ToString()))],
        };
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
        _slowAt = null;
        return _open = true;
    }

    private void ReadAll()
    {
        Step("power and temperature", ReadTelemetry);
        Step("clocks and load", ReadClocks);
        Step("PCIe", ReadPcie);
        Step("memory errors", ReadMemoryHealth);
        Step("NVLink", ReadNvlinks);
        Step("fabric", ReadFabric);
        if (_fatal == NvmlReturn.Success && (_slowAt is not { } at || Now - at >= _slowEvery))
        {
            _slowAt = Now;
            Step("identity", () => _health = _health with { Identity = NvmlIdentity.Read(_nvml, _device, Now) });
            Step("modes", ReadModes);
            Step("limits", ReadLimits);
            Step("row remapper", ReadHistogram);
            Step("NVLink detail", ReadNvlinkDetail);
            Step("topology", ReadTopology);
        }
    }

    private void Step(string what, Action read)
    {
        if (_fatal != NvmlReturn.Success)
            return; // gone: every further call would only cost time
        Call.Begin(what, Now);
        read();
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
            _refusals[call] = status;
    }

    /// <summary>The function's name out of <c>_nvml.nvmlDeviceGetX(_device, …)</c>.</summary>
    internal static string NameOf(string expression)
    {
        var begin = expression.StartsWith("_nvml.", StringComparison.Ordinal) ? "_nvml.".Length : 0;
        var end = expression.IndexOf('(', StringComparison.Ordinal);
        return end < 0 ? expression[begin..] : expression[begin..end];
    }
}
