using Appliance.Health.KernelLog;
using Appliance.Model;

namespace SimulationTests.Health;

/// <summary>Every fault class of the corpus, alone and on top of the noise of healthy boxes, over several seeds.</summary>
public sealed class FaultCorpusTests(ITestOutputHelper output)
{
    private static readonly (int Seed, bool Noisy)[] Runs = [(1, false), (2, true)];

    [Fact]
    public void Faults_are_found_with_the_right_part_and_the_right_action()
    {
        var scores = FaultCases.All.SelectMany(c => Runs.Select(r => Play(c, r.Seed, r.Noisy))).ToArray();
        var recall = Share(scores, s => s.Found);
        var part = Share(scores, s => s.RightPart);
        var action = Share(scores, s => s.RightAction);
        var wrong = scores.Sum(s => s.FalseAlarms.Count);
        foreach (var score in scores.Where(s => !s.RightAction || s.FalseAlarms.Count > 0))
            output.WriteLine(score.ToString());
        var line = $"{FaultCases.All.Count} fault classes, {scores.Length} runs (seed 1 alone, seed 2 on top of noise): recall {recall:P1} (98 %), right part {part:P1} (95 %), right action {action:P1} (95 %), false alarms {wrong} (0)";
        output.WriteLine(line);
        TestContext.Current.SendDiagnosticMessage(line);
        Assert.True(FaultCases.All.Count >= 60);
        Assert.True(recall >= 0.98 && part >= 0.95 && action >= 0.95 && wrong == 0, line + "\n" + string.Join('\n', scores.Where(s => !s.RightAction || s.FalseAlarms.Count > 0)));
    }

    private static double Share(Score[] scores, Func<Score, bool> holds) => (double)scores.Count(holds) / scores.Length;

    private static Score Play(FaultCase fault, int seed, bool noisy)
    {
        // Dense, so that a story of minutes meets noise; less so in stories of hours, where chance would hit one core twice.
        var box = new CorpusBox(seed) { Noisy = noisy, NoiseScale = fault.Step == 1 ? 100 : 10 };
        fault.Prepare?.Invoke(box);
        var run = new CorpusRun(box);
        for (var second = 0; second < fault.WarmUp; second += fault.Step)
            run.Step(TimeSpan.FromSeconds(fault.Step));
        for (var second = 0; second < fault.Deadline; second += fault.Step)
        {
            fault.Inject(box, second);
            run.Step(TimeSpan.FromSeconds(fault.Step));
        }

        var mine = run.Standing.Where(a => Concerns(fault.Target, a.Target)).ToArray();
        var action = mine.Select(run.ActionOf).Aggregate((string?)null, (one, other) => one is null ? other : FaultAction.Greater(one, other));
        return new(
            fault, seed, noisy, run.Standing.Any(a => a.Severity > Severity.Information), mine.Length > 0, action == fault.Action, action,
            [.. run.Raised.Where(r => !Concerns(fault.Target, r.Alarm.Target)).Select(r => $"{r.Alarm.Code} {r.Alarm.Target} ({r.Alarm.Text})")]);
    }

    /// <summary>The part itself, or what it belongs to.</summary>
    private static bool Concerns(string part, string target) => target == part || part.StartsWith(target + "-", StringComparison.Ordinal);

    private sealed record Score(
        FaultCase Fault, int Seed, bool Noisy, bool Found, bool RightPart, bool RightAction, string? Action, IReadOnlyList<string> FalseAlarms)
    {
        public override string ToString() =>
            $"{Fault.Name} (seed {Seed}{(Noisy ? ", noise" : "")}): {(Found ? "" : "NOT FOUND ")}{(RightPart ? "" : $"not on {Fault.Target} ")}action {Action ?? "none"}, wanted {Fault.Action}; false: {string.Join(" | ", FalseAlarms)}";
    }
}
