using Appliance.Model;

namespace Appliance.Daemon.Bundle;

/// <summary>Where a bundle is collected from: this machine and the box on it.</summary>
internal sealed record BundlePlaces(RunPaths Run)
{
    /// <summary>Configuration and certificates.</summary>
    public string Etc { get; init; } = "/etc/appliance";

    public string Proc { get; init; } = "/proc";

    /// <summary>Below it <c>sys</c>, <c>etc</c> and the like of the machine itself, which on the twin is not the box.</summary>
    public string Machine { get; init; } = "/";

    /// <summary>Where commands are looked for, in this order; never where PATH says.</summary>
    public IReadOnlyList<string> Commands { get; init; } = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    /// <summary>Programs write to the journal, not to files.</summary>
    public bool HasJournal { get; init; } = Run == RunPaths.Box;

    public IEnumerable<string> ConfigFiles => [Path.Combine(Etc, "appliance.json"), Run.LastGoodConfig];
}
