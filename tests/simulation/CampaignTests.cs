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

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40), .. Enumerable.Range(CampaignCase.RecordedFrom, 10)];

    [Fact]
    public void Seeds_from_twenty_thousand_on_play_the_recorded_load_in_step_or_each_GPU_at_its_own_place()
    {
        var cases = Enumerable.Range(CampaignCase.RecordedFrom, 20).Select(seed => CampaignCase.Of(seed, Boards.Hgx)).ToArray();

        Assert.All(cases, c => Assert.All(c.GpuPowerW, gpu => Assert.Equal(Boards.Hgx.Gpus.MaxW, gpu.Max)));
        Assert.Contains(cases, c => Apart(c) == 0);
        Assert.Contains(cases, c => Apart(c) > 100);
    }

    [Fact]
    public void A_recorded_load_comes_round_to_where_it_began()
    {
        foreach (var gpu in CampaignCase.Of(CampaignCase.RecordedFrom + 1, Boards.Hgx).GpuPowerW)
        {
            var round = gpu.LastS;
            Assert.InRange(round, 290, 310);
            Assert.All(Enumerable.Range(0, 100), s => Assert.Equal(gpu.Copy().At(s), gpu.Copy().At(s + round), 6));
        }
    }

    /// <summary>How far the GPUs of a case are apart at some time, W.</summary>
    private static double Apart(Scenario c) =>
        Enumerable.Range(0, 300).Max(s => c.GpuPowerW.Max(gpu => gpu.Copy().At(s)) - c.GpuPowerW.Min(gpu => gpu.Copy().At(s)));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_invariant_holds(int seed)
    {
        var broken = Campaign.Check(seed, new(Boards.Hgx, Boards.Cdu), TimeProvider.System);
        Assert.True(broken is null, $"{broken}\nrepeat: ./build.sh sim --seeds {seed}..{seed}");
    }
}
