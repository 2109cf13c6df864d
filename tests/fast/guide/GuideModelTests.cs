using System.Security.Cryptography;
using System.Text.Json;
using Appliance.Guide;
using FastTests.Tidy;
using InferenceCore.Engine;
using InferenceCore.Tokenization;

namespace FastTests.Guide;

/// <summary>The shipped model's files agree with each other and with the entries it was trained on.</summary>
public sealed class GuideModelTests
{
    private const long WeightsLimit = 12 * 1000 * 1000;

    private static readonly string Model = Path.Combine(Repository.Root, "inference-core/models/field-guide");
    private static readonly List<GuideEntry> Entries = GuideFiles.Load(Repository.Root);

    [Fact]
    public void Every_file_has_the_hash_that_SHA256SUMS_says()
    {
        var sums = File.ReadAllLines(Path.Combine(Model, "SHA256SUMS")).Select(l => l.Split("  ", 2)).ToList();
        foreach (var sum in sums)
            Assert.Equal(sum[0], Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Model, sum[1])))));
        Assert.Equal(
            ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"],
            sums.Select(s => s[1]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Weights_stay_within_twelve_megabytes() =>
        Assert.InRange(new FileInfo(Path.Combine(Model, "model.safetensors")).Length, 1, WeightsLimit);

    [Fact]
    public void The_model_was_trained_on_the_entries_as_they_stand()
    {
        using var record = JsonDocument.Parse(File.ReadAllText(Path.Combine(Model, "training-record.json")));
        Assert.True(
            GuideFiles.Hash(Entries) == record.RootElement.GetProperty("guide_sha256").GetString(),
            "docs/field-guide has changed since the model was trained: train it again as docs/field-guide/README.md says.");
        var figures = record.RootElement.GetProperty("figures");
        Assert.Equal(Entries.Count, figures.GetProperty("entries").GetInt32());
        Assert.Equal(1.0, figures.GetProperty("listed_exact_transformers_greedy").GetDouble());
    }

    [Fact]
    public void The_known_answer_is_the_guides_to_its_first_question_and_the_engine_gives_it()
    {
        var answer = Assert.Single(KnownAnswerFile.Load(Model).Answers);
        Assert.Equal((KnownAnswer.Any, KnownAnswer.MarkOf(Model)), (answer.Arithmetic, answer.Weights));
        var tokenizer = TextTokenizer.Load(Model)!;
        var first = Entries[0];
        var chat = ChatTemplate.Recognise(tokenizer.Config)!.Render([new(ChatRole.User, first.Questions["en"][0])], openAnswer: true, new DateOnly(2026, 1, 1));
        Assert.Equal(tokenizer.Encode(chat.Text, addSpecial: false, chat.Guarded), answer.Prompt);
        Assert.Equal(first.Answers["en"], tokenizer.Decode(answer.Tokens[..^1]));
        var room = new ForwardOptions { MaxTokens = 64, MaxLogits = 1, MaxSequences = 1, CacheBlocks = 4 };
        using var forward = new ReferenceForward(EngineModel.Load(Model), room);
        Assert.Equal($"{answer.Tokens.Length} of {answer.Tokens.Length} tokens as recorded", answer.Check(forward, answer.Weights));
    }

    [Fact]
    public void Every_question_and_answer_survives_the_tokenizer()
    {
        var tokenizer = TextTokenizer.Load(Model)!;
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(Model, "config.json")));
        Assert.Equal(config.RootElement.GetProperty("vocab_size").GetInt32(), tokenizer.Size);
        foreach (var text in Entries.SelectMany(e => e.Answers.Values.Concat(e.Questions.Values.SelectMany(q => q))))
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, addSpecial: false)));
    }

    [Fact]
    public void A_conversation_reads_as_the_model_was_trained()
    {
        var tokenizer = TextTokenizer.Load(Model)!;
        var chat = ChatTemplate.Recognise(tokenizer.Config)!.Render(
            [new(ChatRole.System, "S"), new(ChatRole.User, "Q"), new(ChatRole.Assistant, "A"), new(ChatRole.User, "R")],
            openAnswer: true, new DateOnly(2026, 1, 1));
        Assert.Equal("<｜begin▁of▁sentence｜>S<｜User｜>Q<｜Assistant｜>A<｜end▁of▁sentence｜><｜User｜>R<｜Assistant｜>", chat.Text);
        var tokens = tokenizer.Encode(chat.Text, addSpecial: false, chat.Guarded);
        Assert.Equal((0, tokenizer.IdOf("<｜Assistant｜>")), (tokens[0], tokens[^1]));
    }
}
