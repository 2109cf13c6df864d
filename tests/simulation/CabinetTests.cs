using Appliance.Daemon.Simulation;
using Appliance.Thermal;
using Appliance.Twin;

namespace SimulationTests;

/// <summary>A board that holds the air at its cabinet's inlet: fans for the air, the facility valve for the coolant.</summary>
public sealed class CabinetTests
{
    [Fact]
    public void Both_the_inlet_air_and_the_coolant_are_held_in_their_band()
    {
        foreach (var seed in (int[])[0, 1, 2, 3, 5, 8, 13])
        {
            double worstAir = 0, worstCoolant = 0;
            Run(seed, new([0, 600, 600, 1200, 1200], [400, 400, 700, 700, 500]), (t, truth, box) =>
            {
                // After a step the cabinet's air takes its time.
                if (t is (> 300 and < 600) or (> 900 and < 1200) or > 1500)
                {
                    // Fans at their floor: more than the floor asks for would only make it colder.
                    var floor = box.Last.Commands.FanReasons[0].Driver == Driver.Floor;
                    worstAir = Math.Max(worstAir, floor ? truth.CabinetInletC - 38 : Math.Abs(truth.CabinetInletC - 38));
                }

                worstCoolant = Math.Max(worstCoolant, truth.SupplyC - 38);
            });
            Assert.True(worstAir < 1, $"plant {seed}: air {worstAir:0.00} K off");
            Assert.True(worstCoolant < 1.5, $"plant {seed}: coolant {worstCoolant:0.00} K over");
        }
    }

    [Fact]
    public void A_step_of_load_leaves_the_air_in_its_band()
    {
        double worst = 0;
        Run(0, new([0, 300, 300], [400, 400, 700]), (t, truth, _) => worst = t > 250 ? Math.Max(worst, Math.Abs(truth.CabinetInletC - 38)) : worst);
        Assert.InRange(worst, 0, 2);
    }

    [Fact]
    public void Fans_run_at_full_when_nobody_can_read_the_inlet_and_when_the_room_is_too_warm()
    {
        var blind = Run(0, Series.Constant(500), (_, _, _) => { },
            new ScenarioFault(100, null, new(FaultKind.SensorOpen, "cabinet_inlet1")), new ScenarioFault(100, null, new(FaultKind.SensorOpen, "cabinet_inlet2")));
        Assert.Equal(1, blind.Last.Commands.Fans[0].Fraction);
        var warm = Run(0, Series.Constant(500), (_, _, _) => { }, new ScenarioFault(100, null, new(FaultKind.AmbientJump, "", 14)));
        Assert.Equal(1, warm.Last.Commands.Fans[0].Fraction);
    }

    [Fact]
    public void Too_little_heat_for_the_cabinet_is_said_with_the_load_at_which_its_band_begins()
    {
        var idle = Run(0, Series.Constant(72), (_, _, _) => { });
        ref readonly var conditions = ref idle.Last.Commands.Conditions;
        var said = Enumerable.Range(0, conditions.Count).Select(i => idle.Last.Commands.Conditions[i]).Single(c => c.Name == "setpoint_unreachable");
        var inlet = 0.0;
        Run(0, Series.Constant(said.Limit / 8), (_, truth, _) => inlet = truth.CabinetInletC);
        Assert.InRange(inlet, 35.7, 36.5);
    }

    private static ThermalControl Run(int seed, Series load, Action<double, TwinTruth, ThermalControl> look, params ScenarioFault[] faults)
    {
        SimulationRun? run = null;
        run = new(new()
        {
            Name = "cabinet",
            DurationS = 1800,
            Seed = seed,
            Spread = seed == 0 ? 0 : 0.3,
            GpuPowerW = [load],
            Faults = faults,
        }, Boards.Cabinet)
        { Observe = t => look(t, run!.Twin.Truth, (ThermalControl)run!.Control) };
        run.Run(TimeProvider.System);
        return (ThermalControl)run.Control;
    }
}
