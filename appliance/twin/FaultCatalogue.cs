using Appliance.Model;

namespace Appliance.Twin;

/// <summary>All kinds of fault with their names, targets and units: what <c>appliance inject --list</c> prints.</summary>
public static class FaultCatalogue
{
    public static IReadOnlyList<FaultInfo> All { get; } =
    [
        new(FaultKind.FanDead, "fan_dead", FaultTargets.Fan, null, "F1 F2", "the rotor stops; air flows back through the slot"),
        new(FaultKind.FanTachLost, "fan_tach_lost", FaultTargets.Fan, null, "F3", "the fan turns, the tachometer is silent"),
        new(FaultKind.FanStuck, "fan_stuck", FaultTargets.Fan, "rpm", "F4", "the fan keeps one speed whatever the duty"),
        new(FaultKind.PwmWriteError, "pwm_write_error", FaultTargets.Rotor, null, "F5", "writes of the duty fail with EIO"),
        new(FaultKind.PwmWriteIgnored, "pwm_write_ignored", FaultTargets.Rotor, null, "F6", "pwm_enable flips to automatic: writes are taken and ignored"),
        new(FaultKind.PwmForeignWrite, "pwm_foreign_write", FaultTargets.Rotor, "duty percent", "F7", "somebody else writes this duty once a second"),
        new(FaultKind.HwmonRenumbered, "hwmon_renumbered", FaultTargets.Box, null, "F8", "the kernel gives the chips other hwmon numbers", OfHost: true),
        new(FaultKind.PumpDead, "pump_dead", FaultTargets.Pump, null, "F9 F10", "the rotor stops"),
        new(FaultKind.PumpCavitation, "pump_cavitation", FaultTargets.Pump, null, "F11", "the pump draws air: flow drops and scatters"),
        new(FaultKind.PlateClogged, "plate_clogged", FaultTargets.Gpu, "percent", "F12", "the plate loses this share of its flow"),
        new(FaultKind.SensorOpen, "sensor_open", FaultTargets.Sensor, null, "F13 F18 F20", "the wire is open: no answer"),
        new(FaultKind.SensorStuck, "sensor_stuck", FaultTargets.Sensor, "K offset (sensor's unit)", "F14 F19", "the value freezes where it is, plus the offset"),
        new(FaultKind.SensorBias, "sensor_bias", FaultTargets.Sensor, "K (sensor's unit)", "F15", "reads this much too high"),
        new(FaultKind.SensorDrift, "sensor_drift", FaultTargets.Sensor, "K/min (sensor's unit)", "F16", "drifts away at this rate"),
        new(FaultKind.SensorNoise, "sensor_noise", FaultTargets.Sensor, "times", "F17", "noise grows by this factor"),
        new(FaultKind.NvmlHang, "nvml_hang", FaultTargets.Box, null, "F21", "calls into the GPU driver do not return"),
        new(FaultKind.GpuLost, "gpu_lost", FaultTargets.Gpu, null, "F22", "the GPU falls off the bus (XID 79)"),
        new(FaultKind.LeakDrip, "leak_drip", FaultTargets.Leak, null, "F23", "one detector gets wet, a few millilitres a minute"),
        new(FaultKind.LeakGross, "leak_gross", FaultTargets.Box, "L/min", "F24", "a hose comes off: detectors get wet one after another, the level falls"),
        new(FaultKind.LeakRopeCut, "leak_rope_cut", FaultTargets.Rope, null, "F25", "the rope's wire breaks; it is dry"),
        new(FaultKind.TelemetryLost, "telemetry_lost", FaultTargets.Box, null, "F26", "no sensor and no line answers"),
        new(FaultKind.HumidityJump, "humidity_jump", FaultTargets.Box, "%RH", "F27", "the room's humidity jumps by this much"),
        new(FaultKind.AmbientJump, "ambient_jump", FaultTargets.Box, "K", "F28", "the room's air jumps by this much"),
        new(FaultKind.DaemonKilled, "daemon_killed", FaultTargets.Daemon, null, "F29", "SIGKILL to the daemon", OfHost: true),
        new(FaultKind.DaemonStopped, "daemon_stopped", FaultTargets.Daemon, null, "F30", "SIGSTOP to the daemon", OfHost: true),
        new(FaultKind.ConfigInvalid, "config_invalid", FaultTargets.Daemon, null, "F31", "a broken configuration file at reload", OfHost: true),
        new(FaultKind.ClockStep, "clock_step", FaultTargets.Box, "s", "F32", "the wall clock jumps by this much", OfHost: true),
        new(FaultKind.PlateDisconnected, "plate_disconnected", FaultTargets.Gpu, null, "F33", "a quick-disconnect closes: no flow through one plate while the loop's flow looks normal"),
        new(FaultKind.FacilityWaterLost, "facility_water_lost", FaultTargets.Box, null, "F34", "no facility water in the exchanger (liquid-to-liquid)"),
        new(FaultKind.ValveStuck, "valve_stuck", FaultTargets.Valve, null, "F35", "the valve stays where it is"),
        new(FaultKind.PumpNoFlow, "pump_no_flow", FaultTargets.Pump, null, "F36", "the pump turns without moving coolant (sheared impeller)"),
        new(FaultKind.I2cStuck, "i2c_stuck", FaultTargets.Box, null, "F37", "fans, pumps and loop sensors stop answering together"),
        new(FaultKind.AdcBias, "adc_bias", FaultTargets.Box, "K", "F38", "every sensor of the coolant's converter reads this much too high"),
        new(FaultKind.SensorsSwapped, "sensors_swapped", FaultTargets.Box, null, "F39", "coolant_supply1 and coolant_return1 are connected the wrong way round"),
        new(FaultKind.TachsSwapped, "tachs_swapped", FaultTargets.Box, null, "F40", "the tachometers of fan1 and fan2 are exchanged"),
        new(FaultKind.FanSlotOpen, "fan_slot_open", FaultTargets.Fan, null, "F41", "the fan was taken out and its slot left open"),
        new(FaultKind.PowerLimitRefused, "power_limit_refused", FaultTargets.Gpu, "W", "F42", "the driver refuses every limit below this one"),
        new(FaultKind.HostPanic, "host_panic", FaultTargets.Box, null, "F43", "the host stops: no software runs any more", OfHost: true),
        new(FaultKind.RadiatorFouled, "radiator_fouled", FaultTargets.Box, "percent", "F44", "the radiator loses this share of its conductance"),
        new(FaultKind.AirInLoop, "air_in_loop", FaultTargets.Box, "percent", "F45", "air takes this share of the coolant's volume"),
        new(FaultKind.FlowSwitchBlind, "flow_switch_blind", FaultTargets.FlowSwitch, null, "", "the switch's paddle is stuck: it shows flow and pulls nothing, whatever flows"),
        new(FaultKind.FlowSwitchPulls, "flow_switch_pulls", FaultTargets.FlowSwitch, null, "", "the switch shows no flow and pulls the power brake, whatever flows"),
        new(FaultKind.PowerBrakeDead, "power_brake_dead", FaultTargets.PowerBrake, null, "", "the wire from the switch to the GPUs is broken: they are never braked"),
        new(FaultKind.PowerBrakeStuck, "power_brake_stuck", FaultTargets.PowerBrake, null, "", "the GPUs are braked whatever the switch says"),
        new(FaultKind.MoistureDead, "moisture_dead", FaultTargets.Moisture, null, "", "the device does not run, whatever its line says"),
        new(FaultKind.MoistureRunsOn, "moisture_runs_on", FaultTargets.Moisture, null, "", "the device's contactor is welded: it runs whatever its line says"),
        new(FaultKind.MoistureLineStuck, "moisture_line_stuck", FaultTargets.Moisture, null, "", "the device's line keeps its level, whoever writes it or lets it go"),
        new(FaultKind.GpuHung, "gpu_hung", FaultTargets.Gpu, null, "", "calls into the driver for this GPU do not return; the others answer", OfHost: true),
        new(FaultKind.NvmlRefuses, "nvml_refuses", FaultTargets.Gpu, "nvmlReturn", "", "every call for this GPU answers with this code (3 NOT_SUPPORTED, 15 GPU_IS_LOST, 16 RESET_REQUIRED …)", OfHost: true),
        new(FaultKind.NvmlInitRefused, "nvml_init_refused", FaultTargets.Box, "nvmlReturn", "", "nvmlInit answers with this code (9 DRIVER_NOT_LOADED, 18 LIB_RM_VERSION_MISMATCH …)", OfHost: true),
        new(FaultKind.NvmlOldDriver, "nvml_old_driver", FaultTargets.Box, null, "", "an older driver: newer functions FUNCTION_NOT_FOUND, newer structures VERSION_MISMATCH, newer fields NOT_SUPPORTED", OfHost: true),
        new(FaultKind.GpuXid, "gpu_xid", FaultTargets.Gpu, "XID", "", "one XID: a line in the kernel log and an NVML event", OfHost: true),
        new(FaultKind.EccStorm, "ecc_storm", FaultTargets.Gpu, "errors/s", "", "corrected memory errors at this rate", OfHost: true),
        new(FaultKind.EccUncorrected, "ecc_uncorrected", FaultTargets.Gpu, null, "", "one uncorrected memory error (XID 48) and its recovery action", OfHost: true),
        new(FaultKind.SramThreshold, "sram_threshold", FaultTargets.Gpu, null, "", "SRAM errors past the threshold for replacing the board", OfHost: true),
        new(FaultKind.RowRemapPending, "row_remap_pending", FaultTargets.Gpu, null, "", "a row remap waits for a reset (XID 63)", OfHost: true),
        new(FaultKind.RowRemapFailed, "row_remap_failed", FaultTargets.Gpu, null, "", "a row could not be remapped (XID 64)", OfHost: true),
        new(FaultKind.NvlinkDown, "nvlink_down", FaultTargets.Link, null, "", "the link is down (XID 74)", OfHost: true),
        new(FaultKind.NvlinkErrors, "nvlink_errors", FaultTargets.Link, "errors/s", "", "replays and CRC errors at this rate", OfHost: true),
        new(FaultKind.PcieDowntrained, "pcie_downtrained", FaultTargets.Gpu, "generation", "", "the PCIe link runs at this generation", OfHost: true),
        new(FaultKind.PcieNarrowed, "pcie_narrowed", FaultTargets.Gpu, "lanes", "", "the PCIe link runs with this many lanes", OfHost: true),
        new(FaultKind.PcieReplays, "pcie_replays", FaultTargets.Gpu, "errors/s", "", "PCIe replays and corrected errors at this rate", OfHost: true),
        new(FaultKind.GpuThrottled, "gpu_throttled", FaultTargets.Gpu, "reason bits", "", "these clocks event reasons stand (8 hardware slowdown, 0x40 hardware thermal, 0x80 power brake …)", OfHost: true),
        new(FaultKind.FabricState, "fabric_state", FaultTargets.Gpu, "state", "", "the fabric state of this GPU: 1 not started, 2 in progress, 3 completed", OfHost: true),
        new(FaultKind.FabricMask, "fabric_mask", FaultTargets.Gpu, "health mask", "", "the fabric health mask of this GPU (1 degraded bandwidth, 16 route unhealthy …)", OfHost: true),
        new(FaultKind.FabricManagerDead, "fabric_manager_dead", FaultTargets.Box, null, "", "the Fabric Manager process ends; the GPUs still say Completed", OfHost: true),
        new(FaultKind.GpuFirmwareOdd, "gpu_firmware_odd", FaultTargets.Gpu, null, "", "another VBIOS and InfoROM than the other GPUs", OfHost: true),
        new(FaultKind.PersistenceOff, "persistence_off", FaultTargets.Gpu, null, "", "persistence mode is off", OfHost: true),
        new(FaultKind.RdmaDown, "rdma_down", FaultTargets.Rdma, null, "", "the port is down", OfHost: true),
        new(FaultKind.RdmaErrors, "rdma_errors", FaultTargets.Rdma, "errors/s", "", "symbol and receive errors at this rate", OfHost: true),
        new(FaultKind.DiskWorn, "disk_worn", FaultTargets.Disk, "percent", "", "this share of the endurance is used", OfHost: true),
        new(FaultKind.DiskFailing, "disk_failing", FaultTargets.Disk, null, "", "SMART says that the disk is no longer reliable", OfHost: true),
    ];

