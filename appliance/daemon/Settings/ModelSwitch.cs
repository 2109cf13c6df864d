using System.Text.Json;
using Appliance.Daemon.Config;
using Appliance.Daemon.Setup;
using Appliance.Model;

namespace Appliance.Daemon.Settings;

/// <param name="Served">The configuration names it, or names none and this is the one that ships.</param>
/// <param name="Family">From its config.json.</param>
/// <param name="Fault">Why it cannot be served; null for nothing found.</param>
internal sealed record ModelFolder(string Name, string Directory, string Family, long WeightBytes, bool Served, string? Fault);

/// <summary>Which models lie on the box, which one is served, and another one instead: by inference_core.model, checked before it is written.</summary>
internal sealed class ModelSwitch(SetupMachine machine)
{
    private const string Home = "/var/lib/appliance/models";
    private const string Shipped = "/usr/lib/appliance/models";

    public IReadOnlyList<ModelFolder> List()
    {
        var served = Served();
        return [.. Folders(Shipped).Concat(Folders(Home)).Select(directory => Look(directory, served))];
    }

    /// <returns>What is served from now on.</returns>
    /// <exception cref="SetupException">There is no such model, or it cannot be served; nothing was changed.</exception>
    public ModelFolder Use(string name)
    {
        var models = List();
        var model = models.LastOrDefault(m => m.Name == name || m.Directory == name.TrimEnd('/'))
            ?? throw new SetupException($"there is no model {name}; there are: {string.Join(", ", models.Select(m => m.Name))}. A model is a folder below {Home}.");
        if (model.Fault is { } fault)
            throw new SetupException($"{model.Name} cannot be served: {fault}.");
        var bytes = machine.Read(ConfigStore.BoxFile) ?? throw new SetupException($"{ConfigStore.BoxFile} is not there.");
        try
        {
            bytes = ConfigEdit.Set(bytes, "inference_core.model", JsonSerializer.Serialize(model.Directory, ConfigText.Default.String));
            BoxConfigFile.Parse(bytes, ConfigStore.BoxFile);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new SetupException($"{ConfigStore.BoxFile} cannot be changed: {e.Message}");
        }

        machine.Write(ConfigStore.BoxFile, bytes, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        machine.Run("systemctl", ["reload", "appliance"]);
        Restart();
        return model with { Served = true };
    }

    /// <summary>Answers under way are finished by the next worker where the journal has them.</summary>
    public void Restart() => machine.Run("systemctl", ["restart", "inference-core"]);

    private string Served()
    {
        try
        {
            if (machine.Read(ConfigStore.BoxFile) is { } bytes && BoxConfigFile.Parse(bytes, ConfigStore.BoxFile).InferenceCore.Model is { } model)
                return model.TrimEnd('/');
        }
        catch (Exception e) when (e is FormatException or UnauthorizedAccessException)
        {
            return ""; // not known to who asks
        }

        return Shipped + "/field-guide";
    }

    private IEnumerable<string> Folders(string home)
    {
        try
        {
            return machine.DirectoryExists(home)
                ? Directory.GetDirectories(machine.PathOf(home)).Select(d => $"{home}/{Path.GetFileName(d)}").Order(StringComparer.Ordinal)
                : [];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    private ModelFolder Look(string directory, string served)
    {
        var name = Path.GetFileName(directory);
        var folder = machine.PathOf(directory);
        try
        {
            using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")));
            var family = config.RootElement.TryGetProperty("model_type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString()! : "?";
            var shards = Directory.GetFiles(folder, "*.safetensors");
            var fault = shards.Length == 0 ? "it has no *.safetensors" : Missing(folder);
            return new(name, directory, family, shards.Sum(s => new FileInfo(s).Length), served == directory, fault);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            var why = e is FileNotFoundException ? "it has no config.json" : e is JsonException ? "its config.json is not JSON" : e.Message.TrimEnd('.');
            return new(name, directory, "?", 0, served == directory, why);
        }
    }

    /// <summary>A shard that the index names and that is not there: a copy that broke off.</summary>
    private static string? Missing(string folder)
    {
        var index = Path.Combine(folder, "model.safetensors.index.json");
        if (!File.Exists(index))
            return null;
        using var document = JsonDocument.Parse(File.ReadAllBytes(index));
        if (!document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            return "its index of shards has no weight_map";
        var missing = map.EnumerateObject().Select(w => w.Value.GetString() ?? "").Distinct().Where(f => !File.Exists(Path.Combine(folder, Path.GetFileName(f)))).ToArray();
        return missing.Length == 0 ? null : $"{missing.Length} of its shards are missing, {missing[0]} first";
    }
}
