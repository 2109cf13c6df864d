using FastTests.Engine;
using FastTests.Scheduling;
using InferenceCore.Scheduling;

namespace SimulationTests.Engine;

/// <summary>Workers that neither answer nor die, on threads and by a real clock: noticing them takes the two seconds that it may take.</summary>
public sealed class SilentWorkerTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly ManualResetEventSlim _release = new();
    private readonly List<TamperedForward> _engines = [];

    public void Dispose() => _release.Set();

    [Fact]
    public async Task A_step_that_never_ends_is_noticed_within_two_seconds_and_hidden_by_no_other_thread()
    {
        using var host = TamperedHost.Start(_engines);
        await host.Proven;
        string? lost = null;
        var time = TimeProvider.System;
        var (hungAt, noticed) = (0L, TimeSpan.Zero);
        host.Lost += (_, how) =>
        {
            noticed = time.GetElapsedTime(hungAt);
            lost = how;
        };
        _engines[0].OnStep = () =>
        {
            hungAt = time.GetTimestamp();
            _release.Wait();
        };
        var request = EnginePair.Request(3, tokens: 20, seed: 4);
        var generation = host.Submit(request, out _)!;
        await WorkerThreads.UntilAsync(() => lost is not null);
        Assert.Contains("no sign of life", lost);
        Assert.True(noticed < TimeSpan.FromSeconds(2), $"noticed after {noticed.TotalSeconds:0.00} s");
        Assert.Equal(EnginePair.TokensAlone(request), await TamperedHost.TokensAsync(generation));
        Assert.Equal(2, _engines.Count);
    }

    [Fact]
    public async Task A_worker_that_falls_silent_is_replaced_and_the_answer_goes_on()
    {
        using var workers = await WorkerThreads.ReadyAsync();
        var request = EnginePair.Request(3, tokens: 400, seed: 4);
        var generation = workers.Host.Submit(request, out _)!;
        Assert.True(await generation.Pieces.WaitToReadAsync(Stop));
        workers.Current.FallSilent();
        Assert.Equal(EnginePair.TokensAlone(request), await TamperedHost.TokensAsync(generation));
        Assert.Equal(2, workers.Started);
        Assert.Equal(2, workers.Host.Journal!.Metrics.Workers);
        Assert.Contains("no sign of life for 1.8 s", workers.LastLoss);
    }
}