    public static FaultInfo Of(FaultKind kind) => All[(int)kind];

    /// <summary>Names a target may have on this board for this kind; a single empty string where none is needed.</summary>
    public static IReadOnlyList<string> Targets(FaultInfo info, Board board)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(board);
        var leaks = board.Lines.Where(l => l.Kind is "leak_rope" or "leak_spot").Select(l => l.Name);
        return info.Targets switch
        {
            FaultTargets.Fan => [.. board.Fans.Select(f => f.Name)],
            FaultTargets.Pump => [.. board.Pumps.Select(p => p.Name)],
            FaultTargets.Rotor => [.. board.Fans.Select(f => f.Name), .. board.Pumps.Select(p => p.Name)],
            FaultTargets.Sensor => [.. board.Sensors.Select(s => s.Name)],
            FaultTargets.Gpu => [.. Enumerable.Range(0, board.Gpus.Count).Select(i => $"gpu{i}")],
            FaultTargets.Leak => [.. leaks],
            FaultTargets.Rope => [.. board.Lines.Where(l => l.Kind == "leak_rope").Select(l => l.Name)],
            FaultTargets.Valve => [.. board.Lines.Where(l => l.Kind == "valve").Select(l => l.Name), .. board.Valves.Where(v => v.Kind == "bypass").Select(v => v.Name)],
            FaultTargets.FlowSwitch => [.. board.Lines.Where(l => l.Kind == "flow_switch").Select(l => l.Name)],
            FaultTargets.PowerBrake => board.PowerBrake is null ? [] : ["power_brake"],
            FaultTargets.Moisture => [.. board.Lines.Where(l => l.SwitchesMoisture).Select(l => l.Name)],
            FaultTargets.Daemon => ["daemon"],
            FaultTargets.Link => [.. Enumerable.Range(0, board.Gpus.Count * HealthBank.LinksPerGpu).Select(i => $"gpu{i / HealthBank.LinksPerGpu}/link{i % HealthBank.LinksPerGpu}")],
            FaultTargets.Rdma => [.. Enumerable.Range(0, HealthBank.RdmaPorts).Select(i => $"mlx5_{i}")],
            FaultTargets.Disk => [.. HealthBank.Disks],
            FaultTargets.Box => [""],
            _ => throw new System.Diagnostics.UnreachableException($"No targets for {info.Targets}."),
        };
    }

    /// <summary>Reads what a person typed or a scenario says.</summary>
    /// <exception cref="FormatException">One line saying what is wrong and what is known.</exception>
    public static FaultSpec Parse(string kind, string? target, double? value, Board board)
    {
        var info = All.FirstOrDefault(f => f.Name == kind)
            ?? throw new FormatException($"unknown fault kind \"{kind}\"; known are {string.Join(", ", All.Select(f => f.Name))}");
        var targets = Targets(info, board);
        target ??= "";
        if (info.Targets == FaultTargets.Box)
            target = "";
        if (targets.Count == 0)
            throw new FormatException($"{kind} is a fault of a part that the board {board.Name} does not have");
        if (!targets.Contains(target))
            throw new FormatException($"unknown target \"{target}\" for {kind}; known are {string.Join(", ", targets)}");
        if (info.Unit is { } unit && value is null)
            throw new FormatException($"{kind} needs a value in {unit}");
        if (info.Unit is null && value is not null)
            throw new FormatException($"{kind} takes no value, but {value} was given");
        return new(info.Kind, target, value);
    }
}
