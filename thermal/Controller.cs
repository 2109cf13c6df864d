using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>Turns an estimate into commands.</summary>
public static class Controller
{
    internal static void Step(
        ref ControllerState state, in Estimate estimate, ThermalInput input, ThermalSettings settings, TimeSpan now, ref ThermalCommands commands)
    {
        var dt = state.Started ? Math.Clamp((now - state.At).TotalSeconds, 0, 1) : 0;
        var fan = 1.0;
        var reason = new Reason(Driver.SensorsLost);
        commands.Mode = ThermalMode.Failsafe;
        if (estimate.SupplyC.Value is { } supply)
        {
            var error = supply - settings.SetpointC;
            state.Trim = Math.Clamp(state.Trim + 0.002 * error * dt, 0, 1);
            fan = Math.Clamp(0.15 * error + state.Trim, 0, 1);
            if (state.Started)
                fan = Math.Max(fan, state.FanFraction - settings.DownSlewPerS * dt);
            reason = new Reason(Driver.Trim, error);
            commands.Mode = ThermalMode.Running;
        }

        state.FanFraction = fan;
        state.Started = true;
        state.At = now;
        for (var i = 0; i < settings.Board.Fans.Count; i++)
        {
            commands.Fans[i] = Duty.OfFraction(Math.Max(fan, settings.Board.Fans[i].MinDutyPercent / 100));
            commands.FanReasons[i] = reason;
        }

        for (var i = 0; i < settings.Board.Gpus.Count; i++)
        {
            commands.GpuLimitW[i] = settings.Board.Gpus.MaxW;
            commands.GpuReasons[i] = new Reason(Driver.DefaultLimit);
        }
    }
}
