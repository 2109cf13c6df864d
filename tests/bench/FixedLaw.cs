using Appliance.Model;
using Appliance.Twin;

namespace Bench;

/// <summary>Fans at full, always.</summary>
internal sealed class FixedLaw(Board board) : SimpleLaw(board)
{
    protected override double Fans(double supplyC, BoxTwin twin, double nowS) => 1;
}
