using Appliance.Daemon.Simulation;
using Appliance.Model;
using Appliance.Twin;

namespace Bench;

/// <summary>The pictures in docs/thermal, from the same code that is tested.</summary>
internal static class Plots
{
    public static GpuTraceFit Fit(string root)
    {
        var rows = File.ReadLines(Path.Combine(root, "tests/golden/h100-trace.csv")).Skip(1).Select(line => line.Split(','))
            .Select(c => (double.Parse(c[0]), double.Parse(c[1]), double.Parse(c[3]), double.Parse(c[4]), double.Parse(c[9]))).ToList();
        var fit = GpuTraceFit.Replay(rows);
        var t = fit.Points.Select(p => p.TS).ToArray();
        var plot = new ScottPlot.Plot();
        Line(plot, t, fit.Points.Select(p => p.DieC), "die, recorded H100", 1, "#9aa4b2");
        Line(plot, t, fit.Points.Select(p => p.TwinDieC), $"die, twin (RMS {fit.DieRmsK:0.00} K)", 2, "#c2410c");
        Line(plot, t, fit.Points.Select(p => p.MemoryC), "HBM, recorded H100", 1, "#b7c3d0");
        Line(plot, t, fit.Points.Select(p => p.TwinMemoryC), $"HBM, twin (RMS {fit.MemoryRmsK:0.00} K)", 2, "#1d4ed8");
        Finish(plot, "The twin's GPU against a recorded H100, driven by the recorded power", "°C", Path.Combine(root, "docs/thermal/h100-fit.png"));
        return fit;
    }

    public static void Steps(string root, Board board, IReadOnlyList<(string Name, Func<Board, ISimulatedControl> Law)> laws, TimeProvider time)
    {
        string[] colours = ["#c2410c", "#64748b", "#1d4ed8", "#15803d"];
        var plot = new ScottPlot.Plot();
        for (var i = 0; i < laws.Count; i++)
        {
            var t = new List<double>();
            var c = new List<double>();
            SimulationRun? run = null;
            run = new(Compare.Steps(0), board, laws[i].Law(board))
            {
                Observe = now =>
                {
                    if (now > Compare.SecondS + 900 || now < Compare.SecondS - 120 || (t.Count > 0 && now - t[^1] < 0.95))
                        return;
                    t.Add(now);
                    c.Add(run!.Twin.Truth.SupplyC);
                },
            };
            run.Run(time);
            Line(plot, [.. t.Select(x => x - Compare.SecondS)], c, laws[i].Name, i == 0 ? 3 : 1.5f, colours[i % colours.Length]);
        }

        plot.Add.HorizontalLine(40, 1, ScottPlot.Color.FromHex("#dc2626"), ScottPlot.LinePattern.Dashed);
        plot.Add.HorizontalLine(38, 1, ScottPlot.Color.FromHex("#94a3b8"), ScottPlot.LinePattern.Dotted);
        Finish(plot, "Coolant supply after the second step 0.56 to 5.6 kW, nominal plant, 25 °C", "°C", Path.Combine(root, "docs/thermal/steps.png"));
    }

    private static void Line(ScottPlot.Plot plot, double[] x, IEnumerable<double> y, string label, float width, string colour)
    {
        var line = plot.Add.ScatterLine(x, [.. y]);
        line.LegendText = label;
        line.LineWidth = width;
        line.Color = ScottPlot.Color.FromHex(colour);
    }

    private static void Finish(ScottPlot.Plot plot, string title, string unit, string path)
    {
        plot.Title(title);
        plot.XLabel("seconds");
        plot.YLabel(unit);
        plot.ShowLegend(ScottPlot.Alignment.UpperRight);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        plot.SavePng(path, 1200, 640);
    }
}
