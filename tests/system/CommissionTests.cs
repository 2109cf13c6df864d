using System.Text.Json;

namespace SystemTests;

/// <summary><c>appliance commission</c> on the twin's chips and physics, without a control plane.</summary>
public sealed class CommissionTests
{
    [Fact]
    public void What_is_broken_is_named_the_rest_is_proven_and_all_stands_at_full_afterwards()
    {
        using var rig = new Rig();
        rig.Inject("fan_dead", "fan3");
        rig.Inject("fan_stuck", "fan5", 4000);
        // The first driver is proven by the real program; at the second it does nothing, and that must show.
        var programs = Directory.CreateDirectory(Path.Combine(rig.Folder, "programs")).FullName;
        var safe = Path.Combine(programs, "appliance-safe");
        File.WriteAllText(safe, $"#!/bin/sh\n[ -e {programs}/ran ] && exit 0\ntouch {programs}/ran\nexec {Programs.PathOf("appliance-safe")} \"$@\"\n");
        File.SetUnixFileMode(safe, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var outcome = Programs.Run("appliance", ["commission", "--run-dir", rig.RunDirectory, "--board", "hgx-h100-8", "--json"], TimeSpan.FromSeconds(120), new Dictionary<string, string> { ["APPLIANCE_BIN_DIR"] = programs });
        Assert.Equal(1, outcome.ExitCode);
        var report = JsonDocument.Parse(outcome.Output).RootElement;
        var verdicts = report.GetProperty("rotors").EnumerateArray().ToDictionary(r => r.GetProperty("name").GetString()!, r => r.GetProperty("verdict").GetString()!);
        Assert.Equal(8, verdicts.Count);
        Assert.Contains(verdicts["fan3"], (string[])["no_tach", "does_not_obey"]);
        Assert.Equal("does_not_obey", verdicts["fan5"]);
        Assert.All(verdicts.Where(v => v.Key is not ("fan3" or "fan5")), v => Assert.Equal("ok", v.Value));
        var drivers = report.GetProperty("safe_state").EnumerateArray().ToDictionary(s => s.GetProperty("driver").GetString()!, s => s.GetProperty("proven").GetBoolean());
        Assert.True(drivers["max31790"]);
        Assert.False(drivers["emc2305"]);
        rig.ClearFaults();
        Assert.All(rig.Numbers("fan_pwm"), p => Assert.True(p >= 255));
    }

    [Fact]
    public void Beside_a_living_control_plane_it_touches_nothing_and_says_who_drives_the_fans()
    {
        using var rig = new Rig();
        rig.StartDaemon();
        rig.WaitUntilControlled();
        var outcome = Programs.Run("appliance", ["commission", "--run-dir", rig.RunDirectory]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("is the control plane and drives the fans", outcome.ErrorLine, StringComparison.Ordinal);
        Assert.Equal("running", rig.Mode());
    }
}
