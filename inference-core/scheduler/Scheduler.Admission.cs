using InferenceCore.Engine;

namespace InferenceCore.Scheduling;

// Who runs: places, the room in the caches, and who gives way when it runs out.
internal sealed partial class Scheduler
{
    private void DropCancelled()
    {
        foreach (var sequence in _waiting.RemoveWhere(s => s.Generation.IsCancelled))
            Finish(sequence, FinishReason.Cancelled, "");
        foreach (var sequence in _running.Where(s => s.Generation.IsCancelled).ToArray())
            Finish(sequence, FinishReason.Cancelled, "");
    }

    private void Admit()
    {
        while (_running.Count < _options.MaxRunning && _waiting.Peek() is { } next)
        {
            // Somebody who would have to give way at once stays in the line; alone, anybody fits.
            if (_running.Count > 0 && _running.Sum(s => (long)s.Known.Count) + next.Known.Count > _options.CacheTokens)
                return;
            _waiting.Take();
            next.Cache = FindPrefix(next) ?? new KvCache(_model.Engine.Config);
            Metrics.CountStart(next, Now);
            _running.Add(next);
        }
    }

    private KvCache? FindPrefix(Sequence sequence)
    {
        // The logits of prompt positions are only there when those positions are computed.
        if (sequence.ScoresPrompt)
            return null;
        var cache = _prefixes.Take(sequence.Known, _options.ReuseFromTokens);
        var found = cache?.Length ?? 0;
        Metrics.CountPrefix(sequence.Known.Count, found);
        if (sequence is { Choice: 0, Started: null })
            sequence.Generation.CachedTokens = found;
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
        for (var i = 0; i < prompts.Length && left > 0; i++)
        {
            var others = prompts.Length - i;
            var tokens = Math.Min(prompts[i].Missing, (left + others - 1) / others);
            plan.Add((prompts[i], tokens));
            left -= tokens;
        }
        return plan;
    }

    /// <summary>
    /// Makes the plan fit into the caches: first kept ones go, then the answer that started last goes back into the line and computes its
    /// tokens again later, the same ones.
    /// </summary>
    /// <returns>False when somebody had to give way, so that the plan must be made anew.</returns>
    private bool MakeRoom(List<(Sequence Sequence, int Tokens)> plan)
    {
        var needed = RunningTokens + plan.Sum(p => (long)p.Tokens);
        _prefixes.Shrink(_options.CacheTokens - needed);
        if (needed <= _options.CacheTokens || _running.Count <= 1)
            return true;
        var last = _running[^1];
        _running.RemoveAt(_running.Count - 1);
        last.Cache = null;
        _waiting.AddFirst(last);
        Metrics.CountPreemption();
        return false;
    }
}
