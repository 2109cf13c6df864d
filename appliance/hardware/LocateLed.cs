namespace Appliance.Hardware;

/// <summary>
/// The LED by which a box is found among others: the kernel's LED whose name ends in one of the usual words
/// (<c>device:colour:function</c>, Documentation/leds/leds-class.rst). Many boards keep theirs at the management controller and show none here.
/// </summary>
public sealed class LocateLed(string sysRoot)
{
    private static readonly string[] Functions = ["locate", "identify", "uid", "id", "indicator"];

    private readonly string _class = Path.Combine(sysRoot, "sys", "class", "leds");

    /// <returns>Its name; null where there is none.</returns>
    public string? Find()
    {
        try
        {
            return Directory.GetFileSystemEntries(_class).Select(Path.GetFileName).Order(StringComparer.Ordinal)
                .FirstOrDefault(name => Functions.Contains(Function(name!)));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Blinks by the kernel's timer where it can, else stands lit.</summary>
    /// <returns>Null when it was done, else one line.</returns>
    public string? Set(bool on)
    {
        if (Find() is not { } name)
            return $"this machine shows no locate LED in {_class}; many boards keep theirs at the management controller: ipmitool chassis identify";
        var blinks = Write(name, "trigger", on ? "timer" : "none");
        if (on && blinks is null)
            return null;
        return Write(name, "brightness", on ? Read(name, "max_brightness") is { Length: > 0 } full ? full : "1" : "0");
    }

    private static string Function(string name) => name.Split(':')[^1].Split('-')[0].TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');

    private string? Write(string name, string attribute, string value)
    {
        var path = Path.Combine(_class, name, attribute);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(0); // of an ordinary file, on the twin; sysfs takes it for nothing
            file.Write(System.Text.Encoding.ASCII.GetBytes(value + "\n"));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path}: {e.Message}";
        }
    }

    private string Read(string name, string attribute)
    {
        try
        {
            return File.ReadAllText(Path.Combine(_class, name, attribute)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
