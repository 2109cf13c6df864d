using System.Globalization;

namespace Appliance.Rights;

/// <summary>One line of the protocol, understood; there is no seventh.</summary>
internal abstract record RightsRequest
{
    /// <param name="Uuid">As NVML names it: <c>GPU-…</c>.</param>
    public sealed record Limit(string Uuid, double Watts) : RightsRequest;

    /// <param name="Held">At its lowest; else let go.</param>
    public sealed record Clock(string Uuid, bool Held) : RightsRequest;

    /// <summary>Every GPU to its lowest limit and clock, whoever it is: all that somebody may ask who is not the control plane.</summary>
    public sealed record Lowest : RightsRequest;

    public sealed record StopEngine : RightsRequest;

    public sealed record PowerOff : RightsRequest;

    public sealed record Reboot : RightsRequest;

    /// <returns>Null for anything else, whatever it is.</returns>
    public static RightsRequest? Parse(string line) => line.Split(' ') switch
    {
        ["limit", var uuid, var watts] when IsUuid(uuid) && IsWatts(watts, out var value) => new Limit(uuid, value),
        ["clock", var uuid, var state] when IsUuid(uuid) && state is ("lowest" or "free") => new Clock(uuid, state == "lowest"),
        ["lowest"] => new Lowest(),
        ["stop-engine"] => new StopEngine(),
        ["power-off"] => new PowerOff(),
        ["reboot"] => new Reboot(),
        _ => null,
    };

    private static bool IsUuid(string text) =>
        text.Length is > 4 and <= 80 && text.StartsWith("GPU-", StringComparison.Ordinal) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static bool IsWatts(string text, out double watts) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out watts) && watts is >= 0 and <= 2000;
}
