using Appliance.Daemon.Terminal;
using Appliance.Model;

namespace FastTests.Terminal;

public sealed class ScreenVerbTests
{
    [Fact]
    public void Every_action_has_its_words_in_both_languages()
    {
        var count = Enum.GetValues<ConsoleAction>().Length;
        Assert.Equal(count, ConsoleWords.English.Actions.Count);
        Assert.Equal(count, ConsoleWords.Chinese.Actions.Count);
    }

    [Fact]
    public void An_answer_is_words_of_the_command_and_no_shell_sees_it()
    {
        var verb = ScreenVerb.Of(ConsoleAction.NetworkSet, ConsoleWords.English, RunPaths.Box)!;
        Assert.Equal(["/usr/bin/sudo", "--", "/a", "network", "set", "enp1s0", "dhcp;", "reboot"], verb.Command(" enp1s0  dhcp; reboot", isRoot: false, "/a")!);
        Assert.Equal(["/a", "network", "set", "enp1s0", "dhcp"], verb.Command("enp1s0 dhcp", isRoot: true, "/a")!);
        Assert.Null(verb.Command("  ", isRoot: true, "/a"));
        Assert.Null(verb.Command(null, isRoot: true, "/a"));
    }

    [Fact]
    public void What_changes_nothing_needs_no_password() =>
        Assert.Equal(["/a", "certificates"], ScreenVerb.Of(ConsoleAction.Certificates, ConsoleWords.English, RunPaths.Box)!.Command(null, isRoot: false, "/a")!);

    [Fact]
    public void What_the_control_socket_does_takes_no_screen() => Assert.Null(ScreenVerb.Of(ConsoleAction.Reboot, ConsoleWords.English, RunPaths.Box));

    [Fact]
    public void Commissioning_is_an_administrators_and_stops_the_control_plane_on_a_box_only()
    {
        var box = ScreenVerb.Of(ConsoleAction.Commission, ConsoleWords.English, RunPaths.Box)!;
        Assert.Equal("commission", box.Needs);
        Assert.Equal(["/usr/bin/sudo", "--", "/a", "commission", "--stop-control"], box.Command(null, isRoot: false, "/a")!);
        var twin = ScreenVerb.Of(ConsoleAction.Commission, ConsoleWords.English, RunPaths.Twin("/tmp/run"))!;
        Assert.Equal(["/a", "commission", "--run-dir", "/tmp/run"], twin.Command(null, isRoot: false, "/a")!);
    }
}
