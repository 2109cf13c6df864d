using Appliance.Daemon.Simulation;

namespace SimulationTests.Stories;

/// <summary>Every row of the fault table, and what else happens to a box, told as it was told before.</summary>
public sealed class StoryTests
{
    public static TheoryData<string> Rows => [.. FaultTable.Rows.Select(r => r.Id)];

    public static TheoryData<string> Tales => [.. TaleBook.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_fault_is_told_and_answered_as_before(string id)
    {
        var row = FaultTable.Rows.Single(r => r.Id == id);
        var scenario = new Scenario { Name = id, DurationS = 420, Seed = 1, Cooling = row.Cooling, GpuPowerW = [Series.Constant(row.LoadW)], Faults = row.Faults };
        StoryFile.Match(id, new Story(scenario, Boards.Of(row.Cooling)).Play());
    }

    [Theory]
    [MemberData(nameof(Tales))]
    public void A_tale_goes_as_before(string name)
    {
        var tale = TaleBook.All.Single(t => t.Name == name);
        StoryFile.Match(name, new Story(tale.Scenario, tale.Board, tale.Act).Play());
    }
}
