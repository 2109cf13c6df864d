using Appliance.Daemon.Simulation;
using Appliance.Model;
using Appliance.Thermal;
using Appliance.Twin;

namespace Bench;

/// <summary>The product's loop until the fault strikes, and from that instant on a plan that looks at nothing.</summary>
internal sealed class PlannedControl(Board board, FaultPlan plan) : ISimulatedControl
{
    /// <summary>What the twin's busy GPUs draw with their clocks at the lowest, W.</summary>
    public static readonly double LowestClockW = new PlantParameters().LowestClockW;

    private readonly ThermalControl _before = new(board);
    private bool _off;

    public double? ControlledC => _before.ControlledC;

    public ref readonly ConditionList Conditions => ref _before.Conditions;

    public ThermalMode Mode => _before.Mode;

    public double? CapacityW => _before.CapacityW;

    public bool Parked { get; private set; }

    public bool ShutDown => _off;

    public void Restart()
    {
    }

    public void Tick(BoxTwin twin, TimeSpan now)
    {
        var after = now.TotalSeconds - SimulationRun.WarmUpS - FaultTable.StrikesAtS;
        if (after < 0)
        {
            _before.Tick(twin, now);
            return;
        }

        var stage = plan.Stage(after);
        var watts = plan.GpuW[stage];
        for (var i = 0; i < twin.FanCount; i++)
            twin.WriteFan(i, 255);
        for (var i = 0; i < twin.PumpCount; i++)
            twin.WritePump(i, Duty.OfFraction(plan.Pump[stage]).Pwm);
        twin.WriteFacilityValve(255);
        twin.WriteBypassValve(255);
        var low = Math.Ceiling(twin.GpuCount * (board.Gpus.MinLimitW - watts) / (board.Gpus.MinLimitW - LowestClockW));
        for (var i = 0; i < twin.GpuCount; i++)
        {
            _ = twin.WriteGpuLimit(i, Math.Clamp(watts, board.Gpus.MinLimitW, board.Gpus.MaxW));
            _ = twin.WriteGpuClock(i, i < low);
        }

        Parked = twin.EngineParked = watts < LowestClockW;
        _off |= watts < 1;
        if (_off)
            twin.PowerOff();
    }
}
