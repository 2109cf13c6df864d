using Appliance.Model;

namespace Appliance.Health.Board;

public sealed partial class BoardRules
{
    /// <summary>A way that takes three times as long as it used to has changed, also where it is still below what was agreed.</summary>
    private const double LatencyFactor = 3;
    private const double LatencyFactorStands = 2;

    /// <summary>Below this a difference is the scheduler's, not the cable's.</summary>
    private const double LatencyAtLeastUs = 50;

    private void OtherNodes(BoardView view)
    {
        // A peer on an RDMA rail is told as that port's latency.
        var rails = view.Health.RdmaPorts?.Select(p => p.NetDevice).OfType<string>().ToHashSet() ?? [];
        foreach (var peer in (view.Health.Peers ?? []).Where(p => IsFresh(p, view.Now, Fresh * 3) && (p.NetDevice is null || !rails.Contains(p.NetDevice))))
            Latency(peer.Name, $"to {peer.Name}", peer.LatencyUs, view.Now);
    }

    private void Latency(string target, string way, double? microseconds, TimeSpan now)
    {
        if (microseconds is not { } us)
            return;
        var (stands, normal) = (Stands(BoardAlarms.NodeLatencyHigh, target), NormalOf(target, "latency_us"));
        var factor = stands ? LatencyFactorStands : LatencyFactor;
        if (us > _limits.NodeLatencyUs * (stands ? 0.9 : 1))
            Find(BoardAlarms.NodeLatencyHigh, target, $"The round trip {way} takes {us:0} µs (limit {_limits.NodeLatencyUs:0} µs).");
        else if (normal is { } usual && us > factor * usual && us > usual + LatencyAtLeastUs && Acceptable(BoardAlarms.NodeLatencyHigh, target, target, "latency_us", us))
            Find(BoardAlarms.NodeLatencyHigh, target, $"The round trip {way} takes {us:0} µs; its normal is {usual:0} µs (limit {LatencyFactor:0} times).");
        else if (IsLearningTime($"{target} latency", now))
            LearnSlowly(target, "latency_us", Math.Round(us, 1), normal is null ? 1 : LearnEvery / Day);
    }
}
