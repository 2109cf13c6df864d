using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Controller
{
    private const double AirSideMaxK = 20;

    /// <summary>Coming so hot, air is not dosed any more: before power is, because full fans for a moment cost next to nothing.</summary>
    private const double FlatOutFromK = 1;
    private const double BypassUpPerS = 0.05;
    private const double BypassDownPerS = 0.03;
    private const double BypassLeastK = 0.3;
    private const double BypassFanBand = 0.02;

    /// <summary>Where in the exchanger the coolant stands whose outlet is aimed: what is nearer the end has been cooled already.</summary>
    private const double IntoExchanger = 0.67;

    /// <summary>
    /// Fans of a liquid-to-air box, facility valve of a liquid-to-liquid one: the drive at which the coolant that is about to reach
    /// the exchanger leaves it at the setpoint, less what the model is known to be wrong by. Driven by the return temperature, so
    /// that falling load does not cut the fans before its last hot slug has passed.
    /// </summary>
    private static void Cooling(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalInput input, ThermalSettings settings, Hazard hazard,
        TimeSpan now, double dt, ref ThermalCommands commands)
    {
        var setpoint = settings.SetpointC - state.DieShiftK;
        var reason = new Reason(Driver.ReturnTemperature, e.ReturnC.Value ?? 0, settings.Board.Fans.Count - e.FansAlive);
        if (e.DewPointC.Value is { } dew && dew + HumidAir.DewMarginK + 0.5 > setpoint)
        {
            setpoint = dew + HumidAir.DewMarginK + 0.5;
            reason = new(Driver.DewPoint, dew);
        }

        var most = Most(in e, settings);
        var wanted = Invert(setpoint - e.ModelErrorK, most, in known, in e, settings);
        if (state.ComingC > settings.SetpointC + (state.Shortage > 0.5 ? ShortFromK : FlatOutFromK))
            wanted = most; // what the model says of the drive is not what is coming
        state.FloorS = wanted <= settings.MinDrive + 1e-3 && (!settings.Bypass || state.BypassOpen > 0.98) ? state.FloorS + dt : 0;
        var full = hazard.FullFans || (!e.SupplyC.IsGood && state.UnknownS > 0.3);
        if (settings.Liquid)
        {
            var stroke = ProofStroke(ref state, in e, dt);
            state.Drive = full || state.BootS < BootS ? 1 : Math.Max(wanted, state.Drive - settings.DownSlewPerS * dt);
            commands.FacilityValve = Duty.OfFraction(e.ValveStuck && e.SupplyC.Value > settings.SetpointC ? 1 : Math.Max(stroke, state.Drive));
            commands.FacilityValveReason = full ? hazard.Reason : reason;
        }

        var air = settings.Liquid ? 0 : Math.Clamp(wanted / most, 0, 1);
        if (settings.HoldsCabinet)
            (air, reason) = CabinetAir(ref state, in known, in e, settings, dt);
        var floor = AirFloor(in e, settings);
        if (floor > air)
            (air, reason) = (floor, new(Driver.Floor, 100 * floor));
        if (full)
            (air, reason) = (1, hazard.Any ? hazard.Reason : new(Driver.SensorsLost));
        if (state.BootS < BootS)
            (air, reason) = (1, new(Driver.Boot));
        (air, reason) = Manual(input, settings, in e, air, reason, now, ref commands);
        var slewed = state.AirDrive - settings.DownSlewPerS * dt;
        if (slewed > air + 0.01)
            reason = new(Driver.DownSlew);
        state.AirDrive = Math.Max(air, slewed);
        if (!settings.Liquid)
            state.Drive = state.AirDrive * most;
        if (settings.Bypass)
        {
            // Only as far as the fans have come down to their floor: the two must not work against each other. Given up slowly, so that what has
            // grown cold in the radiator at a trickle is mixed while it comes out; too warm it never gets by that.
            var atFloor = Math.Clamp((floor + BypassFanBand - wanted / most) / BypassFanBand, 0, 1);
            state.BypassMost = full || state.BootS < BootS || hazard.Any ? 0
                : Math.Clamp(atFloor, state.BypassMost - BypassDownPerS * dt, state.BypassMost + BypassUpPerS * dt);
            Bypass(ref state, in known, in e, settings, setpoint - e.ModelErrorK, state.BypassMost, dt, ref commands);
        }

        for (var i = 0; i < settings.Board.Fans.Count; i++)
        {
            var turns = Estimator.Turns(e.Fans[i]) || e.Fans[i] == RotorHealth.Unknown;
            var duty = Skip(ref state, settings.Board, i, Math.Max(state.AirDrive, settings.Board.Fans[i].MinDutyPercent / 100));
            commands.Fans[i] = turns ? Duty.OfFraction(duty) : Duty.Full;
            commands.FanReasons[i] = reason;
        }

        commands.CapacityW = known.Observer.Started
            ? Reading<double>.Good(Math.Min(RemovableW(settings.SetpointC, most, in known, in e, settings), CarriedMostW(in e, settings)), now)
            : Reading<double>.Absent;
        if (!e.SupplyC.IsGood && state.UnknownS > 0.3)
            commands.Mode = ThermalMode.Failsafe;
    }

    /// <summary>
    /// Little load: with fans at their floor the radiator still cools too much, so coolant is led past it until what is mixed again is at the
    /// target. Mixed is what comes out of the radiator now, not what will in the end: at a trickle it takes minutes to answer. Shuts at once;
    /// anything out of order shuts it.
    /// </summary>
    private static void Bypass(
        ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, double targetC, double most, double dt,
        ref ThermalCommands commands)
    {
        ref readonly var loop = ref known.Observer;
        var warmer = loop.InletC - loop.OutletC;
        var past = !loop.Started || !e.SupplyC.IsGood || warmer < BypassLeastK ? 0 : Math.Max(0, (targetC - loop.OutletC) / warmer);
        var wanted = Math.Min(past / settings.Model.Design.BypassShare, most);
        state.BypassOpen = Math.Min(wanted, state.BypassOpen + BypassUpPerS * dt);
        commands.BypassValve = Duty.OfFraction(1 - state.BypassOpen);
        commands.BypassValveReason = state.BypassOpen > 0 ? new(Driver.LowLoad, e.HeatW) : new(Driver.NotNeeded);
    }

    /// <summary>
    /// No fan rests inside a band it must avoid (blade or cabinet resonance): it stands at one of the edges, and as many at the upper one as
    /// make up the air that is wanted, rounded up.
    /// </summary>
    private static double Skip(ref ControllerState state, Board board, int fan, double wanted)
    {
        foreach (var band in board.Fans[fan].Skip ?? [])
        {
            double low = band.FromPercent / 100, high = band.ToPercent / 100;
            if (wanted <= low || wanted >= high)
                continue;
            var needed = board.Fans.Count * (wanted - low) / (high - low);
            if (fan == 0 && (needed > state.SkipUpper + 0.1 || needed < state.SkipUpper - 1.3))
                state.SkipUpper = (int)Math.Ceiling(needed);
            return fan < state.SkipUpper ? high : low;
        }

        return wanted;
    }

    /// <summary>Least drive whose outlet is at or below the target; monotone, so bisection cannot go wrong.</summary>
    private static double Invert(double targetC, double most, in EstimatorState known, in Estimate e, ThermalSettings settings)
    {
        if (!known.Observer.Started)
            return most;
        var model = settings.Model;
        var inlet = known.Observer.ReachingExchangerC(model, IntoExchanger);
        var carried = model.Carried(Math.Max(e.FlowLMin.Value ?? e.ExpectedFlowLMin, 0.5));
        double low = settings.MinDrive, high = most;
        if (Outlet(model, in known, in e, inlet, carried, low) <= targetC)
            return low;
        if (Outlet(model, in known, in e, inlet, carried, high) > targetC)
            return high;
        for (var k = 0; k < 11; k++)
        {
            var mid = 0.5 * (low + high);
            if (Outlet(model, in known, in e, inlet, carried, mid) > targetC)
                low = mid;
            else
                high = mid;
        }

        return 0.5 * (low + high);
    }

    private static double Outlet(LoopModel model, in EstimatorState known, in Estimate e, double inletC, double carried, double drive) =>
        LoopModel.OutletC(
            inletC, known.Observer.ColdC(model, known.SourceC, drive, e.HeatW), known.Observer.Theta(drive) * model.Conductance(drive), carried);

    /// <summary>Air that DIMMs, NICs and power supplies need whatever the coolant wants.</summary>
    private static double AirFloor(in Estimate e, ThermalSettings settings)
    {
        var heat = ThermalSettings.AirSideIdleW + ThermalSettings.AirSidePerW * e.HeatW;
        return Math.Clamp(heat / (AirSideMaxK * ThermalSettings.AirWPerK), settings.MinFan, 1);
    }

    /// <summary>An operator's duty holds until it expires, never below what heat needs, and never against a fail-safe.</summary>
    private static (double Air, Reason Reason) Manual(
        ThermalInput input, ThermalSettings settings, in Estimate e, double air, Reason reason, TimeSpan now, ref ThermalCommands commands)
    {
        if (ManualLeftS(input, settings, now) is not { } left)
            return (air, reason);
        commands.Conditions.Add(new(ConditionCode.ManualActive, TargetKind.Loop, 0, left));
        if (commands.Mode is ThermalMode.Running)
            commands.Mode = ThermalMode.Manual;
        if (input.Manual?.Fans is not { } asked)
            return (air, reason);
        var top = settings.SetpointC + 0.75 * settings.BandK;
        var warm = (e.ControlledC.Value ?? double.MaxValue) > top || e.SupplyC.Value > top;
        return warm || reason.Driver is Driver.SensorsLost or Driver.NoFlow or Driver.LowFlow or Driver.Overheat
            ? (Math.Max(asked.Fraction, air), reason)
            : (Math.Max(asked.Fraction, settings.MinFan), new(Driver.Manual, left));
    }

    /// <summary>No coolant leaves the plates hotter than a die may be, whatever an exchanger could do with it.</summary>
    private static double CarriedMostW(in Estimate e, ThermalSettings settings) =>
        settings.Model.Carried(e.FlowLMin.Value ?? e.ExpectedFlowLMin) * (settings.Board.Gpus.ThrottleC - settings.SetpointC);

    /// <summary>Seconds an operator's request still holds; null when there is none or its time is over.</summary>
    private static double? ManualLeftS(ThermalInput input, ThermalSettings settings, TimeSpan now) =>
        input.Manual is { } manual && manual.Until(settings.ManualTimeout) - now is { Ticks: > 0 } left ? left.TotalSeconds : null;
}
