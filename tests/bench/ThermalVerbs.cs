using System.Text.Json;
using Appliance.Daemon.Simulation;
using Appliance.Model;
using Appliance.Twin;

namespace Bench;

/// <summary>
/// The thermal benchmarks: numbers beside their targets as JSON under artifacts/bench, as tables and pictures under docs/thermal.
/// All in virtual time, so that they need no built programs.
/// </summary>
internal sealed class ThermalVerbs
{
    public static readonly string[] Names = ["thermal-compare", "thermal-faults", "thermal-fault-table", "thermal-plots", "thermal-tune"];
    private static readonly (string Name, Func<Board, ISimulatedControl> Law)[] Laws =
    [
        ("this box", b => new ThermalControl(b)),
        ("fixed 100 %", b => new FixedLaw(b)),
        ("fancontrol-like curve", b => new CurveLaw(b)),
        ("swampd-style cascade", b => new SwampdLaw(b)),
    ];
    private readonly string _root = Root();
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Board _board;
    private readonly Board _cdu;

    private ThermalVerbs() => (_board, _cdu) = (Load("hgx-h100-8"), Load("hgx-h100-8-cdu"));

    private Board Load(string name)
    {
        var path = $"packaging/boards/{name}.json";
        return BoardFile.Parse(File.ReadAllBytes(Path.Combine(_root, path)), path);
    }

    /// <param name="plants">Drawn plants beside the nominal one.</param>
    /// <param name="rows">Rows of the fault table to play and print; none: all of them, and the files are written.</param>
    public static int Run(string verb, int? plants, IReadOnlyList<string> rows)
    {
        var bench = new ThermalVerbs();
        Directory.CreateDirectory(Path.Combine(bench._root, "artifacts/bench"));
        switch (verb)
        {
            case "thermal-compare":
                bench.Compare(plants ?? 30);
                return 0;
            case "thermal-faults":
                if (rows.Count == 0)
                    bench.Faults(plants ?? 10);
                else
                    bench.FaultRows(plants ?? 10, rows);
                return 0;
            case "thermal-fault-table":
                bench.FaultTableData();
                return 0;
            case "thermal-plots":
                var fit = Plots.Fit(bench._root);
                Console.WriteLine($"die {fit.DieRmsK:0.000} K rms (must 1.2), HBM {fit.MemoryRmsK:0.000} K rms");
                Plots.Steps(bench._root, bench._board, Laws, bench._time);
                return 0;
            case "thermal-tune":
                bench.Tune();
                return 0;
            default:
                return 64;
        }
    }

    private void Compare(int plants)
    {
        var results = Laws.Select(l => Bench.Compare.Run(l.Name, l.Law, plants, _board, _time)).ToList();
        Write("thermal-compare.json", JsonSerializer.Serialize(results, BenchJson.Default.ListLawResult));
        Doc("comparison", ThermalReport.Laws(results));
    }

    private void Faults(int plants)
    {
        var seeds = Seeds(plants);
        var faults = FaultTable.Rows.SelectMany(row => seeds.Select(s => Fault(row, s))).ToList();
        Write("thermal-faults.json", JsonSerializer.Serialize(faults, BenchJson.Default.ListFaultResult));
        Doc("faults", ThermalReport.Faults(faults));
        FaultTableData();
        foreach (var failed in faults.Where(f => !f.Passed))
            Console.WriteLine($"{failed.Row} plant {failed.Seed}: {failed.Why}{(failed.BeyondPhysics ? " (beyond physics)" : "")}");
    }

    /// <summary>Some rows, printed with everything that was measured; no file is touched.</summary>
    private void FaultRows(int plants, IReadOnlyList<string> rows)
    {
        foreach (var row in FaultTable.Rows.Where(r => rows.Contains(r.Id)))
        {
            foreach (var result in Seeds(plants).Select(s => FaultScore.Run(row, BoardOf(row), s, Spread(s), _time)))
                Console.WriteLine(result);
        }
    }

    /// <summary>The nominal plant, and the first feasible ones that are drawn.</summary>
    private List<int> Seeds(int plants) => [0, .. Enumerable.Range(1, 200).Where(Feasible).Take(plants)];

    private Board BoardOf(FaultRow row) => row.Cooling == _cdu.Cooling ? _cdu : _board;

    private static double Spread(int seed) => seed == 0 ? 0 : 0.3;

    /// <summary>The limits alone, as data; no run is needed for them.</summary>
    private void FaultTableData()
    {
        File.WriteAllText(Path.Combine(_root, FaultTableFile.Path), FaultTableFile.Text());
        Console.WriteLine($"{FaultTableFile.Path}: {FaultTable.Rows.Count} rows");
    }

    /// <summary>A miss is searched for a plan that would have been none: what nobody could have kept is no miss of the control.</summary>
    private FaultResult Fault(FaultRow row, int seed)
    {
        var (board, spread) = (BoardOf(row), Spread(seed));
        var result = FaultScore.Run(row, board, seed, spread, _time);
        return result.Passed ? result : result with { Best = FaultOptimum.Search(row, board, seed, spread, _time) };
    }

    /// <summary>The cascade's gains, tried on the nominal plant; the best of this grid is what the comparison uses.</summary>
    private void Tune()
    {
        foreach (var kp in (double[])[0.02, 0.04, 0.08, 0.15, 0.3, 0.6])
        {
            foreach (var ki in (double[])[0.0001, 0.0003, 0.001, 0.003, 0.01])
            {
                var tuned = Bench.Compare.Run($"Kp {kp} Ki {ki}", b => new SwampdLaw(b, kp, ki), 0, _board, _time);
                Console.WriteLine($"Kp {kp,5} Ki {ki,7}: peak {tuned.NominalPeakK,5:0.00} K, settle {tuned.NominalSettleS,5:0} s, over 40 °C {tuned.SecondsOver40All,6:0} s");
            }
        }
    }

    private bool Feasible(int seed)
    {
        var twin = new BoxTwin(new() { Board = _board, Seed = seed, Spread = 0.3 });
        return twin.FlatOutSupplyC(_board.Gpus.MaxW) <= _board.SetpointC
            && twin.HottestDieC(_board.SetpointC, _board.Gpus.MaxW) <= _board.Gpus.ThrottleC - 3;
    }

    private void Write(string name, string json)
    {
        File.WriteAllText(Path.Combine(_root, "artifacts/bench", name), json + "\n");
        Console.WriteLine(json);
    }

    /// <summary>Between its two markers the page belongs to the bench; the words around them to people.</summary>
    private void Doc(string marker, string table)
    {
        var path = Path.Combine(_root, "docs/thermal/README.md");
        var page = File.ReadAllText(path);
        var (begin, end) = ($"<!-- bench:{marker} -->\n", $"<!-- /bench:{marker} -->");
        var from = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var to = page.IndexOf(end, StringComparison.Ordinal);
        if (from < begin.Length || to < from)
            throw new InvalidOperationException($"{path} lacks the markers {begin.Trim()} … {end}.");
        File.WriteAllText(path, page[..from] + table + page[to..]);
        Console.WriteLine(table);
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "appliance.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"appliance.sln is not above {AppContext.BaseDirectory}.");
    }
}
