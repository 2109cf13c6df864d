using Appliance.Model;
using Appliance.Thermal;

namespace FastTests.Thermal;

/// <summary>The rung between power limits and parked workers: a clock held at its lowest.</summary>
public sealed class ClockTests
{
    [Fact]
    public void Clocks_come_back_a_healthy_minute_after_the_flow_did()
    {
        var bench = new ThermalBench(gpuW: 700, returnC: 48);
        bench.Run(60);
        bench.FlowLMin = 0;
        bench.Run(5);
        (bench.FlowLMin, bench.GpuW) = (null, 75);
        bench.Run(30);
        Assert.True(bench.Last.Commands.GpuLowestClock[0]);
        bench.Run(60);
        Assert.False(bench.Last.Commands.GpuLowestClock[0]);
    }

    /// <summary>GPU 2 draws what it likes; what its own die asks for it must not refuse in vain.</summary>
    [Fact]
    public void A_hot_gpu_that_refuses_its_limit_has_its_clock_held_and_nobody_is_parked()
    {
        var bench = new ThermalBench(gpuW: 500, returnC: 45);
        bench.Run(120);
        bench.Break = Refuse(watts: 690, dieC: 85.5);
        bench.Run(4);
        Assert.True(bench.Last.Commands.GpuLowestClock[2]);
        Assert.False(bench.Last.Commands.GpuLowestClock[1]);
        Assert.False(bench.Last.Commands.ParkEngine);
        bench.Break = Refuse(watts: 150, dieC: 60);
        bench.Run(20);
        Assert.True(bench.Last.Commands.GpuLowestClock[2]); // its own limit is still low, and it still refuses it
        Assert.True(bench.Last.Commands.WithheldW > 500);
        Assert.False(bench.Last.Commands.ParkEngine);
        Assert.False(bench.Last.Commands.Shutdown);
    }

    [Fact]
    public void A_clock_that_does_not_follow_is_an_alarm_in_two_seconds()
    {
        var bench = new ThermalBench(gpuW: 500, returnC: 45);
        bench.Run(60);
        bench.FlowLMin = 0;
        bench.Break = (input, _) => input.Gpus[4].ClockRefused = true;
        bench.Run(1);
        Assert.False(bench.Last.Commands.Conditions.Has(ConditionCode.GpuLimitRefused));
        bench.Run(1.5);
        Assert.True(bench.Last.Commands.Conditions.Has(ConditionCode.GpuLimitRefused));
    }

    [Fact]
    public void A_gpu_whose_die_cannot_be_read_is_told_and_held_at_its_lowest_limit()
    {
        var bench = new ThermalBench(gpuW: 600, returnC: 46);
        bench.Run(30);
        bench.Break = (input, _) => (input.Gpus[6].TemperatureC, input.Gpus[6].MarginK) = (Reading<double>.Absent, Reading<double>.Absent);
        bench.Run(2.5);
        Assert.True(bench.Last.Commands.Conditions.Has(ConditionCode.GpuUnreadable));
        Assert.Equal(700, bench.Last.Commands.GpuLimitW[6]);
        bench.Run(1);
        Assert.Equal((200, 700), (bench.Last.Commands.GpuLimitW[6], bench.Last.Commands.GpuLimitW[5]));
        Assert.Equal("its die cannot be read", bench.Last.Commands.GpuReasons[6].ToString());
    }

    [Fact]
    public void What_parked_workers_do_not_draw_counts_as_withheld()
    {
        var bench = new ThermalBench(gpuW: 700, returnC: 48);
        bench.Run(60);
        bench.FlowLMin = 0;
        bench.Run(2);
        bench.GpuW = 75;
        Assert.InRange(bench.Run(2).Commands.WithheldW, 8 * 620, 8 * 630);
    }

    [Fact]
    public void A_plate_that_lost_its_flow_is_kept_over_a_restart_and_written_at_once()
    {
        var state = ThermalState.Boot(new ThermalBench().Settings, new() { PlatesLost = [false, false, true] });
        Assert.Equal([false, false, true, false, false, false, false, false], state.Checkpoint().PlatesLost.Take(8));
        Assert.Equal((4 << 2, 4 << 2), (state.Latches, state.Checkpoint().Latches));
        Assert.Equal((0, 3), (new ThermalCheckpoint().Latches, new ThermalCheckpoint { LeakLatched = true, ShutdownLatched = true }.Latches));
    }

    private static Action<ThermalInput, TimeSpan> Refuse(double watts, double dieC) => (input, now) =>
    {
        input.Gpus[2].PowerW = Reading<double>.Good(watts, now);
        input.Gpus[2].TemperatureC = Reading<double>.Good(Math.Round(dieC), now);
        input.Gpus[2].MarginK = Reading<double>.Good(87 - Math.Round(dieC), now);
        input.Gpus[2].LimitW = Reading<double>.Good(700, now);
    };
}
