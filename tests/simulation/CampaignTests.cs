using Appliance.Daemon.Simulation;

namespace SimulationTests;

/// <summary>A sample of the campaign; <c>./build.sh sim --seeds A..B</c> runs as many as there is time for.</summary>
public sealed class CampaignTests
{
    [Fact]
    public void Seeds_from_ten_thousand_on_meet_every_fault_alone_and_every_pair_of_faults_once()
    {
        var met = Enumerable.Range(CampaignCase.PairsFrom, CampaignCase.Pairs)
            .Select(seed => string.Join(" ", CampaignCase.Of(seed, Boards.Cdu).Faults.Select(f => f.Fault.Kind))).ToArray();

        Assert.Equal(CampaignCase.Pairs, met.Distinct().Count());
        Assert.Equal(CampaignCase.Of(CampaignCase.PairsFrom + 3, Boards.Cdu).Faults[0].Fault.Kind,
            CampaignCase.Of(CampaignCase.PairsFrom + 3 + CampaignCase.Pairs, Boards.Cdu).Faults[0].Fault.Kind);
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_invariant_holds(int seed)
    {
        var broken = Campaign.Check(seed, new(Boards.Hgx, Boards.Cdu), TimeProvider.System);
        Assert.True(broken is null, $"{broken}\nrepeat: ./build.sh sim --seeds {seed}..{seed}");
    }
}
