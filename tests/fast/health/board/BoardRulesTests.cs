using Appliance.Health;
using Appliance.Health.Board;
using Appliance.Model;
using CsCheck;
using Xunit;

namespace FastTests.Health.Board;

/// <summary>The edges of the rules; what they find of whole faults is the corpus' business (tests/simulation).</summary>
public sealed class BoardRulesTests
{
    private readonly BoardRules _rules = new(BoardMemory.Empty);

    [Fact]
    public void Nothing_read_is_nothing_found() => Assert.Empty(Evaluate(new(), 100));

    [Fact]
    public void Every_alarm_of_the_board_is_named_once_and_says_what_to_do() => Assert.All(BoardAlarms.All, kind =>
    {
        Assert.Equal(kind, AlarmCatalogue.Find(kind.Code));
        Assert.True(kind.Action is not null && kind.Meaning.EndsWith('.') && kind.NextStep.EndsWith('.') && kind.TitleZh.Any(c => c > 0x4e00));
        Assert.All(kind.DependsOn, cause => Assert.NotNull(AlarmCatalogue.Find(cause)));
    });

    [Fact]
    public void Every_constant_is_a_row() => Assert.Equal(
        typeof(BoardAlarms).GetFields().Where(f => f.IsLiteral).Select(f => (string)f.GetRawConstantValue()!).Order(),
        BoardAlarms.All.Select(k => k.Code).Order());

    [Fact]
    public void Every_alarm_the_kernels_log_names_exists() => Assert.All(
        Appliance.Health.KernelLog.HostPatterns.All.Where(p => p.Alarm is not null), p => Assert.NotNull(AlarmCatalogue.Find(p.Alarm!)));

    [Fact]
    public void An_idle_link_may_save_power_and_a_loaded_one_may_not()
    {
        Assert.Empty(Evaluate(With(g => g with { Pcie = Pcie(1), Load = Load(0) }), 100));
        Assert.Equal(BoardAlarms.PcieDegraded, Assert.Single(Evaluate(With(g => g with { Pcie = Pcie(4), Load = Load(95) }), 100)).Code);
    }

    [Theory]
    [InlineData(700, null, false)]
    [InlineData(500, 500.0, false)]
    [InlineData(500, null, true)]
    [InlineData(500, 600.0, true)]
    public void A_power_limit_that_the_box_asked_for_is_no_fault(double limit, double? own, bool found)
    {
        var health = With(g => g with { Power = new() { At = At(100), PowerW = 400, LimitW = limit, DefaultLimitW = 700 } });
        Assert.Equal(found, _rules.Evaluate(new() { Health = health, Now = At(100), OwnLimitW = [own] }, Never).Any(f => f.Code == BoardAlarms.GpuSettingsDiffer));
    }

    [Fact]
    public void A_power_brake_that_lost_flow_pulled_is_no_fault_of_the_feed_and_any_other_is()
    {
        // Pulled from 20 s on; flow is known to be lost from 22 s to 40 s, when the brake ends. Afterwards somebody else pulls it, from 80 s on.
        var feed = new List<int>();
        for (var t = 0; t <= 100; t++)
        {
            var braked = Math.Clamp(t - 20, 0, 20) + Math.Max(0, t - 80);
            var health = With(g => g with { Clocks = new() { At = At(t), PowerBrakeNs = braked * 1_000_000_000L, EventReasons = t is (> 20 and <= 40) or > 80 ? 0x88 : 0 } });
            if (_rules.Evaluate(new() { Health = health, Now = At(t), BrakeByFlow = t is >= 22 and <= 40 }, Never).Any(f => f.Code == BoardAlarms.GpuPowerFeed))
                feed.Add(t);
        }

        Assert.All(feed, t => Assert.True(t is 21 or > 80, $"at {t} s")); // a second before flow is known, which raises nothing yet
        Assert.Contains(100, feed);
    }

    [Fact]
    public void A_health_mask_that_is_not_zero_is_no_fault() => Assert.Empty(Evaluate(
        With(g => g with { Fabric = new() { At = At(100), State = FabricState.Completed, HealthMask = 0x2a, DegradedBandwidth = false, RouteUnhealthy = false, IncorrectConfiguration = 1, Summary = 1 } }), 100));

    [Fact]
    public void Old_readings_are_not_judged() => Assert.Empty(Evaluate(With(g => g with { Pcie = Pcie(4), Load = Load(95) }), 200));

