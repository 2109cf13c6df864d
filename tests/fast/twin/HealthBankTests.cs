using Appliance.Twin;

namespace FastTests.Twin;

public sealed class HealthBankTests
{
    private readonly HealthBank _bank = new(8);

    [Fact]
    public void What_counts_goes_on_from_where_it_was_when_its_fault_is_mended()
    {
        var storm = new FaultSpec(FaultKind.EccStorm, "gpu2", 1000);
        _bank.Inject(storm);
        Step(3);
        Assert.Equal(3000, _bank.Gpu(2).EccCorrected);
        _bank.Clear(storm);
        Step(3);
        Assert.Equal(3000, _bank.Gpu(2).EccCorrected);
        Assert.Equal(0, _bank.Gpu(1).EccCorrected);
    }

    [Fact]
    public void A_fault_that_is_an_xid_is_told_once_with_the_gpus_own_address()
    {
        _bank.Inject(new(FaultKind.GpuXid, "gpu3", 79));
        _bank.Inject(new(FaultKind.NvlinkDown, "gpu4/link17"));
        Assert.Equal([(3, 79), (4, 74)], _bank.TakeMessages().Select(m => (m.Gpu, m.Xid)));
        Assert.Empty(_bank.TakeMessages());
        Assert.Equal(1L << 17, _bank.Gpu(4).LinksDown);
    }

    [Fact]
    public void Standing_faults_do_not_depend_on_the_order_in_which_others_come_and_go()
    {
        var down = new FaultSpec(FaultKind.PcieDowntrained, "gpu0", 3);
        var port = new FaultSpec(FaultKind.RdmaDown, "mlx5_1");
        _bank.Inject(port);
        _bank.Inject(down);
        _bank.Inject(new(FaultKind.FabricManagerDead, ""));
        Assert.Equal((3, 1L, false), (_bank.Gpu(0).PcieGeneration, _bank.Rdma(1).LinkDowned, _bank.FabricManagerAlive));
        _bank.Clear(down);
        Assert.Equal((5, 1L, false), (_bank.Gpu(0).PcieGeneration, _bank.Rdma(1).LinkDowned, _bank.Rdma(1).IsUp));
    }

    [Fact]
    public void A_throttle_reason_adds_up_its_time()
    {
        _bank.Inject(new(FaultKind.GpuThrottled, "gpu1", 0x40 | 0x80));
        Step(2);
        Assert.Equal((2_000_000_000, 2_000_000_000, 0), (_bank.Gpu(1).ReasonNs(6), _bank.Gpu(1).ReasonNs(7), _bank.Gpu(1).ReasonNs(5)));
    }

    [Fact]
    public void No_fault_of_health_is_drawn_by_the_thermal_campaign_or_changes_the_plant()
    {
        Assert.All(FaultCatalogue.All.Where(f => f.OfHealth), f => Assert.True(f.OfHost, f.Name));
        Assert.Equal(FaultCatalogue.All.Select(f => (int)f.Kind), Enumerable.Range(0, FaultCatalogue.All.Count));
    }

    private void Step(double seconds)
    {
        var idle = new double[8];
        for (var i = 0; i < 10; i++)
            _bank.Step(seconds / 10, idle, idle);
    }
}
