using Appliance.Model;
using CsCheck;

namespace FastTests.Model;

public sealed class SnapshotTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 22, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Frames_in_any_order_fold_to_the_newest_of_each_component() =>
        Gen.Select(Gen.Int[0, 7], Gen.Int[0, 50]).Array[1, 60].Sample(arrivals =>
        {
            var snapshot = arrivals.Aggregate(new Snapshot { Node = "box1" },
                (s, a) => s.With(new GpuFrame { Ts = Start.AddSeconds(a.Item2), Index = a.Item1, State = "ok" }));
            return arrivals.GroupBy(a => a.Item1).All(g =>
                    snapshot.Gpus.Single(f => f.Index == g.Key).Ts == Start.AddSeconds(g.Max(a => a.Item2)))
                && snapshot.Gpus.Select(f => f.Index).SequenceEqual(arrivals.Select(a => a.Item1).Distinct().Order());
        });

    [Fact]
    public void The_worst_alarm_stands_first_and_none_stands_twice()
    {
        var warning = new Alarm("fan_slow", "fan1", Severity.Warning, "slow", "look", Start);
        var critical = new Alarm("fan_stalled", "fan2", Severity.Critical, "dead", "replace", Start.AddSeconds(5));
        var snapshot = new Snapshot { Node = "box1" }.With(warning).With(critical).With(warning with { Acknowledged = true });
        Assert.Equal(["fan_stalled", "fan_slow"], snapshot.Alarms.Select(a => a.Code));
        Assert.True(snapshot.Alarms[1].Acknowledged);
        // One order everywhere: what the box did because of a fault stands behind the fault.
        var done = new Alarm("shut_down", "loop", Severity.Critical, "off", "see the cause", Start.AddSeconds(-5));
        Assert.Equal(["fan_stalled", "shut_down", "fan_slow"], snapshot.With(done).Alarms.Select(a => a.Code));
        Assert.Empty(snapshot.WithoutAlarm("fan_stalled", "fan2").WithoutAlarm("fan_slow", "fan1").Alarms);
    }
}
