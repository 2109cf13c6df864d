using Appliance.Daemon.Simulation;
using FastTests.Tidy;

namespace FastTests.Thermal;

public sealed class FaultTableFileTests
{
    [Fact]
    public void The_published_fault_table_is_the_one_that_is_judged()
    {
        var path = Path.Combine(Repository.Root, FaultTableFile.Path);

        Assert.True(File.Exists(path) && File.ReadAllText(path) == FaultTableFile.Text(), $"{FaultTableFile.Path} is not what FaultTable.cs says; write it again: {FaultTableFile.Command}");
    }

    [Fact]
    public void Every_row_of_the_fault_table_is_published() =>
        Assert.All(FaultTable.Rows, row => Assert.Contains($"\"row\": \"{row.Id}\",", FaultTableFile.Text(), StringComparison.Ordinal));
}
