using System.Text.Json;
using Appliance.Daemon.Simulation;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary><c>appliance sim</c>: plays a scenario in virtual time.</summary>
internal static class SimVerb
{
    public static SimulationBoards Boards() => SimulationBoards.Load(BoardCatalogue.Load);

    public static int Run(string scenarioFile, string? csvFile, string? summaryFile, Output output, TimeProvider time)
    {
        SimulationSummary summary;
        string csv;
        try
        {
            var boards = Boards();
            var scenario = ScenarioFile.Read(scenarioFile, boards.Air);
            var run = new SimulationRun(scenario, boards.Of(scenario.Cooling), csv: csvFile is not null);
            summary = run.Run(time);
            csv = run.Csv;
        }
        catch (FormatException e)
        {
            return output.Fail(ExitCode.Config, e.Message);
        }

        var json = JsonSerializer.Serialize(summary, SimulationJson.Default.SimulationSummary);
        try
        {
            if (csvFile is not null)
                File.WriteAllText(csvFile, csv);
            if (summaryFile is not null)
                File.WriteAllText(summaryFile, json + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return output.Fail(ExitCode.Failed, $"the result could not be written: {e.Message}");
        }

        if (output.Json)
            output.Data(System.Text.Encoding.UTF8.GetBytes(json));
        else
            output.Lines(Lines(summary));
        return ExitCode.Done;
    }

    private static IEnumerable<string> Lines(SimulationSummary s)
    {
        yield return $"{s.Name}: {Text.Span(s.DurationS)} of virtual time at {s.RealTimeFactor:0}× real time";
        yield return $"  Coolant   peak {s.PeakSupplyC:0.00} °C, lowest {Text.Number(s.MinSupplyCAfterWarmup, "0.00")} °C; {s.SecondsOver40C:0.0} s over 40 °C, {s.SecondsUnder36C:0.0} s under 36 °C";
        yield return $"  Settled   {(s.SettleS is { } settle ? $"{settle:0} s after the last power step" : "not")}, steady error {Text.Number(s.SteadyErrorK, "0.00")} K{(s.Feasible ? "" : "; not feasible: the heat exceeds what this box can remove")}";
        yield return $"  GPUs      peak {s.GpuPeakC:0.0} °C, least margin {s.MarginMinK:0.0} K, {s.GpuEnergyWithheldWh:0.0} Wh withheld";
        yield return $"  Energy    fans {s.FanEnergyWh:0.0} Wh, pumps {s.PumpEnergyWh:0.0} Wh";
        yield return $"  Safety    {(s.SafeState ? "safe" : "NOT SAFE: a GPU had to save itself, or hot coolant or a hot die at the end")}, {s.NuisanceTrips} nuisance trips";
        yield return $"  Alarms    {(s.Alarms.Count == 0 ? "none" : string.Join(", ", s.Alarms.Take(8).Select(a => $"{a.Code} {a.Target} at {a.TS:0.0} s")))}{(s.Alarms.Count > 8 ? $", … {s.Alarms.Count - 8} more" : "")}";
    }
}
