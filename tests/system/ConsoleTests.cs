using System.Text.Json;

namespace SystemTests;

/// <summary>The engineer's console as somebody on a serial line has it: the real process on a terminal, the real daemon behind it.</summary>
public sealed class ConsoleTests
{
    /// <summary>Row of "Service: swap a fan" on the actions' page.</summary>
    private const string ToSwapAFan = "jjjjjjj";

    [Fact]
    public void From_the_language_to_service_mode_and_out_of_it()
    {
        using var rig = Controlled();
        using (var console = new PtyConsole(rig.RunDirectory, rig.Folder))
        {
            console.WaitFor("1  English");
            console.WaitFor("2  中文");
            console.Press("1");
            console.WaitFor("mode running");
            console.Press("8");
            console.WaitFor("> Fans and pumps to full");
            console.Press(ToSwapAFan);
            console.WaitFor("> Service: swap a fan");
            console.Press("\r");
            console.WaitFor("Which fan");
            console.Press("9\r");
            console.WaitFor("\"9\" is no answer to that");
            console.Press("\b3\r");
            console.WaitFor("fan3? y does it");
            Assert.False(rig.FullCooling());
            console.Press("y");
            console.WaitFor("pull fan3 now");
            rig.WaitForFullCooling(TimeSpan.FromSeconds(20));
            rig.Inject("fan_dead", "fan3");
            console.WaitFor("fan3 stands; put the new fan in", TimeSpan.FromSeconds(40));
            console.Press("1");
            console.WaitFor("mode manual");
            console.WaitFor("8 shows it, e ends it");
            rig.ClearFaults();
            console.Press("e8");
            console.WaitFor("cooling is automatic again");
            console.WaitFor("Enter goes back to the actions");
            console.Press("\r");
            console.WaitFor("> Service: swap a fan");
            Wait.Until("the loop drives again", TimeSpan.FromSeconds(30), () => rig.Mode() == "running" && rig.Numbers("fan_pwm").All(p => p < 255));
            console.Press("l");
            console.WaitFor("> 维护：运行中更换风扇");
            console.Press("q");
            Assert.Equal(0, console.WaitForEnd());
        }

        // What was chosen is not asked again.
        using var again = new PtyConsole(rig.RunDirectory, rig.Folder);
        again.WaitFor(">1 冷却");
        again.Press("q");
        Assert.Equal(0, again.WaitForEnd());
    }

    [Fact]
    public void Service_mode_ends_when_the_line_is_cut()
    {
        using var rig = Controlled();
        using var console = new PtyConsole(rig.RunDirectory, rig.Folder, "--lang zh");
        console.WaitFor("模式 "); // the fans are known by then
        console.Press($"8{ToSwapAFan}\r2\ry");
        console.WaitFor("现在拔出 fan2");
        Wait.Until("the daemon is driven by hand", TimeSpan.FromSeconds(10), () => rig.Mode() == "manual");
        console.HangUp();
        Wait.Until("the loop drives again", TimeSpan.FromSeconds(15), () => rig.Mode() == "running");
    }

    [Fact]
    public void A_duty_of_ones_own_holds_for_ones_own_time()
    {
        using var rig = Controlled();
        using var console = new PtyConsole(rig.RunDirectory, rig.Folder, "--lang en");
        console.WaitFor("mode running");
        console.Press("8j\r95 3\ry");
        console.WaitFor("ok");
        Wait.Until("fans and pumps at their duty", TimeSpan.FromSeconds(20), () => rig.Numbers("fan_pwm").All(p => p is > 240 and < 244));
        var reason = JsonDocument.Parse(rig.Cli("thermal", "--json")).RootElement.GetProperty("fans")[0].GetProperty("reason").GetString()!;
        Assert.Matches("^manual, 1[0-9][0-9] s left$", reason);
        console.Press("\r95 300\r");
        console.WaitFor("is no answer to that");
    }

    [Fact]
    public void A_bundle_goes_where_somebody_says_and_the_screen_says_where_it_went()
    {
        using var rig = Controlled();
        var stick = Directory.CreateDirectory(Path.Combine(rig.Folder, "stick")).FullName;
        using var console = new PtyConsole(rig.RunDirectory, rig.Folder, "--lang en");
        console.WaitFor("mode running");
        console.Press("8jjjjjjjjjjj");
        console.WaitFor("> Support bundle");
        console.Press($"\r{stick}\ry");
        console.WaitFor("Done.", TimeSpan.FromSeconds(40));
        console.WaitFor(" files, ");
        var bundle = Assert.Single(Directory.GetFiles(stick));
        Assert.EndsWith(".tar.gz", bundle, StringComparison.Ordinal);
        Assert.Contains(stick, console.Screen, StringComparison.Ordinal);
    }

    private static Rig Controlled()
    {
        var rig = new Rig();
        rig.StartDaemon();
        rig.WaitUntilControlled();
        return rig;
    }
}
