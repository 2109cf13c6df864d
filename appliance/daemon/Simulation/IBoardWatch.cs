using Appliance.Model;

namespace Appliance.Daemon.Simulation;

/// <summary>What must be true, in every tick, of a part that only some boards have. Judged on the plant's truth.</summary>
internal interface IBoardWatch
{
    /// <returns>What broke at this time; null when nothing did.</returns>
    string? Broken(double t, SimulationRun run);

    /// <param name="coolable">This plant's plates can be cooled at all.</param>
    static IReadOnlyList<IBoardWatch> Of(Board board, Scenario scenario, bool coolable)
    {
        List<IBoardWatch> watches = [];
        if (board.PowerBrake is { } brake)
            watches.Add(new BrakeWatch(brake, board, scenario, coolable));
        if (board.Lines.Any(l => l.SwitchesMoisture))
            watches.Add(new MoistureWatch(board, scenario));
        if (board.Valves.Any(v => v.Kind == "bypass") && scenario.Faults.Count == 0)
            watches.Add(new BypassWatch(board));
        if (board.Sensors.Any(s => s.Group == "cabinet_inlet") && scenario.Faults.Count == 0)
            watches.Add(new CabinetWatch(board));
        return watches;
    }
}
