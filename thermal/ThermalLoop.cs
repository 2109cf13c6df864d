namespace Appliance.Thermal;

/// <summary>Estimate, then step: what the daemon's 10 Hz loop, the simulation and the replay of a flight record all call.</summary>
public static class ThermalLoop
{
    /// <summary>Pure: depends on nothing but its arguments and changes none of them. Allocates nothing.</summary>
    /// <param name="uptime">Monotonic; the time since the last call is measured, not assumed.</param>
    public static ThermalTick Step(in ThermalState state, ThermalInput input, ThermalSettings settings, TimeSpan uptime)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(settings);
        ThermalTick tick = default;
        tick.State = state;
        Estimator.Estimate(ref tick.State.Estimator, input, settings, uptime, ref tick.Estimate, ref tick.Commands.Conditions);
        Controller.Step(ref tick.State.Controller, in tick.State.Estimator, in tick.Estimate, input, settings, uptime, ref tick.Commands);
        Estimator.Remember(ref tick.State.Estimator, in tick.Commands, settings);
        return tick;
    }
}
