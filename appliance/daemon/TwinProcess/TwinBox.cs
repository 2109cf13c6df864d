using System.Globalization;
using Appliance.Daemon.Control;
using Appliance.Hardware;
using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.TwinProcess;

/// <summary>
/// The running twin: physics, its files, the load and the faults. Its own loop and the sessions of its socket take turns on one lock;
/// a step takes well under a millisecond.
/// </summary>
internal sealed class TwinBox : IDisposable
{
    private static readonly TimeSpan _catchUpLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(20);
    private static readonly FaultKind[] _elsewhere = [FaultKind.ConfigInvalid, FaultKind.ClockStep];

    private const double IdleW = 70;

    private readonly Lock _gate = new();
    private readonly RunPaths _paths;
    private readonly Board _board;
    private readonly BoxTwin _twin;
    private readonly TwinSysroot _sysroot;
    private readonly HealthBank _health;
    private readonly TwinHealthTree _healthTree;
    private readonly List<FaultSpec> _hostFaults = [];
    private readonly TimeSpan _timeOffset;
    private TwinLoad _load;
    private TimeSpan _owed;
    private int _steps;

    public TwinBox(Board board, RunPaths paths, TwinKept? kept)
    {
        _board = board;
        _paths = paths;
        _load = kept?.Load ?? TwinLoad.Default;
        _timeOffset = TimeSpan.FromSeconds(kept?.TimeS ?? 0);
        _twin = new(new()
        {
            Board = board,
            GpuW = kept?.GpuW ?? Enumerable.Range(0, board.Gpus.Count)
                .Average(i => _load.Watts(i, TimeSpan.Zero, IdleW, board.Gpus.MaxW)),
            StartSupplyC = kept?.SupplyC,
            AmbientC = kept?.AmbientC ?? 25,
            RoomHumidityPercent = kept?.RoomHumidityPercent ?? 45,
        });
        foreach (var fault in kept?.Faults ?? [])
            Restore(fault);
        _health = new(board.Gpus.Count);
        _sysroot = new(_twin, board, paths.SysRoot);
        _healthTree = new(_twin, _health, board, paths.SysRoot);
        Advance(_step);
    }

    /// <summary>Extremes of the true coolant supply since start or the last reset.</summary>
    public double MinSupplyC { get; private set; } = double.PositiveInfinity;

    public double MaxSupplyC { get; private set; } = double.NegativeInfinity;

    public double MaxDieC { get; private set; } = double.NegativeInfinity;

    /// <summary>Takes what software wrote, advances the physics by the time that went by, shows the result.</summary>
    public void Advance(TimeSpan elapsed)
    {
        lock (_gate)
        {
            _sysroot.Pull();
            StepHealth(elapsed);
            _owed += elapsed;
            if (_owed > _catchUpLimit)
                _owed = _catchUpLimit; // the machine slept: the box did not
            for (; _owed >= _step; _owed -= _step)
            {
                for (var i = 0; i < _board.Gpus.Count; i++)
                    _twin.WantPower(i, _load.Watts(i, _timeOffset + _twin.Now, IdleW, _board.Gpus.MaxW));
                _twin.Step(_step);
                NoteExtremes();
            }

            _sysroot.Push();
            if (_steps++ % 2 != 0)
                return;
            _sysroot.PushGpus();
            _healthTree.Push();
        }
    }

    /// <summary>The plant as it is, under the lock.</summary>
    public T Look<T>(Func<BoxTwin, T> look)
    {
        lock (_gate)
            return look(_twin);
    }

    public TwinLoad Load
    {
        get
        {
            lock (_gate)
                return _load;
        }
    }

    public IReadOnlyList<FaultSpec> Faults
    {
        get
        {
            lock (_gate)
                return [.. _twin.Faults, .. _hostFaults, .. _health.Faults];
        }
    }

    public void SetLoad(TwinLoad load)
    {
        lock (_gate)
            _load = load;
    }

    public void SetRoom(double? ambientC, double? humidityPercent)
    {
        lock (_gate)
        {
            _twin.AmbientC = ambientC ?? _twin.AmbientC;
            _twin.RoomHumidityPercent = humidityPercent ?? _twin.RoomHumidityPercent;
        }
    }

    public void ResetExtremes()
    {
        lock (_gate)
        {
            (MinSupplyC, MaxSupplyC, MaxDieC) = (double.PositiveInfinity, double.NegativeInfinity, double.NegativeInfinity);
            NoteExtremes();
        }
    }