    [Fact]
    public void A_counter_that_began_anew_counts_nothing()
    {
        foreach (var (second, replays) in new[] { (100, 1_000_000L), (101, 1_000_000L), (102, 3L), (103, 3L) })
            Assert.Empty(Evaluate(With(g => g with { Pcie = Pcie(5) with { At = At(second), Replays = replays } }), second));
    }

    [Fact]
    public void A_driver_that_cannot_be_asked_hides_what_was_read_before()
    {
        var health = With(g => g with { Pcie = Pcie(4), Load = Load(95) }) with { Probe = new() { State = ProbeState.Blind, BlindSince = At(98) } };
        var finding = Assert.Single(Evaluate(health, 100));
        Assert.Equal((AlarmCatalogue.GpuUnreadable, "nvml"), (finding.Code, finding.Target));
        Assert.Contains("2.0 s", finding.Text);
    }

    [Fact]
    public void A_probe_that_is_being_started_is_no_fault_and_one_that_does_not_come_is()
    {
        BoxHealth Absent() => new() { Probe = new() { State = ProbeState.Absent, Fault = "not started yet" } };
        Assert.Empty(Evaluate(Absent(), 100));
        Assert.Empty(Evaluate(Absent(), 104));
        Assert.Equal("nvml", Assert.Single(Evaluate(Absent(), 105)).Target);
    }

    [Fact]
    public void Few_requests_say_nothing_about_a_service()
    {
        Assert.DoesNotContain(Serve(20, 5), f => f.Code == BoardAlarms.HttpErrorsHigh);
        Assert.Contains(Serve(2000, 50), f => f.Code == BoardAlarms.HttpErrorsHigh);
    }

    [Fact]
    public void A_cause_hides_what_follows_from_it()
    {
        Finding[] found =
        [
            new(AlarmCatalogue.GpuLost, "gpu2", "Lost."), new(BoardAlarms.PcieDegraded, "gpu2", "Slow."), new(BoardAlarms.NvlinkFault, "gpu2-link3", "Down."),
            new(BoardAlarms.NvlinkFault, "gpu20-link3", "Down."), new(BoardAlarms.GpuResetNeeded, "gpu2", "Reset."),
        ];
        Assert.Equal(["gpu2", "gpu20-link3"], Dependencies.Settle(found).Select(f => f.Target));
    }

    [Fact]
    public void Two_findings_about_one_thing_are_one_with_both_texts()
    {
        var one = Assert.Single(Dependencies.Settle([new(BoardAlarms.NvlinkFault, "gpu2-link3", "CRC.", Severity.Warning), new(BoardAlarms.NvlinkFault, "gpu2-link3", "XID 74.")]));
        Assert.Equal("XID 74; CRC.", one.Text);
    }

    [Fact]
    public void Growth_within_a_window_is_what_was_added_within_it() => Gen.Int[0, 50].Array[1, 200].Sample(steps =>
    {
        var growth = new Growth(TimeSpan.FromSeconds(60));
        var value = 1000L;
        growth.Add(value, At(0));
        for (var i = 0; i < steps.Length; i++)
            growth.Add(value += steps[i], At(i + 1));
        var sum = growth.Sum(At(steps.Length));
        // A bucket is five seconds wide: what is counted lies between the last 55 and the last 60.
        return sum >= steps.TakeLast(55).Sum() && sum <= steps.TakeLast(61).Sum();
    });

    private static IReadOnlyList<Finding> Serve(long requests, long errors)
    {
        var rules = new BoardRules(BoardMemory.Empty);
        rules.Evaluate(new() { Health = new(), Now = At(1), Service = new() { At = At(1), Requests = 0, ServerErrors = 0 } }, Never);
        return rules.Evaluate(new() { Health = new(), Now = At(60), Service = new() { At = At(60), Requests = requests, ServerErrors = errors } }, Never);
    }

    private IReadOnlyList<Finding> Evaluate(BoxHealth health, double second) => _rules.Evaluate(new() { Health = health, Now = At(second) }, Never);

    private static BoxHealth With(Func<GpuHealth, GpuHealth> change) => new()
    {
        Probe = new() { State = ProbeState.Working },
        Gpus = [change(new() { Index = 0, Access = GpuAccess.Good })],
    };

    private static GpuPcie Pcie(int generation) => new() { At = At(100), Generation = generation, MaxGeneration = 5, Width = 16, MaxWidth = 16 };

    private static GpuLoad Load(double percent) => new() { At = At(100), GpuPercent = percent };

    private static TimeSpan At(double second) => TimeSpan.FromSeconds(second);

    private static bool Never(string code, string target) => false;
}
