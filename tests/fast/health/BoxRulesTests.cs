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
    public void Every_finding_is_registered_and_says_its_target() => AnyView.Sample(view =>
        BoxRules.Evaluate(view, AlarmBook.Empty).All(f =>
            AlarmCatalogue.Find(f.Code) is not null && f.Target.Length > 0 && f.Text.EndsWith('.')));

    [Fact]
    public void Warmer_coolant_never_clears_an_alarm() => Gen.Select(Gen.Double[30, 60], Gen.Double[0, 10]).Sample((supply, more) =>
    {
        var codes = HeatCodes(supply);
        return codes.IsSubsetOf(HeatCodes(supply + more));
    });

    [Fact]
    public void A_standing_alarm_needs_less_to_stand_than_to_rise()
    {
        var book = Stand(Healthy() with { Thermal = Thermal() with { CoolantSupplyC = 40.4 } });
        Assert.True(book.IsStanding(AlarmCatalogue.CoolantHot, "loop"));
        var just = Healthy() with { Thermal = Thermal() with { CoolantSupplyC = 39.8 } };
        Assert.Empty(BoxRules.Evaluate(just, AlarmBook.Empty));
        Assert.Equal(AlarmCatalogue.CoolantHot, Assert.Single(BoxRules.Evaluate(just, book)).Code);
    }

    [Fact]
    public void A_second_dead_fan_makes_both_critical()
    {
        var one = BoxRules.Evaluate(Healthy() with { Thermal = Thermal() with { Fans = Rotors("fan", 6, stalled: 1) } }, AlarmBook.Empty);
        Assert.Null(Assert.Single(one).Severity);
        var two = BoxRules.Evaluate(Healthy() with { Thermal = Thermal() with { Fans = Rotors("fan", 6, stalled: 2) } }, AlarmBook.Empty);
        Assert.Equal([Severity.Critical, Severity.Critical], two.Select(f => f.Severity));
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
    [InlineData(9.9, 5600, null)]
    [InlineData(4.0, 5600, AlarmCatalogue.FlowLow)]
    [InlineData(0.4, 5600, AlarmCatalogue.FlowLost)]
    [InlineData(3.0, 560, null)]
    public void Flow_is_judged_by_the_heat_it_has_to_carry(double flow, double heat, string? code)
    {
        var findings = BoxRules.Evaluate(Healthy() with { Thermal = Thermal() with { FlowLMin = flow, HeatW = heat } }, AlarmBook.Empty);
        Assert.Equal(code, findings.SingleOrDefault()?.Code);
    }

    [Fact]
    public void A_bad_configuration_is_told_with_its_line()
    {
        const string fault = "appliance.json:3: bmc_agent.port is 99999; it must lie in 1..65535.";
        var finding = Assert.Single(BoxRules.Evaluate(Healthy() with { ConfigFault = fault }, AlarmBook.Empty));
        Assert.Equal((AlarmCatalogue.ConfigInvalid, "config", fault), (finding.Code, finding.Target, finding.Text));
    }

    private static readonly Gen<BoxView> AnyView =
        from supply in Gen.Double[0, 90].Nullable()
        from flow in Gen.Double[0, 12].Nullable()
        from heat in Gen.Double[0, 6000]
        from level in Gen.Double[0, 100].Nullable()
        from mode in Gen.OneOf("boot", "running", "manual", "overheat", "shutdown", "failsafe")
        from leak in Gen.Bool
        from rotor in Gen.OneOf("ok", "stalled", "slow", "tach_lost", "write_failed", "absent")
        from quality in Gen.Enum<Quality>()
        from gpu in Gen.OneOf("ok", "warning", "lost", "unreadable")
        from margin in Gen.Double[-5, 60].Nullable()
        select Healthy() with
        {
            Thermal = Thermal() with
            {
                CoolantSupplyC = supply, FlowLMin = flow, HeatW = heat, LevelPercent = level, Mode = mode, Leak = leak, DewPointC = 20,
                Fans = [new("fan1", 40, null, rotor, "test")],
                Pumps = [new("pump1", 40, 10, rotor, "test")],
                Sensors = [new("coolant_supply1", quality == Quality.Absent ? null : 36, "C", quality)],
            },
            Gpus = [new GpuFrame { Ts = Start, Index = 0, State = gpu, MarginK = margin, ThrottleReasons = ["hw_thermal_slowdown"] }],
        };

    private static HashSet<string> HeatCodes(double supply) =>
        [.. BoxRules.Evaluate(Healthy() with { Thermal = Thermal() with { CoolantSupplyC = supply } }, AlarmBook.Empty)
            .Select(f => f.Code).Where(c => c is AlarmCatalogue.CoolantHot or AlarmCatalogue.CoolantOverheat)];

    private static AlarmBook Stand(BoxView view)
    {
        var book = AlarmBook.Empty;
        for (var second = 0; second < 20; second++)
            book = AlarmBook.Step(book, BoxRules.Evaluate(view, book), new(TimeSpan.FromSeconds(second), Start.AddSeconds(second))).Book;
        return book;
    }

    private static BoxView Healthy() => new()
    {
        Thermal = Thermal(),
        Gpus = [.. Gpus()],
        GpusFitted = 8,
        GpuMaxW = 700,
        BusConnected = true,
        Inference = new InferenceFrame { Ts = Start, Model = "field-guide", State = "ready", Device = "cpu" },
    };

    private static ThermalFrame Thermal() => new()
    {
        Ts = Start, Mode = "running", CoolantSupplyC = 38.1, CoolantReturnC = 46.2, FlowLMin = 9.8, AmbientC = 25, HumidityPercent = 45,
        DewPointC = 12.2, SetpointC = 38, BandK = 2, HeatW = 5600, CapacityW = 6100, LevelPercent = 92, LatenessMs = 0.2,
        Fans = Rotors("fan", 6, stalled: 0), Pumps = Rotors("pump", 2, stalled: 0),
        Sensors = [new("coolant_supply1", 38.1, "C", Quality.Good)],
    };

    private static RotorFrame[] Rotors(string name, int count, int stalled) =>
        [.. Enumerable.Range(1, count).Select(i => new RotorFrame($"{name}{i}", 60, i <= stalled ? 0 : 3100, i <= stalled ? "stalled" : "ok", "return 46.2 °C"))];

    private static IEnumerable<GpuFrame> Gpus() => Enumerable.Range(0, 8).Select(i => new GpuFrame
    {
        Ts = Start, Index = i, State = "ok", PowerW = 700, PowerLimitW = 700, TemperatureC = 62, MarginK = 25,
    });
}
