using System.Diagnostics;

namespace InferenceCore.Engine;

/// <summary>Prefill and decode of random tokens, timed, beside the memory bandwidth measured in the same run.</summary>
internal sealed class Benchmark(TimeProvider time, int promptTokens, int newTokens, int batch, int threads)
{
    /// <summary>Prompt tokens of a step at most; enough to reuse each weight many times, few enough to stay in the cache.</summary>
    private const int StepTokens = 128;

    private const int WarmUpSteps = 8;

    public BenchmarkResult Run(string directory, string device)
    {
        var loadStart = time.GetTimestamp();
        var model = EngineModel.Load(directory, device);
        var load = time.GetElapsedTime(loadStart);
        if (promptTokens + newTokens > model.Config.MaxPositions)
            throw new EngineException($"{promptTokens} prompt tokens and {newTokens} new ones are over the model's limit of {model.Config.MaxPositions} positions");

        using var run = new RunState(model, Math.Max(StepTokens, batch), batch, threads);
        var startToFirst = FirstToken(model, run);
        WarmUp(model, run);
        var (prefill, caches, next) = Prefill(model, run);
        var steps = Decode(model, run, caches, next);

        var order = steps.Order().ToArray();
        var bytes = WeightTraffic.BytesPerStep(model, batch) + ((long)batch * WeightTraffic.CacheBytes(model, promptTokens + (newTokens / 2)));
        var decode = steps.Aggregate(TimeSpan.Zero, (sum, s) => sum + s).TotalSeconds;
        var bandwidth = new MemoryBandwidth(time);
        var gbS = bytes * steps.Length / decode / 1e9;
        var readGbS = bandwidth.ReadLarge();
        var residentGbS = bandwidth.Read(bytes);
        return new BenchmarkResult
        {
            Device = device,
            Threads = threads,
            Batch = batch,
            PromptTokens = promptTokens,
            NewTokens = newTokens,
            StartToFirstTokenS = startToFirst,
            LoadS = load.TotalSeconds,
            LoadGbS = WeightTraffic.TotalBytes(model) / load.TotalSeconds / 1e9,
            PrefillTokS = (double)promptTokens * batch / prefill.TotalSeconds,
            TtftMs = prefill.TotalMilliseconds,
            DecodeTokS = batch * steps.Length / decode,
            TpotMsMin = order[0].TotalMilliseconds,
            TpotMsP50 = order[order.Length / 2].TotalMilliseconds,
            TpotMsP99 = order[Math.Min(order.Length - 1, order.Length * 99 / 100)].TotalMilliseconds,
            BytesPerToken = (double)bytes / batch,
            HbmGbS = gbS,
            HbmCopyGbS = bandwidth.CopyLarge(),
            HbmReadGbS = readGbS,
            HbmFraction = gbS / readGbS,
            ResidentReadGbS = residentGbS,
            ResidentFraction = gbS / residentGbS,
        };
    }

    private double FirstToken(EngineModel model, RunState run)
    {
        ForwardReference.Step(model, run, [new SequenceStep(new KvCache(model.Config), Prompt(model, 0).AsMemory(..1), LogitsOf.Last)]);
        using var process = Process.GetCurrentProcess();
        return (time.GetUtcNow().UtcDateTime - process.StartTime.ToUniversalTime()).TotalSeconds;
    }

    // The runtime compiles hot methods again while they run; that is not what is measured.
    private static void WarmUp(EngineModel model, RunState run)
    {
        for (var round = 0; round < WarmUpSteps; round++)
        {
            var cache = new KvCache(model.Config);
            var tokens = new int[Math.Min(StepTokens, model.Config.MaxPositions - 1)];
            ForwardReference.Step(model, run, [new SequenceStep(cache, tokens, LogitsOf.Last)]);
            ForwardReference.Step(model, run, [new SequenceStep(cache, tokens.AsMemory(..1), LogitsOf.Last)]);
        }
    }

    private (TimeSpan Elapsed, KvCache[] Caches, int[] Next) Prefill(EngineModel model, RunState run)
    {
        var caches = new KvCache[batch];
        var next = new int[batch];
        var start = time.GetTimestamp();
        for (var sequence = 0; sequence < batch; sequence++)
        {
            caches[sequence] = new KvCache(model.Config);
            var prompt = Prompt(model, sequence);
            for (var done = 0; done < promptTokens; done += StepTokens)
            {
                var part = prompt.AsMemory(done, Math.Min(StepTokens, promptTokens - done));
                ForwardReference.Step(model, run, [new SequenceStep(caches[sequence], part, LogitsOf.Last)]);
            }

            next[sequence] = Greedy.Pick(run.Logits.Span(0));
        }

        return (time.GetElapsedTime(start), caches, next);
    }

    private TimeSpan[] Decode(EngineModel model, RunState run, KvCache[] caches, int[] next)
    {
        var elapsed = new TimeSpan[newTokens];
        var steps = new SequenceStep[batch];
        for (var sequence = 0; sequence < batch; sequence++)
            steps[sequence] = new SequenceStep(caches[sequence], next.AsMemory(sequence, 1), LogitsOf.Last);
        for (var token = 0; token < newTokens; token++)
        {
            var start = time.GetTimestamp();
            ForwardReference.Step(model, run, steps);
            for (var sequence = 0; sequence < batch; sequence++)
                next[sequence] = Greedy.Pick(run.Logits.Span(sequence));
            elapsed[token] = time.GetElapsedTime(start);
        }

        return elapsed;
    }

    private int[] Prompt(EngineModel model, int sequence)
    {
        var random = new Random(sequence + 1);
        return [.. Enumerable.Range(0, promptTokens).Select(_ => random.Next(model.Config.Vocabulary))];
    }
}
