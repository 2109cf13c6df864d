using System.Net;
using System.Net.Sockets;
using Appliance.Daemon.Config;
using Appliance.Daemon.Launcher;
using Appliance.Model;
using Xunit;

namespace FastTests.Cli;

public sealed class ConfigStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cfg").FullName;

    private string File1 => Path.Combine(_directory, "appliance.json");

    private RunPaths Paths => RunPaths.Twin(Path.Combine(_directory, "run"));

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void No_file_is_all_defaults() =>
        Assert.Equal(new LoadedConfig(new(), "defaults", null), ConfigStore.Load(null, Paths, keep: true));

    [Fact]
    public void A_bad_file_falls_back_to_the_last_good_one_and_says_so()
    {
        File.WriteAllText(File1, "{\"node\":\"lab7\"}");
        Assert.Equal(new LoadedConfig(new() { Node = "lab7" }, File1, null), ConfigStore.Load(File1, Paths, keep: true));
        File.WriteAllText(File1, "{\n\"nod\":\"lab8\"}");

        var loaded = ConfigStore.Load(File1, Paths, keep: true);

        Assert.Equal(("lab7", Paths.LastGoodConfig), (loaded.Config.Node, loaded.Source));
        Assert.StartsWith($"{File1}:2: nod is not a key; did you mean node?", loaded.Fault);
        Assert.Equal("{\"node\":\"lab7\"}", File.ReadAllText(Paths.LastGoodConfig));
    }

    [Fact]
    public void A_file_that_vanished_falls_back_too()
    {
        File.WriteAllText(File1, "{}");
        ConfigStore.Load(File1, Paths, keep: true);
        File.Delete(File1);
        Assert.Contains("is not there", ConfigStore.Load(File1, Paths, keep: true).Fault);
    }

    [Fact]
    public void At_first_start_a_bad_file_stops_the_start()
    {
        File.WriteAllText(File1, "{\"daemon\":{\"board\":\"hgx-h100-9\"}}");
        var line = Assert.Throws<FormatException>(() => ConfigStore.Load(File1, Paths, keep: true)).Message;
        Assert.StartsWith($"{File1}: daemon.board is \"hgx-h100-9\"; there is no hgx-h100-9.json in ", line);
        Assert.False(File.Exists(Paths.LastGoodConfig));
    }

    [Fact]
    public void A_last_good_file_that_is_no_longer_good_gives_way_to_the_new_files_fault()
    {
        Directory.CreateDirectory(Paths.State);
        File.WriteAllText(Paths.LastGoodConfig, "{");
        File.WriteAllText(File1, "{\"nod\":1}");
        Assert.StartsWith($"{File1}:1: nod", Assert.Throws<FormatException>(() => ConfigStore.Load(File1, Paths, keep: false)).Message);
    }

    [Fact]
    public void A_port_in_use_is_named_with_its_holder_and_the_setting_that_moves_it()
    {
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        holder.Listen();
        var port = ((IPEndPoint)holder.LocalEndPoint!).Port;

        var line = PortCheck.FirstTaken(new() { BmcAgent = new() { Port = port, EmbeddedBroker = false } });

        Assert.StartsWith($"port {port} (panel) is in use by process {Environment.ProcessId} (", line);
        Assert.Contains("{ \"bmc_agent\": { \"port\": ", line);
        Assert.DoesNotContain('\n', line!);
    }
}
