using Appliance.Health;
using Appliance.Health.Board;
using Appliance.Health.KernelLog;
using Appliance.Model;
using Xunit;

namespace FastTests.Health.Board;

public sealed class KernelWatchTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 25, 0, 0, 0, TimeSpan.Zero);

    private readonly BoardWatch _watch = new(BoardMemory.Empty);
    private long _sequence;

    [Fact]
    public void A_line_is_decided_at_once_and_again_when_its_neighbour_changes_it()
    {
        Assert.Equal(FaultAction.ResetGpu, Assert.Single(Say(10, Xid(48))).Action);
        var again = Say(10.5, Xid(63));
        Assert.Equal([FaultAction.DrainAndReset, FaultAction.Ignore], again.Select(d => d.Action));
        var finding = Assert.Single(Findings(11));
        Assert.Equal((BoardAlarms.GpuResetNeeded, "0000:1b:00", FaultAction.DrainAndReset), (finding.Code, finding.Target, finding.Action));
        Assert.StartsWith("XID 48, ", finding.Text);
    }

    [Fact]
    public void In_a_storm_a_line_has_only_those_decided_anew_that_it_can_change()
    {
        var step = KernelWatch.Step(Storm(), [new(1000, TimeSpan.FromSeconds(11), 3, Xid(62))], [], _ => false, TimeSpan.FromSeconds(11));
        Assert.Equal(62, Assert.Single(step.Told).Decision.Xid);
        step = KernelWatch.Step(Storm(), [new(1000, TimeSpan.FromSeconds(11), 3, Xid(154))], [], _ => false, TimeSpan.FromSeconds(11));
        Assert.Equal(101, step.Told.Length); // the driver's wish concerns every error of its GPU

        static KernelWatch Storm()
        {
            var lines = Enumerable.Range(0, 100).Select(i => new KernelLine(i, TimeSpan.FromSeconds(10 + i * 0.005), 3, Xid(new[] { 46, 62, 79, 95, 109, 119 }[i % 6])));
            return KernelWatch.Step(KernelWatch.Empty, [.. lines], [], _ => false, TimeSpan.FromSeconds(10.5)).Watch;
        }
    }

    [Fact]
    public void Removed_channels_raise_nothing_before_two_seconds_have_passed_without_another_error()
    {
        Assert.Null(Assert.Single(Say(10, Xid(45))).Alarm);
        Assert.Empty(Findings(11));
        Assert.Equal(BoardAlarms.FabricDown, Assert.Single(Say(12.1)).Alarm);
        Assert.Equal("fabric", Assert.Single(Findings(13)).Target);
    }

    [Fact]
    public void Removed_channels_of_a_program_that_the_box_ended_raise_nothing()
    {
        _watch.OwnKill(TimeSpan.FromSeconds(9));
        Say(10, Xid(45));
        Say(13);
        Assert.Empty(Findings(13));
    }

    [Fact]
    public void The_same_xid_from_the_drivers_event_is_one_incident_whichever_comes_first()
    {
        var happened = new NvmlEvent(TimeSpan.FromSeconds(10), 0, "00000000:1B:00.0", NvmlEvent.XidCriticalError, 46);
        _watch.Kernel([], [happened], At(10));
        Say(10.3, Xid(46));
        _watch.Kernel([], [happened with { At = TimeSpan.FromSeconds(11) }], At(11));
        var finding = Assert.Single(Findings(12));
        Assert.DoesNotContain("times in all", finding.Text);
    }

    [Fact]
    public void An_event_that_the_kernel_does_not_tell_counts_by_itself()
    {
        _watch.Kernel([], [new(TimeSpan.FromSeconds(10), 0, "00000000:1B:00.0", NvmlEvent.XidCriticalError, 62)], At(10));
        Assert.Equal(BoardAlarms.GpuResetNeeded, Assert.Single(Findings(12)).Code);
    }

    [Fact]
    public void A_link_error_at_both_ends_is_one_incident_with_both_names()
    {
        Say(10, "nvidia-nvswitch1: SXid (PCI:0000:85:00.0): 20034, Fatal, Link 30 LTSSM Fault Up");
        Assert.Equal("nvswitch1-link30", Assert.Single(Findings(10)).Target);
        Say(10.8, "NVRM: Xid (PCI:0000:1b:00): 74, pid='<unknown>', name=<unknown>, NVLink: fatal error detected on link 3(0x0, 0x0, 0x10000, 0x0, 0x0, 0x0, 0x0)");
        var finding = Assert.Single(Findings(12));
        Assert.Equal("0000:1b:00-link3", finding.Target);
        Assert.StartsWith("link 3 0000:1b:00–NVSwitch1: ", finding.Text);
        Assert.Contains("SXid 20034", finding.Text);
        Assert.Contains("XID 74", finding.Text);
    }

    [Fact]
    public void An_incident_survives_a_restart_of_the_daemon_and_ends_with_the_boot_that_mends_it()
    {
        _watch.Boot("one");
        Say(10, Xid(119));
        var next = new BoardWatch(_watch.Memory);
        next.Boot("one");
        Assert.Equal(0, next.KernelSequence);
        Assert.Single(next.Evaluate(View(20), At(20).Utc, Never));
        next.Boot("two");
        Assert.Equal(-1, next.KernelSequence);
        Assert.Empty(next.Evaluate(View(20), At(20).Utc, Never));
        Assert.Single(next.Memory.Closed);
    }

    [Fact]
    public void What_a_person_must_mend_stands_until_he_has_taken_it_over_and_it_is_quiet()
    {
        Say(10, Xid(54));
        Assert.Single(Findings(4000));
        _watch.Acknowledge(BoardAlarms.GpuPowerFeed, null);
        Assert.Single(Findings(30));
        Assert.Empty(Findings(700));
    }

    [Fact]
    public void A_gpu_that_must_be_reset_is_not_well_because_somebody_has_seen_it()
    {
        Say(10, Xid(46));
        _watch.Acknowledge(BoardAlarms.GpuResetNeeded, null);
        Assert.Single(Findings(7000));
    }

    [Fact]
    public void The_third_reset_within_a_week_is_a_matter_for_the_field_diagnostics()
    {
        foreach (var (boot, second) in new[] { ("one", 100), ("two", 200), ("three", 300) })
        {
            _watch.Boot(boot);
            _sequence = 0;
            Say(second, Xid(119));
        }

        Assert.Contains(Findings(310), f => f is { Code: BoardAlarms.GpuFailing, Action: FaultAction.RunFieldDiagnostics });
    }

    [Fact]
    public void Ten_thousand_lines_at_once_are_decided_in_order_and_keep_little()
    {
        var lines = Enumerable.Range(0, 10_000).Select(i => new KernelLine(i, TimeSpan.FromSeconds(10) + TimeSpan.FromMilliseconds(i), 4, i % 10 == 0 ? Xid(13) : "usb 1-1: new device")).ToArray();
        var told = new List<KernelDecision>();
        foreach (var line in lines)
            told.AddRange(_watch.Kernel([line], [], new(line.At, Start + line.At)));
        Assert.Equal(1000, told.Select(d => d.Line).Distinct().Count());
        Assert.Equal(9_999, _watch.KernelSequence);
    }

    private static string Xid(int code) => $"NVRM: Xid (PCI:0000:1b:00): {code}, pid='<unknown>', name=<unknown>, said";

    private IReadOnlyList<KernelDecision> Say(double second, params string[] lines) =>
        _watch.Kernel([.. lines.Select(l => new KernelLine(_sequence++, TimeSpan.FromSeconds(second), 4, l))], [], At(second));

    private IReadOnlyList<Finding> Findings(double second) => _watch.Evaluate(View(second), At(second).Utc, Never);

    private static BoardView View(double second) => new() { Health = new(), Now = TimeSpan.FromSeconds(second) };

    private static bool Never(string code, string target) => false;

    private static Moment At(double second) => new(TimeSpan.FromSeconds(second), Start.AddSeconds(second));
}
