using Appliance.Model;
using Appliance.Twin;

namespace Bench;

/// <summary>
/// As phosphor-pid-control is built: a thermal PI every second sets an rpm, an rpm PI every 100 ms with feed-forward sets the duty,
/// the integral clamped, the output slewed by 1 % a second both ways. The project documents no gains for a liquid loop; these are the
/// best of the grid that <c>bench thermal-tune</c> tries on the nominal plant, which favours it.
/// </summary>
internal sealed class SwampdLaw(Board board, double kp = SwampdLaw.TunedKp, double ki = SwampdLaw.TunedKi) : SimpleLaw(board)
{
    public const double TunedKp = 0.3;
    public const double TunedKi = 0.01;
    private const double FanKi = 0.2;
    private const double SlewPerS = 0.01;
    private readonly double _setpointC = board.SetpointC;
    private readonly double _maxRpm = board.Fans[0].MaxRpm;
    private double _nextS;
    private double _thermal = 0.3;
    private double _target = 0.3;
    private double _fan;

    protected override double Fans(double supplyC, BoxTwin twin, double nowS)
    {
        if (nowS >= _nextS)
        {
            _nextS = nowS + 1;
            var error = supplyC - _setpointC;
            _thermal = Math.Clamp(_thermal + ki * error, 0.08, 1);
            var wanted = Math.Clamp(_thermal + kp * error, 0.08, 1);
            _target = Math.Clamp(wanted, _target - SlewPerS, _target + SlewPerS);
        }

        var rpmError = _target - (twin.Fan(0).Rpm ?? 0) / _maxRpm;
        _fan = Math.Clamp(_fan + FanKi * rpmError * 0.1, -0.2, 0.2);
        return Math.Clamp(_target + _fan, 0.08, 1);
    }
}
