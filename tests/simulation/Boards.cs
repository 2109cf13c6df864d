using Appliance.Daemon.Simulation;
using Appliance.Model;

namespace SimulationTests;

internal static class Boards
{
    public static Board Hgx { get; } = Load("hgx-h100-8");

    /// <summary>The same box on facility water.</summary>
    public static Board Cdu { get; } = Load("hgx-h100-8-cdu");

    /// <summary>With a valve that leads coolant past the radiator.</summary>
    public static Board Bypass { get; } = Load("hgx-h100-8-bypass");

    /// <summary>On facility water, in a closed cabinet whose inlet air is held.</summary>
    public static Board Cabinet { get; } = Load("hgx-h100-8-cabinet");

    /// <summary>The radiator's box with a dehumidifier and a humidifier for its room.</summary>
    public static Board Humidity { get; } = Load("hgx-h100-8-humidity");

    /// <summary>The radiator's box with a flow switch that pulls the GPUs' power brake below 2 L/min.</summary>
    public static Board Brake { get; } = Load("hgx-h100-8-brake");

    /// <summary>What the campaign plays.</summary>
    public static SimulationBoards All { get; } = SimulationBoards.Load(Load);

    public static Board Of(string cooling) => cooling == Cdu.Cooling ? Cdu : Hgx;

    private static Board Load(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "packaging", "boards", name + ".json");
            if (File.Exists(path))
                return BoardFile.Parse(File.ReadAllBytes(path), path);
        }

        throw new FileNotFoundException($"packaging/boards/{name}.json is not above {AppContext.BaseDirectory}.");
    }
}
