using System.Diagnostics;

namespace InferenceCore.Engine;

/// <summary>Prefill and decode of random tokens, timed, beside the memory bandwidth measured in the same run.</summary>
internal sealed class Benchmark(TimeProvider time, int promptTokens, int newTokens, int batch, int threads, bool randomWeights = false)
{
    private const int WarmUpSteps = 8;

    public BenchmarkResult Run(string directory, string device)
    {
        var loadStart = time.GetTimestamp();
        var config = ModelConfig.Load(directory);
        if (promptTokens + newTokens > config.MaxPositions)
            throw new EngineException($"{promptTokens} prompt tokens and {newTokens} new ones are over the model's limit of {config.MaxPositions} positions");
        using var forward = ForwardLoader.Load(directory, device, Room(device));
        var load = time.GetElapsedTime(loadStart);

        var startToFirst = FirstToken(forward);
        WarmUp(forward);
        var (prefill, caches, next) = Prefill(forward);
        var steps = Decode(forward, caches, next);

        var order = steps.Order().ToArray();
        var traffic = forward.Traffic;
        var bytes = traffic.BytesPerStep(batch) + (batch * traffic.CacheBytes(promptTokens + (newTokens / 2)));
        var decode = steps.Aggregate(TimeSpan.Zero, (sum, s) => sum + s).TotalSeconds;
        var gbS = bytes * steps.Length / decode / 1e9;
        var memory = forward.MeasureMemory(time, bytes);
        return new BenchmarkResult
        {
            Device = device,
            Threads = threads,
            Batch = batch,
            PromptTokens = promptTokens,
            NewTokens = newTokens,
            StartToFirstTokenS = startToFirst,
            LoadS = load.TotalSeconds,
            LoadGbS = traffic.TotalBytes / load.TotalSeconds / 1e9,
            PrefillTokS = (double)promptTokens * batch / prefill.TotalSeconds,
            TtftMs = prefill.TotalMilliseconds,
            DecodeTokS = batch * steps.Length / decode,
            TpotMsMin = order[0].TotalMilliseconds,
            TpotMsP50 = order[order.Length / 2].TotalMilliseconds,
            TpotMsP99 = order[Math.Min(order.Length - 1, order.Length * 99 / 100)].TotalMilliseconds,
            BytesPerToken = (double)bytes / batch,
            HbmGbS = gbS,
            HbmCopyGbS = memory.CopyGbS,
            HbmReadGbS = memory.ReadGbS,
            HbmFraction = gbS / memory.ReadGbS,
            ResidentReadGbS = memory.ResidentReadGbS,
            ResidentFraction = gbS / memory.ResidentReadGbS,
        };
    }

    // Blocks of the measured sequences, and of the one that warms up beside none of them.
    private ForwardOptions Room(string device) => new()
    {
        MaxTokens = Math.Max(ForwardOptions.StepTokensOn(device), batch),
        MaxLogits = batch,
        MaxSequences = batch,
        CacheBlocks = Math.Max(batch * KvCache.BlocksFor(promptTokens + newTokens), KvCache.BlocksFor(Math.Max(ForwardOptions.StepTokensOn(device), batch) + 1)),
        Threads = threads,
        RandomWeights = randomWeights,
    };

    private double FirstToken(IForward forward)
    {
        var cache = new KvCache(forward.Config, pool: forward.Pool);
        forward.Step([new SequenceStep(cache, Prompt(forward, 0).AsMemory(..1), LogitsOf.Last)]);
        _ = forward.Best(0); // on a device a step is over when its result is known
        cache.Release();
        using var process = Process.GetCurrentProcess();
        return (time.GetUtcNow().UtcDateTime - process.StartTime.ToUniversalTime()).TotalSeconds;
    }

    // The runtime compiles hot methods again while they run; that is not what is measured.
    private static void WarmUp(IForward forward)
    {
        for (var round = 0; round < WarmUpSteps; round++)
        {
            var cache = new KvCache(forward.Config, pool: forward.Pool);
            var tokens = new int[Math.Min(forward.MaxTokens, forward.Config.MaxPositions - 1)];
            forward.Step([new SequenceStep(cache, tokens, LogitsOf.Last)]);
            forward.Step([new SequenceStep(cache, tokens.AsMemory(..1), LogitsOf.Last)]);
            _ = forward.Best(0);
            cache.Release();
        }
    }

    private (TimeSpan Elapsed, KvCache[] Caches, int[] Next) Prefill(IForward forward)
    {
        var caches = new KvCache[batch];
        var next = new int[batch];
        var start = time.GetTimestamp();
        for (var sequence = 0; sequence < batch; sequence++)
        {
            caches[sequence] = new KvCache(forward.Config, pool: forward.Pool);
            var prompt = Prompt(forward, sequence);
            for (var done = 0; done < promptTokens; done += forward.MaxTokens)
            {
                var part = prompt.AsMemory(done, Math.Min(forward.MaxTokens, promptTokens - done));
                forward.Step([new SequenceStep(caches[sequence], part, LogitsOf.Last)]);
            }

            next[sequence] = forward.Best(0);
        }

        return (time.GetElapsedTime(start), caches, next);
    }

    private TimeSpan[] Decode(IForward forward, KvCache[] caches, int[] next)
    {
        var elapsed = new TimeSpan[newTokens];
        var steps = new SequenceStep[batch];
        for (var sequence = 0; sequence < batch; sequence++)
            steps[sequence] = new SequenceStep(caches[sequence], next.AsMemory(sequence, 1), LogitsOf.Last);
        for (var token = 0; token < newTokens; token++)
        {
            var start = time.GetTimestamp();
            forward.Step(steps);
            for (var sequence = 0; sequence < batch; sequence++)
                next[sequence] = forward.Best(sequence);
            elapsed[token] = time.GetElapsedTime(start);
        }

        return elapsed;
    }

    private int[] Prompt(IForward forward, int sequence)
    {
        var random = new Random(sequence + 1);
        return [.. Enumerable.Range(0, promptTokens).Select(_ => random.Next(forward.Config.Vocabulary))];
    }
}
