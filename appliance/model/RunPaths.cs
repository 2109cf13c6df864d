namespace Appliance.Model;

/// <summary>
/// Where a running box keeps its files. On a box the fixed places of the file-system standard; on the twin everything lies
/// below one run directory (<c>.run</c> by default), so that two twins can live side by side.
/// </summary>
public sealed record RunPaths
{
    /// <summary>Root below which <c>sys/class/hwmon</c> lies: <c>/</c> on a box, <c>.run/sysfs</c> on the twin.</summary>
    public required string SysRoot { get; init; }

    /// <summary>Sockets: <c>/run/appliance</c> or <c>.run</c>.</summary>
    public required string Sockets { get; init; }

    /// <summary>What must survive: <c>/var/lib/appliance</c> or <c>.run/state</c>.</summary>
    public required string State { get; init; }

    public string ControlSocket => Path.Combine(Sockets, "control.sock");

    public string TwinSocket => Path.Combine(Sockets, "twin.sock");

    public string InferenceSocket => Path.Combine(Sockets, "inference.sock");

    /// <summary>Between the gateway and its worker; there only while one starts.</summary>
    public string WorkerSocket => Path.Combine(Sockets, "worker.sock");

    public string LastGoodConfig => Path.Combine(State, "appliance.last-good.json");

    public string EventOutbox => Path.Combine(State, "outbox");

    public string EventLog => Path.Combine(State, "events");

    public static RunPaths Box { get; } = new() { SysRoot = "/", Sockets = "/run/appliance", State = "/var/lib/appliance" };

    /// <param name="runDirectory">e.g. <c>.run</c>; made absolute.</param>
    public static RunPaths Twin(string runDirectory)
    {
        var full = Path.GetFullPath(runDirectory);
        return new() { SysRoot = Path.Combine(full, "sysfs"), Sockets = full, State = Path.Combine(full, "state") };
    }
}
