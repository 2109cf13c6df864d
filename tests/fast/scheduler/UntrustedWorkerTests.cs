using FastTests.Engine;
using InferenceCore.Engine;
using InferenceCore.Scheduling;
using InferenceCore.Worker;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Scheduling;

/// <summary>A device that forgets or answers differently costs a worker and nothing else: the answer goes on in the next one, the same.</summary>
public sealed class UntrustedWorkerTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly List<TamperedForward> _engines = [];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Changed_weights_cost_the_replica_before_it_tells_another_token_and_what_was_under_way_is_marked_and_goes_on(bool whileBusy)
    {
        using var host = TamperedHost.Start(_engines);
        await host.Proven;
        (string Fault, IReadOnlyList<long> Answers)? suspected = null;
        host.Suspected += (fault, answers) => suspected = (fault, answers);
        var request = EnginePair.Request(3, tokens: 300, seed: 4);
        Generation? generation = null;
        if (whileBusy)
        {
            generation = host.Submit(request, out _)!;
            Assert.True(await generation.Pieces.WaitToReadAsync(Stop));
            _engines[0].OnStep = Change;
        }
        else
        {
            _engines[0].OnWatch = Change;
        }

        await WorkerThreads.UntilAsync(() => suspected is not null);
        generation ??= host.Submit(request, out _)!;
        Assert.Equal(EnginePair.TokensAlone(request), await TamperedHost.TokensAsync(generation));
        Assert.Equal("found weights changed: model.norm.weight", suspected!.Value.Fault);
        Assert.Equal(whileBusy ? [generation.FirstId] : [], suspected.Value.Answers);
        Assert.Equal("found weights changed: model.norm.weight", host.Suspicion);
        Assert.Equal((1L, whileBusy ? 1L : 0L), (host.Journal!.Metrics.Suspicions, host.Journal.Metrics.SuspectAnswers));
        Assert.Equal(2, _engines.Count);

        static void Change() => throw new EngineChanged("found weights changed: model.norm.weight", [new WeightFault(0, 1)]);
    }

    [Fact]
    public void An_idle_worker_makes_a_token_every_five_seconds_and_none_while_parked()
    {
        var (loop, engine, news, time) = Idle();
        using var _ = loop;
        var steps = 0;
        engine.OnStep = () => steps++;
        for (var tenth = 0; tenth < 200; tenth++)
            Pass(loop, time);
        Assert.Equal(4, news.Count(n => n is WorkerNews.Awake));
        Assert.Equal(4, steps);
        loop.Carry(new WorkerOrder.Park(true));
        for (var tenth = 0; tenth < 200; tenth++)
            Pass(loop, time);
        Assert.Equal(4, steps);
    }

    [Fact]
    public void An_idle_worker_that_makes_another_token_than_at_its_start_is_not_believed()
    {
        var (loop, engine, _, time) = Idle();
        using var __ = loop;
        engine.Shift = 1;
        time.Advance(WorkerLoop.IdleTokenEvery);
        Assert.Contains("was asked the same as at its start", Assert.Throws<EngineChanged>(loop.Idle).Message);
    }

    private static void Pass(WorkerLoop loop, FakeTimeProvider time)
    {
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(loop.Step());
        loop.Idle();
    }

    private static (WorkerLoop Loop, TamperedForward Engine, List<WorkerNews> News, FakeTimeProvider Time) Idle()
    {
        var (news, time, options) = (new List<WorkerNews>(), new FakeTimeProvider(), new SchedulerOptions());
        var engine = new TamperedForward(Scheduler.RoomFor(options, 1));
        var loop = new WorkerLoop(news.Add, time, load: (_, _) => engine);
        loop.Carry(new WorkerOrder.Begin("", "cpu", 1, options));
        return (loop, engine, news, time);
    }
}
