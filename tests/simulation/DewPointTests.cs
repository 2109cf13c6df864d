using Appliance.Daemon.Simulation;
using Appliance.Model;
using Appliance.Thermal;
using Appliance.Twin;

namespace SimulationTests;

/// <summary>The dew point's guard: the coolant is held three kelvin above it, and a surface that nobody can warm is told.</summary>
public sealed class DewPointTests
{
    [Theory]
    [InlineData("liquid-to-air", 250)]
    [InlineData("liquid-to-liquid", 600)]
    public void In_a_warm_and_wet_room_the_coolant_is_held_warmer_than_its_setpoint_and_says_why(string cooling, double watts)
    {
        // 36 °C and 95 %RH, reached within 25 minutes: dew point 35.1 °C, so that the coolant belongs at 38.6 °C.
        double least = double.PositiveInfinity, most = 0;
        var driven = false;
        var control = Run(Boards.Of(cooling), new([0, 300, 1800], [45, 45, 95]), watts, (t, truth, box) =>
        {
            least = Math.Min(least, truth.SupplyC - truth.RoomDewPointC);
            if (t < 1800)
                return;
            most = Math.Max(most, truth.SupplyC);
            driven |= Reason(box, cooling).Driver == Driver.DewPoint;
        });

        Assert.True(driven, $"{Reason(control, cooling).Driver} drives");
        Assert.InRange(least, 3, 12);
        Assert.InRange(most, 38.3, 40);
    }

    [Fact]
    public void Facility_water_below_the_dew_point_is_told_and_the_coolant_stays_warm()
    {
        double least = double.PositiveInfinity;
        double told = double.NaN, warm = double.PositiveInfinity;
        var untold = 0;
        var last = Run(Boards.Cdu, new([0, 300, 301, 1200, 1201], [45, 45, 95, 95, 45]), 600, (t, truth, box) =>
        {
            least = Math.Min(least, truth.SupplyC - truth.RoomDewPointC);
            if (IsTold(box) && double.IsNaN(told))
                told = t;
            if (t is > 900 and < 1200)
                (warm, untold) = (Math.Min(warm, truth.SupplyC - truth.RoomDewPointC), untold + (IsTold(box) ? 0 : 1));
        });

        Assert.InRange(told, 300, 320); // 30 °C water in a room whose dew point is 35 °C
        Assert.InRange(least, 2, 30);
        Assert.InRange(warm, 3, 30); // the coolant has followed, and it is the water that is told
        Assert.Equal(0, untold);
        Assert.False(IsTold(last));
    }

    [Theory]
    [InlineData("liquid-to-air")]
    [InlineData("liquid-to-liquid")]
    public void A_cold_soaked_box_in_a_wet_room_is_told_is_not_cooled_and_warms_up(string cooling)
    {
        // Carried in from a cold store, with facility water as cold: coolant at 14 °C, room at 25 °C and 70 %RH (dew point 19.1 °C).
        var board = Boards.Of(cooling);
        var twin = new BoxTwin(new() { Board = board, Cooling = cooling, AmbientC = 8, Parameters = new PlantParameters { FacilityC = 10 }, GpuW = 70, StartSupplyC = 14 })
        {
            AmbientC = 25,
            RoomHumidityPercent = 70,
        };
        twin.Step(TimeSpan.FromSeconds(0.1));
        var control = new ThermalControl(board);
        Assert.True(twin.Truth.SupplyC < twin.Truth.RoomDewPointC + 3);
        var told = false;
        double warmAt = double.NaN, cooled = 0;
        for (var k = 1; k <= 36_000 && double.IsNaN(warmAt); k++)
        {
            for (var i = 0; i < twin.GpuCount; i++)
                twin.WantPower(i, 200);
            twin.Step(TimeSpan.FromSeconds(0.1));
            control.Tick(twin, TimeSpan.FromSeconds(0.1 * k));
            if (twin.Truth.SupplyC >= twin.Truth.RoomDewPointC + 3)
                warmAt = 0.1 * k;
            if (k > 300)
                cooled = Math.Max(cooled, cooling == "liquid-to-liquid" ? control.Last.Commands.FacilityValve.Fraction : BeyondFloor(control, board));
            told |= IsTold(control);
        }

        Assert.True(told);
        Assert.InRange(warmAt, 1, 1800);
        Assert.InRange(cooled, 0, 0.05);
    }

    /// <summary>What the fans do beyond what the node's own air and their motors ask for.</summary>
    private static double BeyondFloor(ThermalControl control, Board board) => control.Last.Commands.FanReasons[0].Driver is Driver.Floor or Driver.DownSlew
        ? 0
        : control.Last.Commands.Fans[0].Fraction - board.Fans[0].MinDutyPercent / 100;

    private static Reason Reason(ThermalControl control, string cooling) =>
        cooling == "liquid-to-liquid" ? control.Last.Commands.FacilityValveReason : control.Last.Commands.FanReasons[0];

    private static bool IsTold(ThermalControl control)
    {
        ref readonly var conditions = ref control.Conditions;
        for (var i = 0; i < conditions.Count; i++)
        {
            if (conditions[i].Code == ConditionCode.DewPointNear)
                return true;
        }

        return false;
    }

    private static ThermalControl Run(Board board, Series humidity, double watts, Action<double, TwinTruth, ThermalControl> look)
    {
        var box = new ThermalControl(board);
        SimulationRun? run = null;
        run = new(new()
        {
            Name = "dew point",
            DurationS = 2700,
            Cooling = board.Cooling,
            Seed = 1,
            AmbientC = Series.Constant(36),
            RoomRhPercent = humidity,
            GpuPowerW = [Series.Constant(watts)],
            Faults = [],
        }, board, box)
        { Observe = t => look(t, run!.Twin.Truth, box) };
        run.Run(TimeProvider.System);
        return box;
    }
}
