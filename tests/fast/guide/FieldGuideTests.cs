using System.Text.RegularExpressions;
using Appliance.Guide;
using Appliance.Health;
using Appliance.Model;
using FastTests.Tidy;

namespace FastTests.Guide;

public sealed partial class FieldGuideTests
{
    private static readonly List<GuideEntry> Entries = GuideFiles.Load(Repository.Root);

    [Fact]
    public void Every_entry_asks_and_answers_in_both_languages()
    {
        None(Entries.SelectMany(e => GuideEntry.Languages
            .Where(l => e.Questions[l].Count == 0 || !e.Answers.ContainsKey(l))
            .Select(l => $"{e.Source}: {e.Id} lacks q-{l} or a-{l}.")));
        Assert.True(Entries.Count >= 300, $"{Entries.Count} entries; the guide has shrunk below 300.");
    }

    [Fact]
    public void Ids_and_questions_are_unique()
    {
        None(Entries.GroupBy(e => e.Id).Where(g => g.Count() > 1).Select(g => $"{g.Key} is in {string.Join(", ", g.Select(e => e.Source))}."));
        None(Entries.SelectMany(e => e.Questions.Values.SelectMany(q => q).Select(q => (e.Id, Question: q.ToLowerInvariant())))
            .GroupBy(q => q.Question).Where(g => g.Count() > 1).Select(g => $"'{g.Key}' is asked by {string.Join(", ", g.Select(q => q.Id))}."));
    }

    [Fact]
    public void Chinese_answers_are_Chinese_and_English_ones_are_not()
    {
        None(Entries.Where(e => Han().IsMatch(e.Answers["en"]) && !e.Id.EndsWith("-curl", StringComparison.Ordinal)).Select(e => $"{e.Id}: a-en holds Chinese."));
        None(Entries.Where(e => !Han().IsMatch(e.Answers["zh"]) && !e.Answers["zh"].StartsWith('`')).Select(e => $"{e.Id}: a-zh holds no Chinese."));
    }

    [Fact]
    public void Commands_in_the_guide_are_verbs_that_build_sh_has()
    {
        var usage = Repository.Read("build.sh");
        None(Entries.SelectMany(e => e.Answers.Values.SelectMany(a => BuildVerb().Matches(a).Select(m => (e.Id, Verb: m.Groups[1].Value))))
            .Where(v => !Regex.IsMatch(usage, $@"(?m)^  {v.Verb}[ )]")).Select(v => $"{v.Id}: ./build.sh {v.Verb} is not in build.sh."));
    }

    [Fact]
    public void Every_alarm_and_every_key_has_an_entry_and_no_entry_covers_what_is_not_there()
    {
        var there = AlarmCatalogue.All.Select(k => $"alarm/{k.Code}").Concat(ConfigTable.Keys.Select(k => $"key/{k.Path}")).ToHashSet();
        var covered = Entries.SelectMany(e => e.Covers.Select(c => (e.Id, Cover: c))).ToList();
        None(there.Except(covered.Select(c => c.Cover)).Select(c => $"{c} has no entry in docs/field-guide."));
        None(covered.Where(c => Closed().IsMatch(c.Cover) && !there.Contains(c.Cover)).Select(c => $"{c.Id} covers {c.Cover}, which does not exist."));
    }

    [Fact]
    public void Entries_of_alarms_name_the_alarm_so_that_it_can_be_found() => None(Entries
        .SelectMany(e => e.Covers.Where(c => c.StartsWith("alarm/", StringComparison.Ordinal)).Select(c => (Entry: e, Code: c["alarm/".Length..])))
        .SelectMany(c => GuideEntry.Languages.Where(l => !c.Entry.Questions[l].Any(q => q.Contains(c.Code, StringComparison.Ordinal)))
            .Select(l => $"{c.Entry.Id}: no q-{l} names {c.Code}.")));

    [Theory]
    [InlineData("held-out.txt")]
    [InlineData("blind.txt")]
    public void Questions_that_measure_the_guide_name_entries_that_are_there(string set) => None(
        Repository.Read($"packaging/factory/field-guide/{set}").Split('\n').Where(l => l.Length > 0 && l[0] is not ('#' or '-'))
            .Where(l => Entries.All(e => e.Id != l.Split(' ')[0])).Select(l => $"{set}: '{l}' names no entry; name the one that answers it now."));

    [Fact]
    public void A_fault_in_an_entry_names_file_and_line()
    {
        var fault = Assert.Throws<FormatException>(() => GuideFile.Parse(["# Title", "## one", "- q-de: Was?"], "x.md"));
        Assert.StartsWith("x.md:3: ", fault.Message, StringComparison.Ordinal);
        fault = Assert.Throws<FormatException>(() => GuideFile.Parse(["## one", "- a-en: a", "- a-en: b"], "x.md"));
        Assert.StartsWith("x.md:3: ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_item_goes_on_in_the_next_line()
    {
        var entry = Assert.Single(GuideFile.Parse(["## one", "- q-en: a", "  b", "- a-en: c", "  d"], "x.md"));
        Assert.Equal("a b", entry.Questions["en"][0]);
        Assert.Equal("c d", entry.Answers["en"]);
    }

    private static void None(IEnumerable<string> faults)
    {
        var list = faults.ToList();
        Assert.True(list.Count == 0, string.Join('\n', list));
    }

    [GeneratedRegex("^(alarm|key)/")]
    private static partial Regex Closed();

    [GeneratedRegex("[一-龥]")]
    private static partial Regex Han();

    [GeneratedRegex(@"\./build\.sh ([a-z]+)")]
    private static partial Regex BuildVerb();
}
