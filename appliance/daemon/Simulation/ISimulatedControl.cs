using Appliance.Thermal;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>What drives a twin in virtual time: the product's own loop, or one of the laws the bench compares it with.</summary>
public interface ISimulatedControl
{
    /// <summary>Reads the twin, decides, writes the twin: one tick of 100 ms.</summary>
    void Tick(BoxTwin twin, TimeSpan now);

    /// <summary>The process died and comes back: what it held in memory is gone, what it kept on disk is not.</summary>
    void Restart();

    /// <summary>Voted value of the controlled sensor, °C; null when it has none.</summary>
    double? ControlledC { get; }

    /// <summary>What stands after the last tick; empty for a law that raises nothing.</summary>
    ref readonly ConditionList Conditions { get; }

    ThermalMode Mode { get; }

    double? CapacityW { get; }

    bool Parked { get; }

    bool ShutDown { get; }
}
