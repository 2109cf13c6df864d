namespace Appliance.Daemon.TwinProcess;

/// <summary>
/// What the twin's GPUs are asked to do, as a function of time: by default a service with changing demand, so that there is something
/// to see and something to control. Pure; the same moment gives the same power.
/// </summary>
/// <param name="Mode">One of <see cref="Modes"/>.</param>
/// <param name="Value">Watts per GPU for <c>watts</c>, seconds of a period for <c>bursts</c>; otherwise not used.</param>
internal sealed record TwinLoad(string Mode, double Value = 0)
{
    public const string Serve = "serve";

    public static IReadOnlyList<string> Modes { get; } = [Serve, "idle", "full", "watts", "bursts"];

    public static TwinLoad Default { get; } = new(Serve);

    /// <summary>Power wanted by this GPU, W.</summary>
    public double Watts(int gpu, TimeSpan t, double idleW, double maxW) => Mode switch
    {
        Serve => idleW + ServeShare(gpu, t.TotalSeconds) * (maxW - idleW),
        "idle" => idleW,
        "full" => maxW,
        "watts" => Math.Clamp(Value, 0, maxW),
        "bursts" => t.TotalSeconds % Value < Value / 2 ? maxW : idleW,
        _ => throw new System.Diagnostics.UnreachableException($"No load {Mode}."),
    };

    /// <exception cref="FormatException">One line saying what is wrong and what is known.</exception>
    public static TwinLoad Parse(string? mode, double? value, double maxW)
    {
        if (mode is null || !Modes.Contains(mode))
            throw new FormatException($"unknown load \"{mode}\"; known are {string.Join(", ", Modes)}");
        switch (mode)
        {
            case "watts" when value is not { } watts || watts < 0 || watts > maxW:
                throw new FormatException($"load watts needs a value of 0..{maxW:0} W per GPU");
            case "bursts" when value is not (>= 1 and <= 3600):
                throw new FormatException("load bursts needs a period of 1..3600 s");
            default:
                return new(mode, mode is "watts" or "bursts" ? value!.Value : 0);
        }
    }

    /// <summary>Between 55 and 75 %: a slow swell of demand shared by all, and what makes each GPU differ.</summary>
    private static double ServeShare(int gpu, double t) => 0.65
        + 0.05 * Math.Sin(2 * Math.PI * t / 170)
        + 0.03 * Math.Sin(2 * Math.PI * t / 47 + gpu * 0.9)
        + 0.02 * Math.Sin(2 * Math.PI * t / 11 + gpu * 2.1);
}
