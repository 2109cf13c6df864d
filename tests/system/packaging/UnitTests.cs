using System.Globalization;

namespace SystemTests.Packaging;

/// <summary>The systemd units as they ship, judged by systemd itself. Skipped where there is no systemd-analyze.</summary>
public sealed class UnitTests : IDisposable
{
    private static readonly string Units = Path.Combine(Programs.Root, "packaging", "systemd");
    private readonly string _folder = Directory.CreateTempSubdirectory("units-").FullName;

    [Theory]
    [InlineData("bmc-agent.service", 1.5)]
    [InlineData("appliance.service", 2.0)]
    [InlineData("inference-core.service", 3.0)]
    [InlineData("appliance-watchdog.service", 2.0)]
    [InlineData("appliance-rights.service", 2.0)]
    [InlineData("appliance-login.service", 2.0)]
    public void A_unit_is_exposed_no_more_than_its_limit(string unit, double limit)
    {
        var judged = Analyze("security", "--offline=true", $"--threshold={(limit * 10).ToString(CultureInfo.InvariantCulture)}", Path.Combine(Units, unit));
        Assert.True(judged.ExitCode == 0, judged.Output[Math.Max(0, judged.Output.Length - 200)..] + judged.Error);
    }

    [Fact]
    public void Systemd_finds_nothing_wrong_with_any_unit()
    {
        foreach (var unit in Directory.GetFiles(Units, "*.service").Concat(Directory.GetFiles(Units, "*.socket")))
        {
            // The programs are not installed on the machine that tests: the published ones stand in for them.
            File.WriteAllText(
                Path.Combine(_folder, Path.GetFileName(unit)),
                File.ReadAllText(unit).Replace("/usr/lib/appliance/", Programs.Folder + "/", StringComparison.Ordinal));
        }

        var verified = Analyze(["verify", "--man=no", .. Directory.GetFiles(_folder)]);
        var complaints = verified.Error.Split('\n').Where(l => l.Contains(_folder, StringComparison.Ordinal) || Named(l));
        Assert.Empty(complaints);
        Assert.Equal(0, verified.ExitCode);
    }

    [Fact]
    public void Cooling_depends_on_no_other_unit_and_is_never_given_up()
    {
        var unit = File.ReadAllText(Path.Combine(Units, "appliance.service"));
        Assert.DoesNotContain("\nRequires", unit, StringComparison.Ordinal);
        Assert.DoesNotContain("\nBindsTo", unit, StringComparison.Ordinal);
        Assert.DoesNotContain("\nStateDirectory", unit, StringComparison.Ordinal); // it requires the mount below it
        Assert.DoesNotContain("\nPrivateTmp=yes", unit, StringComparison.Ordinal); // and so does this
        Assert.Contains("\nDefaultDependencies=no\n", unit, StringComparison.Ordinal);
        Assert.Contains("\nStartLimitIntervalSec=0\n", unit, StringComparison.Ordinal);
        Assert.Contains("\nRestart=always\n", unit, StringComparison.Ordinal);
    }

    [Fact]
    public void The_safe_state_is_written_within_six_seconds_even_when_the_daemon_cannot_die()
    {
        var unit = File.ReadAllLines(Path.Combine(Units, "appliance.service"));
        var worst = Seconds(unit, "WatchdogSec") + Seconds(unit, "TimeoutAbortSec") + Seconds(unit, "TimeoutStopSec");
        Assert.InRange(worst, 2, 4.5); // a second and a half for appliance-safe itself
    }

    [Fact]
    public void The_heartbeat_watch_may_ask_for_the_lowest_limits_and_nobody_else_is_let_in()
    {
        var socket = File.ReadAllLines(Path.Combine(Units, "appliance-rights.socket"));
        Assert.Contains("SocketUser=appliance", socket);
        Assert.Contains("SocketGroup=bmc-agent", socket);
        Assert.Contains("SocketMode=0660", socket);
        var agent = File.ReadAllLines(Path.Combine(Units, "bmc-agent.service"));
        Assert.Contains("Group=bmc-agent", agent);
        Assert.Contains(agent, l => l.StartsWith("RestrictAddressFamilies=", StringComparison.Ordinal) && l.Contains("AF_UNIX", StringComparison.Ordinal));
        var users = File.ReadAllLines(Path.Combine(Programs.Root, "packaging", "debian", "appliance.sysusers"));
        Assert.Contains(users, l => l.StartsWith("u bmc-agent ", StringComparison.Ordinal)); // there before the socket is, and nobody is put into its group
        Assert.DoesNotContain(users, l => l.StartsWith("m ", StringComparison.Ordinal) && l.TrimEnd().EndsWith(" bmc-agent", StringComparison.Ordinal));
        // For this the agent gets neither a device nor a capability.
        Assert.Contains("PrivateDevices=yes", agent);
        Assert.Contains("DevicePolicy=closed", agent);
        Assert.Contains("CapabilityBoundingSet=", agent);
        Assert.DoesNotContain(agent, l => l.StartsWith("DeviceAllow", StringComparison.Ordinal));
    }

    private static double Seconds(string[] unit, string key)
    {
        var value = unit.Single(l => l.StartsWith($"{key}=", StringComparison.Ordinal)).Split('=')[1];
        return value.EndsWith("ms", StringComparison.Ordinal)
            ? double.Parse(value[..^2], CultureInfo.InvariantCulture) / 1000
            : double.Parse(value, CultureInfo.InvariantCulture);
    }

    private static bool Named(string line) =>
        line.StartsWith("appliance", StringComparison.Ordinal) || line.StartsWith("bmc-agent", StringComparison.Ordinal) || line.StartsWith("inference-core", StringComparison.Ordinal);

    private static Outcome Analyze(params string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not installed");
        return Programs.Run("/usr/bin/systemd-analyze", arguments);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
