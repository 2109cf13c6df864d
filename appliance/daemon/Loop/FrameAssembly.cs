using Appliance.Hardware;
using Appliance.Model;
using Appliance.Thermal;

namespace Appliance.Daemon.Loop;

/// <summary>Turns a tick into the frames that go over the bus. Pure; called off the loop's thread.</summary>
internal static class FrameAssembly
{
    /// <summary>An older GPU reading is not shown as if it were of now.</summary>
    public static readonly TimeSpan GpuTimeToLive = TimeSpan.FromSeconds(2);

    public static ThermalFrame Thermal(TickRecord tick, ThermalSettings settings)
    {
        var estimate = tick.Estimate;
        return new()
        {
            Ts = tick.Moment.Utc,
            Tick = tick.Tick,
            LatenessMs = Math.Round(tick.LatenessMs, 3),
            Mode = Mode(tick.Commands.Mode),
            SetpointC = settings.SetpointC,
            BandK = settings.BandK,
            CoolantSupplyC = Rounded(estimate.SupplyC, 3),
            CoolantReturnC = Rounded(estimate.ReturnC, 3),
            CabinetInletC = Rounded(estimate.CabinetC, 3),
            ControlledSensor = settings.Board.ControlledSensor == "coolant_supply" ? null : settings.Board.ControlledSensor,
            FlowLMin = Rounded(estimate.FlowLMin, 3),
            AmbientC = Rounded(estimate.AmbientC, 3),
            HumidityPercent = Rounded(estimate.HumidityPercent, 2),
            DewPointC = Rounded(estimate.DewPointC, 2),
            LevelPercent = Rounded(estimate.LevelPercent, 1),
            HeatW = Math.Round(estimate.HeatW, 1),
            CapacityW = Rounded(tick.Commands.CapacityW, 0),
            Leak = estimate.Leak == LeakState.Confirmed,
            Fans = Fans(tick, settings.Board),
            Pumps = Pumps(tick, settings.Board),
            Valves = settings.Board.Valves.Count == 0 && !settings.Board.Lines.Any(l => l.SwitchesMoisture)
                ? null : [.. settings.Board.Valves.Select(valve => Valve(tick, valve)), .. Moisture(tick, settings.Board)],
            Sensors = Sensors(tick, settings.Board),
        };
    }

    public static GpuFrame Gpu(TickRecord tick, int index, GpuIdentity identity, Board board)
    {
        ref var gpu = ref tick.Gpus[index];
        var isLow = tick.Commands.GpuLowestClock[index];
        var isHeld = isLow || (tick.Commands.GpuLimitW[index] is > 0 and var limit && limit < board.Gpus.MaxW);
        var now = tick.Moment.Uptime;
        var health = tick.Estimate.Gpus[index];
        var readable = gpu.PowerW.HasValue && gpu.PowerW.Age(now) <= GpuTimeToLive;
        return new()
        {
            Ts = tick.Moment.Utc,
            Index = index,
            Name = identity.Name,
            Uuid = identity.Uuid,
            PciBusId = identity.PciBusId,
            PowerW = Fresh(gpu.PowerW, now, 1),
            PowerLimitW = Fresh(gpu.LimitW, now, 1),
            LimitReason = isHeld ? tick.Commands.GpuReasons[index].ToString() : null,
            LowestClock = isLow ? true : null,
            TemperatureC = Fresh(gpu.TemperatureC, now, 1),
            MemoryTemperatureC = Fresh(gpu.MemoryTemperatureC, now, 1),
            MarginK = Fresh(gpu.MarginK, now, 1),
            SmClockMhz = Fresh(gpu.SmClockMhz, now, 0),
            UtilizationPercent = Fresh(gpu.UtilizationPercent, now, 0),
            MemoryUsedMib = Fresh(gpu.MemoryUsedMib, now, 0),
            MemoryTotalMib = Fresh(gpu.MemoryTotalMib, now, 0),
            ThrottleReasons = ThrottleReasons(gpu.ClocksEventReasons.Value ?? 0),
            State = gpu.Lost ? "lost" : !readable ? "unreadable" : health == Appliance.Thermal.GpuHealth.Ok ? "ok" : "warning",
        };
    }

    /// <summary>Fans and pumps by the affinity law from their tachometers; GPUs as measured.</summary>
    public static PowerFrame Power(TickRecord tick, Board board)
    {
        var gpus = 0.0;
        for (var i = 0; i < tick.Gpus.Length; i++)
            gpus += tick.Gpus[i].PowerW.Value ?? 0;
        var fans = board.Fans.Select((fan, i) => Drive(tick.Fans[i].Rpm, fan.MaxRpm, fan.MaxW)).Sum();
        var pumps = board.Pumps.Select((pump, i) => Drive(tick.Pumps[i].Rpm, pump.MaxRpm, pump.MaxW)).Sum();
        return new()
        {
            Ts = tick.Moment.Utc,
            GpusW = Math.Round(gpus, 1),
            FansW = Math.Round(fans, 1),
            PumpsW = Math.Round(pumps, 1),
            TotalW = Math.Round(gpus + fans + pumps, 1),
            WithheldWh = Math.Round(tick.WithheldWh, 3),
        };
    }

