using System.Text.Json.Serialization;
using System.Text.Json;
using Appliance.Daemon.Control;
using Appliance.Guide;

namespace Appliance.Daemon.Cli;

/// <summary>
/// <c>appliance ask</c>: the manual at 3 a.m. Index and model find the entry, the entry's own words are the answer, and what is quoted
/// from the running box is marked as live. Works without a box: then without the model and without live values.
/// </summary>
internal static class AskVerb
{
    public static async Task<int> RunAsync(BoxClient box, string question, Output output, CancellationToken cancel)
    {
        if (question.Trim().Length == 0)
            return output.Fail(ExitCode.Usage, "ask needs a question: appliance ask \"why is fan 3 at 100 %?\"");
        var book = GuideBook.Load();
        var report = await StatusAsync(box, cancel).ConfigureAwait(false);
        var said = report is { InferenceApi: { } api, Snapshot.Inference.Model: GuideModel.Name }
            ? await GuideModel.AnswerAsync(api, question, cancel).ConfigureAwait(false)
            : null;
        var verdict = GuideJudge.Decide(book.Index.Find(question, GuideJudge.HitsWanted), said is null ? null : book.WithAnswer(said));
        var answer = Answer(verdict, GuideLanguage.Of(question), book, report, asked: said is not null);
        if (output.Json)
            output.Data(answer, AskJson.Default.GuideAnswer);
        else
            output.Lines(Lines(answer, output.Screen));
        return answer.Entry is null ? ExitCode.Failed : ExitCode.Done;
    }

    internal static GuideAnswer Answer(GuideVerdict verdict, string language, GuideBook book, StatusReport? report, bool asked) => verdict switch
    {
        GuideVerdict.Found found => new(
            "found", found.Entry.Id, found.Entry.Source, found.Entry.Answers[language], report is null ? [] : [.. LiveFacts.Of(found.Entry, report)], [], asked),
        GuideVerdict.Unsure unsure => new("unsure", null, null, null, [], [.. unsure.Nearest.Select(e => new GuideNear(e.Id, e.Questions[language][0]))], asked),
        GuideVerdict.NotCovered => new("not_in_guide", null, null, book.Find(GuideEntry.NotInGuide)?.Answers[language], [], [], asked),
        _ => throw new System.Diagnostics.UnreachableException($"No answer for {verdict.GetType().Name}."),
    };

    internal static IEnumerable<string> Lines(GuideAnswer answer, Screen screen)
    {
        if (answer.Nearest.Count > 0)
        {
            yield return "The guide is not sure which of its entries you mean. Nearest:";
            foreach (var near in answer.Nearest)
                yield return $"  appliance ask \"{near.Question}\"  {screen.Faint(near.Entry)}";
            yield break;
        }

        yield return answer.Text ?? "Not in the guide.";
        foreach (var fact in answer.Live)
            yield return $"{screen.Strong("now:")} {fact}";
        if (answer.Entry is not null)
            yield return screen.Faint($"field guide: {answer.Entry} ({answer.Source}){(answer.ModelAsked ? "" : "; the model was not asked")}");
    }

    private static async Task<StatusReport?> StatusAsync(BoxClient box, CancellationToken cancel)
    {
        try
        {
            return await box.StatusAsync(cancel).ConfigureAwait(false);
        }
        catch (BoxClientException)
        {
            return null; // no box here: the manual is still a manual
        }
    }
}

/// <param name="Verdict"><c>found</c>, <c>unsure</c>, <c>not_in_guide</c>.</param>
/// <param name="Text">The entry's own words; null when unsure.</param>
/// <param name="Live">What the box says of the subject now.</param>
/// <param name="Nearest">When unsure.</param>
/// <param name="ModelAsked">False where no field-guide model answered in time.</param>
internal sealed record GuideAnswer(
    string Verdict, string? Entry, string? Source, string? Text, IReadOnlyList<string> Live, IReadOnlyList<GuideNear> Nearest, bool ModelAsked);

/// <param name="Question">A way to ask that finds it.</param>
internal sealed record GuideNear(string Entry, string Question);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(GuideAnswer))]
internal sealed partial class AskJson : JsonSerializerContext;
