using Appliance.Daemon.Terminal;

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
        var verb = ScreenVerb.Of(ConsoleAction.NetworkSet, ConsoleWords.English)!;
        Assert.Equal(["/usr/bin/sudo", "--", "/a", "network", "set", "enp1s0", "dhcp;", "reboot"], verb.Command(" enp1s0  dhcp; reboot", isRoot: false, "/a")!);
        Assert.Equal(["/a", "network", "set", "enp1s0", "dhcp"], verb.Command("enp1s0 dhcp", isRoot: true, "/a")!);
        Assert.Null(verb.Command("  ", isRoot: true, "/a"));
        Assert.Null(verb.Command(null, isRoot: true, "/a"));
    }

    [Fact]
    public void What_changes_nothing_needs_no_password() =>
        Assert.Equal(["/a", "certificates"], ScreenVerb.Of(ConsoleAction.Certificates, ConsoleWords.English)!.Command(null, isRoot: false, "/a")!);

    [Fact]
    public void What_the_control_socket_does_takes_no_screen() => Assert.Null(ScreenVerb.Of(ConsoleAction.Reboot, ConsoleWords.English));
}