    /// <exception cref="FormatException">One line: the fault cannot be done here.</exception>
    public void Inject(FaultSpec fault)
    {
        if (_elsewhere.Contains(fault.Kind))
            throw new FormatException($"{FaultCatalogue.Of(fault.Kind).Name} cannot be injected into a running twin; use it in a scenario (`appliance sim`)");
        lock (_gate)
        {
            if (FaultCatalogue.Of(fault.Kind).OfHealth)
                _health.Inject(fault);
            else if (FaultCatalogue.Of(fault.Kind).OfHost)
                InjectIntoHost(fault);
            else
                _twin.Inject(fault);
        }
    }

    /// <param name="kind">Null mends everything, dries the cabinet and fills the reservoir up.</param>
    /// <returns>How many faults were cleared.</returns>
    public int Clear(FaultKind? kind, string target)
    {
        lock (_gate)
        {
            var standing = _twin.Faults.Concat(_hostFaults).Concat(_health.Faults).Where(f => kind is null || (f.Kind == kind && f.Target == target)).ToArray();
            foreach (var fault in standing)
            {
                if (FaultCatalogue.Of(fault.Kind).OfHealth)
                    _health.Clear(fault);
                else if (_hostFaults.Remove(fault))
                    Mend(fault.Kind);
                else
                    _twin.Clear(fault.Kind, fault.Target);
            }

            // Mending a hose dries nothing: without this a leak drill would end only with the twin.
            if (kind is null)
                _twin.ClearAll();
            return standing.Length;
        }
    }

    public TwinKept Keep()
    {
        lock (_gate)
        {
            return new()
            {
                SupplyC = Math.Round(_twin.Truth.SupplyC, 3),
                GpuW = Math.Round(_twin.Truth.GpuW.Average(), 1),
                AmbientC = _twin.AmbientC,
                RoomHumidityPercent = _twin.RoomHumidityPercent,
                TimeS = Math.Round((_timeOffset + _twin.Now).TotalSeconds, 1),
                Load = _load,
                Faults = TwinKept.Of(_twin.Faults),
            };
        }
    }

    private void StepHealth(TimeSpan elapsed)
    {
        Span<double> watts = stackalloc double[_board.Gpus.Count];
        Span<double> percent = stackalloc double[_board.Gpus.Count];
        for (var i = 0; i < watts.Length; i++)
            (watts[i], percent[i]) = (_twin.Gpu(i).PowerW, _twin.Gpu(i).UtilizationPercent);
        _health.Step(elapsed.TotalSeconds, watts, percent, _twin.Truth.Braked ? BoxTwin.BrakeReasons : 0);
    }

    private void NoteExtremes()
    {
        MinSupplyC = Math.Min(MinSupplyC, _twin.Truth.SupplyC);
        MaxSupplyC = Math.Max(MaxSupplyC, _twin.Truth.SupplyC);
        foreach (var die in _twin.Truth.DieC)
            MaxDieC = Math.Max(MaxDieC, die);
    }

    private void Restore(KeptFault fault)
    {
        try
        {
            _twin.Inject(FaultCatalogue.Parse(fault.Fault, fault.Target, fault.Value, _board));
        }
        catch (FormatException)
        {
            // Kept by another version or for another board: a twin without it is still a twin.
        }
    }

    /// <summary>Faults of the software's side of the world are really done to it.</summary>
    private void InjectIntoHost(FaultSpec fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.HwmonRenumbered:
                _sysroot.Renumber();
                return; // done; there is nothing to mend
            case FaultKind.DaemonKilled:
                SignalDaemon(ProcessSignals.Kill);
                return;
            case FaultKind.DaemonStopped:
                SignalDaemon(ProcessSignals.Stop);
                break;
            case FaultKind.HostPanic:
                _sysroot.HostIsDead = true;
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"Nobody does {fault.Kind}.");
        }

        _hostFaults.RemoveAll(f => f.Kind == fault.Kind);
        _hostFaults.Add(fault);
    }

    private void Mend(FaultKind kind)
    {
        switch (kind)
        {
            case FaultKind.DaemonStopped:
                SignalDaemon(ProcessSignals.Continue);
                break;
            case FaultKind.HostPanic:
                _sysroot.HostIsDead = false;
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"Nobody mends {kind}.");
        }
    }

    /// <summary>By the pid in the daemon's lock, if that process still is a daemon: pids are dealt out again.</summary>
    private void SignalDaemon(int signal)
    {
        try
        {
            var pid = int.Parse(File.ReadAllText(Path.Combine(_paths.Sockets, $"{Loop.DaemonProcess.Role}.pid")), CultureInfo.InvariantCulture);
            var words = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/cmdline").Split('\0');
            if (words.Contains(Loop.DaemonProcess.Role) && ProcessSignals.Send(pid, signal))
                return;
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            // No file, no such process: said below.
        }

        throw new FormatException("no daemon runs in this run directory");
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _sysroot.Dispose();
            _healthTree.Dispose();
        }
    }
}
