using Appliance.Model;
using Appliance.Thermal;

namespace FastTests.Thermal;

public sealed class SafetyTests
{
    private static readonly int Rope = ThermalBench.Board.Lines.ToList().FindIndex(l => l.Name == "leak1");
    private static readonly int Spot = ThermalBench.Board.Lines.ToList().FindIndex(l => l.Name == "leak3");
    private static readonly int Flow1 = ThermalBench.Board.Sensors.ToList().FindIndex(s => s.Name == "flow1");

    [Fact]
    public void Two_wet_detectors_take_the_heat_away_in_the_same_half_second_and_latch()
    {
        var bench = new ThermalBench();
        bench.Run(5);
        bench.Break = (input, now) => Wet(input, now, Rope, Spot);
        bench.Run(0.5);
        Assert.True(bench.Last.Commands.Shutdown);
        Assert.True(bench.Last.Commands.ParkEngine);
        Assert.Equal(200, bench.Last.Commands.GpuLimitW[0]);
        bench.Break = null;
        bench.Run(120);
        Assert.True(bench.Last.Commands.Shutdown);
    }

    [Fact]
    public void A_leak_stays_latched_through_lost_telemetry_and_a_restart()
    {
        var bench = new ThermalBench();
        bench.Run(5);
        bench.Break = (input, now) => Wet(input, now, Rope, Spot);
        bench.Run(1);
        var again = new ThermalBench(bench.State.Checkpoint()) { Break = (input, _) => Array.Clear(input.Lines) };
        Assert.True(again.Run(1).Commands.Shutdown);
    }

    [Fact]
    public void Only_an_operator_opens_the_latch()
    {
        var bench = new ThermalBench(new() { LeakLatched = true, ShutdownLatched = true });
        Assert.True(bench.Run(2).Commands.Shutdown);
        bench.Input.ResetLatches = true;
        bench.Tick();
        bench.Input.ResetLatches = false;
        Assert.False(bench.Run(1).Commands.Shutdown);
    }

    [Fact]
    public void Pumps_stop_and_the_valve_shuts_only_once_the_heat_is_gone_or_two_seconds_passed()
    {
        var bench = new ThermalBench(gpuW: 700, returnC: 48);
        bench.Run(30);
        bench.Break = (input, now) => Wet(input, now, Rope, Spot);
        bench.Run(0.5);
        Assert.False(bench.Last.Commands.CloseValve);
        bench.Run(2.5);
        Assert.True(bench.Last.Commands.CloseValve);
        Assert.Equal(0, bench.Last.Commands.Pumps[0].Permille);
    }

    [Fact]
    public void One_spot_alone_is_an_alarm_and_no_action()
    {
        var bench = new ThermalBench();
        bench.Run(5);
        bench.Break = (input, now) => Wet(input, now, Spot);
        bench.Run(20);
        Assert.False(bench.Last.Commands.Shutdown);
        Assert.True(bench.Last.Commands.Conditions.Has(ConditionCode.LeakSuspected));
    }

    [Fact]
    public void Lost_flow_limits_power_within_a_second_parks_within_three_and_switches_off_within_a_minute()
    {
        var bench = new ThermalBench(gpuW: 700, returnC: 48);
        bench.Run(60);
        bench.FlowLMin = 0;
        bench.Run(1);
        Assert.Equal(200, bench.Last.Commands.GpuLimitW[0]);
        Assert.True(bench.Last.Commands.GpuLowestClock[0]);
        bench.Run(2);
        Assert.True(bench.Last.Commands.ParkEngine);
        bench.Run(57);
        Assert.True(bench.Last.Commands.Shutdown);
    }

    [Fact]
    public void One_flow_meter_at_zero_beside_a_healthy_one_trips_nothing()
    {
        var bench = new ThermalBench(gpuW: 300, returnC: 45);
        bench.Run(60);
        bench.Break = (input, now) => input.Sensors[Flow1] = Reading<double>.Good(0, now);
        bench.Run(60);
        Assert.True(bench.Last.Commands.Conditions.Has(ConditionCode.SensorDisagrees));
        Assert.False(bench.Last.Commands.ParkEngine);
        Assert.Equal(700, bench.Last.Commands.GpuLimitW[0]);
        Assert.False(bench.Last.Commands.GpuLowestClock[0]);
    }

    [Fact]
    public void A_failed_pump_is_covered_by_the_other()
    {
        var bench = new ThermalBench(gpuW: 500, returnC: 45);
        bench.Run(90);
        var before = bench.Last.Commands.Pumps[1].Fraction;
        bench.Break = (input, now) => input.Pumps[0].Rpm = Reading<double>.Good(0, now);
        bench.Run(5);
        Assert.True(bench.Last.Commands.Pumps[1].Fraction > before);
        Assert.True(bench.Last.Commands.Conditions.Has(ConditionCode.PumpStalled));
    }

    [Fact]
    public void A_gpu_that_cannot_be_read_counts_as_fully_loaded()
    {
        var bench = new ThermalBench { Break = (input, _) => input.Gpus[2] = default };
        bench.Run(5);
        Assert.Equal(700, bench.Last.Estimate.GpuW[2]);
        Assert.Equal(Appliance.Thermal.GpuHealth.Unreadable, bench.Last.Estimate.Gpus[2]);
    }

    private static void Wet(ThermalInput input, TimeSpan now, params int[] lines)
    {
        foreach (var line in lines)
            input.Lines[line] = Reading<bool>.Good(true, now);
    }
}
