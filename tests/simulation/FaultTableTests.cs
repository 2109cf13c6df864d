using Appliance.Daemon.Simulation;

namespace SimulationTests;

public sealed class FaultTableTests
{
    public static TheoryData<string> Rows => [.. FaultTable.Rows.Select(r => r.Id)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_plant_stays_inside_its_row_of_the_fault_table(string id)
    {
        var row = FaultTable.Rows.Single(r => r.Id == id);
        var result = FaultScore.Run(row, Boards.Of(row.Cooling), seed: 1, spread: 0, TimeProvider.System);
        Assert.True(result.Passed, $"{row.Id} {row.What}: {result.Why}");
    }

    /// <summary>Plants on which a row was once missed.</summary>
    [Theory]
    [InlineData("F2", 11)]
    [InlineData("F2", 31)]
    [InlineData("F9", 5)]
    [InlineData("F9", 6)]
    [InlineData("F12", 6)]
    [InlineData("F28", 1)]
    [InlineData("F28", 21)]
    [InlineData("F36", 5)]
    [InlineData("F36", 6)]
    [InlineData("F42", 3)]
    [InlineData("F44", 8)]
    public void A_drawn_plant_stays_inside_its_row_of_the_fault_table(string id, int seed)
    {
        var row = FaultTable.Rows.Single(r => r.Id == id);
        var result = FaultScore.Run(row, Boards.Of(row.Cooling), seed, spread: 0.3, TimeProvider.System);
        Assert.True(result.Passed, $"{row.Id} plant {seed} {row.What}: {result.Why}");
    }
}
