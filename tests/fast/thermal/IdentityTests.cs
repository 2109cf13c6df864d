using Appliance.Thermal;

namespace FastTests.Thermal;

public sealed class IdentityTests
{
    [Fact]
    public void A_late_slug_is_taken_for_a_longer_pipe_and_not_for_a_dirty_radiator()
    {
        LoopIdentity identity = default;
        identity.Prepare();

        // The inlet rises: per litre of pipe the prediction would be two kelvin lower, and 0.4 L are missing from it.
        LoopIdentity.Parameters h = default;
        for (var i = 0; i < 8; i++)
        {
            (h[0], h[3]) = (-2, i < 4 ? -2 : 2);
            var error = h[3] * (0.4 - identity.DeadL) - 2 * (0 - identity.LnTheta);
            identity.Learn(error, in h, 0.04, 0.04);
        }

        Assert.InRange(identity.DeadL, 0.3, 0.45);
        Assert.InRange(identity.LnTheta, -0.05, 0.05);
        Assert.InRange(identity.DeadDoubtL, 0, 0.2);
    }

    [Fact]
    public void A_sudden_large_error_moves_the_conductance_first()
    {
        LoopIdentity identity = default;
        identity.Prepare();
        LoopIdentity.Parameters h = default;
        (h[0], h[1], h[2]) = (-4, -0.2, 1);
        for (var i = 0; i < 40; i++)
            identity.Learn(0, in h, 0.04, 0.04);
        identity.Learn(2.5, in h, 0.04, 0.04);
        Assert.InRange(identity.LnTheta, -0.7, -0.3);
        Assert.InRange(identity.ColdShare, -0.3, 0.3);
    }

    [Fact]
    public void What_was_kept_comes_back_within_its_bounds_and_with_less_doubt_than_at_first()
    {
        LoopIdentity fresh = default;
        fresh.Prepare();
        LoopIdentity identity = default;
        identity.Restore([0.1, 9, -0.2, 0.3]);
        Assert.Equal([0.1, 0.4, -0.2, 0.3], identity.Keep());
        Assert.Equal(fresh.Doubt / 2, identity.Doubt, 6);
        Assert.Equal(fresh.DeadDoubtL / 2, identity.DeadDoubtL, 6);

        // A checkpoint of a version that knew three parameters is still worth its three.
        LoopIdentity old = default;
        old.Restore([0.1, 0.1, 0.1]);
        Assert.Equal(0, old.DeadL);
        Assert.Equal(fresh.DeadDoubtL, old.DeadDoubtL, 6);
    }

    [Fact]
    public void A_parameter_at_its_bound_lets_go_of_the_others()
    {
        LoopIdentity identity = default;
        identity.Prepare();
        LoopIdentity.Parameters h = default;
        h[3] = 1;
        for (var i = 0; i < 20; i++)
            identity.Learn(5, in h, 0.04, 0.04);
        Assert.Equal(1.2, identity.DeadL);
        Assert.InRange(identity.DeadDoubtL, 0, 0.04);
    }

    [Fact]
    public void A_shift_moves_the_content_where_it_lies()
    {
        VolumePipe pipe = default;
        for (var i = 0; i < 200; i++)
            pipe.Push(1.6, 0.01, 40);
        pipe.Shift([1, 0, 0, 0, 0, -1]);
        Assert.Equal(41, pipe.At(1.6, 0.1), 6);
        Assert.Equal(40, pipe.At(1.6, 0.8), 6);
        Assert.Equal(39, pipe.At(1.6, 1.55), 6);
    }
}
