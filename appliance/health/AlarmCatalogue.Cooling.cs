using Appliance.Model;
using static Appliance.Model.Severity;

namespace Appliance.Health;

public static partial class AlarmCatalogue
{
    private static AlarmKind[] LoopKinds() =>
    [
        new(CoolantHot, "Coolant above its band", "冷却液高于目标范围", Warning, "loop",
            "The coolant supply is warmer than setpoint plus band; what is left of the margin goes first to the GPUs.",
            "Check room temperature, air intake and fans; `appliance thermal` shows who drives what and why.")
        { ClearAfter = Seconds(10) },
        new(CoolantCold, "Coolant below its band", "冷却液低于目标范围", Information, "loop",
            "The coolant supply is colder than setpoint minus band; that is normal while the box warms up.",
            "Nothing: it warms up with load. If it stays, see why the fans run fast.")
        { RaiseAfter = Seconds(600), ClearAfter = Seconds(30) },
        new(SupplyUnknown, "Coolant temperature unknown", "冷却液温度未知", Critical, "loop",
            "No supply sensor gives a believable value; fans and pumps run at full speed because nobody knows better.",
            "Check the cable of the loop sensors, then replace the sensor module."),
        new(DewPointNear, "Coolant near the dew point", "冷却液接近露点", Critical, "loop",
            "The coldest surface is near the dew point of the air: water may condense on live parts.",
            "Dry the room's air or raise the setpoint; keep the lid closed.")
        { ClearAfter = Seconds(30) },
        new(HumidityOutOfBand, "Humidity outside its band", "湿度超出范围", Information, "loop",
            "The room's humidity is not what was agreed; fans and pumps cannot change it.",
            "Tell the people who run the room's air handling.")
        { RaiseAfter = Seconds(60), ClearAfter = Seconds(60) },
        new(FlowLow, "Coolant flow low", "冷却液流量偏低", Critical, "loop",
            "Less coolant flows than the pumps should give; the GPUs run hotter than they need to.",
            "Look for a kinked hose, a closed coupling or air in the loop; check both pumps.")
        { ClearAfter = Seconds(10) },
        new(FlowNone, "Coolant flow lost", "冷却液断流", Critical, "loop",
            "No coolant flows: at full load the GPUs reach their limit within seconds.",
            "Check the pumps' power and the loop for a closed valve; the box switches itself off if flow does not return.")
        { ClearAfter = Seconds(10) },
        new(FlowNoisy, "Coolant flow unsteady", "冷却液流量不稳", Warning, "loop",
            "The flow scatters as it does with air in the loop or a cavitating pump.",
            "Bleed the loop until the flow is steady.")
        { ClearAfter = Seconds(30) },
        new(LeakSuspected, "One leak sensor wet", "疑似漏液", Warning, "loop",
            "One leak sensor is wet and no second one confirms it.",
            "Look under the cold plates now.")
        { ClearAfter = Seconds(30) },
        new(LeakConfirmed, "Leak", "确认漏液", Critical, "loop",
            "Coolant is leaking. The box has stopped what could pump it out.",
            "Do not power on: find and mend the leak, dry the box, acknowledge, then `appliance alarms reset`.")
        { ClearAfter = Seconds(30), Latches = true },
        new(LeakWireBroken, "Leak rope broken", "漏液检测绳断线", Warning, "sensor",
            "The wire of a leak rope is cut or unplugged: a leak there would not be seen.",
            "Plug in or replace the leak rope."),
        new(LevelLow, "Coolant level low", "冷却液液位低", Critical, "loop",
            "The reservoir holds too little coolant; air may get into the pumps.",
            "Look for the leak, then top up with the coolant named on the reservoir.")
        { ClearAfter = Seconds(30) },
        new(CapacityShort, "More heat than the loop can remove", "热量超过散热能力", Warning, "loop",
            "The GPUs want more power than fans and pumps can carry away at the setpoint.",
            "Expect GPU power to be withheld; improve the air intake, mend fans or lower the room temperature.")
        { RaiseAfter = Seconds(5), ClearAfter = Seconds(30) },
        new(HeatUnaccounted, "Heat does not add up", "热量不平衡", Warning, "loop",
            "What the coolant carries away does not match what the GPUs draw: a flow meter or a temperature is wrong.",
            "Compare flow meters and coolant sensors in `appliance thermal`.")
        { ClearAfter = Seconds(60), KnownAfter = Seconds(300) }, // judged while the loop is steady again, which no constant says
        new(RadiatorFouled, "Radiator fouled", "散热器脏污", Warning, "loop",
            "The radiator removes clearly less heat than it was built for.",
            "Clean the radiator and its filters.")
        { ClearAfter = Seconds(300), KnownAfter = Seconds(600) }, // learnt: until the loop is sure, which no constant says
        new(SetpointUnreachable, "Coolant cooler than the setpoint", "冷却液无法升至设定值", Information, "loop",
            "The load is so small that the coolant stays below its band with the fans at their floor.",
            "Nothing: cooler is fine.")
        { RaiseAfter = Seconds(60), ClearAfter = Seconds(60), KnownAfter = AlarmKind.AfterWatching(Seconds(LoopWaits.UnreachableS)) },
        new(ValveMismatch, "Valve does not follow", "阀门动作不符", Critical, "loop",
            "The valve's feedback is not what was commanded.",
            "Check the valve and its feedback line.")
        { KnownAfter = AlarmKind.AfterWatching(Seconds(LoopWaits.ValveGainKnownS), Seconds(LoopWaits.ValveStrokeEveryS)) },
    ];

