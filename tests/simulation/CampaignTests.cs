using Appliance.Daemon.Simulation;

namespace SimulationTests;

/// <summary>A sample of the campaign; <c>./build.sh sim --seeds A..B</c> runs as many as there is time for.</summary>
public sealed class CampaignTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_invariant_holds(int seed)
    {
        var broken = Campaign.Check(seed, new(Boards.Hgx, Boards.Cdu), TimeProvider.System);
        Assert.True(broken is null, $"{broken}\nrepeat: ./build.sh sim --seeds {seed}..{seed}");
    }
}
