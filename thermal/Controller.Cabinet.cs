using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Controller
{
    private const double CabinetLeastRiseK = 0.5;

    /// <summary>
    /// Fans of a box whose cabinet is held: the least air at which the inlet settles at the setpoint, less what the model is known to be wrong by.
    /// An inlet that nobody can read gets all the air there is.
    /// </summary>
    private static (double Air, Reason Reason) CabinetAir(ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, double dt)
    {
        if (e.CabinetC.Value is not { } inlet)
            return (1, new(Driver.SensorsLost));
        var rise = settings.SetpointC - e.CabinetErrorK - known.AmbientC;
        var comesRound = ThermalSettings.AirComesRoundW(settings.Model.Design, e.HeatW);
        var air = rise < CabinetLeastRiseK ? 1 : comesRound / (rise * ThermalSettings.AirWPerK) / settings.AirShare(Math.Max(e.FansAlive, 1));
        state.CabinetFloorS = air <= settings.MinFan ? state.CabinetFloorS + dt : 0;
        return (Math.Clamp(air, 0, 1), new(Driver.CabinetInlet, inlet, settings.Board.Fans.Count - e.FansAlive));
    }

    /// <summary>Too little heat for the cabinet: the load at which its band begins is said instead of hidden.</summary>
    private static void CabinetRemarks(in ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, ref ThermalCommands commands)
    {
        if (e.CabinetC.Value is not { } inlet || state.CabinetFloorS < LoopWaits.UnreachableS || inlet >= settings.SetpointC - settings.BandK)
            return;
        var rise = settings.SetpointC - settings.BandK - e.CabinetErrorK - known.AmbientC;
        var comesRound = Math.Max(rise, 0) * settings.MinFan * ThermalSettings.AirWPerK;
        var design = settings.Model.Design;
        var begins = (comesRound * (1 - design.Recirculation) / design.Recirculation - ThermalSettings.AirSideIdleW) / ThermalSettings.AirSidePerW;
        commands.Conditions.Add(new(ConditionCode.SetpointUnreachable, TargetKind.Loop, 0, e.HeatW, Math.Max(begins, 0)));
    }
}
