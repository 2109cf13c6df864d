using System.Collections.Immutable;

namespace Appliance.Health.KernelLog;

/// <summary>
/// The seven registers of XID 74 on Hopper, of which the first, third, fourth and fifth mean something (NVIDIA's workflow for XID 74).
/// </summary>
public static class NvlinkRegisters
{
    /// <summary>ECC and parity errors become a hardware matter when the same link has had more than this many.</summary>
    public const int EccLimit = 2;

    private enum Class
    {
        Ignore,
        Corrected,
        Sympathetic,
        SympatheticFabric,
        Report,
        ReportRepeated,
        DiagnoseRepeated,
        EccOrParity,
        SignalIntegrity,
        Hardware,
    }

    /// <summary>(register 1…7, bit) → what it says.</summary>
    private static readonly Dictionary<(int Register, int Bit), Class> Bits = Table(
        (1, Class.Ignore, [0, 23, 30]),
        (1, Class.Sympathetic, [1, 20]),
        (1, Class.EccOrParity, [4, 5]),
        (1, Class.Hardware, [8, 9, 12, 16, 17, 24, 28]),
        (1, Class.SignalIntegrity, [21, 22]),
        (1, Class.ReportRepeated, [27, 29]),
        (3, Class.EccOrParity, [0, 1, 2, 6]),
        (3, Class.Report, [13]),
        (3, Class.DiagnoseRepeated, [16, 19]),
        (3, Class.ReportRepeated, [17, 18]),
        (4, Class.Sympathetic, [16, 17]),
        (4, Class.SympatheticFabric, [18]),
        (5, Class.EccOrParity, [18, 19, 21, 22, 24, 25, 27, 28]),
        (5, Class.Corrected, [20, 23, 26, 29]));

    /// <param name="earlier">XID 74 on this link before this one.</param>
    /// <param name="solo">No other error on this GPU within the window.</param>
    public static (string Action, FaultSeverity Severity, string Why) Decode(ImmutableArray<uint> registers, int earlier, bool solo)
    {
        if (registers.IsEmpty)
            return (FaultAction.ResetGpu, FaultSeverity.Fatal, "the line has no registers: a reset brings the link back");
        (string Action, FaultSeverity Severity, string Why)? worst = null;
        for (var register = 1; register <= registers.Length; register++)
        {
            for (var bit = 0; bit < 32; bit++)
            {
                if ((registers[register - 1] >> bit & 1) == 0)
                    continue;
                var one = Of(register, bit, earlier, solo);
                if (worst is not { } held || FaultAction.Greater(one.Action, held.Action) != held.Action)
                    worst = one;
            }
        }

        return worst ?? (FaultAction.ResetGpu, FaultSeverity.Fatal, "all registers are zero: a reset brings the link back");
    }

    private static (string Action, FaultSeverity Severity, string Why) Of(int register, int bit, int earlier, bool solo)
    {
        var at = $"register {register} bit {bit}";
        var count = earlier + 1;
        if (!Bits.TryGetValue((register, bit), out var kind))
        {
            return register is 1 or 3 or 4 or 5
                ? (FaultAction.ContactSupport, FaultSeverity.Degraded, $"{at} is not in NVIDIA's table")
                : (FaultAction.Ignore, FaultSeverity.Information, $"{at} means nothing on Hopper");
        }

        return kind switch
        {
            Class.Ignore => (FaultAction.Ignore, FaultSeverity.Information, $"{at}: to be ignored"),
            Class.Corrected => (FaultAction.Ignore, FaultSeverity.Degraded, $"{at}: many corrected errors, the link goes on"),
            Class.Sympathetic => solo
                ? (FaultAction.ContactSupport, FaultSeverity.Degraded, $"{at}: follows another error as a rule, and none is there")
                : (FaultAction.Ignore, FaultSeverity.Information, $"{at}: follows from the other error"),
            Class.SympatheticFabric => (FaultAction.ResetFabric, FaultSeverity.Fatal, $"{at}: the fabric must be reset"),
            Class.Report => (FaultAction.ContactSupport, FaultSeverity.Degraded, $"{at}: should not happen on a board in production"),
            Class.ReportRepeated => count > 1
                ? (FaultAction.ContactSupport, FaultSeverity.Degraded, $"{at}: number {count} on this link")
                : (FaultAction.ResetGpu, FaultSeverity.Fatal, $"{at}: the first on this link; a reset brings it back"),
            Class.DiagnoseRepeated => count > 1
                ? (FaultAction.RunFieldDiagnostics, FaultSeverity.Fatal, $"{at}: number {count} on this link, the hardware is suspect")
                : (FaultAction.ResetGpu, FaultSeverity.Fatal, $"{at}: the first on this link; a reset brings it back"),
            Class.EccOrParity => count > EccLimit
                ? (FaultAction.RunFieldDiagnostics, FaultSeverity.Fatal, $"{at}: ECC or parity, number {count} on this link (limit {EccLimit}), the hardware is suspect")
                : (FaultAction.ResetGpu, FaultSeverity.Fatal, $"{at}: ECC or parity, number {count} on this link (limit {EccLimit}); a reset brings it back"),
            Class.SignalIntegrity => (FaultAction.CheckMechanicals, FaultSeverity.Fatal, $"{at}: the signal is marginal; check the seating, then field diagnostics"),
            Class.Hardware => (FaultAction.CheckMechanicals, FaultSeverity.Fatal, $"{at}: possibly hardware; check the seating, then diagnostics"),
            _ => throw new System.Diagnostics.UnreachableException($"No decision for {kind}."),
        };
    }

    private static Dictionary<(int, int), Class> Table(params (int Register, Class Kind, int[] Bits)[] rows) =>
        rows.SelectMany(r => r.Bits.Select(b => (Key: (r.Register, b), r.Kind))).ToDictionary(p => p.Key, p => p.Kind);
}
