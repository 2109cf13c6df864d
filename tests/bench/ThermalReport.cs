using System.Text;
using Appliance.Daemon.Simulation;

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
        Row("least distance of a die to its limit, K", "≥ 8", l => $"{l.DieMarginKMin:0.0}");
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
        text.Append("| row | what breaks | required state | deadline | die at most | coolant at most | withheld at most | nominal plant | drawn plants inside |\n");
        text.Append("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var row in FaultTable.Rows)
        {
            var of = results.Where(r => r.Row == row.Id).ToList();
            var nominal = of.First(r => r.Seed == 0);
            var drawn = of.Where(r => r.Seed != 0).ToList();
            var how = nominal.Passed ? $"inside: die {nominal.PeakDieC:0.0} °C, coolant {nominal.PeakSupplyC:0.0} °C, {nominal.WithheldWh:0} Wh" : $"OUTSIDE: {nominal.Why}";
            text.Append($"| {row.Id} | {row.What} | {row.Required} | {(row.DeadlineS >= 600 ? "–" : $"{row.DeadlineS:0} s")} | {row.MaxDieC:0} °C | {row.MaxSupplyC:0} °C |");
            text.Append($" {row.WithheldWhMax:0} Wh | {how} | {drawn.Count(r => r.Passed)} of {drawn.Count} |\n");
        }

        return text.ToString();
    }
}
