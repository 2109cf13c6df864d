using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>
/// How long a pump that stopped is missed, on the plant's truth: until the other one is told enough, and until the coolant flows again. Enough is
/// what flowed before the fault, or what the other pump gives at its highest where that is less.
/// </summary>
internal sealed class PumpChangeover(BoxTwin twin)
{
    // Duties are whole steps of 255, and a die that changes by a tenth of a degree moves the flow that is wanted by as much.
    private const double EnoughShare = 0.97;
    private const double HighestShare = 0.99;
    private double _beforeLMin;
    private double _enoughLMin = double.NaN;

    /// <summary>From the fault to the other pump's command, s; null: never.</summary>
    public double? CommandedS { get; private set; }

    /// <summary>From the fault to the flow, s; null: never.</summary>
    public double? FlowBackS { get; private set; }

    /// <summary>The last tick before the fault.</summary>
    public void Before() => _beforeLMin = twin.Truth.FlowLMin;

    /// <param name="sinceS">How long the plant has been broken.</param>
    public void Tick(double sinceS)
    {
        if (double.IsNaN(_enoughLMin))
            _enoughLMin = Math.Min(EnoughShare * _beforeLMin, HighestShare * twin.MostFlowLMin());
        if (CommandedS is null && twin.CommandedFlowLMin() >= _enoughLMin)
            CommandedS = Math.Round(sinceS, 1);
        if (CommandedS is not null && FlowBackS is null && twin.Truth.FlowLMin >= _enoughLMin)
            FlowBackS = Math.Round(sinceS, 1);
    }
}
