using FastTests.Guide;
using FastTests.Tidy;
using InferenceCore.Engine;
using InferenceCore.Tokenization;

namespace SimulationTests.Guide;

/// <summary>
/// The model the box ships, asked every question of the guide in the guide's words: real tokenizer, real template, real forward pass,
/// greedy. This is the engine's longest known-answer check as well: thousands of tokens that were fixed by another implementation.
/// </summary>
public sealed class AskTheGuideTests
{
    private const int Batch = 48;
    private const int LongestAnswer = 160;

    [Fact]
    public void Every_question_of_the_guide_gets_the_answer_of_the_guide()
    {
        var folder = Path.Combine(Repository.Root, "inference-core/models/field-guide");
        var tokenizer = TextTokenizer.Load(folder)!;
        var template = ChatTemplate.Recognise(tokenizer.Config)!;
        var end = tokenizer.IdOf(tokenizer.Config.EosToken!)!.Value;
        var model = EngineModel.Load(folder);
        var asked = GuideFiles.Load(Repository.Root).SelectMany(e => GuideEntry.Languages.SelectMany(l =>
            e.Questions[l].Select(q => (e.Id, Question: q, Answer: e.Answers[l])))).ToList();

        var wrong = new List<string>();
        foreach (var chunk in asked.Chunk(Batch))
        {
            var prompts = chunk.Select(a => Prompt(tokenizer, template, a.Question)).ToList();
            var answers = Greedy(model, prompts, end);
            wrong.AddRange(chunk.Zip(answers, (a, tokens) => (a, Text: tokenizer.Decode(tokens)))
                .Where(r => r.Text != r.a.Answer).Select(r => $"{r.a.Id}: '{r.a.Question}' → '{r.Text}'"));
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {asked.Count} wrong:\n{string.Join('\n', wrong)}");
    }

    private static List<int> Prompt(TextTokenizer tokenizer, ChatTemplate template, string question)
    {
        var chat = template.Render([new(ChatRole.User, question)], openAnswer: true, new DateOnly(2026, 1, 1));
        return tokenizer.Encode(chat.Text, addSpecial: false, chat.Guarded);
    }

    private static List<List<int>> Greedy(EngineModel model, List<List<int>> prompts, int end)
    {
        using var run = new RunState(model, prompts.Sum(p => p.Count), prompts.Count, Environment.ProcessorCount);
        var answers = prompts.Select(_ => new List<int>()).ToList();
        var caches = prompts.Select(_ => new KvCache(model.Config)).ToList();
        var next = prompts.Select(p => p.ToArray()).ToList();
        var live = Enumerable.Range(0, prompts.Count).ToList();
        while (live.Count > 0)
        {
            var rows = ForwardReference.Step(model, run, [.. live.Select(i => new SequenceStep(caches[i], next[i], LogitsOf.Last))]);
            Assert.Equal(live.Count, rows);
            var still = new List<int>();
            for (var row = 0; row < rows; row++)
            {
                var token = Best(run.Logits.Span(row));
                if (token == end)
                    continue;
                answers[live[row]].Add(token);
                next[live[row]] = [token];
                if (answers[live[row]].Count < LongestAnswer)
                    still.Add(live[row]);
            }
            live = still;
        }
        return answers;
    }

    private static int Best(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
                best = i;
        }
        return best;
    }
}
