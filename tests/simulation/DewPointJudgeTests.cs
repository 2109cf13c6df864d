using Appliance.Daemon.Simulation;
using Appliance.Model;
using Appliance.Twin;

namespace SimulationTests;

/// <summary>The fault table's judge sees a surface that grows wet, whatever the loop believes of it.</summary>
public sealed class DewPointJudgeTests
{
    [Theory]
    [InlineData("liquid-to-air")]
    [InlineData("liquid-to-liquid")]
    public void A_surface_nearer_to_the_dew_point_than_its_row_allows_fails_the_row(string cooling)
    {
        var board = Boards.Of(cooling);
        var row = FaultTable.Rows.Single(r => r.Faults is [{ Fault.Kind: FaultKind.HumidityJump }] && r.Cooling == cooling);
        var measured = FaultScore.Run(row, board, seed: 1, spread: 0, TimeProvider.System);

        Assert.True(measured.Passed, measured.Why);
        Assert.InRange(measured.DewMarginK, HumidAir.DewMarginK, 20);
        var strict = FaultScore.Run(row with { DewMarginK = measured.DewMarginK + 0.2 }, board, seed: 1, spread: 0, TimeProvider.System);
        Assert.StartsWith("a surface", strict.Why, StringComparison.Ordinal);
    }
}
