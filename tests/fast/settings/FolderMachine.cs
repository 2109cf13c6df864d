using Appliance.Daemon.Setup;

namespace FastTests.Settings;

/// <summary>A machine made of a folder, with commands that write down how they were called.</summary>
internal sealed class FolderMachine : IDisposable
{
    public FolderMachine(params string[] commands)
    {
        Directory.CreateDirectory(Path.Combine(Folder, "bin"));
        foreach (var name in commands)
            Command(name, "exit 0");
        Command("cp", "exec /bin/cp \"$@\"");
        Machine = new(Folder, [Path.Combine(Folder, "bin")]);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("machine-").FullName;

    public SetupMachine Machine { get; }

    public string Calls => File.Exists(Path.Combine(Folder, "calls")) ? File.ReadAllText(Path.Combine(Folder, "calls")) : "";

    public void Command(string name, string body)
    {
        var path = Path.Combine(Folder, "bin", name);
        File.WriteAllText(path, $"#!/bin/sh\necho \"{name} $*\" >> {Folder}/calls\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Put(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Folder, path))!);
        File.WriteAllText(Path.Combine(Folder, path), text);
    }

    public string? Get(string path) => File.Exists(Path.Combine(Folder, path)) ? File.ReadAllText(Path.Combine(Folder, path)) : null;

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
