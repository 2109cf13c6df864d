using Appliance.Model;
using Appliance.Thermal;

namespace FastTests.Thermal;

/// <summary>The switch at the GPUs' power brake as a witness of lost flow: it decides where two meters disagree, and nothing alone.</summary>
public sealed class FlowSwitchTests
{
    private static readonly Board Brake = ThermalBench.BoardOf("hgx-h100-8-brake.json");
    private static readonly int Switch = Brake.Lines.Select((l, i) => (l, i)).Single(l => l.l.Kind == "flow_switch").i;
    private static readonly int[] Meters = [.. Brake.Sensors.Select((s, i) => (s, i)).Where(s => s.s.Group == "flow").Select(s => s.i)];

    [Theory]
    [InlineData(false, FlowState.Ok)]
    [InlineData(true, FlowState.None)]
    public void One_meter_at_zero_is_a_broken_meter_and_with_the_switch_a_lost_flow(bool pulls, FlowState expected)
    {
        var bench = Bench(now => now.TotalSeconds > 60, now => pulls && now.TotalSeconds > 60);
        Assert.Equal(FlowState.Ok, bench.Run(60).Estimate.Flow);
        Assert.Equal(expected, bench.Run(3).Estimate.Flow);
        Assert.Equal(pulls, bench.Last.Commands.ParkEngine);
        Assert.Equal(pulls ? "no flow" : "", bench.Last.Commands.ParkEngine ? bench.Last.Commands.ParkReason.ToString() : "");
    }

    [Fact]
    public void A_switch_that_sticks_beside_two_good_meters_does_nothing()
    {
        var bench = Bench(_ => false, now => now.TotalSeconds > 5);
        for (var i = 0; i < 900; i++)
        {
            var tick = bench.Tick();
            Assert.Equal((FlowState.Ok, false, false), (tick.Estimate.Flow, tick.Commands.ParkEngine, tick.Commands.Shutdown));
            Assert.All(Enumerable.Range(0, Brake.Gpus.Count), gpu => Assert.Equal(700, tick.Commands.GpuLimitW[gpu]));
        }
    }

    [Theory]
    [InlineData("\"flow_below_l_min\": 2", "\"flow_below_l_min\": 12", "power_brake: flow_below_l_min is 12; it must lie in 0..10.")]
    [InlineData("\"power_brake\": { \"flow_below_l_min\": 2 },", "", "flow_switch1: is a flow_switch, but the board names no power_brake that it pulls.")]
    public void What_a_board_cannot_have_is_named(string from, string to, string message)
    {
        var path = Path.Combine(Tidy.Repository.Root, "packaging/boards/hgx-h100-8-brake.json");
        var text = File.ReadAllText(path).Replace(from, to, StringComparison.Ordinal);
        Assert.Equal($"b.json: {message}", Assert.Throws<FormatException>(() => BoardFile.Parse(System.Text.Encoding.UTF8.GetBytes(text), "b.json")).Message);
    }

    private static ThermalBench Bench(Func<TimeSpan, bool> isZero, Func<TimeSpan, bool> pulls)
    {
        var bench = new ThermalBench(board: Brake, gpuW: 300, returnC: 44) { FlowLMin = 6 }; // 2.4 kW over 6 K are 6 L/min
        bench.Break = (input, now) =>
        {
            if (isZero(now))
                input.Sensors[Meters[1]] = Reading<double>.Good(0, now);
            input.Lines[Switch] = Reading<bool>.Good(pulls(now), now);
        };
        return bench;
    }
}
