namespace Appliance.Twin;

/// <summary>Parts that only some boards have, and how they break: the flow switch, the power brake it pulls, the contactors of a (de)humidifier.</summary>
public sealed partial class BoxTwin
{
    private readonly LineFault[] _lineFault;
    private bool _flowSwitch;
    private bool _switchBlind;
    private bool _switchPulls;
    private bool _brakeDead;
    private bool _brakeStuck;

    [Flags]
    private enum LineFault
    {
        None = 0,

        /// <summary>The output keeps its level, whoever writes or lets it go.</summary>
        Stuck = 1,

        /// <summary>What hangs on the line does not run.</summary>
        Dead = 2,

        /// <summary>It runs whatever the line says.</summary>
        RunsOn = 4,
    }

    /// <summary>Hardware alone: below its threshold the flow switch pulls every GPU's power brake, and lets go a tenth above it, as paddle switches do.</summary>
    private bool Brake(double flow)
    {
        if (_board.PowerBrake is not { } brake)
            return false;
        _flowSwitch = _switchPulls || (!_switchBlind && flow < brake.FlowBelowLMin * (_flowSwitch ? 1.1 : 1));
        return Truth.Braked = _brakeStuck || (_flowSwitch && !_brakeDead);
    }

    private bool Runs(int line) => line >= 0 && (_lineFault[line] & LineFault.Dead) == 0
        && ((_lineFault[line] & LineFault.RunsOn) != 0 || _driven[line] != _board.Lines[line].ActiveLow);

    private bool KeepsLevel(int line) => (_lineFault[line] & LineFault.Stuck) != 0;

    private void ResetParts()
    {
        Array.Clear(_lineFault);
        _switchBlind = _switchPulls = _brakeDead = _brakeStuck = false;
    }

    private void ApplyToPart(FaultKind kind, string target)
    {
        switch (kind)
        {
            case FaultKind.FlowSwitchBlind:
                _switchBlind = true;
                break;
            case FaultKind.FlowSwitchPulls:
                _switchPulls = true;
                break;
            case FaultKind.PowerBrakeDead:
                _brakeDead = true;
                break;
            case FaultKind.PowerBrakeStuck:
                _brakeStuck = true;
                break;
            case FaultKind.MoistureDead:
                _lineFault[LineIndex(target)] |= LineFault.Dead;
                break;
            case FaultKind.MoistureRunsOn:
                _lineFault[LineIndex(target)] |= LineFault.RunsOn;
                break;
            case FaultKind.MoistureLineStuck:
                _lineFault[LineIndex(target)] |= LineFault.Stuck;
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{kind} is no fault of a part that only some boards have.");
        }
    }

    private int LineIndex(string name) => IndexOf(_board.Lines, l => l.Name == name);
}
