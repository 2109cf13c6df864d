using InferenceCore.Engine;

namespace InferenceCore.Scheduling;

// One step through the engine, and what becomes of its logits.
internal sealed partial class Scheduler
{
    private void Compute(List<(Sequence Sequence, int Tokens)> plan, StepReport report)
    {
        var batch = new SequenceStep[plan.Count];
        for (var i = 0; i < plan.Count; i++)
        {
            var (sequence, tokens) = plan[i];
            var next = sequence.Known.GetRange(sequence.Cache!.Length, tokens).ToArray();
            batch[i] = new SequenceStep(sequence.Cache, next, WantedOf(sequence, tokens));
        }

        ForwardReference.Step(_model, _run, batch);

        report.Tokens += plan.Sum(p => p.Tokens);
        var row = 0;
        for (var i = 0; i < plan.Count; i++)
        {
            var rows = batch[i].Logits switch { LogitsOf.All => plan[i].Tokens, LogitsOf.Last => 1, _ => 0 };
            if (rows > 0)
                Take(plan[i].Sequence, row, rows, report);
            row += rows;
        }
    }

    private static LogitsOf WantedOf(Sequence sequence, int tokens)
    {
        if (sequence.ScoresPrompt)
            return LogitsOf.All;
        return tokens == sequence.Missing ? LogitsOf.Last : LogitsOf.None;
    }

    /// <summary>Uses a sequence's rows of logits: scores the prompt where that was asked for, and draws a token from the last.</summary>
    private void Take(Sequence sequence, int row, int rows, StepReport report)
    {
        for (var r = row; r < row + rows; r++)
        {
            if (AllFinite(_run.Logits.Span(r)))
                continue;
            Leave(sequence, keep: false);
            report.Events.Add(new SequenceEvent.Ended(sequence.Request.Id, FinishReason.Failed));
            return;
        }
        if (sequence.ScoresPrompt)
            ScorePrompt(sequence, row, rows, report);
        if (sequence.Missing > 0)
            return;
        if (sequence.Request.MaxTokens > 0)
        {
            TakeToken(sequence, _run.Logits.Span(row + rows - 1), report);
            return;
        }
        Leave(sequence, keep: true);
        report.Events.Add(new SequenceEvent.Ended(sequence.Request.Id, FinishReason.Length));
    }

    private void ScorePrompt(Sequence sequence, int row, int rows, StepReport report)
    {
        var request = sequence.Request;
        var first = sequence.Cache!.Length - rows;
        for (var i = 0; i < rows; i++)
        {
            // The logits at a position speak of the token after it.
            var position = first + i + 1;
            if (position >= request.Prompt.Count || position < sequence.PromptScored)
                continue;
            var logprob = Logprobs.Of(_run.Logits.Span(row + i), request.Prompt[position], request.PromptLogprobs!.Value);
            report.Events.Add(new SequenceEvent.PromptScored(request.Id, logprob));
            sequence.PromptScored = position + 1;
        }
    }

    private void TakeToken(Sequence sequence, Span<float> logits, StepReport report)
    {
        var request = sequence.Request;
        // Sampling changes the logits, so what log probabilities need is kept aside first.
        var untouched = request.Logprobs is null ? null : _scratch.Copy(logits);
        var token = sequence.Sampler.Next(logits, _scratch);
        sequence.Known.Add(token);
        var logprob = untouched is null ? null : Logprobs.Of(untouched.AsSpan(0, logits.Length), token, request.Logprobs!.Value);
        report.Events.Add(new SequenceEvent.Token(request.Id, sequence.Generated - 1, token, logprob));
        if (request.EndAt(token, sequence.Generated) is not null)
            Leave(sequence, keep: true);
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
