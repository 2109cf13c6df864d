using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>Many seeds, invariants checked on the plant's truth in every tick. A failing seed names the command that repeats it.</summary>
public static class Campaign
{
    private const double NeverHotterC = 46;
    private const double IsolatedWithinS = 12;

    /// <returns>Null when every invariant held; otherwise what broke, when and with which values.</returns>
    public static string? Check(int seed, Board board, TimeProvider time)
    {
        var scenario = CampaignCase.Of(seed, board);
        string? broken = null;
        SimulationRun? run = null;
        double leakSince = double.NaN;
        run = new(scenario, board) { Observe = t => broken ??= Invariants(t, run!, scenario, ref leakSince) };
        var coolable = DiesCanBeCooled(run.Twin, board);
        var saveable = coolable && !scenario.Faults.Any(f => f.Fault.Kind == FaultKind.HostPanic);
        var summary = run.Run(time);
        if (broken is null && saveable && summary.SelfThrottledS > 0)
            broken = $"a GPU had to slow itself down for {summary.SelfThrottledS:0.0} s (die {summary.GpuPeakC:0.0} °C)";
        if (broken is null && scenario.Faults.Count == 0 && summary.SecondsOver40C > 0)
            broken = $"coolant over 40 °C for {summary.SecondsOver40C:0.0} s without any fault (peak {summary.PeakSupplyC:0.00} °C)";
        if (broken is null && scenario.Faults.Count == 0 && summary.NuisanceTrips > 0)
            broken = $"{summary.NuisanceTrips} nuisance trips without any fault";
        return broken is null ? null : $"{broken}; faults: {Describe(scenario)}";
    }

    /// <summary>Plants whose plates cannot keep a die below its limit at 700 W with every pump at full are no fault of control.</summary>
    private static bool DiesCanBeCooled(BoxTwin twin, Board board) => twin.HottestDieC(board.SetpointC + board.BandK, board.Gpus.MaxW) < board.Gpus.ThrottleC - 3;

    private static string? Invariants(double t, SimulationRun run, Scenario scenario, ref double leakSince)
    {
        var truth = run.Twin.Truth;
        // Without facility water the return's slug reaches the plates before anything can be done about it.
        var never = run.Twin.Has(FaultKind.FacilityWaterLost) ? NeverHotterC + 10 : NeverHotterC;
        if (truth.SupplyC > never && truth.GpusPowered && !run.Twin.EngineParked && !run.Twin.Has(FaultKind.HostPanic))
            return $"coolant {truth.SupplyC:0.0} °C with the engine running at {t:0.0} s";
        var leaking = run.Twin.Has(FaultKind.LeakGross) && !run.Twin.Has(FaultKind.HostPanic) && !run.Twin.Has(FaultKind.TelemetryLost);
        leakSince = !leaking ? double.NaN : double.IsNaN(leakSince) ? t : leakSince;
        if (leaking && t - leakSince > IsolatedWithinS && truth.GpusPowered)
            return $"a hose is off for {t - leakSince:0.0} s and the GPUs have power at {t:0.0} s";
        foreach (var die in truth.DieC)
        {
            if (!double.IsFinite(die))
                return $"the physics broke down at {t:0.0} s";
        }

        return null;
    }

    private static string Describe(Scenario scenario) => scenario.Faults.Count == 0
        ? "none"
        : string.Join(", ", scenario.Faults.Select(f => $"{FaultCatalogue.Of(f.Fault.Kind).Name} {f.Fault.Target} {f.Fault.Value:0.##} at {f.AtS:0} s").Select(s => s.Replace("  ", " ", StringComparison.Ordinal)));
}
