using Appliance.Health;
using Appliance.Model;
using CsCheck;
using Xunit;

namespace FastTests.Health;

public sealed class BoxRulesTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 22, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_healthy_box_raises_nothing() => Assert.Empty(BoxRules.Evaluate(Healthy(), AlarmBook.Empty));

    [Fact]
    public void Nothing_read_yet_is_no_fault() =>
        Assert.Empty(BoxRules.Evaluate(new BoxView { GpusFitted = 8, Thermal = new ThermalFrame { Ts = Start, Mode = "boot" } }, AlarmBook.Empty));

    [Fact]
    public void A_gpu_that_a_starting_box_has_not_read_yet_is_awaited_and_not_missed()
    {
        var silent = Healthy();
        silent = silent with
        {
            Gpus = [.. silent.Gpus.Select(g => g.Index == 7 ? g with { State = "unreadable", PowerW = null, TemperatureC = null } : g)],
            Reported = [new(AlarmCatalogue.GpuUnreadable, "gpu7", "gpu7: cannot be read; it counts as 700 W"), new(AlarmCatalogue.GpuUnreadable, "nvml", "NVML blind.")],
        };
        Assert.Equal(["nvml"], BoxRules.Evaluate(silent with { GpusAwaited = new HashSet<int> { 7 } }, AlarmBook.Empty).Select(f => f.Target));
        Assert.Equal(["gpu7", "gpu7", "nvml"], BoxRules.Evaluate(silent, AlarmBook.Empty).Select(f => f.Target).Order());
    }

    [Fact]
    public void Every_finding_is_registered_and_says_its_target() => AnyView.Sample(view =>
        BoxRules.Evaluate(view, AlarmBook.Empty).All(f =>
            AlarmCatalogue.Find(f.Code) is not null && f.Target.Length > 0 && f.Text.EndsWith('.')));

    [Fact]
    public void What_the_thermal_loop_reports_is_found_as_it_says_it()
    {
        var reported = new Finding(AlarmCatalogue.FanStalled, "fan3", "fan3: 0 rpm, expected 2900 rpm", Severity.Critical, "Replace fan3.");
        Assert.Equal(reported, Assert.Single(BoxRules.Evaluate(Healthy() with { Reported = [reported] }, AlarmBook.Empty)));
    }

    [Fact]
    public void A_standing_alarm_needs_less_to_stand_than_to_rise()
    {
        var book = Stand(Healthy() with { Thermal = Thermal() with { LatenessMs = 60 } });
        Assert.True(book.IsStanding(AlarmCatalogue.LoopLate, "loop"));
        var just = Healthy() with { Thermal = Thermal() with { LatenessMs = 30 } };
        Assert.Empty(BoxRules.Evaluate(just, AlarmBook.Empty));
        Assert.Equal(AlarmCatalogue.LoopLate, Assert.Single(BoxRules.Evaluate(just, book)).Code);
    }

    [Theory]
    [InlineData("ready", 1, null)]
    [InlineData("failed", 1, AlarmCatalogue.InferenceFailed)]
    [InlineData("ready", 4, AlarmCatalogue.InferenceSilent)]
    [InlineData("failed", 4, AlarmCatalogue.InferenceSilent)]
    public void The_engine_is_judged_by_what_it_says_and_when(string state, double age, string? code)
    {
        var view = Healthy();
        view = view with { Inference = view.Inference! with { State = state, Ts = Start.AddSeconds(-age) } };
        Assert.Equal(code, BoxRules.Evaluate(view, AlarmBook.Empty).SingleOrDefault()?.Code);
    }

    [Theory]
    [InlineData(AlarmCatalogue.InferenceSilent)]
    [InlineData(AlarmCatalogue.InferenceFailed)]
    public void An_engine_that_was_missed_is_missed_after_a_restart_until_it_speaks(string stood)
    {
        var book = AlarmBook.Of([new(stood, "engine", Severity.Warning, "As it was.", "Look.", Start)]);
        Assert.Equal(AlarmCatalogue.InferenceSilent, Assert.Single(BoxRules.Evaluate(Healthy() with { Inference = null }, book)).Code);
        Assert.Empty(BoxRules.Evaluate(Healthy(), book));
        Assert.Empty(BoxRules.Evaluate(Healthy() with { Inference = null }, AlarmBook.Empty));
    }

    [Fact]
    public void A_gpu_the_board_has_and_nobody_found_is_lost()
    {
        var findings = BoxRules.Evaluate(Healthy() with { Gpus = [.. Gpus().Take(7)] }, AlarmBook.Empty);
        Assert.Equal((AlarmCatalogue.GpuLost, "gpu7"), findings.Select(f => (f.Code, f.Target)).Single());
    }

    [Fact]
    public void A_lost_gpu_is_one_alarm_and_not_four()
    {
        var gpus = Gpus().ToArray();
        gpus[2] = new GpuFrame { Ts = Start, Index = 2, State = "lost" };
        Assert.Equal(AlarmCatalogue.GpuLost, Assert.Single(BoxRules.Evaluate(Healthy() with { Gpus = gpus }, AlarmBook.Empty)).Code);
    }

    [Fact]
    public void Withheld_power_is_one_alarm_for_all_gpus()
    {
        var gpus = Gpus().Select(g => g with { PowerLimitW = 420 + g.Index }).ToArray();
        var finding = Assert.Single(BoxRules.Evaluate(Healthy() with { Gpus = gpus }, AlarmBook.Empty));
        Assert.Equal(AlarmCatalogue.GpuPowerWithheld, finding.Code);
        Assert.Contains("8 of 8 GPUs limited, the lowest to 420 W of 700 W", finding.Text);
    }

    [Theory]
    [InlineData("cuda:3", true)]
    [InlineData("cpu", false)]
    public void An_engine_that_found_its_weights_changed_makes_its_gpu_suspect(string device, bool suspect)
    {
        var engine = new InferenceFrame { Ts = Start, Model = "m", State = "ready", Device = device, Suspicion = "found weights changed: lm_head.weight" };
        var findings = BoxRules.Evaluate(Healthy() with { Inference = engine }, AlarmBook.Empty);
        Assert.Equal(suspect ? [(BoardAlarms.GpuSuspect, "gpu3")] : [], findings.Select(f => (f.Code, f.Target)));
        if (suspect)
            Assert.StartsWith("The engine found weights changed: lm_head.weight.", findings[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_configuration_is_told_with_its_line()
    {
        const string fault = "appliance.json:3: bmc_agent.port is 99999; it must lie in 1..65535.";
        var finding = Assert.Single(BoxRules.Evaluate(Healthy() with { ConfigFault = fault }, AlarmBook.Empty));
        Assert.Equal((AlarmCatalogue.ConfigInvalid, "config", fault), (finding.Code, finding.Target, finding.Text));
    }

    private static readonly Gen<BoxView> AnyView =
        from late in Gen.Double[0, 200]
        from state in Gen.OneOf("ok", "warning", "lost", "unreadable")
        from limit in Gen.Double[200, 700].Nullable()
        from count in Gen.Int[0, 8]
        from bus in Gen.Bool.Nullable()
        from engine in Gen.OneOf("loading", "ready", "failed", "parked")
        from age in Gen.Double[-5, 60]
        from fault in Gen.OneOf<string?>(null, "appliance.json:1: is empty.")
        select Healthy() with
        {
            Thermal = Thermal() with { LatenessMs = late },
            Gpus = [.. Gpus().Take(count).Select(g => g with { State = state, PowerLimitW = limit, ThrottleReasons = ["hw_thermal_slowdown"] })],
            BusConnected = bus,
            ConfigFault = fault,
            Inference = new InferenceFrame { Ts = Start.AddSeconds(-age), Model = "m", State = engine, Device = "cpu" },
        };

    private static AlarmBook Stand(BoxView view)
    {
        var book = AlarmBook.Empty;
        for (var second = 0; second < 20; second++)
            book = AlarmBook.Step(book, BoxRules.Evaluate(view, book), new(TimeSpan.FromSeconds(second), Start.AddSeconds(second))).Book;
        return book;
    }

    private static BoxView Healthy() => new()
    {
        Now = Start,
        Thermal = Thermal(),
        Gpus = [.. Gpus()],
        GpusFitted = 8,
        GpuMaxW = 700,
        BusConnected = true,
        Inference = new InferenceFrame { Ts = Start, Model = "field-guide", State = "ready", Device = "cpu" },
    };

    private static ThermalFrame Thermal() => new() { Ts = Start, Mode = "running", CoolantSupplyC = 38.1, LatenessMs = 0.2 };

    private static IEnumerable<GpuFrame> Gpus() => Enumerable.Range(0, 8).Select(i => new GpuFrame
    {
        Ts = Start,
        Index = i,
        State = "ok",
        PowerW = 700,
        PowerLimitW = 700,
        TemperatureC = 62,
        MarginK = 25,
    });
}
