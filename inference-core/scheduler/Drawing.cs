using System.Runtime.InteropServices;
using InferenceCore.Engine;

namespace InferenceCore.Scheduling;

/// <summary>
/// Draws the tokens of a step. Greedy ones the engine knows; of the others each has its own sampler, seed and row, so that it makes no difference
/// in which order or by which thread they are drawn. Many rows of a large vocabulary are shared among threads, which start when first needed.
/// </summary>
/// <param name="forward">Whose logits.</param>
/// <param name="threads">That may draw, the caller included.</param>
internal sealed class Drawing(IForward forward, int threads) : ComputeJob, IDisposable
{
    // Logits from which waking other threads costs less than it spares: a row of 32 000 takes about 0.2 ms, a thread to wake a twentieth of that.
    private const int ParallelFrom = 1 << 16;

    private readonly int _threads = Math.Clamp(threads, 1, ComputePool.MaxThreads);
    private readonly List<Draw> _sampled = [];
    private readonly List<int> _rows = [];
    private readonly List<SamplerScratch> _scratches = [new()];
    private ComputePool? _pool;

    public void Run(List<Draw> draws)
    {
        _sampled.Clear();
        _rows.Clear();
        foreach (var draw in draws)
        {
            // A prompt that is scored needs all its rows, even where the answer does not go on yet.
            if (draw.Finite && draw.Sequence.ScoresPrompt)
                _rows.AddRange(Enumerable.Range(draw.FirstRow, draw.Rows));
            if (!draw.IsDue)
                continue;
            if (draw.TakesBest)
            {
                draw.Token = forward.Best(draw.LastRow);
                draw.Sequence.Sampler.Count(draw.Token);
                continue;
            }
            if (!draw.Sequence.ScoresPrompt)
                _rows.Add(draw.LastRow);
            _sampled.Add(draw);
        }
        if (_rows.Count > 0)
            forward.Fetch(CollectionsMarshal.AsSpan(_rows));
        if (_sampled.Count < 2 || _threads == 1 || (long)_sampled.Count * forward.Config.Vocabulary < ParallelFrom)
            Run(0, _sampled.Count, 0);
        else
            Pool().Run(this, _sampled.Count, grain: 1);
    }

    /// <summary>An item is a sequence whose token is sampled.</summary>
    public override void Run(int first, int last, int thread)
    {
        var scratch = _scratches[thread];
        for (var item = first; item < last; item++)
        {
            var draw = _sampled[item];
            var logits = forward.Logits(draw.LastRow);
            // Sampling changes the logits, so what log probabilities need is kept aside first.
            var untouched = draw.Sequence.Request.Logprobs is null ? null : scratch.Copy(logits);
            draw.Token = draw.Sequence.Sampler.Next(logits, scratch);
            if (untouched is not null)
                draw.Logprob = Logprobs.Of(untouched.AsSpan(0, logits.Length), draw.Token, draw.Sequence.Request.Logprobs!.Value);
        }
    }

    public void Dispose() => _pool?.Dispose();

    private ComputePool Pool()
    {
        if (_pool is null)
        {
            while (_scratches.Count < _threads)
                _scratches.Add(new SamplerScratch());
            _pool = new ComputePool(_threads);
        }
        return _pool;
    }
}
