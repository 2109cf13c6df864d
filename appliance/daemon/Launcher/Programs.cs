namespace Appliance.Daemon.Launcher;

/// <summary>Where the other programs are: beside this one, or where APPLIANCE_BIN_DIR says.</summary>
internal static class Programs
{
    /// <summary>The twin's libnvidia-ml, in a folder of its own so that nothing finds it by accident.</summary>
    public const string TwinNvml = "nvml-twin/libnvidia-ml.so.1";

    /// <summary>Sits in the GPU driver for the daemon.</summary>
    public const string Probe = "appliance-probe";

    private static readonly string[] Needed = ["appliance", Probe, "appliance-safe", "bmc-agent", "inference-core", TwinNvml];

    /// <summary>One line about the first program that is not there; null when all are.</summary>
    public static string? Missing => Needed.FirstOrDefault(p => !File.Exists(PathOf(p))) is { } program
        ? $"{PathOf(program)} is not there; ./build.sh build makes it, APPLIANCE_BIN_DIR names another folder."
        : null;

    public static string PathOf(string program)
    {
        if (program == "appliance")
            return Environment.ProcessPath ?? Path.Combine(AppContext.BaseDirectory, program);
        if (Environment.GetEnvironmentVariable("APPLIANCE_BIN_DIR") is { Length: > 0 } folder)
            return Path.GetFullPath(Path.Combine(folder, program));
        var beside = Path.Combine(AppContext.BaseDirectory, program);
        var ownFolder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", program, program));
        return !File.Exists(beside) && File.Exists(ownFolder) ? ownFolder : beside;
    }
}
