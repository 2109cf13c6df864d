using FastTests.Tidy;

namespace FastTests.Model;

/// <summary>A contract kept as a file under tests/golden. <c>UPDATE_GOLDEN=1</c> rewrites it, and the diff is what gets reviewed.</summary>
internal static class Golden
{
    public static void Match(string relative, string actual)
    {
        var path = Path.Combine(Repository.Root, "tests/golden", relative);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"tests/golden/{relative} is not there; UPDATE_GOLDEN=1 writes it.");
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
