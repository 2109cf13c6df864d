using System.CommandLine;
using System.Text.RegularExpressions;
using Appliance.Daemon.Cli;
using Appliance.Guide;
using FastTests.Tidy;
using InferenceCore.Engine;
using InferenceCore.Gateway;

namespace FastTests.Guide;

/// <summary>The guide knows every word of the command line, and no other.</summary>
public sealed partial class GuideVerbTests
{
    private static readonly List<GuideEntry> Entries = GuideFiles.Load(Repository.Root);

    [Fact]
    public void Every_verb_of_appliance_has_an_entry_and_no_entry_covers_a_verb_that_is_not_there()
    {
        var there = Verbs(new CommandLine(TimeProvider.System, TextWriter.Null, TextWriter.Null).Root).ToHashSet();
        var covered = Entries.SelectMany(e => e.Covers).Where(c => c.StartsWith("verb/", StringComparison.Ordinal)).Select(c => c["verb/".Length..]).ToHashSet();
        Assert.Empty(there.Except(covered));
        Assert.Empty(covered.Except(there));
    }

    [Fact]
    public void Commands_that_answers_name_are_understood()
    {
        var appliance = Verbs(new CommandLine(TimeProvider.System, TextWriter.Null, TextWriter.Null).Root).ToHashSet();
        string[] engine =
        [
            ServeCommand.Create(TimeProvider.System).Name, GenerateCommand.Create().Name, LogitsCommand.Create().Name,
            BenchCommand.Create(TimeProvider.System).Name, SynthCommand.Create().Name, VerifyCommand.Create(_ => "").Name,
        ];
        var faults = new List<string>();
        foreach (var entry in Entries)
        {
            foreach (Match match in Command().Matches(string.Join('\n', entry.Answers.Values)))
            {
                var (program, verb, sub) = (match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value);
                var known = program switch
                {
                    "appliance" => verb == "show" || Knows(appliance, verb, sub),
                    "inference-core" => engine.Contains(verb),
                    "bmc-agent" => verb is "serve" or "version",
                    _ => throw new System.Diagnostics.UnreachableException(),
                };
                if (!known)
                    faults.Add($"{entry.Source}: {entry.Id} names `{match.Value}`, which {program} does not know.");
            }
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    /// <summary>A verb with words of its own must be followed by one of them, or by nothing.</summary>
    private static bool Knows(HashSet<string> verbs, string verb, string sub) => verbs.Contains(verb)
        && (sub.Length == 0 || verbs.Contains($"{verb}.{sub}") || !verbs.Any(v => v.StartsWith($"{verb}.", StringComparison.Ordinal)));

    /// <summary><c>alarms</c>, <c>alarms.ack</c> …</summary>
    private static IEnumerable<string> Verbs(Command command, string prefix = "") => command.Subcommands.Where(c => !c.Hidden)
        .SelectMany(c => Verbs(c, $"{prefix}{c.Name}.").Prepend(prefix + c.Name));

    [GeneratedRegex("`(appliance|inference-core|bmc-agent) ([a-z]+)(?: ([a-z]+))?")]
    private static partial Regex Command();
}
