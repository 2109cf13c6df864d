using Appliance.Model;
using Appliance.Thermal;

namespace FastTests.Thermal;

public sealed class ThermalLoopTests
{
    [Fact]
    public void Default_commands_are_full_speed_everywhere()
    {
        ThermalCommands commands = default;
        Assert.Equal(Duty.Full, commands.Fans[0]);
        Assert.Equal(Duty.Full, commands.Pumps[0]);
        Assert.Equal(Duty.Full, commands.FacilityValve);
    }

    [Fact]
    public void The_first_ticks_cool_at_full_whatever_is_read()
    {
        var bench = new ThermalBench();
        Assert.Equal(Duty.Full, bench.Tick().Commands.Fans[0]);
        Assert.Equal(ThermalMode.Boot, bench.Last.Commands.Mode);
    }

    [Fact]
    public void The_same_state_and_input_give_the_same_next_state()
    {
        var bench = new ThermalBench();
        bench.Run(5);
        var one = ThermalLoop.Step(bench.State, bench.Input, bench.Settings, bench.Now + TimeSpan.FromSeconds(0.1));
        var two = ThermalLoop.Step(bench.State, bench.Input, bench.Settings, bench.Now + TimeSpan.FromSeconds(0.1));
        Assert.Equal(one.Commands.Fans[0], two.Commands.Fans[0]);
        Assert.Equal(one.State.Estimator.Observer.PredictedSupplyC, two.State.Estimator.Observer.PredictedSupplyC);
    }

    [Fact]
    public void No_byte_is_allocated_per_tick_after_warm_up()
    {
        var bench = new ThermalBench();
        bench.Run(20);
        var (at, state) = (bench.Now, bench.State);
        for (var i = 0; i < 200; i++)
            Tick();
        var (warmAt, warm) = (at, state);

        Assert.Equal(0, Allocation.OfSteps(1000, () => (at, state) = (warmAt, warm), _ => Tick()));

        void Tick() => state = ThermalLoop.Step(state, bench.Input, bench.Settings, at += TimeSpan.FromSeconds(0.1)).State;
    }

    [Fact]
    public void A_hotter_return_never_gets_less_air()
    {
        var last = 0.0;
        foreach (var back in (double[])[40, 42, 44, 46, 48, 50])
        {
            var bench = new ThermalBench(returnC: back);
            var fan = bench.Run(60).Commands.Fans[0].Fraction;
            Assert.True(fan >= last - 0.01, $"{fan} at {back} °C after {last}");
            last = fan;
        }
    }

    [Fact]
    public void Fans_slow_down_no_faster_than_the_slew_and_speed_up_at_once()
    {
        var bench = new ThermalBench(returnC: 50);
        bench.Run(60);
        var high = bench.Last.Commands.Fans[0].Fraction;
        bench.ReturnC = 38.5;
        var before = high;
        for (var i = 0; i < 300; i++)
        {
            var now = bench.Tick().Commands.Fans[0].Fraction;
            Assert.True(before - now < 0.0125, $"fell from {before} to {now} in a tick");
            before = now;
        }
    }

    [Fact]
    public void Fans_run_at_full_whenever_no_coolant_sensor_can_be_trusted()
    {
        var bench = new ThermalBench { Break = (input, _) => Array.Clear(input.Sensors) };
        bench.Run(4);
        Assert.All(Enumerable.Range(0, 6), i => Assert.Equal(Duty.Full, bench.Last.Commands.Fans[i]));
        Assert.Equal(ThermalMode.Failsafe, bench.Last.Commands.Mode);
        Assert.True(bench.Last.Commands.Conditions.Has(ConditionCode.SupplyUnknown));
    }

    [Fact]
    public void A_manual_duty_expires_and_ends_by_itself()
    {
        var bench = new ThermalBench();
        bench.Run(30);
        bench.Input.Manual = new(Duty.OfPermille(600), null, bench.Now);
        bench.Run(10);
        Assert.Equal(ThermalMode.Manual, bench.Last.Commands.Mode);
        Assert.InRange(bench.Last.Commands.Fans[0].Fraction, 0.59, 0.61);
        bench.Input.Manual = new(Duty.OfPermille(600), null, bench.Now - TimeSpan.FromMinutes(16));
        bench.Run(1);
        Assert.Equal(ThermalMode.Running, bench.Last.Commands.Mode);
    }

    [Fact]
    public void Pumps_by_hand_run_faster_than_the_dies_need_and_never_slower()
    {
        var bench = new ThermalBench(gpuW: 500, returnC: 45);
        bench.Run(60);
        var needed = bench.Last.Commands.Pumps[0].Fraction;
        bench.Input.Manual = new(null, Duty.OfPermille(950), bench.Now);
        bench.Run(5);
        Assert.InRange(bench.Last.Commands.Pumps[0].Fraction, 0.949, 0.951);
        Assert.Equal(Driver.Manual, bench.Last.Commands.PumpReasons[0].Driver);
        bench.Input.Manual = new(null, Duty.OfPermille(300), bench.Now);
        bench.Run(30);
        Assert.InRange(bench.Last.Commands.Pumps[0].Fraction, needed - 0.05, 1);
    }

    [Fact]
    public void A_manual_duty_gives_way_when_the_coolant_gets_warm()
    {
        var bench = new ThermalBench(supplyC: 39.8, returnC: 50);
        bench.Run(30);
        bench.Input.Manual = new(Duty.OfPermille(100), null, bench.Now);
        bench.Run(10);
        Assert.True(bench.Last.Commands.Fans[0].Fraction > 0.3);
    }

    [Fact]
    public void Every_condition_has_a_name_and_a_text()
    {
        var names = Enum.GetValues<ConditionCode>().Select(code => new Condition(code, TargetKind.Loop, 0, 1, 2)).ToList();
        Assert.Equal(names.Count, names.Select(c => c.Name).Distinct().Count());
        Assert.All(names, c => Assert.False(string.IsNullOrWhiteSpace(c.Text(ThermalBench.Board))));
        Assert.All(names, c => Assert.DoesNotContain("{", c.Text(ThermalBench.Board), StringComparison.Ordinal));
    }
}