    private static AlarmKind[] RotorKinds() =>
    [
        new(FanStalled, "Fan stopped", "风扇停转", Critical, "fan",
            "The fan is driven but does not turn; the others make up for it.",
            "Replace the fan; at once if a second one fails."),
        // One that stops is slow on its way: the wait leaves the stop alone to be told.
        new(FanSlow, "Fan too slow", "风扇转速偏低", Warning, "fan",
            "The fan turns clearly slower than its drive asks for: dust, a worn bearing or something in its way.",
            "Clean the fan and its grille; replace it if that does not help.")
        { RaiseAfter = Seconds(3), ClearAfter = Seconds(10), DependsOn = [FanStalled] },
        new(FanTachLost, "Fan speed unknown", "风扇转速信号丢失", Warning, "fan",
            "The fan's tachometer gives no signal although the cooling shows that it turns.",
            "Check the fan's connector; replace the fan."),
        new(FanNotObeying, "Fan driven by somebody else", "风扇不受控", Critical, "fan",
            "The fan reads back another duty than the one commanded.",
            "Find who else writes it: another fan daemon, the firmware, the chip's automatic mode."),
        new(FanWriteFailed, "Fan cannot be driven", "风扇无法控制", Critical, "fan",
            "The fan controller does not take the duty written to it; the fan runs on whatever the chip decides.",
            "Look at the kernel log for the fan chip; if it stays, replace the fan board."),
        new(PumpStalled, "Pump stopped", "水泵停转", Critical, "pump",
            "The pump is driven but does not turn; the others make up for it.",
            "Replace the pump now: when the second one stops, the GPUs overheat within ten seconds."),
        new(PumpSlow, "Pump too slow", "水泵转速偏低", Warning, "pump",
            "The pump turns clearly slower than its drive asks for: air in it, or wear.",
            "Bleed the loop; replace the pump if that does not help.")
        { RaiseAfter = Seconds(3), ClearAfter = Seconds(10), DependsOn = [PumpStalled] },
        new(PumpTachLost, "Pump speed unknown", "水泵转速信号丢失", Warning, "pump",
            "The pump's tachometer gives no signal although the cooling shows that it turns.",
            "Check the pump's connector; replace the pump."),
        new(PumpNotObeying, "Pump driven by somebody else", "水泵不受控", Critical, "pump",
            "The pump reads back another duty than the one commanded.",
            "Find who else writes it: another fan daemon, the firmware, the chip's automatic mode."),
        new(PumpWriteFailed, "Pump cannot be driven", "水泵无法控制", Critical, "pump",
            "The pump controller does not take the duty written to it; the pump runs on whatever the chip decides.",
            "Look at the kernel log for the pump chip; if it stays, replace the pump board."),
        new(PumpWithoutFlow, "Pump turns without flow", "水泵空转", Critical, "pump",
            "The pump turns but moves no coolant: a broken impeller, a stuck non-return valve or air.",
            "Check the pump's impeller and valve; bleed the loop.")
        { ClearAfter = Seconds(10) },
    ];

    private static AlarmKind[] SensorKinds() =>
    [
        new(SensorLost, "Sensor silent", "传感器无响应", Warning, "sensor",
            "The sensor does not answer; its neighbours stand in for it.",
            "Check the sensor's cable; replace it."),
        new(SensorRange, "Sensor out of range", "传感器超量程", Warning, "sensor",
            "The sensor says something that cannot be: its wire is open or shorted.",
            "Check the sensor's cable; replace it."),
        new(SensorRate, "Sensor jumps", "传感器跳变", Warning, "sensor",
            "The sensor jumps faster than physics allows: a loose contact.",
            "Check the sensor's plug.")
        { ClearAfter = Seconds(30) },
        new(SensorStuck, "Sensor stuck", "传感器卡滞", Warning, "sensor",
            "The sensor has not moved while everything around it has.",
            "Replace the sensor; until then its neighbours stand in.")
        { ClearAfter = Seconds(30), KnownAfter = AlarmKind.AfterWatching(Seconds(LoopWaits.StuckIntervals * LoopWaits.StuckIntervalMaxS)) },
        new(SensorDisagrees, "Sensor contradicts its neighbours", "传感器偏差", Warning, "sensor",
            "The sensor differs from its neighbours by more than their tolerance, so its value is not used.",
            "Compare it with its neighbours in `appliance thermal`; replace it.")
        { ClearAfter = Seconds(30) },
        new(SensorNoisy, "Sensor noisy", "传感器噪声大", Warning, "sensor",
            "The sensor's values scatter far more than its kind does.",
            "Check the sensor's shield and plug.")
        { ClearAfter = Seconds(30) },
        new(SensorImplausible, "Sensor against the energy balance", "传感器读数不合理", Warning, "sensor",
            "The sensor contradicts what power and flow allow.",
            "Compare it with a reference thermometer; replace it.")
        { ClearAfter = Seconds(30) },
        new(SensorsSwapped, "Supply and return swapped", "供回水传感器接反", Warning, "sensor",
            "Supply and return read the wrong way round.",
            "Check which connector is which.")
        { ClearAfter = Seconds(30) },
    ];
}
