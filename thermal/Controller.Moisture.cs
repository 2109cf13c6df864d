using Appliance.Model;

namespace Appliance.Thermal;

public static partial class Controller
{
    private const double HumidityCentre = 45;
    private const double HumidityStart = 4;
    private const double HumidityStop = 1;

    /// <summary>Below this a humidity sensor in a room shows itself, not the air.</summary>
    private const double DriestPercent = 2;

    /// <summary>A surface nearer to the dew point than this starts the dehumidifier, one further away than the next ends that: before the guard's 3 K are touched.</summary>
    private const double DewFromK = HumidAir.DewMarginK + 1;
    private const double DewUntilK = HumidAir.DewMarginK + 2;

    /// <summary>Shortest run and shortest rest: a compressor restarts against its own pressure, and a steam cylinder has to boil first.</summary>
    public const double MoistureLeastS = 180;

    /// <summary>
    /// The room's moisture where the board has a device for it: 45 ± 5 %RH with hysteresis, and the dew point before that. Off in the very tick in which
    /// humidity or coolant cannot be trusted; never both at once.
    /// </summary>
    private static void Moisture(ref ControllerState state, in Estimate e, ThermalSettings settings, double dt, ref ThermalCommands commands)
    {
        if (!settings.Dehumidifier && !settings.Humidifier)
            return;
        ref var dry = ref state.Dehumidifier;
        ref var wet = ref state.Humidifier;
        dry.SinceS += dt;
        wet.SinceS += dt;
        if (MoistureOff(in e, settings, in commands) is { } off)
        {
            dry.Switch(false);
            wet.Switch(false);
            state.DewNear = false;
            (commands.DehumidifyReason, commands.HumidifyReason) = (off, off);
            return;
        }

        var humidity = e.HumidityPercent.Value!.Value;
        var margin = CoolestC(in e) - e.DewPointC.Value;
        state.DewNear = margin < (state.DewNear ? DewUntilK : DewFromK);
        var tooWet = state.DewNear || humidity > HumidityCentre + (dry.On ? HumidityStop : HumidityStart);
        var tooDry = humidity < HumidityCentre - (wet.On ? HumidityStop : HumidityStart);
        if (tooWet || margin is null || (wet.On && !tooDry && wet.SinceS >= MoistureLeastS))
            wet.Switch(false);
        if (dry.On && !tooWet && dry.SinceS >= MoistureLeastS)
            dry.Switch(false);
        if (settings.Dehumidifier && tooWet && dry.SinceS >= MoistureLeastS)
            dry.Switch(true);
        if (settings.Humidifier && tooDry && !tooWet && margin is not null && !dry.On && wet.SinceS >= MoistureLeastS)
            wet.Switch(true);
        (commands.Dehumidify, commands.Humidify) = (dry.On, wet.On);
        var why = state.DewNear ? new Reason(Driver.DewPoint, e.DewPointC.Value!.Value) : new Reason(Driver.Humidity, humidity);
        commands.DehumidifyReason = dry.On ? why : Idle(in dry, tooWet);
        commands.HumidifyReason = wet.On || (tooDry && state.DewNear) ? why : Idle(in wet, tooDry);
    }

    private static Reason Idle(in MoistureDevice device, bool wanted) =>
        wanted && device.SinceS < MoistureLeastS ? new(Driver.Resting, MoistureLeastS - device.SinceS) : new(Driver.NotNeeded);

    /// <summary>Why neither may run whatever the room is like; null when they may.</summary>
    private static Reason? MoistureOff(in Estimate e, ThermalSettings settings, in ThermalCommands commands)
    {
        switch (commands.Mode)
        {
            case ThermalMode.Shutdown:
                return new(Driver.Shutdown);
            case ThermalMode.Failsafe:
                return new(Driver.SensorsLost);
            case ThermalMode.Boot:
                return new(Driver.Resting, MoistureLeastS);
            case ThermalMode.Running or ThermalMode.Manual or ThermalMode.Overheat:
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"No rule for {commands.Mode}.");
        }

        // One that has been silent for less than a second still has a vote; nothing is switched by it.
        var seen = false;
        foreach (var i in settings.Humidity)
            seen |= e.Sensors[i] == Quality.Good;
        return seen && e.HumidityPercent.Value is > DriestPercent and <= 100 ? null : new(Driver.HumidityLost);
    }
}
