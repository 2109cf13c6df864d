using System.Globalization;
using System.Text.RegularExpressions;
using FastTests.Tidy;

namespace SimulationTests.Stories;

/// <summary>
/// A story as it is kept under tests/golden/thermal. Words must be the same; numbers may move by what nobody would notice. <c>UPDATE_GOLDEN=1</c>
/// rewrites it, and the diff is what gets reviewed.
/// </summary>
internal static partial class StoryFile
{
    private const double Share = 0.015;
    private const double Least = 0.12;

    public static void Match(string name, string actual)
    {
        var path = Path.Combine(Repository.Root, "tests/golden/thermal", name + ".txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"{path} is not there; UPDATE_GOLDEN=1 writes it.");
        var (kept, told) = (File.ReadAllLines(path), actual.TrimEnd('\n').Split('\n'));
        for (var i = 0; i < Math.Max(kept.Length, told.Length); i++)
        {
            var (was, now) = (i < kept.Length ? kept[i] : "(nothing)", i < told.Length ? told[i] : "(nothing)");
            Assert.True(Alike(was, now), $"{name}:{i + 1}\n was {was}\n now {now}");
        }
    }

    private static bool Alike(string was, string now)
    {
        var (before, after) = (Number().Matches(was), Number().Matches(now));
        if (Number().Replace(was, "#") != Number().Replace(now, "#"))
            return false;
        for (var i = 0; i < before.Count; i++)
        {
            double a = double.Parse(before[i].Value, CultureInfo.InvariantCulture), b = double.Parse(after[i].Value, CultureInfo.InvariantCulture);

            // What is learnt is told to three places: there a hundredth counts.
            var least = before[i].Value.Split('.') is [_, { Length: 3 }] ? 0.012 : Least;
            if (Math.Abs(a - b) > Math.Max(least, Share * Math.Abs(a)))
                return false;
        }

        return true;
    }

    [GeneratedRegex(@"(?<![a-z0-9])-?\d+(\.\d+)?")]
    private static partial Regex Number();
}
