using System.Text;
using System.Text.RegularExpressions;
using Appliance.Health;
using BmcAgent;
using FastTests.Tidy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace FastTests.Bmc;

public sealed partial class PanelTests
{
    private static EventQuery? Read(string query, out string? fault) =>
        PanelApi.ReadQuery(new QueryCollection(query.Split('&').Select(p => p.Split('=')).ToDictionary(p => p[0], p => new StringValues(p[1]))), out fault);

    [Fact]
    public void The_panel_weighs_less_than_150_KB_and_loads_nothing_from_elsewhere()
    {
        Assert.Contains("/", PanelAssets.All.Keys);
        Assert.InRange(PanelAssets.All.Values.Sum(a => a.Bytes.Length), 10_000, 150_000);
        foreach (var (path, asset) in PanelAssets.All)
        {
            var outside = Outside().Matches(Encoding.UTF8.GetString(asset.Bytes)).Select(m => m.Value)
                .Where(address => address != "http://www.w3.org/2000/svg");
            Assert.True(!outside.Any(), $"{path}: {string.Join(", ", outside)}");
        }
    }

    [Fact]
    public void Every_file_the_page_asks_for_is_in_the_program()
    {
        var asked = PanelAssets.All.Values.SelectMany(a => Reference().Matches(Encoding.UTF8.GetString(a.Bytes)))
            .Select(m => "/" + m.Groups[1].Value).Distinct().ToArray();
        Assert.True(asked.Length >= 5);
        Assert.All(asked, path => Assert.Contains(path, PanelAssets.All.Keys));
    }

    [Fact]
    public void Both_languages_say_every_word_and_every_word_of_the_page_is_known()
    {
        var words = Repository.Read("bmc-agent/panel/words.js");
        var english = Keys(words, "english");
        Assert.Equal(english, Keys(words, "chinese"));
        var used = DataWord().Matches(Repository.Read("bmc-agent/panel/index.html")).Select(m => m.Groups[1].Value);
        Assert.Empty(used.Except(english));
    }

    /// <summary>The panel's titles are the catalogue's: UPDATE_GOLDEN=1 writes them.</summary>
    [Fact]
    public void Alarm_titles_are_those_of_the_catalogue_in_both_languages()
    {
        var expected = new StringBuilder("// Written from the alarm catalogue by a test (UPDATE_GOLDEN=1): code, English title, Chinese title.\n")
            .Append("export const alarmTitles = {\n");
        foreach (var kind in AlarmCatalogue.All)
            expected.Append($"  {kind.Code}: ['{kind.Title.Replace("'", "\\'", StringComparison.Ordinal)}', '{kind.TitleZh}'],\n");
        expected.Append("};\n");
        var path = Path.Combine(Repository.Root, "bmc-agent/panel/alarms.js");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
            File.WriteAllText(path, expected.ToString());
        Assert.Equal(expected.ToString(), File.ReadAllText(path));
    }

    [Fact]
    public void A_query_is_read_or_refused_with_what_is_known()
    {
        Assert.Equal(
            new EventQuery { Limit = 5, Before = 9, After = 2, Node = "box1", Kind = "k", Text = "x", Severity = Appliance.Model.Severity.Warning },
            Read("limit=5&before=9&after=2&node=box1&kind=k&text=x&severity=warning", out _));
        foreach (var bad in new[] { "limit=0", "limit=1001", "limit=x", "before=-1", "severity=2", "severity=odd", "sort=asc" })
        {
            Assert.Null(Read(bad, out var fault));
            Assert.StartsWith($"{bad} is not understood; known: limit", fault, StringComparison.Ordinal);
        }
    }

    private static string[] Keys(string words, string dictionary)
    {
        var start = words.IndexOf($"const {dictionary} = {{", StringComparison.Ordinal);
        var body = words[start..words.IndexOf("\n};", start, StringComparison.Ordinal)];
        return [.. Key().Matches(Quoted().Replace(body, "''")).Select(m => m.Groups[1].Value).Order()];
    }

    [GeneratedRegex(@"https?://[^\s'""`)]+")]
    private static partial Regex Outside();

    [GeneratedRegex(@"['""](?:\./|/)([a-z]+\.(?:js|css|svg))['""]")]
    private static partial Regex Reference();

    [GeneratedRegex(@"data-word(?:-label)?=""([a-z_]+)""")]
    private static partial Regex DataWord();

    [GeneratedRegex(@"'[^']*'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\b([a-z_]+): ''")]
    private static partial Regex Key();
}
