using System.Net.Http.Json;
using System.Text.Json;
using Appliance.Guide;

namespace Bench;

/// <summary>
/// How well the guide is found by words that are not its own: index, model, and both judged together, on the questions that were kept out of
/// the training. What is right was written down beside each question.
/// </summary>
internal static class GuideBench
{
    private static readonly string[] Sets = ["held-out.txt", "blind.txt"];

    public static int Run()
    {
        var book = GuideBook.Load();
        using var box = new BenchBox();
        box.Start("inference-core", "serve", "--listen", $"http://127.0.0.1:{box.ApiPort}", "--run-dir", box.RunDirectory,
            "--model", Path.Combine(BenchBox.Root(), "inference-core/models/field-guide"));
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{box.ApiPort}") };
        WaitReady(http);
        var rows = new List<Row>();
        foreach (var set in Sets)
            rows.AddRange(Measure(book, http, set));
        rows.AddRange(GuideCrossCheck.Measure(book));
        return Report.Print("guide", rows);
    }

    private static IEnumerable<Row> Measure(GuideBook book, HttpClient http, string set)
    {
        var asked = File.ReadLines(Path.Combine(BenchBox.Root(), "packaging/factory/field-guide", set)).Where(l => l.Length > 0 && l[0] != '#')
            .Select(l => l.Split(' ', 2)).Select(l => Ask(book, http, l[0] == "-" ? null : l[0], l[1])).ToArray();
        var on = asked.Where(a => a.Wanted is not null).ToArray();
        var off = asked.Where(a => a.Wanted is null).ToArray();
        double Share(int count, int of) => Math.Round(100.0 * count / of, 1);
        yield return new($"{set}: right entry, index alone, of {on.Length}", Share(on.Count(a => a.First == a.Wanted), on.Length), null, "%");
        yield return new($"{set}: right entry, model alone (to reach 60)", Share(on.Count(a => a.Model == a.Wanted), on.Length), null, "%");
        yield return new($"{set}: right entry, together (to reach 85)", Share(on.Count(a => a.Answer == a.Wanted), on.Length), null, "%");
        yield return new($"{set}: right entry, or among the three shown when unsure", Share(on.Count(a => a.Answer == a.Wanted || a.Shown.Contains(a.Wanted)), on.Length), null, "%");
        yield return new($"{set}: another entry's answer", Share(on.Count(a => a.Answer is not null && a.Answer != a.Wanted), on.Length), null, "%");
        yield return new($"{set}: not covered and said so, of {off.Length} (to reach 90)", Share(off.Count(a => a.Answer is null && a.Shown.Count == 0), off.Length), null, "%");
        yield return new($"{set}: slowest answer", Math.Round(asked.Max(a => a.Ms)), 1000, "ms");
    }

    private static Asked Ask(GuideBook book, HttpClient http, string? wanted, string question)
    {
        var clock = System.Diagnostics.Stopwatch.GetTimestamp();
        var hits = book.Index.Find(question, GuideJudge.HitsWanted);
        var said = http.PostAsJsonAsync("/v1/chat/completions", new { messages = new[] { new { role = "user", content = question } }, temperature = 0, max_tokens = 200 })
            .GetAwaiter().GetResult().Content.ReadFromJsonAsync<JsonElement>().GetAwaiter().GetResult()
            .GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
        var model = book.WithAnswer(said);
        var verdict = GuideJudge.Decide(hits, model);
        return new(
            wanted, hits.Count > 0 ? hits[0].Entry.Id : null, model?.Id, (verdict as GuideVerdict.Found)?.Entry.Id,
            verdict is GuideVerdict.Unsure unsure ? [.. unsure.Nearest.Select(e => e.Id)] : [], System.Diagnostics.Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
    }

    private static void WaitReady(HttpClient http)
    {
        for (var i = 0; i < 500; i++)
        {
            try
            {
                if (http.GetAsync("/ready").GetAwaiter().GetResult().IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            Thread.Sleep(20);
        }

        throw new TimeoutException("inference-core was not ready within ten seconds.");
    }

    private sealed record Asked(string? Wanted, string? First, string? Model, string? Answer, IReadOnlyList<string?> Shown, double Ms);
}
