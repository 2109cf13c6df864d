using Appliance.Model;

namespace Appliance.Daemon.Simulation;

/// <summary>The box with its radiator, the same box on facility water, and those with parts of their own.</summary>
/// <param name="Others">In the order of <see cref="OtherNames"/>.</param>
public sealed record SimulationBoards(Board Air, Board Water, IReadOnlyList<Board> Others)
{
    public const string AirName = "hgx-h100-8";
    public const string WaterName = "hgx-h100-8-cdu";

    /// <summary>Closed for ever: a seed from <see cref="CampaignCase.BoardsFrom"/> on means a place in this list. A further board gets a range of its own.</summary>
    public static IReadOnlyList<string> OtherNames { get; } = ["hgx-h100-8-brake", "hgx-h100-8-humidity", "hgx-h100-8-bypass", "hgx-h100-8-cabinet"];

    public static SimulationBoards Load(Func<string, Board> load)
    {
        ArgumentNullException.ThrowIfNull(load);
        return new(load(AirName), load(WaterName), [.. OtherNames.Select(load)]);
    }

    public Board Of(string? cooling) => cooling is null || cooling == Air.Cooling ? Air : Water;
}
