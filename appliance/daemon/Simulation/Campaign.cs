using Appliance.Model;
using Appliance.Thermal;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>Many seeds, invariants checked on the plant's truth in every tick. A failing seed names the command that repeats it.</summary>
public static class Campaign
{
    private const double BandTopC = 40;

    /// <summary>Nothing cools any more: what the heat behind the plates makes of the whole loop (docs/thermal).</summary>
    private const double WithoutWaterC = 48;
    private const double IsolatedWithinS = 8;

    private const double DewToldWithinS = 30;

    /// <returns>Null when every invariant held; otherwise what broke, when and with which values.</returns>
    public static string? Check(int seed, SimulationBoards boards, TimeProvider time) => Check(seed, boards, time, out _);

    /// <param name="playedS">Virtual time that was played.</param>
    internal static string? Check(int seed, SimulationBoards boards, TimeProvider time, out double playedS)
    {
        ArgumentNullException.ThrowIfNull(boards);
        var (scenario, board) = CampaignCase.Of(seed, boards);
        string? broken = null;
        SimulationRun? run = null;
        var watch = new Watch(board.Valves.FirstOrDefault(v => v.Kind == "bypass")?.Name);
        IReadOnlyList<IBoardWatch> parts = [];
        run = new(scenario, board) { Observe = t => broken ??= Invariants(t, run!, watch) ?? Parts(t, run!, parts) };
        var coolable = DiesCanBeCooled(run.Twin, board);
        parts = IBoardWatch.Of(board, scenario, coolable);
        var saveable = coolable && !scenario.Faults.Any(f => f.Fault.Kind == FaultKind.HostPanic);
        var summary = run.Run(time);
        playedS = scenario.DurationS + SimulationRun.WarmUpS;
        if (broken is null && saveable && summary.SelfThrottledS > 0)
            broken = $"a GPU had to slow itself down for {summary.SelfThrottledS:0.0} s (die {summary.GpuPeakC:0.0} °C)";
        var cools = scenario.Faults.All(f => FaultCatalogue.Of(f.Fault.Kind).OfOption);
        if (broken is null && cools && summary is { Feasible: true, GpuEnergyWithheldWh: > 0 })
            broken = $"{summary.GpuEnergyWithheldWh:0.00} Wh withheld on a feasible plant on which nothing that cools is broken";
        if (broken is null && scenario.Faults.Count == 0 && summary.NuisanceTrips > 0)
            broken = $"{summary.NuisanceTrips} nuisance trips without any fault";
        return broken is null ? null : $"{broken}; {board.Name}, faults: {Describe(scenario)}";
    }

    private static string? Parts(double t, SimulationRun run, IReadOnlyList<IBoardWatch> parts)
    {
        foreach (var part in parts)
        {
            if (part.Broken(t, run) is { } broken)
                return broken;
        }

        return null;
    }

    /// <summary>Plants whose plates cannot keep a die below its limit at 700 W with every pump at full are no fault of control.</summary>
    private static bool DiesCanBeCooled(BoxTwin twin, Board board) => twin.HottestDieC(board.SetpointC + board.BandK, board.Gpus.MaxW) < board.Gpus.ThrottleC - 3;

    private static string? Invariants(double t, SimulationRun run, Watch watch)
    {
        var twin = run.Twin;
        var truth = twin.Truth;
        var limit = watch.LimitC(twin);
        if (truth.SupplyC > limit && truth.GpusPowered)
            return $"coolant {truth.SupplyC:0.000} °C at {t:0.0} s, limit {limit:0.0} °C";
        var leaking = twin.Has(FaultKind.LeakGross) && !twin.Has(FaultKind.HostPanic) && !twin.Has(FaultKind.TelemetryLost);
        watch.LeakSinceS = !leaking ? double.NaN : double.IsNaN(watch.LeakSinceS) ? t : watch.LeakSinceS;
        if (leaking && t - watch.LeakSinceS > IsolatedWithinS && truth.GpusPowered)
            return $"a hose is off for {t - watch.LeakSinceS:0.0} s and the GPUs have power at {t:0.0} s";
        foreach (var die in truth.DieC)
        {
            if (!double.IsFinite(die))
                return $"the physics broke down at {t:0.0} s";
        }

        return DewPoint(t, run, watch);
    }

