namespace SystemTests.Packaging;

/// <summary>What root meets at the console of a box that nobody has claimed, on a terminal made by script(1).</summary>
public sealed class LoginTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("login-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("\n", true)]
    [InlineData("y\n", true)]
    [InlineData("n\n", false)]
    [InlineData("", false)]
    public void Setup_begins_for_a_yes_or_Enter_and_never_because_the_line_was_cut(string typed, bool begins)
    {
        var called = Path.Combine(_folder, "called");
        Program("id", "echo 0");
        var setup = Program("appliance", $"echo \"$*\" > '{called}'");
        var profile = Path.Combine(_folder, "profile.sh");
        File.WriteAllText(
            profile,
            File.ReadAllText(Path.Combine(Programs.Root, "packaging/login/appliance-console.sh"))
                .Replace("/usr/lib/appliance/appliance", setup, StringComparison.Ordinal)
                .Replace("/etc/appliance/", _folder + "/", StringComparison.Ordinal));
        var said = Programs.Run(
            "script", ["--quiet", "--return", "--command", $"sh '{profile}'", "/dev/null"],
            environment: new Dictionary<string, string> { ["PATH"] = $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}" }, input: typed);
        Assert.Contains("has not been claimed yet", said.Output, StringComparison.Ordinal);
        Assert.Equal(begins ? "setup\n" : null, File.Exists(called) ? File.ReadAllText(called) : null);
    }

    private string Program(string name, string body)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
