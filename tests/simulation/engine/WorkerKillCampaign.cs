using FastTests.Scheduling;

namespace SimulationTests.Engine;

/// <summary>The fast tests' run with a killed worker, by many seeds.</summary>
public sealed class WorkerKillCampaign
{
    [Fact]
    public void No_token_is_lost_doubled_or_different_in_any_of_150_seeds()
    {
        var kills = 0;
        for (var seed = 100; seed < 250; seed++)
        {
            try
            {
                kills += WorkerKillTests.Run(seed);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}: WorkerKillTests.Run({seed}) repeats it.", e);
            }
        }
        Assert.True(kills > 1000, $"{kills} workers were killed: the test tests little");
    }
}