    /// <summary>
    /// The coolant stays three kelvin above the room's dew point, and where another surface does not, because facility water is that cold, it is said. Not judged
    /// where nobody could know: no sensor of the room, or no software that reaches anything.
    /// </summary>
    private static string? DewPoint(double t, SimulationRun run, Watch watch)
    {
        var twin = run.Twin;
        var truth = twin.Truth;
        var needed = truth.RoomDewPointC + HumidAir.DewMarginK;
        if (twin.Has(FaultKind.HostPanic) || twin.Has(FaultKind.TelemetryLost) || twin.Has(FaultKind.I2cStuck) || twin.Faults.Any(OfRoomSensors))
            return null;
        if (truth.SupplyC < needed)
            return $"coolant {truth.SupplyC:0.00} °C at {t:0.0} s, the dew point needs {needed:0.00} °C";
        watch.DewNearSinceS = truth.CoolestSurfaceC >= needed ? double.NaN : double.IsNaN(watch.DewNearSinceS) ? t : watch.DewNearSinceS;
        return t - watch.DewNearSinceS > DewToldWithinS && !IsDewPointTold(in run.Control.Conditions)
            ? $"a surface at {truth.CoolestSurfaceC:0.00} °C for {t - watch.DewNearSinceS:0.0} s, the dew point needs {needed:0.00} °C, and nobody says so at {t:0.0} s"
            : null;
    }

    private static bool OfRoomSensors(FaultSpec fault) => fault.Kind == FaultKind.AdcBias
        || fault.Target.StartsWith("humidity", StringComparison.Ordinal) || fault.Target.StartsWith("ambient", StringComparison.Ordinal)
        || fault.Target.StartsWith("facility_supply", StringComparison.Ordinal);

    private static bool IsDewPointTold(ref readonly ConditionList conditions)
    {
        for (var i = 0; i < conditions.Count; i++)
        {
            if (conditions[i].Code == ConditionCode.DewPointNear)
                return true;
        }

        return false;
    }

    /// <summary>What the invariants remember from tick to tick.</summary>
    /// <param name="bypass">The board's bypass valve, if it has one.</param>
    private sealed class Watch(string? bypass)
    {
        private double _slugC;
        private bool _waterLost;

        public double LeakSinceS { get; set; } = double.NaN;

        public double DewNearSinceS { get; set; } = double.NaN;

        /// <summary>
        /// The top of the band, always; but for what no control is left to prevent: no facility water, or fans and pumps out of software's reach
        /// (then as hot as the loop's hottest coolant comes out of the exchanger with everything at full), or a bypass that is stuck open.
        /// </summary>
        public double LimitC(BoxTwin twin)
        {
            _waterLost |= twin.Has(FaultKind.FacilityWaterLost);
            if (twin.Has(FaultKind.HostPanic) || twin.Has(FaultKind.I2cStuck) || twin.Has(FaultKind.TelemetryLost))
                _slugC = Math.Max(_slugC, twin.HottestSlugC());
            if (bypass is not null && twin.Faults.Any(f => f.Kind == FaultKind.ValveStuck && f.Target == bypass))
                _slugC = Math.Max(_slugC, PastTheRadiatorC(twin));
            return Math.Max(_waterLost ? WithoutWaterC : BandTopC, _slugC);
        }

        /// <summary>
        /// Where idle GPUs settle with the bypass as it stands, pumps at full and a radiator that cools what still reaches it to the air's temperature: some
        /// plants' bypass leaves one part in fifty to the radiator.
        /// </summary>
        private static double PastTheRadiatorC(BoxTwin twin)
        {
            var plant = twin.Parameters;
            var carried = Math.Max(twin.MostFlowLMin(), 0.1) / 60 * plant.CoolantJPerLK;
            var through = carried * (1 - plant.BypassShare * twin.BypassOpen);
            return twin.Truth.RadiatorInletC + plant.IdleW * twin.GpuCount * (1 / through - 1 / carried);
        }
    }

    private static string Describe(Scenario scenario) => scenario.Faults.Count == 0
        ? "none"
        : string.Join(", ", scenario.Faults.Select(f => $"{FaultCatalogue.Of(f.Fault.Kind).Name} {f.Fault.Target} {f.Fault.Value:0.##} at {f.AtS:0} s").Select(s => s.Replace("  ", " ", StringComparison.Ordinal)));
}
