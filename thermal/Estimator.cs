using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>
/// Turns readings into what the box is taken to be doing: range, rate, stuck and stale checks, voting within groups, the model
/// of the loop and the energy balance as referees. A value that cannot be trusted is replaced by one that can, or by the worse one.
/// </summary>
public static partial class Estimator
{
    /// <summary>With more than this led past the radiator its warmth is the bypass's doing and teaches nothing about the radiator.</summary>
    private const double LearnPastMost = 0.02;

    internal static void Estimate(
        ref EstimatorState state, ThermalInput input, ThermalSettings settings, TimeSpan now, ref Estimate e, ref ConditionList conditions)
    {
        var dt = state.Started ? Math.Clamp((now - state.At).TotalSeconds, 0.001, 1) : 0.1;
        Rotors(ref state, input, settings, dt, ref e, ref conditions);
        GpuPower(ref state, input, settings, now, dt, ref e, ref conditions);
        CheckSensors(ref state, input, settings, dt, ref e, ref conditions);
        Vote(ref state, settings, now, dt, ref e, ref conditions);
        Flow(ref state, settings, now, dt, ref e, ref conditions);
        Observe(ref state, settings, dt, ref e, ref conditions);
        Cabinet(ref state, settings, dt, ref e);
        GpuTemperatures(ref state, input, settings, now, dt, ref e, ref conditions);
        EnergyBalance(ref state, settings, now, dt, ref e, ref conditions);
        Lines(ref state, input, settings, dt, ref e, ref conditions);
        state.At = now;
        state.Started = true;
    }

    /// <summary>What was commanded this tick is what the next one compares with.</summary>
    internal static void Remember(ref EstimatorState state, in ThermalCommands commands, ThermalSettings settings)
    {
        for (var i = 0; i < settings.Board.Fans.Count; i++)
            state.Fans[i].Commanded = commands.Fans[i];
        for (var i = 0; i < settings.Board.Pumps.Count; i++)
            state.Pumps[i].Commanded = commands.Pumps[i];
        for (var i = 0; i < settings.Board.Gpus.Count; i++)
        {
            state.Gpus[i].CommandedLimitW = commands.GpuLimitW[i];
            state.Gpus[i].CommandedLowClock = commands.GpuLowestClock[i];
        }

        state.Drive = settings.Liquid ? commands.FacilityValve.Fraction : 0;
        state.BypassAsked = settings.Bypass ? 1 - commands.BypassValve.Fraction : 0;
        state.CloseValve = commands.CloseValve;
        (state.Dehumidify, state.Humidify) = (commands.Dehumidify, commands.Humidify);
    }

    private static void Observe(ref EstimatorState state, ThermalSettings settings, double dt, ref Estimate e, ref ConditionList conditions)
    {
        var model = settings.Model;
        var drive = e.AirFraction;
        if (settings.Liquid)
        {
            drive = FacilityDrive(ref state, settings, dt, ref e, ref conditions);
        }

        e.Drive = drive;
        state.BypassOpen += (state.BypassAsked - state.BypassOpen) * (1 - Math.Exp(-dt / model.Design.BypassTauS));
        var past = model.Design.BypassShare * state.BypassOpen;
        e.ColdC = state.Observer.ColdC(model, state.SourceC, drive, e.HeatW);
        var flow = Math.Max(e.FlowLMin.Value ?? e.ExpectedFlowLMin, 0);
        state.Observer.Step(
            model, dt, e.ReturnC.Value ?? state.ReturnC, flow, drive, state.SourceC, e.ColdC, e.SupplyC.IsGood ? e.SupplyC.Value : null,
            past, learn: !e.ValveStuck && state.FacilityNoneS == 0 && past < LearnPastMost);
        e.ModelErrorK = state.Observer.ErrorK;
        FacilityWater(ref state, settings, dt, ref e);
    }

    /// <summary>m·cp·ΔT against what the GPUs draw: the referee that no single sensor can bribe.</summary>
    private static void EnergyBalance(
        ref EstimatorState state, ThermalSettings settings, TimeSpan now, double dt, ref Estimate e, ref ConditionList conditions)
    {
        if (e.SupplyC.Value is not { } supply || e.ReturnC.Value is not { } back || e.FlowLMin.Value is not { } flow)
            return;
        var carried = settings.Model.Carried(flow) * (back - supply);
        e.CoolantHeatW = Reading<double>.Good(carried, now);
        double drawn = 0;
        // Without GPUs nobody says what the coolant ought to carry: the heat of a loop that cools down is its own.
        var steady = settings.Board.Gpus.Count > 0;
        for (var i = 0; i < settings.Board.Gpus.Count; i++)
        {
            drawn += state.Gpus[i].PlateW;
            steady &= state.Gpus[i].SteadyS > 60;
        }

        var limit = Math.Max(0.2 * drawn, 250);
        state.HeatOffS = steady && flow > 1 && Math.Abs(carried - drawn) > limit ? state.HeatOffS + dt : Math.Max(0, state.HeatOffS - 2 * dt);
        if (state.HeatOffS > 30)
            conditions.Add(new(ConditionCode.HeatUnaccounted, TargetKind.Loop, 0, carried, drawn));
        state.HeatOffS = Math.Min(state.HeatOffS, 60);
    }
}
