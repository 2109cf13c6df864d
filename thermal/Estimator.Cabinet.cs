namespace Appliance.Thermal;

public static partial class Estimator
{
    private const double CabinetErrorTauS = 20;

    /// <summary>
    /// Air of a closed cabinet: what leaves the node comes round in part, inlet = room + r/(1 − r)·heat/air, with the cabinet's and the sensor's
    /// lag. What the reading is beside that is the model's error; the controller aims that much beside the setpoint, as with the coolant.
    /// </summary>
    private static void Cabinet(ref EstimatorState state, ThermalSettings settings, double dt, ref Estimate e)
    {
        if (e.CabinetC.Value is not { } measured)
            return;
        if (state.CabinetC == 0)
            state.CabinetC = measured;
        var settled = state.AmbientC + ThermalSettings.AirComesRoundW(settings.Model.Design, e.HeatW) / (Math.Max(e.AirFraction, 0.02) * ThermalSettings.AirWPerK);
        state.CabinetC += (settled - state.CabinetC) * Math.Min(1, dt / (settings.Model.Design.CabinetTauS + settings.Model.Design.SensorTauS));
        state.CabinetErrorK += (measured - state.CabinetC - state.CabinetErrorK) * Math.Min(1, dt / CabinetErrorTauS);
        e.CabinetErrorK = state.CabinetErrorK;
    }
}
