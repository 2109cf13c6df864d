using Appliance.Daemon.Terminal;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>What the driver says of each GPU's health, a line each: what is not as it should be stands out. The verb's lines, and what the console's page shares with them.</summary>
internal static class GpuHealthText
{
    private static readonly int[] Widths = [6, 9, 11, 9, 14, 8, 8, 11, 8, 5, 9, 16, 0];

    public static IEnumerable<string> Lines(BoxHealth sweep, Screen screen)
    {
        if (Probe(sweep.Probe, screen) is { } fault)
            yield return fault;
        if (sweep.Gpus.All(g => g.Access == GpuAccess.Unknown))
            yield break;
        yield return "";
        yield return screen.Faint("GPU   ANSWERS  PCIE       REPLAYS  ECC CORR/UNC  REMAPS  NVLINK  FABRIC     ACTION  SLOT BUS      VBIOS           SERIAL");
        foreach (var gpu in sweep.Gpus)
            yield return string.Concat(Cells(gpu, word => word).Select((c, i) => Screen.Pad(c.IsWell ? c.Text : screen.Bad(c.Text), Widths[i])));
        foreach (var gpu in sweep.Gpus.Where(g => g.Fault is not null))
            yield return screen.Bad(Fault(gpu));
    }

    public static string Fault(GpuHealth gpu) => $"gpu{gpu.Index}  {gpu.Fault}";

    public static string? Probe(ProbeHealth? probe, Screen screen) =>
        Probe(probe, PageWords.English) is { } said ? probe is null ? said : screen.Bad(said) : null;

    /// <summary>One line where the driver cannot be asked; null when it can.</summary>
    public static string? Probe(ProbeHealth? probe, PageWords words) => probe switch
    {
        null => words.ProbeUnheard,
        { State: ProbeState.Working } => null,
        { State: ProbeState.Blind } => string.Format(null, words.ProbeBlind, probe.Fault),
        { State: ProbeState.NoDriver } => string.Format(null, words.NoDriver, probe.Fault),
        _ => string.Format(null, words.ProbeSilent, probe.Fault),
    };

    /// <summary>From its name to its serial number, each with whether it is as it should be.</summary>
    /// <param name="say">One of the box' own words, as a person says it.</param>
    public static IReadOnlyList<(string Text, bool IsWell)> Cells(GpuHealth gpu, Func<string, string> say)
    {
        var (pcie, remaps, links, ecc, action) = (gpu.Pcie, gpu.RowRemaps, gpu.Nvlinks, gpu.Ecc, gpu.Modes?.RecoveryAction);
        var remapped = remaps switch
        {
            null => Text.Absent,
            { Failed: true } => say("failed"),
            { Pending: true } => say("waits"),
            _ => $"{remaps.Correctable + remaps.Uncorrectable}",
        };
        return [
            ($"gpu{gpu.Index}", true),
            (say(Word(gpu.Access)), gpu.Access == GpuAccess.Good),
            (pcie is null ? Text.Absent : $"gen{Text.Number(pcie.Generation)} x{Text.Number(pcie.Width)}", pcie is null || ((pcie.Generation ?? 0) >= (pcie.MaxGeneration ?? 0) && (pcie.Width ?? 0) >= (pcie.MaxWidth ?? 0))),
            (Text.Number(pcie?.Replays), true),
            ($"{Text.Number(ecc?.VolatileCorrected)}/{Text.Number(ecc?.VolatileUncorrected)}", ecc is not { VolatileUncorrected: > 0 }),
            (remapped, remaps is not { Failed: true } and not { Pending: true }),
            (links is null ? Text.Absent : $"{links.Up}/{links.Fitted}", links is null || links.Up == links.Fitted),
            (gpu.Fabric is { } fabric ? say(FabricText.Word(fabric.State)) : Text.Absent, gpu.Fabric is null || Loop.FabricAssembly.IsRegistered(gpu)),
            (action is { } number ? say(Action(number)) : Text.Absent, action is null or 0),
            (Text.Number(gpu.Identity?.ModuleId), true),
            (gpu.Identity?.PciBusId is { Length: > 9 } bus ? bus[9..] : Text.Absent, true),
            (gpu.Identity?.VbiosVersion ?? Text.Absent, true),
            (gpu.Identity?.Serial ?? Text.Absent, true),
        ];
    }

    public static string Word(GpuAccess access) => access switch
    {
        GpuAccess.Good => "yes",
        GpuAccess.ResetRequired => "reset",
        GpuAccess.Unknown => "unknown",
        GpuAccess.Hung => "hung",
        GpuAccess.Lost => "lost",
        GpuAccess.Refused => "refuses",
        _ => throw new System.Diagnostics.UnreachableException($"No word for {access}."),
    };

    /// <summary>Field 230 in a word.</summary>
    public static string Action(int action) => action switch
    {
        0 => "none",
        1 => "reset",
        2 => "reboot",
        3 => "drain",
        4 => "drain+r",
        _ => action.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
