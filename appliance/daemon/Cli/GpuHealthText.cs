using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>What the driver says of each GPU's health, a line each: what is not as it should be stands out.</summary>
internal static class GpuHealthText
{
    public static IEnumerable<string> Lines(BoxHealth sweep, Screen screen)
    {
        if (Probe(sweep.Probe, screen) is { } fault)
            yield return fault;
        if (sweep.Gpus.All(g => g.Access == GpuAccess.Unknown))
            yield break;
        yield return "";
        yield return screen.Faint("GPU   ANSWERS  PCIE       REPLAYS  ECC CORR/UNC  REMAPS  NVLINK  FABRIC     ACTION  SLOT BUS      VBIOS           SERIAL");
        foreach (var gpu in sweep.Gpus)
            yield return Line(gpu, screen);
        foreach (var gpu in sweep.Gpus.Where(g => g.Fault is not null))
            yield return screen.Bad($"gpu{gpu.Index}  {gpu.Fault}");
    }

    /// <summary>One line where the driver cannot be asked; null when it can.</summary>
    public static string? Probe(ProbeHealth? probe, Screen screen) => probe switch
    {
        null => "The probe has not been heard of yet.",
        { State: ProbeState.Working } => null,
        { State: ProbeState.Blind } => screen.Bad($"NVML blind: {probe.Fault}. Every GPU is counted at full power; reading resumes by itself."),
        { State: ProbeState.NoDriver } => screen.Bad($"No GPU driver: {probe.Fault}."),
        _ => screen.Bad($"The probe is silent: {probe.Fault}."),
    };

    private static string Line(GpuHealth gpu, Screen screen)
    {
        string Marked(string text, int width, bool isWell) => Screen.Pad(isWell ? text : screen.Bad(text), width);
        var pcie = gpu.Pcie;
        var isPcieWhole = pcie is null || ((pcie.Generation ?? 0) >= (pcie.MaxGeneration ?? 0) && (pcie.Width ?? 0) >= (pcie.MaxWidth ?? 0));
        var remaps = gpu.RowRemaps;
        var links = gpu.Nvlinks;
        var up = links?.Up;
        var action = gpu.Modes?.RecoveryAction;
        return string.Concat(
            $"gpu{gpu.Index}  ",
            Marked(Word(gpu.Access), 9, gpu.Access == GpuAccess.Good),
            Marked(pcie is null ? Text.Absent : $"gen{Text.Number(pcie.Generation)} x{Text.Number(pcie.Width)}", 11, isPcieWhole),
            Screen.Pad(Text.Number(pcie?.Replays), 9),
            Marked($"{Text.Number(gpu.Ecc?.VolatileCorrected)}/{Text.Number(gpu.Ecc?.VolatileUncorrected)}", 14, gpu.Ecc?.VolatileUncorrected is null or 0),
            Marked(remaps is null ? Text.Absent : remaps.Failed == true ? "failed" : remaps.Pending == true ? "waits" : $"{remaps.Correctable + remaps.Uncorrectable}", 8, remaps is not { Failed: true } and not { Pending: true }),
            Marked(links is null ? Text.Absent : $"{up}/{links.Fitted}", 8, links is null || up == links.Fitted),
            Marked(gpu.Fabric is null ? Text.Absent : FabricText.Word(gpu.Fabric.State), 11, gpu.Fabric is null || Loop.FabricAssembly.IsRegistered(gpu)),
            Marked(action is null ? Text.Absent : Action(action.Value), 8, action is null or 0),
            Screen.Pad(Text.Number(gpu.Identity?.ModuleId), 5),
            Screen.Pad(gpu.Identity?.PciBusId is { Length: > 9 } bus ? bus[9..] : Text.Absent, 9),
            Screen.Pad(gpu.Identity?.VbiosVersion ?? Text.Absent, 16),
            gpu.Identity?.Serial ?? Text.Absent);
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
