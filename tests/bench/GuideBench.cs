using System.Text.Json;
using Appliance.Guide;

namespace Bench;

/// <summary>scratch</summary>
internal static class GuideBench
{
    public static int Run()
    {
        var book = GuideBook.Load();
        var questions = JsonSerializer.Deserialize<string[]>(File.ReadAllText("/tmp/questions.json"))!;
        File.WriteAllText("/tmp/hits.json", JsonSerializer.Serialize(questions.ToDictionary(q => q, q => book.Index.Find(q, 10).Select(h => new object[] { h.Entry.Id, h.Score }))));
        return 0;
    }
}
