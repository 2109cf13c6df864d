using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>The fault table: F1…F32 of the catalogue and what else can break a box. Limits are set here, apart from any controller.</summary>
public static class FaultTable
{
    /// <summary>Virtual seconds into the run at which faults strike.</summary>
    public const double StrikesAtS = 120;

    /// <summary>The deadline of rows that have none: the end of the run, s after the fault.</summary>
    internal const double Never = 600;

    public static IReadOnlyList<FaultRow> Rows { get; } =
    [
        new("F1", "one fan dead", One(FaultKind.FanDead, "fan3"), RequiredState.Hold, Never),
        new("F2", "two fans dead", [.. One(FaultKind.FanDead, "fan3"), .. One(FaultKind.FanDead, "fan4")], RequiredState.Limited, Never),
        new("F3", "fan tachometer lost, fan turns", One(FaultKind.FanTachLost, "fan2"), RequiredState.Hold, Never),
        new("F4", "fan stuck at its least speed", One(FaultKind.FanStuck, "fan5", 420), RequiredState.Hold, Never),
        new("F5", "pwm writes of one fan fail", One(FaultKind.PwmWriteError, "fan2"), RequiredState.Hold, Never),
        new("F6", "pwm_enable flipped to automatic", One(FaultKind.PwmWriteIgnored, "fan2"), RequiredState.Hold, Never),
        new("F7", "somebody else writes 20 % once a second", One(FaultKind.PwmForeignWrite, "fan2", 20), RequiredState.Hold, Never),
        new("F8", "hwmon renumbered", One(FaultKind.HwmonRenumbered, ""), RequiredState.Hold, Never),
        new("F9", "pump A stops", One(FaultKind.PumpDead, "pump1"), RequiredState.Hold, Never, MaxDieC: 86, ChangeoverS: 0.5),
        new("F10", "both pumps stop", [.. One(FaultKind.PumpDead, "pump1"), .. One(FaultKind.PumpDead, "pump2")], RequiredState.NearIdle, 5, WithheldWhMax: 2000, TripAllowed: true),
        new("F11", "pump draws air", One(FaultKind.PumpCavitation, "pump1"), RequiredState.Hold, Never, MaxDieC: 86),
        new("F12", "half of one plate clogged", One(FaultKind.PlateClogged, "gpu2", 50), RequiredState.Limited, Never, WithheldWhMax: 4),
        new("F13", "supply sensor open", One(FaultKind.SensorOpen, "coolant_supply2"), RequiredState.Hold, Never),
        new("F14", "supply sensor stuck 2 K low", One(FaultKind.SensorStuck, "coolant_supply2", -2), RequiredState.Hold, Never),
        new("F15", "supply sensor reads 3 K low", One(FaultKind.SensorBias, "coolant_supply2", -3), RequiredState.Hold, Never),
        new("F16", "supply sensor drifts down 0.5 K/min", One(FaultKind.SensorDrift, "coolant_supply2", -0.5), RequiredState.Hold, Never),
        new("F17", "supply sensor noise times 20", One(FaultKind.SensorNoise, "coolant_supply2", 20), RequiredState.Hold, Never),
        new("F18", "return sensor lost", One(FaultKind.SensorOpen, "coolant_return1"), RequiredState.Hold, Never),
        new("F18b", "both return sensors lost", [.. One(FaultKind.SensorOpen, "coolant_return1"), .. One(FaultKind.SensorOpen, "coolant_return2")], RequiredState.Hold, Never),
        new("F19", "flow meter stuck", One(FaultKind.SensorStuck, "flow1", 0), RequiredState.Hold, Never),
        new("F19b", "flow meter reads zero", One(FaultKind.SensorBias, "flow1", -20), RequiredState.Hold, Never),
        new("F20", "humidity sensor lost", One(FaultKind.SensorOpen, "humidity1"), RequiredState.Hold, Never),
        new("F21", "GPU driver hangs", One(FaultKind.NvmlHang, ""), RequiredState.Hold, Never),
        new("F22", "one GPU falls off the bus", One(FaultKind.GpuLost, "gpu5"), RequiredState.Hold, Never),
        new("F23", "leak, one rope drips", One(FaultKind.LeakDrip, "leak1"), RequiredState.Isolated, 8, WithheldWhMax: 2000, TripAllowed: true),
        new("F24", "leak, hose off, level falls", One(FaultKind.LeakGross, "", 2), RequiredState.Isolated, 8, WithheldWhMax: 2000, TripAllowed: true),
        new("F25", "leak rope cut, dry", One(FaultKind.LeakRopeCut, "leak1"), RequiredState.Hold, Never),
        new("F26", "leak seen, then telemetry lost", [.. One(FaultKind.LeakDrip, "leak1"), new(StrikesAtS + 5, null, new(FaultKind.TelemetryLost, ""))], RequiredState.Off, 8, WithheldWhMax: 2000, TripAllowed: true),
        new("F27", "humidity jumps by 40 %RH", One(FaultKind.HumidityJump, "", 40), RequiredState.Hold, Never),
        new("F27b", "humidity jumps by 40 %RH, facility water", One(FaultKind.HumidityJump, "", 40), RequiredState.Hold, Never, Cooling: "liquid-to-liquid"),
        new("F28", "room 10 K hotter", One(FaultKind.AmbientJump, "", 10), RequiredState.Limited, Never),
        new("F29", "daemon killed", One(FaultKind.DaemonKilled, "daemon"), RequiredState.Limited, Never, WithheldWhMax: 3),
        new("F30", "daemon stopped", One(FaultKind.DaemonStopped, "daemon"), RequiredState.Limited, Never, WithheldWhMax: 3),
        new("F31", "broken configuration at reload", One(FaultKind.ConfigInvalid, "daemon"), RequiredState.Hold, Never),
        new("F32", "wall clock jumps an hour", One(FaultKind.ClockStep, "", 3600), RequiredState.Hold, Never),
        new("F33", "quick-disconnect of one plate closed", One(FaultKind.PlateDisconnected, "gpu3"), RequiredState.GpuHeldBack, 10, WithheldWhMax: 2000, TripAllowed: true),
        new("F34", "facility water lost", One(FaultKind.FacilityWaterLost, ""), RequiredState.NearIdle, 120, MaxSupplyC: 48, WithheldWhMax: 2000, TripAllowed: true, Cooling: "liquid-to-liquid"),
        new("F35", "facility valve stuck where it is", [new(StrikesAtS, null, new(FaultKind.ValveStuck, "valve1"))], RequiredState.Limited, Never, Cooling: "liquid-to-liquid"),
        new("F36", "pump turns without flow", One(FaultKind.PumpNoFlow, "pump1"), RequiredState.Hold, Never, MaxDieC: 86, ChangeoverS: 0.5),
        new("F36b", "both pumps turn without flow", [.. One(FaultKind.PumpNoFlow, "pump1"), .. One(FaultKind.PumpNoFlow, "pump2")], RequiredState.NearIdle, 5, WithheldWhMax: 2000, TripAllowed: true),
        new("F37", "I²C bus stuck: fans, pumps, sensors", One(FaultKind.I2cStuck, ""), RequiredState.Limited, Never, WithheldWhMax: 200, Unattended: true),
        new("F38", "all coolant sensors 3 K low at once", One(FaultKind.AdcBias, "", -3), RequiredState.Hold, Never),
        new("F39", "supply and return sensors swapped", One(FaultKind.SensorsSwapped, ""), RequiredState.Hold, Never),
        new("F40", "two tachometers swapped", One(FaultKind.TachsSwapped, ""), RequiredState.Hold, Never),
        new("F41", "fan taken out, slot open", One(FaultKind.FanSlotOpen, "fan3"), RequiredState.Limited, Never),
        new("F42", "two fans dead, one GPU refuses its limit", [.. One(FaultKind.FanDead, "fan3"), .. One(FaultKind.FanDead, "fan4"), .. One(FaultKind.PowerLimitRefused, "gpu0", 700)], RequiredState.Limited, Never),
        new("F42b", "one plate clogged, and that GPU refuses its limit", [.. One(FaultKind.PlateClogged, "gpu2", 65), .. One(FaultKind.PowerLimitRefused, "gpu2", 700)], RequiredState.Limited, Never, WithheldWhMax: 60),
        new("F43", "host panic", One(FaultKind.HostPanic, ""), RequiredState.Hold, Never, Unattended: true),
        new("F44", "radiator loses a third", One(FaultKind.RadiatorFouled, "", 35), RequiredState.Limited, Never),
        new("F45", "air takes 20 % of the loop", One(FaultKind.AirInLoop, "", 20), RequiredState.Hold, Never, MaxDieC: 86),
        new("F46", "daemon killed and both pumps stop", [.. One(FaultKind.DaemonKilled, "daemon"), .. One(FaultKind.PumpDead, "pump1"), .. One(FaultKind.PumpDead, "pump2")], RequiredState.NearIdle, 8, WithheldWhMax: 2000, TripAllowed: true),
        new("F47", "flow meters both read zero for a fifth of a second", [new(StrikesAtS, StrikesAtS + 0.2, new(FaultKind.SensorBias, "flow1", -20)), new(StrikesAtS, StrikesAtS + 0.2, new(FaultKind.SensorBias, "flow2", -20))], RequiredState.Hold, Never),
    ];

    private static ScenarioFault[] One(FaultKind kind, string target, double? value = null) => [new(StrikesAtS, null, new(kind, target, value))];
}
