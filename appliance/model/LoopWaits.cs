namespace Appliance.Model;

/// <summary>
/// How long the cooling loop looks before it says something, where that is longer than the first readings take: the loop waits so long, and the alarm
/// book of a daemon that was started anew waits for the loop.
/// </summary>
public static class LoopWaits
{
    /// <summary>Fans or valve at their least for so long, and the coolant still too cool: the setpoint cannot be reached.</summary>
    public const double UnreachableS = 120;

    /// <summary>A valve that nobody moves is moved a little this often where the load grows, to see that it does not stick.</summary>
    public const double ValveStrokeEveryS = 60;

    /// <summary>How much water the valve lets through is learnt for so long before less of it is called a valve that does not follow.</summary>
    public const double ValveGainKnownS = 120;

    /// <summary>A sensor whose value stands still for so many of its usual intervals is stuck.</summary>
    public const double StuckIntervals = 40;

    /// <summary>The longest interval that counts as usual.</summary>
    public const double StuckIntervalMaxS = 5;
}
