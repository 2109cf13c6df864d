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
}
