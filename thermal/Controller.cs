using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>
/// Turns an estimate into commands. The rungs, in the order of what they cost: fans (or the facility valve), pumps, GPU power limits,
/// lowest clocks, parked workers, off. Rising demand is met at once; only the way down is slewed.
/// </summary>
public static partial class Controller
{
    private const double BootS = 0.5;
    private const double UnreachableByK = 0.5;

    internal static void Step(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalInput input, ThermalSettings settings, TimeSpan now,
        ref ThermalCommands commands)
    {
        var dt = state.Started ? Math.Clamp((now - state.At).TotalSeconds, 0.001, 1) : 0.1;
        if (!state.Started)
            TakeOver(ref state, input, settings);
        if (input.ResetLatches)
            state.ShutdownLatched = false;
        state.BootS += dt;
        commands.Mode = state.BootS < BootS ? ThermalMode.Boot : ThermalMode.Running;
        var hazard = Hazards(ref state, in known, in e, settings, dt, ref commands);
        Pumps(ref state, in known, in e, input, settings, hazard, now, dt, ref commands);
        Cooling(ref state, in known, in e, input, settings, hazard, now, dt, ref commands);
        Power(ref state, in known, in e, settings, hazard, now, dt, ref commands);
        Remarks(ref state, in known, in e, settings, ref commands);
        if (commands.Shutdown)
            commands.Mode = ThermalMode.Shutdown;
        Moisture(ref state, in e, settings, dt, ref commands);
        state.At = now;
        state.Started = true;
    }

    /// <summary>Bumpless start: go on from what stands in the chips.</summary>
    private static void TakeOver(ref ControllerState state, ThermalInput input, ThermalSettings settings)
    {
        double fan = 0, pump = 0;
        foreach (var rotor in input.Fans)
            fan = Math.Max(fan, (rotor.ReadBack.Value ?? Duty.Full).Fraction);
        foreach (var rotor in input.Pumps)
            pump = Math.Max(pump, (rotor.ReadBack.Value ?? Duty.Full).Fraction);
        state.Drive = settings.Liquid ? 1 : fan;
        state.AirDrive = fan;
        state.Pump = pump;
        for (var i = 0; i < settings.Board.Gpus.Count; i++)
            state.GpuCapW[i] = settings.Board.Gpus.MaxW;
        state.CapW = settings.Board.Gpus.MaxW * settings.Board.Gpus.Count;
    }

    /// <summary>Full drive of the cold fluid as this box is now: fans that turn, a valve that moves.</summary>
    private static double Most(in Estimate e, ThermalSettings settings) =>
        !settings.Liquid ? settings.AirShare(Math.Max(e.FansAlive, 1)) : e.ValveStuck ? Math.Max(e.Drive, 0.02) : 1;

    /// <summary>What only a person needs to know.</summary>
    private static void Remarks(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, ref ThermalCommands commands)
    {
        if (e.DewPointC.Value is { } dew && CoolestC(in e) is { } coolest && coolest < dew + HumidAir.DewMarginK)
            commands.Conditions.Add(new(ConditionCode.DewPointNear, TargetKind.Loop, 0, coolest, dew + HumidAir.DewMarginK));
        if (e.HumidityPercent.Value is { } humidity && Math.Abs(humidity - 45) > 5)
            commands.Conditions.Add(new(ConditionCode.HumidityOutOfBand, TargetKind.Loop, 0, humidity, 45));
        if (e.SupplyC.Value is { } supply)
        {
            if (supply > settings.SetpointC + settings.BandK)
                commands.Conditions.Add(new(ConditionCode.CoolantHot, TargetKind.Loop, 0, supply, settings.SetpointC + settings.BandK));
            if (supply < settings.SetpointC - settings.BandK)
                commands.Conditions.Add(new(ConditionCode.CoolantCold, TargetKind.Loop, 0, supply, settings.SetpointC - settings.BandK));
            if (!settings.HoldsCabinet && state.FloorS > LoopWaits.UnreachableS && supply < settings.SetpointC - UnreachableByK)
            {
                commands.Conditions.Add(new(
                    ConditionCode.SetpointUnreachable, TargetKind.Loop, 0, e.HeatW,
                    RemovableW(
                        settings.SetpointC - settings.BandK, settings.MinDrive, e.FlowLMin.Value ?? e.ExpectedFlowLMin, in known, in e, settings,
                        settings.Bypass ? settings.Model.Design.BypassShare : 0)));
            }
        }

        if (settings.HoldsCabinet)
            CabinetRemarks(in state, in known, in e, settings, ref commands);
        var theta = known.Observer.Theta(0.6);
        var sure = known.Observer.Identity.Doubt < 0.1;
        if (sure && theta < 0.6 && e.FansAlive == settings.Board.Fans.Count)
            commands.Conditions.Add(new(ConditionCode.RadiatorFouled, TargetKind.Loop, 0, 100 * theta, 60));
    }

    /// <summary>
    /// The coolest surface that air can reach: the coolant's, and where the board measures its facility water the exchanger's primary side, which is as
    /// cold as that water. The first can be driven, the second only be told.
    /// </summary>
    private static double? CoolestC(in Estimate e) =>
        e.SupplyC.Value is { } supply ? Math.Min(supply, e.FacilityC.Value ?? supply) : e.FacilityC.Value;

    /// <summary>Heat that leaves at this drive with this coolant supply in steady state, W.</summary>
    internal static double RemovableW(double supplyC, double drive, in EstimatorState known, in Estimate e, ThermalSettings settings) =>
        RemovableW(supplyC, drive, e.FlowLMin.Value ?? e.ExpectedFlowLMin, in known, in e, settings);

    private static double RemovableW(
        double supplyC, double drive, double flowLMin, in EstimatorState known, in Estimate e, ThermalSettings settings, double past = 0)
    {
        var model = settings.Model;
        var carried = model.Carried(Math.Max(flowLMin, 0.5));
        var g = known.Observer.Theta(drive) * model.Conductance(drive);

        // What goes past the exchanger keeps its heat: of each kelvin above the cold inlet this share comes back.
        var rise = 1 / (past + (1 - past) * Math.Exp(-Math.Min(g / (carried * (1 - past)), 20))) - 1;

        // The node's own heat ahead of the radiator grows with the GPUs' power: cold = c0 + c1·W, solved for W.
        var c0 = known.Observer.ColdC(model, known.SourceC, drive, 0);
        var c1 = model.Design.FacilityC is null ? (1 + known.Observer.Identity.ColdShare) * model.Design.AirSidePerW / (Math.Max(drive, 0.01) * model.Design.ColdWPerK) : 0;
        return Math.Max(0, carried * rise * (supplyC - e.ModelErrorK - c0) / (1 + carried * rise * c1));
    }
}

/// <summary>What the safety rules found this tick.</summary>
internal readonly record struct Hazard(bool LowLimit, bool Park, bool Shutdown, bool FullFans, bool FullPumps, bool StopPumps, Reason Reason, bool LowClock = false)
{
    public bool Any => LowLimit || Park || Shutdown || FullFans || FullPumps;
}
