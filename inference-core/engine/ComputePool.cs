namespace InferenceCore.Engine;

/// <summary>
/// A fixed crew of threads that shares one job at a time and meets again before <see cref="Run"/> returns. The caller is thread 0.
/// Nothing is allocated per job.
/// </summary>
internal sealed class ComputePool : IDisposable
{
    public const int MaxThreads = 64;

    private readonly Thread[] _threads;
    private readonly SemaphoreSlim _start = new(0);
    private readonly CountdownEvent _finished = new(1);
    private ComputeJob? _job;
    private int _items;
    private int _itemsPerTake;
    private int _next;
    private volatile bool _stop;

    /// <param name="threads">Threads that compute, the caller included: 1..<see cref="MaxThreads"/>.</param>
    public ComputePool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, MaxThreads);
        _threads = new Thread[threads - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            var number = i + 1;
            _threads[i] = new Thread(() => Loop(number)) { IsBackground = true, Name = $"compute {number}" };
            _threads[i].Start();
        }
    }

    public int Threads => _threads.Length + 1;

    /// <summary>Runs <paramref name="job"/> over all items; ranges are multiples of <paramref name="grain"/> long, the last one excepted.</summary>
    public void Run(ComputeJob job, int items, int grain)
    {
        if (_threads.Length == 0 || items <= grain)
        {
            job.Run(0, items, 0);
            return;
        }

        _job = job;
        _items = items;
        // Four ranges a thread, taken as threads come free: a core lent to somebody else for a moment then delays the job less.
        _itemsPerTake = Math.Max(1, items / (Threads * 4 * grain)) * grain;
        _next = 0;
        _finished.Reset(_threads.Length);
        _start.Release(_threads.Length);
        TakeRanges(0);
        _finished.Wait();
        _job = null;
    }

    public void Dispose()
    {
        _stop = true;
        if (_threads.Length > 0)
            _start.Release(_threads.Length);
        foreach (var thread in _threads)
            thread.Join();
        _start.Dispose();
        _finished.Dispose();
    }

    private void Loop(int number)
    {
        while (true)
        {
            _start.Wait();
            if (_stop)
                return;
            TakeRanges(number);
            _finished.Signal();
        }
    }

    private void TakeRanges(int number)
    {
        while (true)
        {
            var first = Interlocked.Add(ref _next, _itemsPerTake) - _itemsPerTake;
            if (first >= _items)
                return;
            _job!.Run(first, Math.Min(first + _itemsPerTake, _items), number);
        }
    }
}
