using Appliance.Guide;
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

    /// <summary>One in so many of the other ways to ask is asked here; training asks all of them of transformers (training-record.json).</summary>
    private const int Sampled = 4;

    private static readonly string Folder = Path.Combine(Repository.Root, "inference-core/models/field-guide");
    private static readonly List<GuideEntry> Entries = GuideFiles.Load(Repository.Root);

    private readonly EngineModel _model = EngineModel.Load(Folder);
    private readonly TextTokenizer _tokenizer = TextTokenizer.Load(Folder)!;

    private int End => _tokenizer.IdOf(_tokenizer.Config.EosToken!)!.Value;

    [Fact]
    public void Every_entry_asked_in_each_language_gets_the_answer_of_the_guide()
    {
        var asked = Entries.SelectMany(e => GuideEntry.Languages.Select(l => (e.Id, Question: e.Questions[l][0], Answer: e.Answers[l]))).ToList();
        var wrong = new List<string>();
        foreach (var chunk in asked.Chunk(Batch))
        {
            var answers = Greedy([.. chunk.Select(a => Prompt(a.Question))]);
            wrong.AddRange(chunk.Zip(answers, (a, tokens) => (a, Text: _tokenizer.Decode(tokens)))
                .Where(r => r.Text != r.a.Answer).Select(r => $"{r.a.Id}: '{r.a.Question}' → '{r.Text}'"));
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {asked.Count} wrong:\n{string.Join('\n', wrong)}");
    }

    /// <summary>
    /// All other ways to ask, cheaper: question and answer go in together, and every token of the answer must be the one the model
    /// would have chosen there. The engine computes the same bits either way, so this is greedy decoding seen from its end.
    /// </summary>
    [Fact]
    public void Other_ways_to_ask_lead_to_the_same_answer()
    {
        var asked = Entries.SelectMany(e => GuideEntry.Languages.SelectMany(l =>
            e.Questions[l].Skip(1).Select(q => (e.Id, Question: q, Answer: e.Answers[l])))).Where((_, i) => i % Sampled == 0).ToList();
        var wrong = new List<string>();
        foreach (var chunk in asked.Chunk(Batch))
        {
            var prompts = chunk.Select(a => Prompt(a.Question)).ToList();
            var answers = chunk.Select(a => (List<int>)[.. _tokenizer.Encode(a.Answer, addSpecial: false), End]).ToList();
            wrong.AddRange(Strays(prompts, answers).Select(i => $"{chunk[i].Id}: '{chunk[i].Question}'"));
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {asked.Count} stray from the guide's answer:\n{string.Join('\n', wrong)}");
    }

    private List<int> Prompt(string question)
    {
        var chat = ChatTemplate.Recognise(_tokenizer.Config)!.Render([new(ChatRole.User, question)], openAnswer: true, new DateOnly(2026, 1, 1));
        return _tokenizer.Encode(chat.Text, addSpecial: false, chat.Guarded);
    }

    /// <summary>Which of the answers the model would not have given, token for token.</summary>
    private List<int> Strays(List<List<int>> prompts, List<List<int>> answers)
    {
        var total = prompts.Concat(answers).Sum(t => t.Count);
        using var run = new RunState(_model, total, total, Environment.ProcessorCount);
        ForwardReference.Step(_model, run, [.. prompts.Zip(answers, (p, a) =>
            new SequenceStep(new KvCache(_model.Config), (int[])[.. p, .. a], LogitsOf.All))]);
        var strays = new List<int>();
        var row = 0;
        for (var i = 0; i < prompts.Count; i++)
        {
            for (var t = 0; t < answers[i].Count; t++)
            {
                if (Best(run.Logits.Span(row + prompts[i].Count - 1 + t)) == answers[i][t])
                    continue;
                strays.Add(i);
                break;
            }
            row += prompts[i].Count + answers[i].Count;
        }
        return strays;
    }

    private List<List<int>> Greedy(List<List<int>> prompts)
    {
        using var run = new RunState(_model, prompts.Sum(p => p.Count), prompts.Count, Environment.ProcessorCount);
        var answers = prompts.Select(_ => new List<int>()).ToList();
        var caches = prompts.Select(_ => new KvCache(_model.Config)).ToList();
        var next = prompts.Select(p => p.ToArray()).ToList();
        var live = Enumerable.Range(0, prompts.Count).ToList();
        while (live.Count > 0)
        {
            var rows = ForwardReference.Step(_model, run, [.. live.Select(i => new SequenceStep(caches[i], next[i], LogitsOf.Last))]);
            Assert.Equal(live.Count, rows);
            var still = new List<int>();
            for (var row = 0; row < rows; row++)
            {
                var token = Best(run.Logits.Span(row));
                if (token == End)
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
