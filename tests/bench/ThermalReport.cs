using System.Text;
using Appliance.Daemon.Simulation;
using Appliance.Twin;

namespace Bench;

/// <summary>The tables in docs/thermal.</summary>
internal static class ThermalReport
{
    public static string Laws(IReadOnlyList<LawResult> laws)
    {
        var text = new StringBuilder();
        text.Append("| | must |");
        foreach (var law in laws)
            text.Append($" {law.Law} |");
        text.Append("\n| --- | --- |").Insert(text.Length, " --- |", laws.Count).Append('\n');
        Row("nominal: peak over setpoint, K", "≤ 0.7", l => $"{l.NominalPeakK:0.00}");
        Row("nominal: settle to ±0.5 K, s", "≤ 90", l => l.NominalSettleS is { } s ? $"{s:0}" : "never");
        Row("feasible plants: worst peak of the first step, K", "≤ 1.5", l => $"{l.FirstPeakKMax:0.00}");
        Row("feasible plants: worst peak of the second step, K", "≤ 0.7", l => $"{l.SecondPeakKMax:0.00}");
        Row("feasible plants: second step settled within 90 s", "all", l => $"{l.SettledWithin90} of {l.Feasible}");
        Row("seconds over 40 °C, all plants", "0", l => $"{l.SecondsOver40All:0}");
        Row("seconds over 40 °C, feasible plants", "0", l => $"{l.SecondsOver40Feasible:0}");
        Row("feasible plants: worst steady error of the reading held, K", "≤ 0.1", l => $"{l.SteadyErrorKMax:0.000}");
        Row("feasible plants: GPU energy withheld, Wh", "0", l => $"{l.WithheldWhFeasible:0}");
        Row("fan + pump energy per run (61 min), mean Wh", "–", l => $"{l.CoolingWhMean:0}");
        Row("fan + pump power at full load against the offline optimum at the same supply, median", "≤ 1.05", l => $"{l.CoolingAgainstOptimumMedian:0.00}");
        Row("the same, worst plant", "≤ 1.05", l => $"{l.CoolingAgainstOptimumMax:0.00}");
        Row($"feasible plants whose plates can leave 8 K at 38 °C ({laws[0].DieMarginPlants}): least die margin from the second step on, K", "≥ 8", l => $"{l.DieMarginKMin:0.0}");
        Row("the other feasible plants: margin less than pumps at full would leave at 38 °C, at most, K", "–", l => $"{l.DieMarginShortKMax:0.0}");
        Row("plants not feasible: power withheld at full load against the offline minimum at the same supply and hottest die, median / worst", "≤ 1.05",
            l => l.WithheldAgainstMinimumMedian is { } median ? $"{median:0.00} / {l.WithheldAgainstMinimumMax:0.00}" : "–");
        return text.ToString();

        void Row(string what, string must, Func<LawResult, string> value)
        {
            text.Append($"| {what} | {must} |");
            foreach (var law in laws)
                text.Append($" {value(law)} |");
            text.Append('\n');
        }
    }

    public static string Faults(IReadOnlyList<FaultResult> results)
    {
        var text = new StringBuilder();
        text.Append("| row | what breaks | required state | deadline | die at most | coolant at most | withheld beyond the forced | nominal plant | drawn plants inside | of those that any control could keep | worst miss |\n");
        text.Append("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var row in FaultTable.Rows)
        {
            var of = results.Where(r => r.Row == row.Id).ToList();
            var nominal = of.First(r => r.Seed == 0);
            var drawn = of.Where(r => r.Seed != 0).ToList();
            var how = nominal.Passed ? $"inside: die {nominal.PeakDieC:0.0} °C, coolant {nominal.PeakSupplyC:0.0} °C, {nominal.WithheldWh:0} Wh{Beside(row, [nominal])}" : $"OUTSIDE: {nominal.Why}";
            text.Append($"| {row.Id} | {row.What} | {row.Required} | {(row.DeadlineS >= 600 ? "–" : $"{row.DeadlineS:0} s")} | {row.MaxDieC:0} °C | {row.MaxSupplyC:0} °C{(row.Unattended ? "*" : "")} |");
            var missed = drawn.Where(r => !r.Passed).OrderByDescending(r => r.PeakSupplyC - r.MaxSupplyC).ThenByDescending(r => r.WithheldWh - r.MaxWithheldWh).FirstOrDefault();
            text.Append($" {(row.TripAllowed ? "–" : $"{row.WithheldWhMax:0} Wh")} | {how} | {drawn.Count(r => r.Passed)} of {drawn.Count}{Beside(row, drawn)} | {(drawn.Count(r => r.Passed) == drawn.Count ? "" : $"{drawn.Count(r => r.Passed)} of {drawn.Count(r => !r.BeyondPhysics)}")} | {(missed is null ? "" : Miss(missed))} |\n");
        }

        return text.ToString();
    }

    /// <summary>What else is judged in this row, of the worst of these plants: a pump that takes over, a surface that could grow wet.</summary>
    private static string Beside(FaultRow row, List<FaultResult> results)
    {
        if (row.ChangeoverS is { } within)
            return $"; other pump told after {results.Max(r => r.ChangeoverS):0.0} s (≤ {within:0.0}), flow back after {results.Max(r => r.FlowBackS):0.0} s";
        return row.Faults.Any(f => f.Fault.Kind == FaultKind.HumidityJump)
            ? $"; coolest surface {results.Min(r => r.DewMarginK):0.0} K over the dew point (≥ {row.DewMarginK:0})"
            : "";
    }

    private static string Miss(FaultResult missed) => $"plant {missed.Seed}: {missed.Why}" + missed.Best switch
    {
        null => "",
        { Inside: true } best => $"; {best.Plan} would have kept it",
        { } best => $"; beyond physics: the best of {best.Tried} plans from the first instant comes to {best.Why}",
    };
}
