using System.Collections.Frozen;

namespace Appliance.Health.KernelLog;

/// <summary>
/// NVSwitch errors as NVIDIA's Fabric Manager User Guide (appendix D, tables 21–24) sorts them. The driver writes "Fatal" or "Non-fatal"
/// itself; what the table adds is which fatal ones a GPU reset does not mend and which harmless ones want a look.
/// </summary>
public static class SxidCatalogue
{
    /// <summary>Nothing to do; some are corrected errors, some announce a fatal one that follows.</summary>
    private static readonly FrozenSet<int> Harmless = new[]
    {
        10001, 10002, 10005, 11012, 11021, 11022, 11023, 12021, 12023, 15008, 15011, 19049, 19055, 19057, 19059, 19062, 19065, 19068, 19071,
        20001, 22013, 24001, 24002, 24003,
    }.ToFrozenSet();

    /// <summary>A reset of the GPUs on the affected link mends it.</summary>
    private static readonly FrozenSet<int> Fatal = new[]
    {
        11001, 11009, 11013, 11018, 11019, 11020, 12001, 12002, 12022, 12024, 12025, 12026, 12027, 12030, 12031, 12032, 14017, 15001, 15006,
        15009, 15010, 15012, 15013, 19047, 19048, 19054, 19056, 19058, 19060, 19061, 19063, 19064, 19066, 19067, 19069, 19070, 20034, 22012,
        24004, 24005, 24006, 24007,
    }.ToFrozenSet();

    /// <summary>Only a restart of the machine mends it.</summary>
    private static readonly FrozenSet<int> AlwaysFatal = new[]
    {
        12020, 22003, 22011, 23001, 23002, 23003, 23004, 23005, 23006, 23007, 23008, 23009, 23010, 23011, 23012, 23013, 23014, 23015, 23016, 23017,
    }.ToFrozenSet();

    public static IEnumerable<int> All => Harmless.Concat(Fatal).Concat(AlwaysFatal).Concat([10003, 10004, 11004, 12028, 19084, 20012]).Order();

    /// <param name="saidFatal">The driver's own word, which decides about codes that the table does not have.</param>
    public static (string Action, FaultSeverity Severity, string Why) Of(int code, bool saidFatal) => code switch
    {
        _ when AlwaysFatal.Contains(code) => (FaultAction.RestartBareMetal, FaultSeverity.Fatal, "always fatal: only a restart of the machine mends the switch"),
        10003 or 19084 => (FaultAction.ResetFabric, FaultSeverity.Fatal, "all GPUs and NVSwitches must be reset together"),
        10004 => (FaultAction.CheckCooling, FaultSeverity.Degraded, "the switch is too hot"),
        11004 or 12028 => (FaultAction.RestartApp, FaultSeverity.Application, "a program addressed what it may not reach"),
        20012 => (FaultAction.CheckMechanicals, FaultSeverity.Degraded, "the link's connection is bad: check the seating of GPU and baseboard"),
        _ when Harmless.Contains(code) => (FaultAction.Ignore, FaultSeverity.Information, "corrected or announced by the switch itself"),
        _ when Fatal.Contains(code) || saidFatal => (FaultAction.ResetGpu, FaultSeverity.Fatal, "the GPUs on this link must be reset"),
        _ => (FaultAction.Ignore, FaultSeverity.Information, "not fatal and not in the table: reported, not acted on"),
    };
}
