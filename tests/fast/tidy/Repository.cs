using System.Runtime.CompilerServices;

namespace FastTests.Tidy;

/// <summary>The checkout these tests were built from, read as a stranger would read it.</summary>
internal static class Repository
{
    private static readonly string[] Built = ["bin", "obj", "artifacts", "node_modules", ".git", ".run", ".carry"];

    public static string Root { get; } = FindRoot();

    public static string Read(string relative) => File.ReadAllText(Path.Combine(Root, relative));

    public static bool Exists(string relative) =>
        File.Exists(Path.Combine(Root, relative)) || Directory.Exists(Path.Combine(Root, relative));

    /// <summary>Relative paths with '/' of every source file whose name ends so; built and installed folders left out.</summary>
    public static IEnumerable<string> Files(string suffix) => Walk(Root)
        .Where(f => f.EndsWith(suffix, StringComparison.Ordinal))
        .Select(f => Path.GetRelativePath(Root, f));

    public static IEnumerable<string> Folders() => Walk(Root)
        .Select(f => Path.GetDirectoryName(Path.GetRelativePath(Root, f))!).Where(d => d.Length > 0).Distinct();

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
            yield return file;
        foreach (var below in Directory.EnumerateDirectories(folder))
        {
            if (Built.Contains(Path.GetFileName(below)))
                continue;
            foreach (var file in Walk(below))
                yield return file;
        }
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        for (var folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "appliance.sln")))
                return folder;
        }
        throw new InvalidOperationException($"No appliance.sln above {here}.");
    }
}
