using System.Text.Json;
using System.Text.Json.Serialization;
using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.TwinProcess;

/// <summary>
/// What a twin leaves behind every second, so that a restarted one goes on where it was: a box does not cool down because its simulator did. Faults
/// of the plant go on; those of drivers, links and disks end with the twin, as most of them do with a reboot of the box that its restart stands for.
/// </summary>
internal sealed record TwinKept
{
    public double SupplyC { get; init; }

    public double GpuW { get; init; }

    public double AmbientC { get; init; } = 25;

    public double RoomHumidityPercent { get; init; } = 45;

    /// <summary>Virtual seconds since the first start, for the load.</summary>
    public double TimeS { get; init; }

    public TwinLoad Load { get; init; } = TwinLoad.Default;

    public IReadOnlyList<KeptFault> Faults { get; init; } = [];

    private static string PathOf(RunPaths paths) => Path.Combine(paths.State, "twin.json");

    /// <summary>Null when there is none or it cannot be read.</summary>
    public static TwinKept? Read(RunPaths paths)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(PathOf(paths)), TwinKeptJson.Default.TwinKept);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Beside and renamed: a twin killed while it writes leaves the one before.</summary>
    public void Write(RunPaths paths)
    {
        var path = PathOf(paths);
        try
        {
            Directory.CreateDirectory(paths.State);
            File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(this, TwinKeptJson.Default.TwinKept));
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk costs a plausible restart of the twin, nothing else.
        }
    }

    public static IReadOnlyList<KeptFault> Of(IEnumerable<FaultSpec> faults) =>
        [.. faults.Select(f => new KeptFault(FaultCatalogue.Of(f.Kind).Name, f.Target, f.Value))];
}

internal sealed record KeptFault(string Fault, string Target, double? Value);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TwinKept))]
internal sealed partial class TwinKeptJson : JsonSerializerContext;
