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

        _forward.Step(batch);

        report.Tokens += plan.Sum(p => p.Tokens);
        var drawn = new List<Draw>(plan.Count);
        var row = 0;
        for (var i = 0; i < plan.Count; i++)
        {
            var rows = batch[i].Logits switch { LogitsOf.All => plan[i].Tokens, LogitsOf.Last => 1, _ => 0 };
            if (rows > 0)
                drawn.Add(new Draw(plan[i].Sequence, row, rows, AllFinite(row, rows)));
            row += rows;
        }
        _drawing.Run(drawn);
        foreach (var draw in drawn)
            Take(draw, report);
    }

    private static LogitsOf WantedOf(Sequence sequence, int tokens)
    {
        if (sequence.ScoresPrompt)
            return LogitsOf.All;
        return tokens == sequence.Missing ? LogitsOf.Last : LogitsOf.None;
    }

    private bool AllFinite(int first, int rows)
    {
        for (var row = first; row < first + rows; row++)
        {
            if (!_forward.Finite(row))
                return false;
        }
        return true;
    }

    /// <summary>Uses a sequence's rows of logits: scores the prompt where that was asked for, and adds the token drawn from the last.</summary>
    private void Take(Draw draw, StepReport report)
    {
        var (sequence, request) = (draw.Sequence, draw.Sequence.Request);
        if (!draw.Finite)
        {
            Leave(sequence, keep: false);
            report.Events.Add(new SequenceEvent.Ended(request.Id, FinishReason.Failed));
            return;
        }
        if (sequence.ScoresPrompt)
            ScorePrompt(sequence, draw.FirstRow, draw.Rows, report);
        if (sequence.Missing > 0)
            return;
        if (request.MaxTokens == 0)
        {
            Leave(sequence, keep: true);
            report.Events.Add(new SequenceEvent.Ended(request.Id, FinishReason.Length));
            return;
        }
        sequence.Known.Add(draw.Token);
        report.Events.Add(new SequenceEvent.Token(request.Id, sequence.Generated - 1, draw.Token, draw.Logprob));
        if (request.EndAt(draw.Token, sequence.Generated) is not null)
            Leave(sequence, keep: true);
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
            var logprob = Logprobs.Of(_forward.Logits(row + i), request.Prompt[position], request.PromptLogprobs!.Value);
            report.Events.Add(new SequenceEvent.PromptScored(request.Id, logprob));
            sequence.PromptScored = position + 1;
        }
    }
}
