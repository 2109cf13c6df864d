using Appliance.Daemon.Simulation;
using Appliance.Model;
using Appliance.Twin;

namespace SimulationTests.Stories;

/// <summary>What else happens to a box: other boxes, weather, load, things that are mended, people.</summary>
internal static class TaleBook
{
    private static readonly Series _steps = new([0, 60, 60, 560, 560, 860, 860], [70, 70, 700, 700, 120, 120, 600]);
    private static readonly Series _full = Series.Constant(700);

    public static IReadOnlyList<Tale> All { get; } =
    [
        // Boxes that are not as designed: what is learnt of them, and how they are held.
        Of("box-4", _steps, 4, 0.3),
        Of("box-8", _steps, 8, 0.3),
        Of("box-16", _steps, 16, 0.3),
        Of("box-short-of-air", _steps, 15, 0.3),
        Of("box-poor-plates", _steps, 22, 0.3),
        Water("water-box-2", _steps, 2, 0.3),
        Water("water-box-9", _steps, 9, 0.3),
        Of("eight-loads", [.. Enumerable.Range(0, 8).Select(i => new Series([0, 50 + 10 * i, 50 + 10 * i, 110 + 10 * i], [100 + 20 * i, 100 + 20 * i, 700 - 30 * i, 700 - 30 * i], repeat: true))], 6, 0.3),

        // Weather and little load.
        Of("warm-and-wet", Series.Constant(300)) with { Scenario = Scene("warm-and-wet", [Series.Constant(300)], 1, 0) with { AmbientC = new([0, 300, 600], [22, 36, 36]), RoomRhPercent = new([0, 200, 600], [40, 85, 85]) } },
        Of("cold-room-and-idle", Series.Constant(70)) with { Scenario = Scene("cold-room-and-idle", [new([0, 100, 100], [200, 200, 72])], 1, 0) with { AmbientC = new([0, 200], [22, 12]), DurationS = 1500 } },
        Of("dust", _full, faults: [Broken(60, null, FaultKind.RadiatorFouled, "", 20), Broken(300, null, FaultKind.RadiatorFouled, "", 50)]),

        Of("idle-with-a-bypass", new([0, 200, 200, 400, 400], [72, 72, 500, 500, 72])) with { Board = Boards.Bypass, Scenario = Scene("idle-with-a-bypass", [new([0, 200, 200, 400, 400], [72, 72, 500, 500, 72])], 4, 0.3) with { AmbientC = Series.Constant(15) } },
        Of("cabinet", new([0, 300, 300, 600, 600], [400, 400, 700, 700, 72])) with { Board = Boards.Cabinet, Scenario = Scene("cabinet", [new([0, 300, 300, 600, 600], [400, 400, 700, 700, 72])], 8, 0.3, [Broken(800, 900, FaultKind.SensorBias, "cabinet_inlet1", 3)]) },

        // Mended again.
        Of("pumps-back", _full, faults: [Broken(60, 75, FaultKind.PumpDead, "pump1"), Broken(60, 75, FaultKind.PumpDead, "pump2")]),
        Of("bus-back", Series.Constant(400), faults: [Broken(60, 100, FaultKind.I2cStuck, "")]),
        Of("blind-for-a-while", Series.Constant(400), faults: [Broken(60, 110, FaultKind.TelemetryLost, ""), Broken(70, 110, FaultKind.NvmlHang, "")]),
        Of("fans-back", _full, faults: [Broken(60, 300, FaultKind.FanDead, "fan1"), Broken(60, 300, FaultKind.FanDead, "fan2")]),
        Of("limit-refused-then-not", _full, faults: [Broken(60, null, FaultKind.AmbientJump, "", 6), Broken(60, 300, FaultKind.PowerLimitRefused, "gpu3", 700)]),
        Of("plate-back", _full, faults: [Broken(60, 66, FaultKind.PlateDisconnected, "gpu3")]),
        Of("plate-clogs-at-idle", new([0, 100, 100], [70, 70, 700]), faults: [Broken(20, null, FaultKind.PlateClogged, "gpu1", 70)]),
        Of("sensors-come-and-go", Series.Constant(500), faults: [Broken(60, 90, FaultKind.SensorOpen, "coolant_supply1"), Broken(100, 160, FaultKind.SensorBias, "coolant_supply2", 2), Broken(200, 260, FaultKind.SensorDrift, "coolant_return1", 3), Broken(300, 340, FaultKind.SensorNoise, "coolant_supply3", 15), Broken(380, 430, FaultKind.SensorBias, "ambient1", 8)]),
        Of("all-sensors-drift", Series.Constant(600), faults: [Broken(300, null, FaultKind.SensorDrift, "coolant_supply1", -1), Broken(300, null, FaultKind.SensorDrift, "coolant_supply2", -1), Broken(300, null, FaultKind.SensorDrift, "coolant_supply3", -1), Broken(300, null, FaultKind.SensorDrift, "coolant_return1", -1), Broken(300, null, FaultKind.SensorDrift, "coolant_return2", -1)]),
        Of("wet-spot-then-rope", Series.Constant(300), faults: [Broken(60, null, FaultKind.LeakDrip, "leak3"), Broken(120, null, FaultKind.LeakRopeCut, "leak1"), Broken(180, null, FaultKind.LeakDrip, "leak2")]),
        Of("foreign-hand", Series.Constant(500), faults: [Broken(60, 160, FaultKind.PwmForeignWrite, "fan2", 90), Broken(200, 300, FaultKind.FanStuck, "fan4", 3000), Broken(320, 400, FaultKind.PwmWriteError, "pump2")]),

        // Facility water.
        Water("water-back", Series.Constant(500), faults: [Broken(60, 80, FaultKind.FacilityWaterLost, "")]),
        Water("meter-at-zero", Series.Constant(600), faults: [Broken(60, 400, FaultKind.SensorBias, "facility_flow1", -60)]),
        Water("valve-sticks", new([0, 200, 200, 500, 500], [250, 250, 700, 700, 300]), faults: [Broken(60, 700, FaultKind.ValveStuck, "valve1")]),
        Water("valve-sticks-nearly-shut", new([0, 100, 100], [150, 150, 700]), faults: [Broken(60, null, FaultKind.ValveStuck, "valve1")]),

        // People.
        Of("manual", Series.Constant(400), act: (t, box) => box.Manual = t is > 60 and < 200 ? new(Duty.OfPermille(900), null, TimeSpan.FromSeconds(SimulationRun.WarmUpS + 60)) : t is > 260 and < 400 ? new(Duty.OfPermille(120), null, TimeSpan.FromSeconds(SimulationRun.WarmUpS + 260)) : null),
        Of("latch-opened", Series.Constant(300), faults: [Broken(60, 90, FaultKind.LeakDrip, "leak1")], act: (t, box) =>
        {
            if (Math.Abs(t - 150) < 0.05)
                box.ResetLatches();
        }),
        Of("restart-in-a-step", new([0, 60, 60], [70, 70, 700]), 4, 0.3, faults: [Broken(75, null, FaultKind.DaemonKilled, "daemon"), Broken(300, null, FaultKind.DaemonStopped, "daemon")]),
    ];

    private static Tale Of(string name, Series load, int seed = 1, double spread = 0, ScenarioFault[]? faults = null, Action<double, ThermalControl>? act = null) =>
        new(name, Scene(name, [load], seed, spread, faults), Boards.Hgx, act);

    private static Tale Of(string name, Series[] loads, int seed, double spread) => new(name, Scene(name, loads, seed, spread), Boards.Hgx);

    private static Tale Water(string name, Series load, int seed = 1, double spread = 0, ScenarioFault[]? faults = null) =>
        new(name, Scene(name, [load], seed, spread, faults), Boards.Cdu);

    private static Scenario Scene(string name, Series[] loads, int seed, double spread, ScenarioFault[]? faults = null) => new()
    {
        Name = name,
        DurationS = 1000,
        Seed = seed,
        Spread = spread,
        GpuPowerW = loads,
        Faults = faults ?? [],
    };

    private static ScenarioFault Broken(double atS, double? untilS, FaultKind kind, string target, double? value = null) => new(atS, untilS, new(kind, target, value));
}
