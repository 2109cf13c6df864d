using Appliance.Daemon.Loop;
using Appliance.Daemon.TwinProcess;
using Appliance.Model;
using Appliance.Thermal;

namespace SimulationTests;

public sealed class LoopTests
{
    [Fact]
    public void The_loop_holds_the_twin_in_its_band_from_the_first_second_on()
    {
        using var bench = new LoopBench();
        var last = bench.Run(40);
        Assert.InRange(bench.Twin.MinSupplyC, 36, 40);
        Assert.InRange(bench.Twin.MaxSupplyC, 36, 40);
        Assert.Equal(ThermalMode.Running, last.Commands.Mode);
        Assert.Equal(0, last.Commands.WithheldW);
        Assert.All(last.FanWrites, write => Assert.True(write.IsGood));
    }

    [Fact]
    public void A_box_on_facility_water_moves_its_valve_through_the_chip_and_reads_its_meters()
    {
        using var bench = new LoopBench(board: "hgx-h100-8-cdu");
        var last = bench.Run(40);
        Assert.InRange(bench.Twin.MaxSupplyC, 36, 40);
        var pwm = int.Parse(bench.Read("emc2305", "pwm3"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(last.Commands.FacilityValve.Pwm, pwm);
        Assert.InRange(pwm, 0, 250);
        Assert.InRange(last.Estimate.FacilityC.Value!.Value, 29.5, 30.5);
        bench.Ticker.WriteFull();
        Assert.Equal("255", bench.Read("emc2305", "pwm3"));
    }

    [Fact]
    public void A_box_with_a_bypass_opens_it_through_the_chip_at_little_load_and_full_duty_shuts_it()
    {
        using var bench = new LoopBench(new TwinLoad("idle"), "hgx-h100-8-bypass");
        bench.Twin.SetRoom(10, null);
        var last = bench.Run(120);
        var pwm = int.Parse(bench.Read("emc2305", "pwm3"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(last.Commands.BypassValve.Pwm, pwm);
        Assert.InRange(pwm, 0, 230);
        Assert.InRange(bench.Twin.Look(t => t.BypassOpen), 0.1, 1);
        Assert.Equal("bypass1", Assert.Single(FrameAssembly.Thermal(last, bench.Settings).Valves!).Name);
        bench.Ticker.WriteFull();
        Assert.Equal("255", bench.Read("emc2305", "pwm3"));
    }

    [Fact]
    public void A_box_that_holds_its_cabinet_shows_both_temperatures()
    {
        using var bench = new LoopBench(board: "hgx-h100-8-cabinet");
        var thermal = FrameAssembly.Thermal(bench.Run(60), bench.Settings);
        Assert.Equal("cabinet_inlet", thermal.ControlledSensor);
        Assert.InRange(thermal.CabinetInletC!.Value, 25, 45);
        Assert.InRange(thermal.CoolantSupplyC!.Value, 36, 40);
    }

    [Fact]
    public void A_daemon_killed_and_restarted_does_not_move_the_coolant_out_of_its_band()
    {
        using var bench = new LoopBench();
        bench.Run(30);
        bench.Run(2, daemon: false); // dead, and nobody notices yet
        bench.StartDaemon();
        var first = bench.Run(0.1);
        Assert.NotEqual(ThermalMode.Overheat, first.Commands.Mode);
        bench.Run(30);
        Assert.InRange(bench.Twin.MinSupplyC, 36, 40);
        Assert.InRange(bench.Twin.MaxSupplyC, 36, 40);
    }

    [Fact]
    public void A_twin_killed_and_restarted_goes_on_where_it_was()
    {
        using var bench = new LoopBench();
        bench.Run(20);
        var before = bench.Twin.Look(t => t.Truth.SupplyC);
        bench.RestartTwin();
        Assert.Equal(before, bench.Twin.Look(t => t.Truth.SupplyC), 0.5);
        var last = bench.Run(30);
        Assert.InRange(bench.Twin.MinSupplyC, 36, 40);
        Assert.InRange(bench.Twin.MaxSupplyC, 36, 40);
        Assert.All(last.FanWrites, write => Assert.True(write.IsGood));
    }

    [Fact]
    public void Without_a_daemon_the_chips_go_to_full_by_themselves()
    {
        using var bench = new LoopBench();
        bench.Run(20);
        Assert.NotEqual("255", bench.Read("max31790", "pwm1"));
        bench.Run(6, daemon: false);
        Assert.All(Enumerable.Range(1, 6), i => Assert.Equal("255", bench.Read("max31790", $"pwm{i}")));
        Assert.All(Enumerable.Range(1, 2), i => Assert.Equal("255", bench.Read("emc2305", $"pwm{i}")));
    }

    [Fact]
    public void A_standing_duty_feeds_the_chips_watchdog()
    {
        using var bench = new LoopBench(new TwinLoad("idle"));
        bench.Run(10);
        var duties = Enumerable.Range(0, 120).Select(_ => { bench.Run(0.1); return bench.Read("max31790", "pwm1"); });
        Assert.DoesNotContain("255", duties);
    }

    [Fact]
    public void A_foreign_write_is_put_right_within_two_ticks()
    {
        using var bench = new LoopBench();
        bench.Run(5);
        bench.Write("max31790", "pwm3", "1");
        bench.Run(0.2);
        Assert.InRange(int.Parse(bench.Read("max31790", "pwm3")), 20, 255);
    }

    [Fact]
    public void Renumbered_chips_are_driven_again_within_half_a_second()
    {
        using var bench = new LoopBench();
        bench.Run(5);
        bench.Twin.Inject(new(Appliance.Twin.FaultKind.HwmonRenumbered, ""));
        var last = bench.Run(0.5);
        Assert.All(last.FanWrites.Concat(last.PumpWrites), write => Assert.True(write.IsGood, write.ToString()));
        Assert.All(last.Sensors, sensor => Assert.True(sensor.IsGood));
    }

    [Fact]
    public void A_leak_latched_before_a_restart_is_latched_after_it()
    {
        using var bench = new LoopBench();
        bench.Run(10);
        bench.Twin.Inject(new(Appliance.Twin.FaultKind.LeakGross, "", 2));
        var last = bench.Run(20);
        Assert.True(last.State.Checkpoint().LeakLatched);
        Assert.Null(new CheckpointFile(bench.Paths.State).Write(last.State.Checkpoint()));
        bench.Twin.Clear(null, "");

        bench.StartDaemon();
        last = bench.Run(2);

        Assert.Equal(ThermalMode.Shutdown, last.Commands.Mode);
    }

    [Fact]
    public void A_tick_allocates_nothing_once_warm()
    {
        using var bench = new LoopBench();
        bench.Run(5);

        // A collection in the background may count what is left of this thread's allocation buffer as allocated; a round without one shows what the ticks do.
        var least = long.MaxValue;
        for (var round = 0; round < 5 && least > 0; round++)
            least = Math.Min(least, OfTicks(100));
        Assert.Equal(0, least);

        long OfTicks(int ticks)
        {
            var allocated = 0L;
            for (var i = 0; i < ticks; i++)
            {
                bench.Time.Advance(TickLoop.Period);
                bench.Twin.Advance(TickLoop.Period);
                for (var gpu = 0; gpu < 8; gpu++)
                    bench.Gpus.PollOnce(gpu);
                var before = GC.GetAllocatedBytesForCurrentThread();
                bench.Ticker.Tick(Moment.Of(bench.Time), 0);
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            }

            return allocated;
        }
    }

    [Fact]
    public void Frames_say_what_the_tick_saw()
    {
        using var bench = new LoopBench();
        var last = bench.Run(10);
        var thermal = FrameAssembly.Thermal(last, bench.Settings);
        Assert.Equal("running", thermal.Mode);
        Assert.Equal(6, thermal.Fans.Count);
        Assert.All(thermal.Fans, fan => Assert.Equal("ok", fan.State));
        Assert.All(thermal.Sensors, sensor => Assert.Equal(Quality.Good, sensor.Q));
        Assert.NotNull(thermal.CoolantSupplyC);
        var gpu = FrameAssembly.Gpu(last, 3, bench.Hardware.Gpus.Identity(3), bench.Hardware.Board);
        Assert.Equal("ok", gpu.State);
        Assert.Equal("NVIDIA H100 80GB HBM3", gpu.Name);
        Assert.Equal((null, null), (gpu.LimitReason, gpu.LowestClock));
        Assert.InRange(gpu.PowerW!.Value, 300, 700);
        Assert.InRange(FrameAssembly.Power(last, bench.Board).TotalW, 3000, 6200);
    }

    [Fact]
    public void Without_flow_every_frame_says_that_its_gpu_is_held_and_why_and_the_driver_holds_limit_and_clock()
    {
        using var bench = new LoopBench();
        bench.Run(10);
        bench.Twin.Inject(new(Appliance.Twin.FaultKind.PumpDead, "pump1"));
        bench.Twin.Inject(new(Appliance.Twin.FaultKind.PumpDead, "pump2"));
        var last = bench.Run(4);
        var gpu = FrameAssembly.Gpu(last, 3, bench.Hardware.Gpus.Identity(3), bench.Hardware.Board);
        Assert.Equal(("no flow", true), (gpu.LimitReason, gpu.LowestClock));
        Assert.Equal(200, gpu.PowerLimitW);
        Assert.Equal(345, gpu.SmClockMhz);
        Assert.InRange(gpu.PowerW!.Value, 60, 151);
    }

    [Fact]
    public void A_gpu_whose_driver_hangs_is_unreadable_after_two_seconds_and_counts_as_full_power()
    {
        using var bench = new LoopBench();
        bench.Run(10);
        var before = bench.Last().Estimate.HeatW;
        TickRecord last = bench.Last();
        for (var i = 0; i < 40; i++)
        {
            bench.Time.Advance(TickLoop.Period);
            bench.Twin.Advance(TickLoop.Period);
            for (var gpu = 1; gpu < 8; gpu++) // GPU 0's thread sits in the driver
                bench.Gpus.PollOnce(gpu);
            bench.Ticker.Tick(Moment.Of(bench.Time), 0);
            last = bench.Last();
        }

        Assert.Equal("unreadable", FrameAssembly.Gpu(last, 0, bench.Hardware.Gpus.Identity(0), bench.Hardware.Board).State);
        Assert.Equal(bench.Board.Gpus.MaxW, last.Estimate.GpuW[0]);
        Assert.True(last.Estimate.HeatW > before);
    }
}
