using Appliance.Model;
using Appliance.Thermal;

namespace FastTests.Thermal;

public sealed class SensorTests
{
    private static readonly int Supply2 = ThermalBench.Board.Sensors.ToList().FindIndex(s => s.Name == "coolant_supply2");

    [Fact]
    public void A_sensor_that_jumps_is_distrusted_in_the_same_tick()
    {
        var bench = Broken((input, now) => input.Sensors[Supply2] = Reading<double>.Good(33, now));
        bench.Tick();
        Assert.Equal(Quality.Suspect, bench.Last.Estimate.Sensors[Supply2]);
        Assert.InRange(bench.Last.Estimate.SupplyC.Value!.Value, 37.9, 38.1);
    }

    [Fact]
    public void A_sensor_that_stands_still_while_its_neighbours_move_is_found_within_twenty_seconds()
    {
        var bench = Broken((input, now) => input.Sensors[Supply2] = Reading<double>.Good(38.01, now));
        bench.Run(20);
        Assert.Equal(Quality.Suspect, bench.Last.Estimate.Sensors[Supply2]);
    }

    [Fact]
    public void A_creeping_bias_is_outvoted_once_it_passes_a_kelvin_and_a_bit()
    {
        var creep = 0.0;
        var bench = Broken((input, now) =>
        {
            creep = Math.Min(creep + 0.01, 2);
            input.Sensors[Supply2] = Reading<double>.Good(input.Sensors[Supply2].Value!.Value + creep, now);
        });
        bench.Run(40);
        Assert.Equal(Quality.Suspect, bench.Last.Estimate.Sensors[Supply2]);
        Assert.InRange(bench.Last.Estimate.SupplyC.Value!.Value, 37.9, 38.1);
    }

    [Fact]
    public void All_coolant_sensors_jumping_together_are_taken_for_their_converter()
    {
        var bench = Broken((input, now) =>
        {
            for (var i = 0; i < 5; i++)
                input.Sensors[i] = Reading<double>.Good(input.Sensors[i].Value!.Value - 3, now);
        });
        bench.Run(5);
        Assert.InRange(bench.Last.Estimate.SupplyC.Value!.Value, 37.7, 38.3);
        Assert.True(bench.Last.Commands.Conditions.Has(ConditionCode.SensorImplausible));
    }

    [Fact]
    public void A_lost_sensor_is_absent_after_a_second_and_the_vote_goes_on()
    {
        var bench = Broken((input, _) => input.Sensors[Supply2] = Reading<double>.Absent);
        bench.Run(2);
        Assert.Equal(Quality.Absent, bench.Last.Estimate.Sensors[Supply2]);
        Assert.True(bench.Last.Estimate.SupplyC.IsGood);
    }

    [Theory]
    [InlineData(250)]
    [InlineData(-120)]
    public void A_reading_out_of_its_range_is_suspect_and_told_as_that(double reading)
    {
        var bench = Broken((input, now) => input.Sensors[Supply2] = Reading<double>.Good(reading, now));
        bench.Run(1);
        Assert.True(bench.Last.Commands.Conditions.Has(ConditionCode.SensorRange));
        Assert.Equal(Quality.Suspect, bench.Last.Estimate.Sensors[Supply2]);
        Assert.InRange(bench.Last.Estimate.SupplyC.Value!.Value, 37.9, 38.1);
    }

    private static ThermalBench Broken(Action<ThermalInput, TimeSpan> how)
    {
        var bench = new ThermalBench();
        bench.Run(30);
        bench.Break = how;
        return bench;
    }
}
