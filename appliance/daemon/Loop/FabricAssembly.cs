using Appliance.Model;

namespace Appliance.Daemon.Loop;

/// <summary>The fabric's frame out of what every GPU says of its links and its registration, and of the process that registers them. Pure.</summary>
internal static class FabricAssembly
{
    /// <summary>
    /// <c>unknown</c> while no GPU says anything, <c>none</c> where the GPUs have no links (a single-GPU machine), <c>ok</c>, <c>degraded</c>.
    /// Links that are up are not enough: they train in hardware, without the Fabric Manager.
    /// </summary>
    public static FabricFrame Frame(BoxHealth sweep, DateTimeOffset now)
    {
        var told = sweep.Gpus.Any(g => g.Access == GpuAccess.Good);
        if (sweep.Nvlinks() is not var (up, total))
            return new() { Ts = now, State = told ? "none" : "unknown" };
        var fresh = sweep.GpusWithNvlinks().ToArray();
        var isWhole = fresh.Length == sweep.Gpus.Count && up == total && fresh.All(IsRegistered) && sweep.Fabric?.ManagerAlive != false;
        return new() { Ts = now, NvlinksUp = up, NvlinksTotal = total, State = total == 0 ? "none" : isWhole ? "ok" : "degraded" };
    }

    /// <summary>Completed with success, and nothing in the mask is true or misconfigured.</summary>
    public static bool IsRegistered(GpuHealth gpu) => gpu.Fabric is
    {
        State: FabricState.Completed, Status: 0, DegradedBandwidth: not true, RouteRecovery: not true, RouteUnhealthy: not true,
        AccessTimeoutRecovery: not true, IncorrectConfiguration: 0 or 1, Summary: null or 1,
    };
}
