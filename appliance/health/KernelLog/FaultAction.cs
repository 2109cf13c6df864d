namespace Appliance.Health.KernelLog;

/// <summary>
/// What to do, in the words of NVIDIA's catalogue where it has one. These words go over the wire (<c>explain --json</c>) and into
/// alarms; the sentence for a person is the alarm's next step.
/// </summary>
public static class FaultAction
{
    public const string Ignore = "IGNORE";
    public const string RestartApp = "RESTART_APP";
    public const string RestartVm = "RESTART_VM";
    public const string RestartFabricManager = "RESTART_FM";
    public const string ResetGpu = "RESET_GPU";
    public const string DrainAndReset = "DRAIN_AND_RESET";
    public const string DrainPeers = "DRAIN_P2P";
    public const string ResetFabric = "RESET_FABRIC";
    public const string RestartBareMetal = "RESTART_BM";
    public const string CheckMechanicals = "CHECK_MECHANICALS";
    public const string UpdateSoftware = "UPDATE_SWFW";
    public const string RunDiagnostics = "RUN_DCGMEUD";
    public const string RunFieldDiagnostics = "RUN_FIELDDIAG";
    public const string ContactSupport = "CONTACT_SUPPORT";

    // Beyond NVIDIA's catalogue: parts that are not a GPU or a switch.
    public const string ReplacePart = "REPLACE_PART";
    public const string CheckCable = "CHECK_CABLE";
    public const string CheckCooling = "CHECK_COOLING";
    public const string CheckFilesystem = "CHECK_FILESYSTEM";
    public const string SetConfiguration = "SET_CONFIGURATION";

    /// <summary>From nothing to do to what takes most away from the users of the box; a joint decision takes the greatest.</summary>
    private static readonly string[] Order =
    [
        Ignore, RestartApp, UpdateSoftware, SetConfiguration, RestartVm, ContactSupport, RunDiagnostics, CheckCooling, CheckCable, RestartFabricManager,
        DrainPeers, ResetGpu, DrainAndReset, ResetFabric, CheckFilesystem, RestartBareMetal, CheckMechanicals, RunFieldDiagnostics, ReplacePart,
    ];

    /// <summary>True for what needs more than a look at the program: somebody resets, restarts, opens or replaces something.</summary>
    public static bool IsHardware(string? action) => action is not (null or Ignore or RestartApp or RestartVm or UpdateSoftware or ContactSupport);

    public static string? Greater(string? one, string? other) => Array.IndexOf(Order, one) >= Array.IndexOf(Order, other) ? one : other;
}
