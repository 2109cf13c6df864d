using System.Diagnostics;

namespace Appliance.Hardware;

/// <summary>
/// Every GPU of a driver to its lowest power limit and, because a busy one at that limit is still too hot without flow, its lowest clock; all at once.
/// One that still waits in the driver from an earlier round is not asked again.
/// </summary>
public sealed class LowestLimits
{
    private readonly Lock _asking = new();
    private readonly Dictionary<int, DriverThread<(bool Limit, bool Clock)>> _asked = [];

    /// <param name="limit">For all of them together.</param>
    /// <returns>How many are limited, a line for each that is not or whose clock is not held, and whether the driver refused one: one that does not answer has refused nothing.</returns>
    public (int Limited, IReadOnlyList<string> Failures, bool IsRefused) Ask(IGpuSource gpus, int count, TimeSpan limit)
    {
        var began = Stopwatch.GetTimestamp();
        var round = new DriverThread<(bool Limit, bool Clock)>[count];
        lock (_asking)
        {
            foreach (var i in Enumerable.Range(0, count))
            {
                round[i] = _asked[i] = _asked.GetValueOrDefault(i) is { IsOut: true } before
                    ? before
                    : new($"gpu{i}", () => gpus.Open(i, out _) is { } gpu ? (gpu.SetPowerLimit(0), gpu.SetLowestClock(true)) : (false, false));
            }
        }

        var isRefused = false;
        var limited = 0;
        var failures = new List<string>();
        foreach (var (i, gpu) in round.Index())
        {
            if (!gpu.Wait(limit - Stopwatch.GetElapsedTime(began), out var obeyed))
            {
                failures.Add($"gpu{i}: the driver does not answer");
                continue;
            }

            isRefused |= !obeyed.Limit;
            limited += obeyed.Limit ? 1 : 0;
            if (!obeyed.Limit || !obeyed.Clock)
                failures.Add($"gpu{i}: {(obeyed.Limit ? "lowest clock" : "power limit")} refused");
        }

        return (limited, failures, isRefused);
    }
}
