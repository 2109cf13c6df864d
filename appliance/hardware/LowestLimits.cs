using System.Diagnostics;

namespace Appliance.Hardware;

/// <summary>Every GPU of a driver to its lowest limit, all at once. One that still waits in the driver from an earlier round is not asked again.</summary>
public sealed class LowestLimits
{
    private readonly Lock _asking = new();
    private readonly Dictionary<int, DriverThread<bool>> _asked = [];

    /// <param name="limit">For all of them together.</param>
    /// <returns>How many obeyed, a line for each that did not, and whether the driver refused one: one that does not answer has refused nothing.</returns>
    public (int Limited, IReadOnlyList<string> Failures, bool IsRefused) Ask(IGpuSource gpus, int count, TimeSpan limit)
    {
        var began = Stopwatch.GetTimestamp();
        var round = new DriverThread<bool>[count];
        lock (_asking)
        {
            foreach (var i in Enumerable.Range(0, count))
            {
                round[i] = _asked[i] = _asked.GetValueOrDefault(i) is { IsOut: true } before
                    ? before
                    : new($"gpu{i}", () => gpus.Open(i, out _)?.SetPowerLimit(0) ?? false);
            }
        }

        var isRefused = false;
        var failures = new List<string>();
        foreach (var (i, gpu) in round.Index())
        {
            var isBack = gpu.Wait(limit - Stopwatch.GetElapsedTime(began), out var isObeyed);
            isRefused |= isBack && !isObeyed;
            if (!isObeyed)
                failures.Add(isBack ? $"gpu{i}: power limit refused" : $"gpu{i}: the driver does not answer");
        }

        return (count - failures.Count, failures, isRefused);
    }
}
