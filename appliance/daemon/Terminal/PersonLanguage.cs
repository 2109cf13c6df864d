namespace Appliance.Daemon.Terminal;

/// <summary>
/// In which language a person meets the console: what they said here before, else a Chinese locale that their terminal brings over SSH. An English
/// locale says nothing: every Debian has one.
/// </summary>
/// <param name="home">Of the person; null for somebody without one, who is asked every time.</param>
/// <param name="variable">Of the environment.</param>
internal sealed class PersonLanguage(string? home, Func<string, string?> variable)
{
    private static readonly string[] Known = ["en", "zh"];

    /// <summary>The first that is set decides, as for every program.</summary>
    private static readonly string[] Variables = ["LC_ALL", "LC_MESSAGES", "LANG"];

    public static PersonLanguage OfThisOne { get; } = new(
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? home : null, Environment.GetEnvironmentVariable);

    private string? File => home is null ? null : Path.Combine(home, ".config", "appliance", "console-language");

    /// <returns>Null when the person has to be asked.</returns>
    public string? Find()
    {
        if (Kept() is { } kept)
            return kept;
        var locale = Variables.Select(variable).FirstOrDefault(v => !string.IsNullOrEmpty(v));
        return locale?.StartsWith("zh", StringComparison.Ordinal) == true ? "zh" : null;
    }

    /// <summary>Somebody whose folder cannot be written is asked again next time, and is not bothered with it now.</summary>
    public void Keep(string language)
    {
        if (File is not { } file || Kept() == language)
            return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            System.IO.File.WriteAllText(file, language + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A home without a folder or without room.
        }
    }

    private string? Kept()
    {
        try
        {
            return File is { } file && System.IO.File.Exists(file) && System.IO.File.ReadAllText(file).Trim() is var said && Known.Contains(said) ? said : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
