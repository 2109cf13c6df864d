using System.Globalization;

namespace Appliance.Twin;

/// <summary>What the driver of the twin tells of one GPU's health. Figures of a healthy H100 where nothing is wrong.</summary>
public sealed class GpuHealthState
{
    /// <summary>Module ids in NVML's order differ from machine to machine; this is one machine's.</summary>
    private static readonly int[] _moduleIds = [2, 4, 3, 1, 7, 5, 8, 6];

    private readonly double[] _linkErrors = new double[HealthBank.LinksPerGpu];
    private readonly double[] _linkErrorsPerS = new double[HealthBank.LinksPerGpu];
    private double _eccErrors;
    private double _replays;
    private double _linkKib;
    private readonly double[] _reasonNs = new double[9];

    public GpuHealthState(int index)
    {
        Index = index;
        Heal();
    }

    public int Index { get; }

    public string Uuid => $"GPU-7717b0c5-0000-4000-8000-{Index:x12}";

    public string Serial => (1_650_000_000_000 + 10 * Index).ToString(CultureInfo.InvariantCulture);

    public int ModuleId => _moduleIds[Index % _moduleIds.Length];

    public int PciBus => 0x1B + Index * 0x10;

    public string KernelBusId => $"0000:{PciBus:x2}:00";

    public bool Hung { get; private set; }

    /// <summary>nvmlReturn that every call answers with; 0 is none.</summary>
    public int Refusal { get; private set; }

    public long EccCorrected => (long)_eccErrors;

    public long EccUncorrected { get; internal set; }

    public int RecoveryAction { get; internal set; }

    public bool SramThreshold { get; private set; }

    public int RemappedUncorrected { get; internal set; }

    public bool RemapPending { get; private set; }

    public bool RemapFailed { get; private set; }

    public int PcieGeneration { get; private set; }

    public int PcieWidth { get; private set; }

    public long PcieReplays => (long)_replays;

    /// <summary>Bits that stand beside those of the plant.</summary>
    public long ClocksEventReasons { get; private set; }

    public int FabricState { get; private set; }

    public int FabricMask { get; private set; }

    public bool FirmwareOdd { get; private set; }

    public bool Persistence { get; private set; }

    public double EnergyJ { get; private set; }

    public long NvlinkKib => (long)_linkKib;

    /// <summary>Links that are down, a bit each.</summary>
    public long LinksDown { get; private set; }

    public long LinkErrors(int link) => (long)_linkErrors[link];

    /// <summary>Nanoseconds for which bit <paramref name="bit"/> of the event reasons has stood.</summary>
    public long ReasonNs(int bit) => (long)_reasonNs[bit];

    private double EccPerS { get; set; }

    private double ReplaysPerS { get; set; }

    internal void Heal()
    {
        (Hung, Refusal, SramThreshold, RemapPending, RemapFailed, FirmwareOdd) = (false, 0, false, false, false, false);
        (PcieGeneration, PcieWidth, FabricState, FabricMask, Persistence) = (5, 16, 3, 0, true);
        (ClocksEventReasons, LinksDown, EccPerS, ReplaysPerS, RecoveryAction) = (0, 0, 0, 0, 0);
        Array.Clear(_linkErrorsPerS);
    }

    internal void Apply(FaultKind kind, int link, double value)
    {
        switch (kind)
        {
            case FaultKind.GpuHung:
                Hung = true;
                break;
            case FaultKind.NvmlRefuses:
                Refusal = (int)value;
                break;
            case FaultKind.EccStorm:
                EccPerS = value;
                break;
            case FaultKind.EccUncorrected:
                RecoveryAction = 4;
                break;
            case FaultKind.SramThreshold:
                SramThreshold = true;
                break;
            case FaultKind.RowRemapPending:
                RemapPending = true;
                break;
            case FaultKind.RowRemapFailed:
                RemapFailed = true;
                break;
            case FaultKind.NvlinkDown:
                LinksDown |= 1L << link;
                break;
            case FaultKind.NvlinkErrors:
                _linkErrorsPerS[link] = value;
                break;
            case FaultKind.PcieDowntrained:
                PcieGeneration = (int)value;
                break;
            case FaultKind.PcieNarrowed:
                PcieWidth = (int)value;
                break;
            case FaultKind.PcieReplays:
                ReplaysPerS = value;
                break;
            case FaultKind.GpuThrottled:
                ClocksEventReasons |= (long)value;
                break;
            case FaultKind.FabricState:
                FabricState = (int)value;
                break;
            case FaultKind.FabricMask:
                FabricMask = (int)value;
                break;
            case FaultKind.GpuFirmwareOdd:
                FirmwareOdd = true;
                break;
            case FaultKind.PersistenceOff:
                Persistence = false;
                break;
            case FaultKind.GpuXid:
                break; // happened once
            default:
                throw new System.Diagnostics.UnreachableException($"{kind} is no fault of a GPU's health.");
        }
    }

    internal void Step(double seconds, double watts, double percent, long reasons)
    {
        EnergyJ += watts * seconds;
        _eccErrors += EccPerS * seconds;
        _replays += ReplaysPerS * seconds;
        _linkKib += percent * 40_000 * seconds; // a few gigabytes a second under load: tensor parallel serving
        for (var i = 0; i < _linkErrors.Length; i++)
            _linkErrors[i] += _linkErrorsPerS[i] * seconds;
        for (var bit = 0; bit < _reasonNs.Length; bit++)
        {
            if (((ClocksEventReasons | reasons) >> bit & 1) != 0)
                _reasonNs[bit] += seconds * 1e9;
        }
    }
}
