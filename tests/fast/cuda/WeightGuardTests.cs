using CsCheck;
using InferenceCore.Cuda;
using InferenceCore.Engine;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Cuda;

/// <summary>The guard's pace and judgement over steps of any length, on a clock that only the test moves.</summary>
public sealed class WeightGuardTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_flipped_piece_is_named_within_ten_seconds_wherever_and_whenever_it_flips() =>
        Gen.Select(Gen.Int[1, 70_000], Gen.Int[0, int.MaxValue], Gen.Int[1, 250], Gen.Int[0, 30_000]).Sample((pieces, which, stepMs, beforeMs) =>
        {
            var (time, weights) = (new FakeTimeProvider(), new FlippableWeights(pieces));
            var guard = new WeightGuard(weights, time);
            for (var ms = 0; ms < beforeMs; ms += stepMs)
                Assert.Empty(Step(guard, weights, time, stepMs));
            var piece = which % pieces;
            weights.Flip(piece);
            var since = time.GetTimestamp();
            IReadOnlyList<WeightFault> faults = [];
            while (faults.Count == 0 && time.GetElapsedTime(since) <= Limit)
                faults = Step(guard, weights, time, stepMs);
            var fault = Assert.Single(faults);
            Assert.Equal(piece * weights.PieceBytes, fault.Offset);
            Assert.Equal(piece == pieces - 1 ? weights.PieceBytes - 1024 : weights.PieceBytes, fault.Bytes);
        }, iter: 200);

    [Fact]
    public void No_more_is_summed_up_than_one_pass_in_a_period_and_that_in_large_parts()
    {
        // 15.2 GB, steps of 5 ms as of a seven-billion model at batch 1, one minute.
        var weights = new FlippableWeights(58_000);
        var guard = new WeightGuard(weights, _time);
        var (before, launches) = (weights.Summed, weights.Launches);
        for (var step = 0; step < 12_000; step++)
            Step(guard, weights, _time, 5);
        var passes = (double)(weights.Summed - before) / weights.Pieces;
        Assert.InRange(passes, (60 / WeightGuard.Period.TotalSeconds) - 0.02, 60 / WeightGuard.Period.TotalSeconds);
        Assert.InRange(weights.Launches - launches, 1, 12_000 / 14);
    }

    [Fact]
    public void After_an_hour_parked_one_pass_is_due_and_not_four_hundred()
    {
        var weights = new FlippableWeights(10_000);
        var guard = new WeightGuard(weights, _time);
        Step(guard, weights, _time, 1000);
        _time.Advance(TimeSpan.FromHours(1));
        var before = weights.Summed;
        for (var step = 0; step < 100; step++)
            Step(guard, weights, _time, 1);
        Assert.InRange(weights.Summed - before, weights.Pieces, weights.Pieces * 1.05);
    }

    [Fact]
    public void A_long_step_does_not_make_the_next_one_long()
    {
        var weights = new FlippableWeights(300_000);
        var guard = new WeightGuard(weights, _time);
        _time.Advance(TimeSpan.FromSeconds(1));
        var before = weights.Summed;
        Step(guard, weights, _time, 1);
        Assert.InRange(weights.Summed - before, 1, 2048);
    }

    [Fact]
    public void A_sum_that_is_wrong_once_is_a_doubt_and_no_fault()
    {
        var weights = new FlippableWeights(100);
        var guard = new WeightGuard(weights, _time);
        weights.Misread(40);
        for (var step = 0; step < 100; step++)
            Assert.Empty(Step(guard, weights, _time, 100));
        Assert.Equal(1, guard.Doubts);
    }

    [Fact]
    public void Two_flips_in_one_part_are_both_named_and_what_is_put_back_is_well_again()
    {
        var weights = new FlippableWeights(1000);
        var guard = new WeightGuard(weights, _time);
        weights.Flip(10);
        weights.Flip(12);
        Assert.Equal([10 * weights.PieceBytes, 12 * weights.PieceBytes], guard.Sweep().Select(f => f.Offset));
        weights.Flip(10);
        weights.Flip(12);
        Assert.Empty(guard.Sweep());
    }

    /// <summary>As the engine does it: queued behind a step, waited for with the next one.</summary>
    private static IReadOnlyList<WeightFault> Step(WeightGuard guard, FlippableWeights weights, FakeTimeProvider time, int ms)
    {
        weights.Wait();
        var faults = guard.Check();
        guard.Queue();
        time.Advance(TimeSpan.FromMilliseconds(ms));
        return faults;
    }
}
