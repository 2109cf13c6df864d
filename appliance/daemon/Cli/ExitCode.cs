namespace Appliance.Daemon.Cli;

/// <summary>Exit codes of all programs; verbs that judge health answer like a Nagios plugin instead (0, 1, 2, 3).</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;

    /// <summary>sysexits.h: wrong usage.</summary>
    public const int Usage = 64;

    /// <summary>sysexits.h: bad configuration.</summary>
    public const int Config = 78;
}
