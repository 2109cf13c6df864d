using FastTests.Engine;
using InferenceCore.Engine;
using InferenceCore.Scheduling;
using InferenceCore.Worker;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Scheduling;

/// <summary>
/// Journal and worker over a tiny real checkpoint, joined by queues of frames in place of a socket and moved by hand. Killing the worker
/// loses what it holds and what is still on its way.
/// </summary>
internal sealed class EnginePair : IDisposable
{
    public static readonly EngineModel Engine = GoldenModel.Open("llama3").Engine;

    private readonly Queue<byte[]> _orders = [];
    private readonly Queue<byte[]> _news = [];
    private readonly WorkerOrder.Begin _begin;
    private readonly int _memoryBlocks;
    private WorkerLoop? _worker;

    /// <param name="memoryBlocks">Blocks of cache after which the system's memory is used up, whatever the options allow.</param>
    public EnginePair(SchedulerOptions? options = null, int[]? endTokens = null, int memoryBlocks = int.MaxValue)
    {
        _memoryBlocks = memoryBlocks;
        var limits = options ?? new SchedulerOptions();
        _begin = new WorkerOrder.Begin("", "cpu", 1, limits);
        var model = new ServedModel("tiny", Engine.Config, Tokenizer: null, Chat: null, new HashSet<int>(endTokens ?? []));
        Journal = new Journal(model, limits, new FakeTimeProvider());
        StartWorker();
    }

    public Journal Journal { get; }

    public static GenerationRequest Request(
        int prompt, int length = 6, int tokens = 10, ulong seed = 1, string client = "", int choices = 1, SamplingOptions? sampling = null) => new()
        {
            Prompt = [.. Enumerable.Range(0, length).Select(i => (int)((prompt * 7919L + i * 104729L) % Engine.Config.Vocabulary))],
            MaxTokens = tokens,
            Sampling = (sampling ?? new SamplingOptions { Seed = 0 }) with { Seed = seed },
            Client = client,
            Choices = choices,
        };

    /// <summary>What the request is answered when nothing else happens.</summary>
    public static List<Piece> Alone(GenerationRequest request, int[]? endTokens = null)
    {
        using var pair = new EnginePair(endTokens: endTokens);
        var generation = pair.Journal.Submit(request)!;
        pair.RunAll();
        return Pieces(generation);
    }

    public static List<Piece> Pieces(Generation generation)
    {
        var pieces = new List<Piece>();
        while (generation.Pieces.TryRead(out var piece))
            pieces.Add(piece);
        return pieces;
    }

    public static int[] TokensOf(IEnumerable<Piece> pieces, int choice = 0) => [.. pieces.Where(p => p.Choice == choice).SelectMany(p => p.Tokens)];

    public static int[] Tokens(Generation generation, int choice = 0) => TokensOf(Pieces(generation), choice);

    public static int[] TokensAlone(GenerationRequest request) => TokensOf(Alone(request));

    /// <summary>Everything sent arrives, one step is computed, everything told arrives. False: there was nothing to do.</summary>
    public bool Step()
    {
        while (CarryOne())
        {
        }
        var stepped = Compute();
        while (HearOne())
        {
        }
        return stepped;
    }

    public void RunAll()
    {
        while (Step())
        {
        }
    }

    /// <summary>The oldest order arrives and is carried out.</summary>
    public bool CarryOne()
    {
        if (!_orders.TryDequeue(out var frame))
            return false;
        _worker!.Carry(OrderWire.Read(frame));
        return true;
    }

    public bool Compute() => _worker!.Step();

    /// <summary>The oldest news arrives.</summary>
    public bool HearOne()
    {
        if (!_news.TryDequeue(out var frame))
            return false;
        if (NewsWire.Read(frame) is WorkerNews.Stepped stepped)
            Journal.Take(stepped.Report);
        return true;
    }

    /// <summary>The worker dies between two messages, and the next one starts.</summary>
    public void KillWorker()
    {
        Journal.Detach();
        _orders.Clear();
        _news.Clear();
        _worker!.Dispose();
        StartWorker();
    }

    public void Dispose() => _worker?.Dispose();

    private void StartWorker()
    {
        var made = 0;
        var pool = new HostKvPool(Engine.Config, _begin.Options.CacheBlocks,
            bytes => made++ < _memoryBlocks ? new NativeBuffer(bytes) : throw new InsufficientMemoryException());
        _worker = new WorkerLoop(
            news => _news.Enqueue(NewsWire.Write(news)[sizeof(uint)..].ToArray()), new FakeTimeProvider(), load: (_, room) => new ReferenceForward(Engine, room, pool));
        _worker.Carry(_begin);
        Journal.Attach(order => _orders.Enqueue(OrderWire.Write(order)[sizeof(uint)..].ToArray()));
    }
}
