using InferenceCore.Engine;

namespace InferenceCore.Scheduling;

// Who runs: places, the room in the caches, and who gives way when it runs out.
internal sealed partial class Scheduler
{
    private void Admit(StepReport report)
    {
        while (_running.Count < _options.MaxRunning && _waiting.Peek() is { } next)
        {
            // Somebody who would have to give way at once stays in the line; alone, anybody fits.
            if (_running.Count > 0 && _outOfMemory)
                return;
            if (_running.Count > 0 && _running.Sum(s => (long)KvCache.BlocksFor(s.Known.Count)) + KvCache.BlocksFor(next.Known.Count) > _pool.Limit)
                return;
            _waiting.Take();
            next.Cache = FindPrefix(next, report) ?? new KvCache(_forward.Config, pool: _pool);
            if (!next.Started)
                report.Events.Add(new SequenceEvent.Started(next.Request.Id, next.Cache.Length));
            next.Started = true;
            _running.Add(next);
        }
    }

    private KvCache? FindPrefix(Sequence sequence, StepReport report)
    {
        // The logits of prompt positions are only there when those positions are computed.
        if (sequence.ScoresPrompt)
            return null;
        var cache = _prefixes.Find(sequence.Known, _options.ReuseFromTokens);
        report.PrefixQueried += sequence.Known.Count;
        report.PrefixFound += cache?.Length ?? 0;
        return cache;
    }

    /// <summary>Each running answer's next tokens: one for those that are past their prompt, and a fair share of the chunk for the others.</summary>
    private List<(Sequence Sequence, int Tokens)> Plan()
    {
        var plan = new List<(Sequence, int)>(_running.Count);
        foreach (var sequence in _running)
        {
            if (sequence.Missing == 1)
                plan.Add((sequence, 1));
        }
        // Shortest first: what a short prompt leaves of its share goes to the longer ones, and none of them waits for another.
        var prompts = _running.Where(s => s.Missing > 1).OrderBy(s => s.Missing).ToArray();
        var left = _options.PrefillChunk;
        var scored = _forward.MaxLogits - _running.Count;
        for (var i = 0; i < prompts.Length && left > 0; i++)
        {
            var others = prompts.Length - i;
            var tokens = Math.Min(prompts[i].Missing, (left + others - 1) / others);
            if (prompts[i].ScoresPrompt)
            {
                // Of these the logits of every token are wanted.
                tokens = Math.Min(tokens, scored);
                scored -= tokens;
            }
            if (tokens == 0)
                continue;
            plan.Add((prompts[i], tokens));
            left -= tokens;
        }
        return plan;
    }

    /// <summary>
    /// A plan whose tokens all have memory. When there is not enough, first kept caches go, then the sequence that started last gives way.
    /// </summary>
    private List<(Sequence Sequence, int Tokens)> PlanThatFits(StepReport report)
    {
        var plan = Plan();
        while (!plan.TrueForAll(p => HasRoom(p.Sequence, p.Tokens)))
        {
            GiveWay(report);
            plan = Plan();
        }
        return plan;
    }

    private bool HasRoom(Sequence sequence, int tokens)
    {
        while (!sequence.Cache!.TryReserve(sequence.Cache.Length + tokens))
        {
            if (!_prefixes.DropOldest())
                return false;
        }
        return true;
    }

    /// <summary>
    /// The newest goes back into the line and computes its tokens again later, the same ones. If the system itself has no memory left, waiting in
    /// this line would not end: the newest is shed unless it has begun to answer, and whoever is alone is shed whatever he has.
    /// </summary>
    private void GiveWay(StepReport report)
    {
        var newest = _running[^1];
        var outOfMemory = _pool.Used < _pool.Limit;
        if (_running.Count == 1 || (outOfMemory && newest.Generated == 0))
        {
            Leave(newest, keep: false);
            _outOfMemory = outOfMemory;
            report.Events.Add(new SequenceEvent.Ended(newest.Request.Id, FinishReason.Shed));
            return;
        }
        _outOfMemory = outOfMemory;
        _running.Remove(newest);
        newest.DropCache();
        _waiting.AddFirst(newest);
        report.Preemptions++;
    }
}
