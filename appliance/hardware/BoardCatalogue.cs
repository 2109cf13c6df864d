using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>Finds a board's file by name or path: an operator's own first, then the ones installed beside the program.</summary>
public static class BoardCatalogue
{
    /// <summary>Where board files are looked for, in this order.</summary>
    public static IReadOnlyList<string> Folders { get; } =
    [
        "/etc/appliance/boards",
        Path.Combine(AppContext.BaseDirectory, "boards"),
        "/usr/share/appliance/boards",
    ];

    /// <param name="nameOrPath"><c>hgx-h100-8</c>, or a path when it holds a slash or ends in .json.</param>
    /// <exception cref="FormatException">One line: what is wrong with the file, or where it was looked for.</exception>
    public static Board Load(string nameOrPath)
    {
        ArgumentNullException.ThrowIfNull(nameOrPath);
        var path = Find(nameOrPath)
            ?? throw new FormatException($"daemon.board is \"{nameOrPath}\"; there is no {nameOrPath}.json in {string.Join(", ", Folders)}.");
        byte[] json;
        try
        {
            json = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{path}: cannot be read: {e.Message}", e);
        }

        return BoardFile.Parse(json, path);
    }

    private static string? Find(string nameOrPath)
    {
        if (nameOrPath.Contains('/', StringComparison.Ordinal) || nameOrPath.EndsWith(".json", StringComparison.Ordinal))
            return nameOrPath;
        return Folders.Select(folder => Path.Combine(folder, nameOrPath + ".json")).FirstOrDefault(File.Exists);
    }
}
