using Appliance.Daemon.Control;

namespace Appliance.Daemon.Cli;

/// <summary>What <c>watch</c> has heard: the last report, when it came, and the trail of the values that are drawn.</summary>
internal sealed record WatchModel
{
    private const int Kept = 400;

    public StatusReport? Report { get; init; }

    /// <summary>Seconds since the last answer.</summary>
    public double AgeS { get; init; }

    /// <summary>Why there is no answer; null while there is.</summary>
    public string? Silent { get; init; }

    /// <summary>Oldest first, one a second; null where nothing was known.</summary>
    public IReadOnlyList<double?> SupplyC { get; init; } = [];

    public IReadOnlyList<double?> HeatW { get; init; } = [];

    public IReadOnlyList<double?> FanPercent { get; init; } = [];

    public WatchModel Heard(StatusReport report) => Trail(report) with { Report = report, AgeS = 0, Silent = null };

    public WatchModel NotHeard(string why, double ageS) => Trail(null) with { AgeS = ageS, Silent = why };

    private WatchModel Trail(StatusReport? report)
    {
        var thermal = report?.Snapshot.Thermal;
        return this with
        {
            SupplyC = Add(SupplyC, thermal?.CoolantSupplyC),
            HeatW = Add(HeatW, thermal?.HeatW),
            FanPercent = Add(FanPercent, thermal is { Fans.Count: > 0 } ? thermal.Fans.Max(f => f.DutyPercent) : null),
        };
    }

    private static double?[] Add(IReadOnlyList<double?> trail, double? value) => [.. trail.Skip(Math.Max(0, trail.Count - Kept + 1)), value];
}
