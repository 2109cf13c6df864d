using Appliance.Daemon.Simulation;
using Appliance.Model;
using Appliance.Thermal;
using Appliance.Twin;

namespace Bench;

/// <summary>What every law of the comparison shares: one supply sensor, no model, no conditions, pumps at full.</summary>
internal abstract class SimpleLaw(Board board) : ISimulatedControl
{
    private static readonly ConditionList None;
    private readonly int _supply = board.Sensors.ToList().FindIndex(s => s.Group == "coolant_supply");

    public double? ControlledC { get; private set; }

    public ref readonly ConditionList Conditions => ref None;

    public ThermalMode Mode => ThermalMode.Running;

    public double? CapacityW => null;

    public bool Parked => false;

    public bool ShutDown => false;

    public virtual void Restart()
    {
    }

    public void Tick(BoxTwin twin, TimeSpan now)
    {
        ControlledC = twin.Sensor(_supply) ?? ControlledC;
        var duty = Duty.OfFraction(Fans(ControlledC ?? 100, twin, now.TotalSeconds)).Pwm;
        for (var i = 0; i < twin.FanCount; i++)
            twin.WriteFan(i, duty);
        for (var i = 0; i < twin.PumpCount; i++)
            twin.WritePump(i, 255);
        twin.WriteFacilityValve(duty);
    }

    protected abstract double Fans(double supplyC, BoxTwin twin, double nowS);
}