    public static string Mode(ThermalMode mode) => mode switch
    {
        ThermalMode.Boot => "boot",
        ThermalMode.Running => "running",
        ThermalMode.Manual => "manual",
        ThermalMode.Overheat => "overheat",
        ThermalMode.Failsafe => "failsafe",
        ThermalMode.Shutdown => "shutdown",
        _ => throw new System.Diagnostics.UnreachableException($"No word for {mode}."),
    };

    /// <summary>NVML's bits as words; idle (bit 0) is no throttling and is left out.</summary>
    internal static IReadOnlyList<string> ThrottleReasons(long bits)
    {
        if ((bits & ~1L) == 0)
            return [];
        var words = new List<string>();
        foreach (var (bit, word) in _reasons)
        {
            if ((bits & bit) != 0)
                words.Add(word);
        }

        return words;
    }

    private static readonly (long Bit, string Word)[] _reasons =
    [
        (0x2, "applications_clocks_setting"),
        (0x4, "sw_power_cap"),
        (0x8, "hw_slowdown"),
        (0x10, "sync_boost"),
        (0x20, "sw_thermal_slowdown"),
        (0x40, "hw_thermal_slowdown"),
        (0x80, "hw_power_brake_slowdown"),
        (0x100, "display_clock_setting"),
    ];

    private static RotorFrame[] Fans(TickRecord tick, Board board)
    {
        var frames = new RotorFrame[tick.Fans.Length];
        for (var i = 0; i < frames.Length; i++)
        {
            frames[i] = Rotor(board.Fans[i].Name, tick.Commands.Fans[i], tick.Fans[i], tick.FanWrites[i],
                tick.Estimate.Fans[i], tick.Commands.FanReasons[i]);
        }

        return frames;
    }

    private static RotorFrame[] Pumps(TickRecord tick, Board board)
    {
        var frames = new RotorFrame[tick.Pumps.Length];
        for (var i = 0; i < frames.Length; i++)
        {
            frames[i] = Rotor(board.Pumps[i].Name, tick.Commands.Pumps[i], tick.Pumps[i], tick.PumpWrites[i],
                tick.Estimate.Pumps[i], tick.Commands.PumpReasons[i]);
        }

        return frames;
    }

    private static RotorFrame Valve(TickRecord tick, BoardValve valve) =>
        new(valve.Name, Math.Round(tick.Commands.Valve(valve).Permille / 10.0, 1), null, "ok", tick.Commands.ValveReasonOf(valve).ToString());

    private static IEnumerable<RotorFrame> Moisture(TickRecord tick, Board board)
    {
        for (var i = 0; i < board.Lines.Count; i++)
        {
            var line = board.Lines[i];
            if (!line.SwitchesMoisture)
                continue;
            var state = !tick.Lines[i].HasValue ? "absent" : tick.Estimate.LineRefused[i] ? "write_failed" : "ok";
            yield return new(line.Name, tick.Commands.Moisture(line) ? 100 : 0, null, state, tick.Commands.MoistureReasonOf(line).ToString());
        }
    }

    private static RotorFrame Rotor(
        string name, Duty commanded, RotorReading read, RotorWrite write, RotorHealth health, Reason reason) => new(
            name,
            Math.Round((write.ReadBack.Value ?? commanded).Permille / 10.0, 1),
            read.Rpm.Value is { } rpm ? Math.Round(rpm.Value) : null,
            RotorState(write, health),
            reason.ToString());

    private static string RotorState(RotorWrite write, RotorHealth health) => write.State switch
    {
        RotorWriteState.Gone => "absent",
        RotorWriteState.Failed or RotorWriteState.Ignored => "write_failed",
        _ => health switch
        {
            RotorHealth.Stalled => "stalled",
            RotorHealth.Slow => "slow",
            RotorHealth.TachLost => "tach_lost",
            RotorHealth.NotObeying => "write_failed",
            RotorHealth.Unknown or RotorHealth.Ok => "ok",
            _ => throw new System.Diagnostics.UnreachableException($"No word for {health}."),
        },
    };

    private static SensorFrame[] Sensors(TickRecord tick, Board board)
    {
        var frames = new SensorFrame[board.Sensors.Count];
        for (var i = 0; i < frames.Length; i++)
        {
            var reading = tick.Sensors[i];
            frames[i] = new(board.Sensors[i].Name, Rounded(reading, 3), board.Sensors[i].Unit, tick.Estimate.Sensors[i]);
        }

        return frames;
    }

    private static double Drive(Reading<Rpm> rpm, double maxRpm, double maxW)
    {
        var fraction = (rpm.Value?.Value ?? 0) / maxRpm;
        return maxW * fraction * fraction * fraction;
    }

    private static double? Rounded(Reading<double> reading, int digits) =>
        reading.Value is { } value ? Math.Round(value, digits) : null;

    private static double? Fresh(Reading<double> reading, TimeSpan now, int digits) =>
        reading.Value is { } value && reading.Age(now) <= GpuTimeToLive ? Math.Round(value, digits) : null;
}
