using Appliance.Daemon.Cli;
using Appliance.Daemon.Settings;

namespace FastTests.Settings;

public sealed class NetworkChangeTests : IDisposable
{
    private const string Before = "# Written by appliance.\n[Match]\nName=enp1s0\n\n[Network]\nDHCP=yes\n";
    private readonly FolderMachine _box = new("systemctl", "systemd-run", "networkctl", "chown");

    public NetworkChangeTests()
    {
        Directory.CreateDirectory(Path.Combine(_box.Folder, "sys/class/net/enp1s0"));
        _box.Put("etc/systemd/network/10-appliance.network", Before);
    }

    public void Dispose() => _box.Dispose();

    [Fact]
    public void A_change_is_on_trial_in_memory_with_the_way_back_made_first()
    {
        Assert.Equal(0, Set("enp1s0", "10.1.2.3/24", "10.1.2.1", "10.1.2.53").Exit);
        Assert.Equal("# Written by appliance.\n[Match]\nName=enp1s0\n\n[Network]\nAddress=10.1.2.3/24\nGateway=10.1.2.1\nDNS=10.1.2.53\n", _box.Get("run/systemd/network/05-appliance-trial.network"));
        Assert.Equal(Before, _box.Get("etc/systemd/network/10-appliance.network"));
        var calls = _box.Calls.Split('\n');
        var timer = Array.FindIndex(calls, c => c.StartsWith("systemd-run", StringComparison.Ordinal));
        Assert.Equal("systemd-run --quiet --collect --unit=appliance-network-revert --on-active=120s /usr/lib/appliance/appliance network revert", calls[timer]);
        Assert.True(timer < Array.IndexOf(calls, "networkctl reload"));
        Assert.Contains("networkctl reconfigure enp1s0", calls);
    }

    [Fact]
    public void Confirmed_it_stays_over_a_boot_and_nothing_takes_it_back()
    {
        Set("enp1s0", "10.1.2.3/24");
        Assert.Equal(0, Verb(v => v.ConfirmNetwork()).Exit);
        Assert.Contains("Address=10.1.2.3/24", _box.Get("etc/systemd/network/10-appliance.network"), StringComparison.Ordinal);
        Assert.Null(_box.Get("run/systemd/network/05-appliance-trial.network"));
        Assert.EndsWith("networkctl reconfigure enp1s0\n", _box.Calls, StringComparison.Ordinal);
        Assert.Contains("systemctl stop --quiet appliance-network-revert.timer\n", _box.Calls, StringComparison.Ordinal);
        Assert.Equal(1, Verb(v => v.ConfirmNetwork()).Exit);
    }

    [Fact]
    public void Not_confirmed_it_is_taken_back_whole()
    {
        Set("enp1s0", "10.1.2.3/24");
        Assert.Equal(0, Verb(v => v.RevertNetwork()).Exit);
        Assert.Equal(Before, _box.Get("etc/systemd/network/10-appliance.network"));
        Assert.Null(_box.Get("run/systemd/network/05-appliance-trial.network"));
        Assert.Equal(1, Verb(v => v.RevertNetwork()).Exit);
    }

    [Fact]
    public void A_change_that_networkd_refuses_is_taken_back_at_once()
    {
        _box.Command("networkctl", $"case $1 in reload) test ! -e {_box.Folder}/run/systemd/network/05-appliance-trial.network;; esac");
        var (exit, said) = Set("enp1s0", "10.1.2.3/24");
        Assert.Equal(1, exit);
        Assert.Contains("the network is as it was", said, StringComparison.Ordinal);
        Assert.Null(_box.Get("run/systemd/network/05-appliance-trial.network"));
    }

    [Theory]
    [InlineData("no interface eth9", "eth9", "dhcp")]
    [InlineData("right would be 10.1.2.3/24", "enp1s0", "10.1.2.3")]
    [InlineData("must be an address within", "enp1s0", "10.1.2.3/24", "10.2.2.1")]
    [InlineData("network set needs", "enp1s0")]
    public void A_wrong_change_is_told_and_nothing_is_touched(string expected, params string[] words)
    {
        var (exit, said) = Set(words);
        Assert.NotEqual(0, exit);
        Assert.Contains(expected, said, StringComparison.Ordinal);
        Assert.Equal("", _box.Calls);
    }

    [Theory]
    [InlineData("enp1s0 dhcp")]
    [InlineData("enp1s0 10.1.2.3/24")]
    [InlineData("ib0 fd00::7/64 fd00::1 fd00::53")]
    public void What_is_written_reads_back(string words)
    {
        var parts = words.Split(' ');
        var network = parts[1] == "dhcp" ? new(parts[0]) : new Appliance.Daemon.Setup.SetupNetwork(parts[0], parts[1], parts.ElementAtOrDefault(2), parts.Length > 3 ? parts[3..] : null);
        Assert.Equal(words, NetworkFile.Words(NetworkFile.Read(NetworkFile.Write(network))!));
    }

    private (int Exit, string Said) Set(params string[] words) => Verb(v => v.SetNetwork(words, 120));

    private (int Exit, string Said) Verb(Func<SettingsVerbs, int> run)
    {
        using var said = new StringWriter();
        return (run(new(_box.Machine, new(said, said, new(200, 24, false, false), json: false), TimeProvider.System)), said.ToString());
    }
}
