using Appliance.Model;

namespace Appliance.Bus;

/// <summary>
/// appliance.json for the planes beside the control plane. On a box a file with a fault stops neither: they take the last good one, which the
/// daemon keeps and about whose fault it raises the alarm.
/// </summary>
public static class PlaneConfig
{
    /// <param name="lastGood">Null on the twin, where whoever starts a process reads why it does not.</param>
    /// <param name="check">One line about what this plane cannot do with a configuration that is otherwise fine; null for nothing.</param>
    /// <param name="fault">The line about <paramref name="file"/> when the last good one was taken instead; else null.</param>
    /// <exception cref="FormatException">One line for a person: exit code 78.</exception>
    public static BoxConfig Load(string? file, string? lastGood, Func<BoxConfig, string?> check, out string? fault)
    {
        fault = null;
        if (file is null)
            return new();
        try
        {
            return Read(file, check);
        }
        catch (FormatException e) when (lastGood is not null && File.Exists(lastGood))
        {
            fault = e.Message;
            return Read(lastGood, check);
        }
    }

    private static BoxConfig Read(string file, Func<BoxConfig, string?> check)
    {
        try
        {
            var config = BoxConfigFile.Parse(File.ReadAllBytes(file), file);
            return check(config) is { } fault ? throw new FormatException($"{file}: {fault}") : config;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{file}: cannot be read: {e.Message}", e);
        }
    }
}
