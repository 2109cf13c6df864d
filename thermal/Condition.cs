using System.Runtime.CompilerServices;
using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>What an alarm is about; the board's names are looked up only when a person reads it.</summary>
public enum TargetKind : byte
{
    Loop,
    Fan,
    Pump,
    Sensor,
    Gpu,
    Line,
}

/// <summary>A condition that holds in this tick: an alarm in the making. Text is made only when somebody asks.</summary>
/// <param name="Value">Measured, in the condition's unit.</param>
/// <param name="Limit">What it was compared with.</param>
public readonly record struct Condition(ConditionCode Code, TargetKind Kind, int Index, double Value = 0, double Limit = 0)
{
    /// <summary>The alarm code on the wire, e.g. <c>fan_stalled</c>.</summary>
    public string Name => ConditionBook.Name(Code);

    public string Target(Board board)
    {
        ArgumentNullException.ThrowIfNull(board);
        return Kind switch
        {
            TargetKind.Fan => board.Fans[Index].Name,
            TargetKind.Pump => board.Pumps[Index].Name,
            TargetKind.Sensor => board.Sensors[Index].Name,
            TargetKind.Gpu => $"gpu{Index}",
            TargetKind.Line => board.Lines[Index].Name,
            TargetKind.Loop => "loop",
            _ => throw new System.Diagnostics.UnreachableException($"No target for {Kind}."),
        };
    }

    /// <summary>One sentence with the value, its unit and the limit.</summary>
    public string Text(Board board) => ConditionBook.Text(this, Target(board));
}

/// <summary>Up to <see cref="Limits.Conditions"/> conditions without allocation; more are counted, not kept.</summary>
public struct ConditionList
{
    private Slots _slots;
    private int _count;

    public readonly int Count => _count;

    /// <summary>Conditions that found no room.</summary>
    public int Dropped { get; private set; }

    public readonly Condition this[int index] => index >= 0 && index < _count
        ? _slots[index]
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {_count} conditions.");

    public void Add(Condition condition)
    {
        if (_count == Limits.Conditions)
        {
            Dropped++;
            return;
        }

        _slots[_count++] = condition;
    }

    public readonly bool Has(ConditionCode code)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_slots[i].Code == code)
                return true;
        }

        return false;
    }

    [InlineArray(Limits.Conditions)]
    private struct Slots
    {
        private Condition _first;
    }
}
