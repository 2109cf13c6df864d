using Appliance.Thermal;

namespace FastTests.Thermal;

/// <summary>What the coolant carries against what the GPUs draw.</summary>
public sealed class EnergyBalanceTests
{
    [Fact]
    public void Coolant_that_carries_what_no_GPU_draws_does_not_add_up()
    {
        var bench = new ThermalBench(returnC: 44, gpuW: 70);
        bench.Run(120);

        Assert.True(bench.Last.Commands.Conditions.Has(ConditionCode.HeatUnaccounted));
    }

    [Fact]
    public void A_box_without_GPUs_that_cools_down_has_nothing_to_compare_with()
    {
        var bench = new ThermalBench(returnC: 44, board: ThermalBench.BoardOf("qemu-adt7470.json"));
        bench.Run(120);

        Assert.False(bench.Last.Commands.Conditions.Has(ConditionCode.HeatUnaccounted));
        Assert.NotNull(bench.Last.Estimate.CoolantHeatW.Value);
    }
}
