using Appliance.Guide;

namespace Bench;

/// <summary>How well the guide is found by words that are not its own.</summary>
internal static class GuideBench
{
    public static int Run()
    {
        var book = GuideBook.Load();
        var folder = Path.Combine(BenchBox.Root(), "packaging/factory/field-guide");
        var held = Lines(folder, "held-out.txt").Select(l => l.Split(' ', 2)).ToArray();
        var on = held.Where(h => h[0] != "-").ToArray();
        var off = held.Where(h => h[0] == "-").Select(h => h[1]).ToArray();
        var offTrain = Lines(folder, "off-topic.en.txt").Concat(Lines(folder, "off-topic.zh.txt")).ToArray();
        int first = 0, three = 0;
        var right = new List<double>();
        foreach (var (id, question) in on.Select(h => (h[0], h[1])))
        {
            var hits = book.Index.Find(question, 3);
            if (hits.Count > 0 && hits[0].Entry.Id == id) { first++; right.Add(hits[0].Score); }
            else Console.WriteLine($"{id,-24} {question,-50} -> {string.Join(", ", hits.Select(h => $"{h.Entry.Id} {h.Score:0.00}"))}");
            if (hits.Any(h => h.Entry.Id == id)) three++;
        }
        Console.WriteLine($"first {first}/{on.Length}, within three {three}/{on.Length}");
        foreach (var t in new[] { 0.15, 0.2, 0.22, 0.25, 0.28, 0.3, 0.35, 0.4 })
            Console.WriteLine($"{t}: on kept {right.Count(r => r >= t)}, off let in {off.Count(o => Score(book, o) >= t)}/{off.Length}, train-off {offTrain.Count(o => Score(book, o) >= t)}/{offTrain.Length}");
        foreach (var o in off.Concat(offTrain).OrderByDescending(o => Score(book, o)).Take(25))
            Console.WriteLine($"{Score(book, o):0.00} {o} -> {book.Index.Find(o, 1)[0].Entry.Id}");
        return 0;
    }

    private static double Score(GuideBook book, string question) => book.Index.Find(question, 1) is [var best, ..] ? best.Score : 0;

    private static string[] Lines(string folder, string file) =>
        [.. File.ReadLines(Path.Combine(folder, file)).Where(l => l.Length > 0 && l[0] != '#')];
}
