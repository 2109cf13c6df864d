using Appliance.Model;

namespace Appliance.Daemon.Simulation;

/// <summary>The box with its radiator and the same box on facility water.</summary>
public sealed record SimulationBoards(Board Air, Board Water)
{
    public const string AirName = "hgx-h100-8";
    public const string WaterName = "hgx-h100-8-cdu";

    public Board Of(string? cooling) => cooling is null || cooling == Air.Cooling ? Air : Water;
}
