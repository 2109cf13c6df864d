namespace SystemTests.Panel;

/// <summary>The panel in Debian's Chromium. What is missing is installed where that is allowed, and named where it is not.</summary>
public sealed class PanelTests
{
    private static string Folder => Path.Combine(Programs.Root, "tests/system/panel");

    [Fact]
    public void The_panel_is_live_honest_and_usable_in_a_real_browser()
    {
        foreach (var (program, package) in new[]
        {
            ("node", "nodejs"), ("npm", "npm"), ("chromium", "chromium"), ("mosquitto_pub", "mosquitto-clients"),
        })
            Need(program, package);
        if (!Directory.Exists(Path.Combine(Folder, "node_modules/playwright-core")))
        {
            var installed = Programs.Run("npm", ["ci", "--prefix", Folder, "--no-audit", "--no-fund"], TimeSpan.FromMinutes(2));
            Assert.True(installed.ExitCode == 0, $"npm ci in {Folder} failed:\n{installed.Output}\n{installed.Error}");
        }

        var outcome = Programs.Run(
            "node", ["--test", "--test-reporter=spec", Path.Combine(Folder, "panel.test.mjs")], TimeSpan.FromMinutes(4),
            new Dictionary<string, string> { ["APPLIANCE_BIN_DIR"] = Programs.Folder });
        Assert.True(outcome.ExitCode == 0, $"{outcome.Output}\n{outcome.Error}");
    }

    private static void Need(string program, string package)
    {
        if (OnPath(program))
            return;
        if (OnPath("apt-get") && Environment.UserName == "root")
        {
            if (Programs.Run("apt-get", ["install", "-y", "-q", package], TimeSpan.FromMinutes(5)).ExitCode != 0)
            {
                Programs.Run("apt-get", ["update", "-q"], TimeSpan.FromMinutes(2));
                Programs.Run("apt-get", ["install", "-y", "-q", package], TimeSpan.FromMinutes(5));
            }
        }

        Assert.True(OnPath(program), $"{program} is not installed; on Debian: sudo apt-get install {package}");
    }

    private static bool OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}
