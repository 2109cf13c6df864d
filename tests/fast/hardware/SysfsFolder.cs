using Appliance.Hardware;

namespace FastTests.Hardware;

/// <summary>A sysfs tree of ordinary files in a temporary folder, as the twin lays it out.</summary>
internal sealed class SysfsFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("sysfs-").FullName;

    public string Chip(int number, string name, params (string File, string Text)[] files)
    {
        var folder = Path.Combine(Root, "sys", "class", "hwmon", $"hwmon{number}");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "name"), name + "\n");
        foreach (var (file, text) in files)
            File.WriteAllText(Path.Combine(folder, file), text + "\n");
        return folder;
    }

    public string Gpu(int index, params (string File, string Text)[] changes)
    {
        var folder = TwinGpuFiles.FolderOf(Root, index);
        Directory.CreateDirectory(folder);
        foreach (var file in TwinGpuFiles.Files)
            File.WriteAllText(Path.Combine(folder, file), "0\n");
        File.WriteAllText(Path.Combine(folder, "name"), "NVIDIA H100 80GB HBM3\n");
        File.WriteAllText(Path.Combine(folder, "power_usage_mw"), "312500\n");
        File.WriteAllText(Path.Combine(folder, "power_management_limit_mw"), "700000\n");
        foreach (var (file, text) in changes)
            File.WriteAllText(Path.Combine(folder, file), text + "\n");
        return folder;
    }

    public void Line(int chip, int offset, int value)
    {
        var path = TwinGpioDriver.PathOf(Root, chip, offset);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"{value}\n");
    }

    /// <summary>In place, as another process would write: readers hold the file open.</summary>
    public static void Set(string folder, string file, string text)
    {
        using var open = new FileStream(Path.Combine(folder, file), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        open.Write(System.Text.Encoding.ASCII.GetBytes(text + "\n"));
        open.SetLength(text.Length + 1);
    }

    public static string Get(string folder, string file) => File.ReadAllText(Path.Combine(folder, file)).Trim();

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
