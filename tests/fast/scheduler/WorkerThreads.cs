using FastTests.Engine;
using InferenceCore.Engine;
using InferenceCore.Scheduling;
using InferenceCore.Worker;

namespace FastTests.Scheduling;

/// <summary>A host whose workers are threads of this process, and what can be done to them.</summary>
internal sealed class WorkerThreads : IDisposable
{
    private readonly ManualResetEventSlim _mayStart = new(true);
    private volatile WorkerThread? _current;
    private volatile string? _lastLoss;
    private volatile int _started;

    public WorkerThreads(string? directory = null, ServedModel? model = null, SchedulerOptions? options = null, TimeProvider? time = null, string guide = "")
    {
        Host = new EngineHost(new EngineSetup
        {
            ModelDirectory = directory ?? GoldenModel.Open("llama3").Directory,
            Device = "cpu",
            GuideDirectory = guide,
            Threads = 1,
            Options = _ => options ?? new SchedulerOptions(),
            Load = config => model ?? new ServedModel("tiny", config, Tokenizer: null, Chat: null, new HashSet<int>()),
            Start = Begin,
        }, time ?? TimeProvider.System);
        Host.Lost += (_, how) => _lastLoss = how;
    }

    public EngineHost Host { get; }

    public bool DieAtStart { get; init; }

    /// <summary>Makes the workers' engines; null: the one on the processor.</summary>
    public Func<WorkerOrder.Begin, ForwardOptions, IForward>? Load { get; init; }

    public int Started => _started;

    public string? LastLoss => _lastLoss;

    public WorkerThread Current => _current!;

    public static async Task<WorkerThreads> ReadyAsync()
    {
        var workers = new WorkerThreads();
        workers.Host.Start();
        await workers.Host.Proven;
        return workers;
    }

    public void HoldStarts() => _mayStart.Reset();

    public void LetStart() => _mayStart.Set();

    public static async Task UntilAsync(Func<bool> condition)
    {
        for (var look = 0; look < 4000 && !condition(); look++)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.True(condition(), "it did not come true within 20 s");
    }

    public void Dispose()
    {
        _mayStart.Set();
        Host.Dispose();
    }

    private WorkerThread Begin()
    {
        _mayStart.Wait();
        _started++;
        if (DieAtStart)
            throw new WorkerLost("died at once");
        return _current = new WorkerThread(Load);
    }
}
