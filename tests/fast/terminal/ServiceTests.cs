using System.Text.RegularExpressions;
using Appliance.Daemon.Cli;
using Appliance.Daemon.Commissioning;
using Appliance.Daemon.Terminal;
using Appliance.Model;
using FastTests.Tidy;

namespace FastTests.Terminal;

public sealed class ServiceTests
{
    [Fact]
    public void A_fan_is_swapped_in_four_steps_and_believed_after_three_good_seconds()
    {
        var work = ServiceFan.Begin("fan3");
        Assert.Equal(ServiceFan.Stage.Pull, work.Step(Seen(3400)).At);
        work = work.Step(Seen(null));
        Assert.Equal(ServiceFan.Stage.Insert, work.At);
        work = work.Step(Seen(0)).Step(Seen(900));
        Assert.Equal(ServiceFan.Stage.Prove, work.At);
        work = work.Step(Seen(3300)).Step(Seen(3300)).Step(Seen(2000)).Step(Seen(3300)).Step(Seen(3300));
        Assert.Equal(ServiceFan.Stage.Prove, work.At);
        Assert.Equal(ServiceFan.Stage.Done, work.Step(Seen(3300)).At);
        Assert.Equal(ServiceFan.Stage.Insert, work.Step(Seen(null)).At);
    }

    [Fact]
    public void What_service_mode_tells_somebody_to_type_or_choose_exists()
    {
        var units = Directory.GetFiles(Path.Combine(Repository.Root, "packaging/systemd")).Select(Path.GetFileNameWithoutExtension);
        foreach (var (words, console) in ((ServiceWords, ConsoleWords)[])[(ServiceWords.English, ConsoleWords.English), (ServiceWords.Chinese, ConsoleWords.Chinese)])
        {
            var said = string.Join('\n', words.DrainSteps.Append(words.TooBusy).Append(words.LeakSeen));
            foreach (Match typed in Regex.Matches(said, "appliance ([a-z]+(?: [a-z]+| --[a-z]+)*)"))
                Assert.Empty(new CommandLine(TimeProvider.System, TextWriter.Null, TextWriter.Null).Root.Parse(typed.Groups[1].Value.Split(' ')).Errors);
            foreach (Match typed in Regex.Matches(said, "systemctl [a-z]+ ([a-z-]+)"))
                Assert.Contains(typed.Groups[1].Value, units);
            var chosen = Regex.Matches(said, "[\"“]([^\"”]+)[\"”]").Select(m => m.Groups[1].Value).ToArray();
            Assert.Equal([ConsoleAction.PowerOff, ConsoleAction.ServiceFilled, ConsoleAction.Reset], chosen.Select(c => (ConsoleAction)console.Actions.ToList().IndexOf(c)));
        }
    }

    [Fact]
    public void A_weak_fan_is_never_believed()
    {
        var work = ServiceFan.Begin("fan3").Step(Seen(null)).Step(Seen(2000));
        for (var i = 0; i < 100; i++)
            work = work.Step(Seen(2000));
        Assert.Equal(ServiceFan.Stage.Prove, work.At);
    }

    [Fact]
    public void A_hot_or_working_loop_is_not_drained()
    {
        Assert.Empty(ServiceCoolant.AgainstDraining(Seen(3000) with { HeatW = 500, CoolantSupplyC = 30 }, null, ServiceWords.English));
        Assert.Contains("4000 W", Assert.Single(ServiceCoolant.AgainstDraining(Seen(3000) with { HeatW = 4000, CoolantSupplyC = 30 }, null, ServiceWords.English)), StringComparison.Ordinal);
        Assert.Contains("below 45", Assert.Single(ServiceCoolant.AgainstDraining(Seen(3000) with { CoolantSupplyC = 50 }, null, ServiceWords.English)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_filled_loop_is_full_flowing_and_dry_outside()
    {
        var good = Seen(3000) with { LevelPercent = 95, FlowLMin = 9 };
        Assert.Empty(ServiceCoolant.AgainstFilled(good, ServiceWords.English));
        Assert.Single(ServiceCoolant.AgainstFilled(good with { LevelPercent = 40 }, ServiceWords.English));
        Assert.Single(ServiceCoolant.AgainstFilled(good with { LevelPercent = null }, ServiceWords.English));
        Assert.Single(ServiceCoolant.AgainstFilled(good with { FlowLMin = 0 }, ServiceWords.English));
        Assert.Single(ServiceCoolant.AgainstFilled(good with { Leak = true }, ServiceWords.English));
        Assert.Single(ServiceCoolant.AgainstFilled(good with { Pumps = [new("pump1", 100, 900, "slow", "")] }, ServiceWords.English));
    }

    private static ThermalFrame Seen(double? rpm) => new()
    {
        Ts = default,
        Mode = "manual",
        HeatW = 100,
        Fans = [.. Enumerable.Range(1, 6).Select(i => new RotorFrame($"fan{i}", 100, i == 3 ? rpm : 3400, i == 3 && rpm is null or 0 ? "stalled" : "ok", ""))],
    };
}
