using Appliance.Daemon.Simulation;
using Appliance.Model;

namespace SimulationTests.Stories;

/// <summary>A story that is no row of the fault table.</summary>
/// <param name="Act">What a person at the box does, at every tick.</param>
internal sealed record Tale(string Name, Scenario Scenario, Board Board, Action<double, ThermalControl>? Act = null);
