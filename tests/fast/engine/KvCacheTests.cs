using InferenceCore.Engine;

namespace FastTests.Engine;

/// <summary>Blocks: who shares them, who may write them, and that all of them come back.</summary>
public sealed class KvCacheTests
{
    private static readonly GoldenModel Golden = GoldenModel.Open("deepseek_v3");

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(70)]
    public void A_fork_goes_on_by_itself_and_what_it_came_from_does_not_notice(int length)
    {
        var model = Golden.Engine;
        using var run = new RunState(model, maxTokens: 96, maxLogits: 96, threads: 1);
        var pool = new HostKvPool(model.Config);
        var parent = new KvCache(model.Config, pool: pool);
        Step(parent, Golden.Tokens[..80], LogitsOf.None);
        var fork = parent.TryFork(length)!;
        // Other tokens where the parent's go on, then the parent's own after all.
        Step(fork, [.. Golden.Tokens[..10].Reverse()], LogitsOf.None);
        fork.Release();
        fork = parent.TryFork(length)!;

        Assert.Equal(Golden.Prefilled[length..90], Step(fork, Golden.Tokens[length..90], LogitsOf.All));
        Assert.Equal(Golden.Prefilled[80..90], Step(parent, Golden.Tokens[80..90], LogitsOf.All));

        float[][] Step(KvCache cache, int[] tokens, LogitsOf wanted) =>
            GoldenModel.Rows(run, ForwardReference.Step(model, run, [new SequenceStep(cache, tokens, wanted)]));
    }

    [Fact]
    public void A_shared_block_counts_once_and_is_free_when_its_last_holder_lets_go()
    {
        var pool = new HostKvPool(Golden.Config, limit: 4);
        var parent = new KvCache(Golden.Config, pool: pool);
        Assert.True(parent.TryReserve(130));
        parent.Commit(130);
        Assert.Equal(3, pool.Used);
        // Two whole blocks are shared, the rows of the third are copied.
        var fork = parent.TryFork(130)!;
        Assert.Equal((4, 3, 3), (pool.Used, parent.Blocks, fork.Blocks));
        Assert.Null(parent.TryFork(130));
        Assert.Equal(4, pool.Used);
        parent.Release();
        Assert.Equal(3, pool.Used);
        fork.Truncate(64);
        Assert.Equal(1, pool.Used);
        fork.Release();
        Assert.Equal(0, pool.Used);
    }

    [Fact]
    public void A_block_is_as_good_as_free_while_nobody_but_keepers_holds_it()
    {
        var pool = new HostKvPool(Golden.Config, limit: 8);
        var finished = new KvCache(Golden.Config, pool: pool);
        Assert.True(finished.TryReserve(130));
        finished.Commit(130);
        Assert.Equal((3, 0), (pool.Used, pool.Kept));
        finished.Keep();
        Assert.Equal((3, 3), (pool.Used, pool.Kept));
        // Two whole blocks are somebody's again, the third is copied.
        var goesOn = finished.TryFork(130)!;
        Assert.Equal((4, 1), (pool.Used, pool.Kept));
        var another = finished.TryFork(64)!;
        goesOn.Release();
        Assert.Equal((3, 2), (pool.Used, pool.Kept));
        finished.Release();
        Assert.Equal((1, 0), (pool.Used, pool.Kept));
        another.Keep();
        Assert.Equal((1, 1), (pool.Used, pool.Kept));
        another.Release();
        Assert.Equal((0, 0), (pool.Used, pool.Kept));
    }

    [Fact]
    public void A_cache_that_finds_no_room_keeps_what_it_has_and_goes_on_when_there_is_some()
    {
        var pool = new HostKvPool(Golden.Config, limit: 3);
        var (large, small) = (new KvCache(Golden.Config, pool: pool), new KvCache(Golden.Config, pool: pool));
        Assert.True(small.TryReserve(64));
        Assert.False(large.TryReserve(3 * 64));
        Assert.Equal(2, large.Blocks);
        small.Release();
        Assert.True(large.TryReserve(3 * 64));
    }
}
