using Appliance.Daemon.Simulation;

namespace SimulationTests;

/// <summary>What the loop says it has learnt of a box, against the box.</summary>
public sealed class LearningTests
{
    private static readonly int[] _boxes = [3, 4, 8, 14, 16, 21];

    [Fact]
    public void The_capacity_that_is_told_is_what_the_box_can_remove_within_an_eighth_under_load_and_a_quarter_without()
    {
        foreach (var seed in _boxes)
        {
            Run(seed, (t, run, box) =>
            {
                if (t % 60 > 0.05 || t < 900)
                    return;
                var (told, real) = (box.CapacityW!.Value, run.Twin.RemovableW(38));

                // Without load fans are slow, and what they do at full is foretold from far away.
                Assert.True(Math.Abs(told / real - 1) < (t > 1260 ? 0.125 : 0.25), $"box {seed} at {t:0} s: told {told:0} W, true {real:0} W");
            });
        }
    }

    [Fact]
    public void The_flow_that_pumps_promise_is_what_they_give_within_the_meters_own_error()
    {
        foreach (var seed in _boxes)
        {
            Run(seed, (t, run, box) =>
            {
                if (t % 60 > 0.05 || t < 300)
                    return;
                var (told, real) = (box.Last.Estimate.ExpectedFlowLMin, run.Twin.Truth.FlowLMin);
                Assert.True(Math.Abs(told / real - 1) < 0.06, $"box {seed} at {t:0} s: promised {told:0.00} L/min, {real:0.00} L/min flow");
            });
        }
    }

    [Fact]
    public void The_heat_in_the_coolant_is_what_the_GPUs_draw_once_they_stand_still()
    {
        foreach (var seed in _boxes)
        {
            Run(seed, (t, run, box) =>
            {
                if (t is < 1100 or > 1199 && t < 1700)
                    return;
                var (carried, drawn) = (box.Last.Estimate.CoolantHeatW.Value!.Value, run.Twin.Truth.HeatW);
                Assert.True(Math.Abs(carried / drawn - 1) < 0.12, $"box {seed} at {t:0} s: carried {carried:0} W, drawn {drawn:0} W");
            });
        }
    }

    [Fact]
    public void Once_a_box_is_known_its_supply_is_foretold_to_half_a_kelvin_through_a_step()
    {
        foreach (var seed in _boxes)
        {
            double worst = 0;
            Run(seed, (t, _, box) => worst = t > 1200 ? Math.Max(worst, Math.Abs(box.Last.Estimate.ModelErrorK)) : 0);
            Assert.True(worst < 0.5, $"box {seed}: {worst:0.00} K");
        }
    }

    [Fact]
    public void A_valve_that_stands_where_its_water_says_is_told_as_that()
    {
        var stuck = new ScenarioFault(900, null, new(Appliance.Twin.FaultKind.ValveStuck, "valve1"));
        Run(5, (t, run, box) =>
        {
            if (t < 1260)
                return;
            Assert.True(box.Last.Estimate.ValveStuck);
            Assert.InRange(box.Last.Estimate.Drive, 0.8 * run.Twin.FacilityValve()!.Value, 1.2 * run.Twin.FacilityValve()!.Value);
        }, "liquid-to-liquid", stuck);
    }

    private static SimulationRun Run(
        int seed, Action<double, SimulationRun, ThermalControl> look, string cooling = "liquid-to-air", params ScenarioFault[] faults)
    {
        var load = new Series([0, 60, 60, 700, 700, 1200, 1200], [70, 70, 600, 600, 250, 250, 600]);
        var scenario = new Scenario { Name = "learning", DurationS = 1800, Seed = seed, Spread = 0.3, Cooling = cooling, GpuPowerW = [load], Faults = faults };
        SimulationRun? run = null;
        run = new(scenario, Boards.Of(cooling)) { Observe = t => look(t, run!, (ThermalControl)run!.Control) };
        run.Run(TimeProvider.System);
        return run;
    }
}
