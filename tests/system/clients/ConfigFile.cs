namespace SystemTests.Clients;

/// <summary>A configuration for one test, gone with it.</summary>
internal sealed class ConfigFile : IDisposable
{
    public ConfigFile(string json) => File.WriteAllText(Path, json);

    public string Path { get; } = System.IO.Path.Combine(Directory.CreateTempSubdirectory("config-").FullName, "appliance.json");

    public void Dispose() => Directory.Delete(System.IO.Path.GetDirectoryName(Path)!, recursive: true);
}
