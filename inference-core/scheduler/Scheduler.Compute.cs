using InferenceCore.Engine;

namespace InferenceCore.Scheduling;

// One step through the engine, and what becomes of its logits.
internal sealed partial class Scheduler
{
    private void Compute(List<(Sequence Sequence, int Tokens)> plan)
    {
        var batch = new SequenceStep[plan.Count];
        for (var i = 0; i < plan.Count; i++)
        {
            var (sequence, tokens) = plan[i];
            var next = sequence.Known.GetRange(sequence.Cache!.Length, tokens).ToArray();
            batch[i] = new SequenceStep(sequence.Cache, next, WantedOf(sequence, tokens));
        }

        ForwardReference.Step(_model.Engine, _run, batch);

        var now = Now;
        Metrics.CountStep(plan.Sum(p => p.Tokens), now);
        var row = 0;
        for (var i = 0; i < plan.Count; i++)
        {
            var rows = batch[i].Logits switch { LogitsOf.All => plan[i].Tokens, LogitsOf.Last => 1, _ => 0 };
            if (rows > 0)
                Take(plan[i].Sequence, row, rows, now);
            row += rows;
        }
    }

    private static LogitsOf WantedOf(Sequence sequence, int tokens)
    {
        if (sequence.ScoresPrompt && sequence.PromptScored < sequence.Request.Prompt.Count)
            return LogitsOf.All;
        return tokens == sequence.Missing ? LogitsOf.Last : LogitsOf.None;
    }

    /// <summary>Uses a sequence's rows of logits: scores the prompt where that was asked for, and draws a token from the last.</summary>
    private void Take(Sequence sequence, int row, int rows, TimeSpan now)
    {
        for (var r = row; r < row + rows; r++)
        {
            if (!AllFinite(_run.Logits.Span(r)))
            {
                Finish(sequence, FinishReason.Failed, "");
                return;
            }
        }
        if (rows > 1 || sequence.ScoresPrompt)
            ScorePrompt(sequence, row, rows);
        if (sequence.Missing > 0)
            return;
        if (sequence.Request.MaxTokens == 0)
            Finish(sequence, FinishReason.Length, sequence.Text.Flush());
        else
            TakeToken(sequence, _run.Logits.Span(row + rows - 1), now);
    }

    private void ScorePrompt(Sequence sequence, int row, int rows)
    {
        var request = sequence.Request;
        var first = sequence.Cache!.Length - rows;
        for (var i = 0; i < rows; i++)
        {
            // The logits at a position speak of the token after it.
            var position = first + i + 1;
            if (position >= request.Prompt.Count || position < sequence.PromptScored)
                continue;
            sequence.Generation.PromptLogprobs.Add(Logprobs.Of(_run.Logits.Span(row + i), request.Prompt[position], request.PromptLogprobs!.Value));
            sequence.PromptScored = position + 1;
        }
    }

    private void TakeToken(Sequence sequence, Span<float> logits, TimeSpan now)
    {
        var request = sequence.Request;
        // Sampling changes the logits, so what log probabilities need is kept aside first.
        var untouched = request.Logprobs is null ? null : _scratch.Copy(logits);
        var token = sequence.Sampler.Next(logits, _scratch);
        sequence.Known.Add(token);
        sequence.Unreported.Add(token);
        Metrics.CountToken(sequence, now);

        if (_model.EndTokens.Contains(token) && !request.IgnoreEnd)
        {
            Finish(sequence, FinishReason.Stop, sequence.Text.Flush());
            return;
        }
        var text = sequence.Text.Append(token);
        if (untouched is not null)
            sequence.Text.Attach(Logprobs.Of(untouched.AsSpan(0, logits.Length), token, request.Logprobs!.Value));
        if (sequence.Text.Stopped)
            Finish(sequence, FinishReason.Stop, text);
        else if (sequence.Generated >= request.MaxTokens)
            Finish(sequence, FinishReason.Length, text + sequence.Text.Flush());
        else
            Report(sequence, text, reason: null);
    }

    private static bool AllFinite(ReadOnlySpan<float> logits)
    {
        foreach (var logit in logits)
        {
            if (!float.IsFinite(logit))
                return false;
        }
        return true;
    }
}
