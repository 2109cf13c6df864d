using Appliance.Model;
using Appliance.Twin;

namespace Bench;

/// <summary>As lm-sensors' fancontrol works: a straight line between two temperatures, looked at every ten seconds.</summary>
internal sealed class CurveLaw(Board board) : SimpleLaw(board)
{
    private const double MinC = 36;
    private const double MaxC = 40;
    private const double MinDuty = 0.1;
    private double _nextS;
    private double _duty = 1;

    protected override double Fans(double supplyC, BoxTwin twin, double nowS)
    {
        if (nowS < _nextS)
            return _duty;
        _nextS = nowS + 10;
        return _duty = Math.Clamp(MinDuty + (1 - MinDuty) * (supplyC - MinC) / (MaxC - MinC), MinDuty, 1);
    }
}
