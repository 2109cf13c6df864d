namespace FastTests.Thermal;

public sealed class AllocationTests
{
    private double _x = 1;
    private object? _kept;

    [Fact]
    public void A_collection_in_the_background_is_no_allocation_of_this_thread()
    {
        using var stop = new CancellationTokenSource();
        var token = stop.Token;
        var allocates = new Thread(() =>
        {
            var (kept, random) = (new object[1000], new Random(1));
            while (!token.IsCancellationRequested)
                kept[random.Next(kept.Length)] = new byte[random.Next(20_000)];
        });
        var collects = new Thread(() =>
        {
            while (!token.WaitHandle.WaitOne(1))
                GC.Collect(0);
        });
        allocates.Start();
        collects.Start();
        try
        {
            // So that this thread has a buffer with something left in it, before each round and in none of its steps.
            Assert.Equal(0, Allocation.OfSteps(200, () => _kept = new byte[300], _ => Compute()));
        }
        finally
        {
            stop.Cancel();
            allocates.Join();
            collects.Join();
        }
    }

    [Fact]
    public void A_single_object_in_a_thousand_steps_is_seen()
    {
        Assert.InRange(Allocation.OfSteps(1000, () => { }, i => _kept = i == 637 ? new byte[8] : _kept), 24, 40);
    }

    private void Compute()
    {
        for (var k = 0; k < 2000; k++)
            _x = Math.Sqrt(_x + k);
    }
}
