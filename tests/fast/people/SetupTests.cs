using System.Text;
using System.Text.Json;
using Appliance.Daemon.Cli;
using Appliance.Daemon.Setup;
using Appliance.Model;

namespace FastTests.People;

/// <summary>Setup on a machine made of a folder, with commands that write down how they were called.</summary>
public sealed class SetupTests : IDisposable
{
    private const string Good = "Kupfer-Laterne7";
    private readonly string _folder = Directory.CreateTempSubdirectory("setup-").FullName;

    public SetupTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "bin"));
        Directory.CreateDirectory(Path.Combine(_folder, "etc/appliance"));
        File.WriteAllText(Path.Combine(_folder, "etc/appliance/appliance.json"), "// mine\n{\n  \"node\": \"box1\",\n  \"bus\": { \"port\": 8883 } // keep\n}\n");
        foreach (var name in (string[])["useradd", "usermod", "chpasswd", "hostname", "systemctl", "networkctl", "tls-bootstrap", "chgrp", "chown"])
            Command(name, "exit 0");
        Command("getent", "exit 2");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_of_answers_claims_the_box()
    {
        var (exit, output, error) = Run(Answers(), json: true);
        Assert.Equal((0, ""), (exit, error));
        var report = JsonDocument.Parse(output).RootElement;
        var key = report.GetProperty("api_key").GetString()!;
        Assert.Matches("^sk-box-[A-Za-z0-9_-]{43}$", key);
        var keys = Read("etc/appliance/api-keys.json");
        Assert.DoesNotContain(key, keys, StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(key))), keys, StringComparison.Ordinal);
        Assert.Equal("ann", Claim.Read(Path.Combine(_folder, "etc/appliance/claimed.json"))!.By);

        var config = BoxConfigFile.Parse(File.ReadAllBytes(Path.Combine(_folder, "etc/appliance/appliance.json")), "x");
        Assert.Equal(("rack7-box2", 8883, "0.0.0.0"), (config.Node, config.Bus.Port, config.InferenceCore.Listen));
        Assert.StartsWith("// mine\n", Read("etc/appliance/appliance.json"), StringComparison.Ordinal);
        Assert.Contains("Address=10.1.2.3/24\nGateway=10.1.2.1\nDNS=10.1.2.53\n", Read("etc/systemd/network/10-appliance.network"), StringComparison.Ordinal);
        Assert.Contains("NTP=ntp1.example.com 10.1.2.4", Read("etc/systemd/timesyncd.conf.d/10-appliance.conf"), StringComparison.Ordinal);
        Assert.Equal("rack7-box2\n", Read("etc/hostname"));
        var calls = Calls();
        Assert.Contains("useradd --create-home --shell /bin/bash --comment Administrator of the box ann", calls, StringComparison.Ordinal);
        Assert.Contains("usermod --append --groups appliance-admin,systemd-journal ann", calls, StringComparison.Ordinal);
        Assert.Contains("tls-bootstrap --force --name rack7-box2 --address 10.1.2.3", calls, StringComparison.Ordinal);
        Assert.Contains($"stdin ann:{Good}", calls, StringComparison.Ordinal);
        Assert.All(calls.Split('\n').Where(l => !l.StartsWith("stdin", StringComparison.Ordinal)), line => Assert.DoesNotContain(Good, line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("administrator is missing", "{}")]
    [InlineData("administrator needs a password", """{"administrator":{"name":"ann"}}""")]
    [InlineData("12 characters or more", """{"administrator":{"name":"ann","password":"Short1!"}}""")]
    [InlineData("is a user of the system", """{"administrator":{"name":"root","password":"Kupfer-Laterne7"}}""")]
    [InlineData("not what crypt(5) writes", """{"administrator":{"name":"ann","password_hash":"plain"}}""")]
    [InlineData("node is \"a b\"", """{"node":"a b","administrator":{"name":"ann","password":"Kupfer-Laterne7"}}""")]
    [InlineData("right would be 10.1.2.3/24", """{"network":{"interface":"eth0","address":"10.1.2.3"},"administrator":{"name":"ann","password":"Kupfer-Laterne7"}}""")]
    [InlineData("must be an address within", """{"network":{"interface":"eth0","address":"10.1.2.3/24","gateway":"10.9.2.1"},"administrator":{"name":"ann","password":"Kupfer-Laterne7"}}""")]
    [InlineData("no name and no address", """{"time_servers":["a;reboot"],"administrator":{"name":"ann","password":"Kupfer-Laterne7"}}""")]
    [InlineData("could not be mapped", """{"nodde":"x"}""")]
    public void Wrong_answers_change_nothing_and_are_told_in_one_line(string expected, string answers)
    {
        var (exit, output, error) = Run(answers);
        Assert.NotEqual(0, exit);
        Assert.Equal("", output);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
        Assert.Equal("", Calls());
        Assert.False(File.Exists(Path.Combine(_folder, "etc/appliance/claimed.json")));
    }

    [Fact]
    public void A_step_that_fails_leaves_the_box_unclaimed_and_setup_can_be_run_again()
    {
        Command("tls-bootstrap", "echo 'no room' >&2; exit 1");
        var (exit, _, error) = Run(Answers());
        Assert.Equal(1, exit);
        Assert.Contains("tls-bootstrap failed (1): no room", error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "etc/appliance/claimed.json")));
        Command("tls-bootstrap", "exit 0");
        Command("getent", "exit 0"); // the user is there now
        Assert.Equal(0, Run(Answers()).ExitCode);
    }

    [Fact]
    public void A_claimed_box_is_claimed_again_only_on_purpose()
    {
        Assert.Equal(0, Run(Answers()).ExitCode);
        var (exit, _, error) = Run(Answers());
        Assert.Equal(1, exit);
        Assert.Contains("was claimed by ann", error, StringComparison.Ordinal);
        Assert.Equal(0, Run(Answers(), again: true).ExitCode);
    }

    [Fact]
    public void A_person_claims_it_in_forty_keystrokes_at_most()
    {
        var typed = $"\n\n\n\nann\nx\n{Good}\n{Good}\n\n"; // language, node, network, time, name, a bad password, the password twice, yes
        using var output = new StringWriter();
        var lines = new StringReader(typed);
        var answers = new SetupDialog(lines, output, lines.ReadLine).Ask(new() { Node = "box1" })!;
        Assert.Equal(("box1", "ann", Good), (answers.Node, answers.Administrator!.Name, answers.Administrator.Password));
        Assert.Empty(SetupCheck.Faults(answers));
        Assert.Contains("12 characters or more", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Good, output.ToString(), StringComparison.Ordinal);
        // Twelve characters are enough, twice; what the questions themselves need stands beside them.
        Assert.InRange("\n\n\n\nann\n\n".Length + 2 * (PasswordPolicy.ShortestLength + 1), 1, 40);
    }

    [Fact]
    public void It_asks_in_Chinese_and_takes_no_for_an_answer()
    {
        using var output = new StringWriter();
        var lines = new StringReader($"2\n\neth0 dhcp\nntp.example.com\nann\n{Good}\n{Good}\nn\n");
        Assert.Null(new SetupDialog(lines, output, lines.ReadLine).Ask(new()));
        Assert.Contains("机器名称", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("没有做任何更改", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_input_that_ends_changes_nothing()
    {
        using var output = new StringWriter();
        Assert.Throws<SetupException>(() => new SetupDialog(new StringReader("\n\n"), output, () => null).Ask(new()));
    }

    [Theory]
    [InlineData("Kupfer-Laterne7", true)]
    [InlineData("correct Horse battery 9", true)]
    [InlineData("Sh0rt-pass", false)]
    [InlineData("alllowercaseletters", false)]
    [InlineData("My-Password-2026!x", false)]
    [InlineData("Aaaaaaaaaaa-1234x", false)]
    [InlineData("Xk7!mnopq-Lamp", false)]
    [InlineData("Ann-Lantern-778", false)]
    [InlineData("Box:Lantern-7788", false)]
    public void A_password_is_long_mixed_and_nobodys_first_guess(string password, bool good) =>
        Assert.Equal(good, PasswordPolicy.Fault(password, "ann", "rack9") is null);

    [Theory]
    [InlineData("{}", "node", "\"b\"")]
    [InlineData("{ \"daemon\": {} }", "node", "\"b\"")]
    [InlineData("// c\n{ \"node\": \"a\", /* x */ \"daemon\": { \"board\": \"q\" } }", "node", "\"b\"")]
    [InlineData("{ \"node\": \"a\" }", "daemon.board", "\"b\"")]
    [InlineData("{ \"daemon\": { } }", "daemon.board", "\"b\"")]
    [InlineData("{ \"daemon\": { \"frame_hz\": 2, }, }", "daemon.board", "\"b\"")]
    public void One_value_of_a_configuration_changes_and_the_rest_stays(string before, string key, string value)
    {
        var after = Encoding.UTF8.GetString(ConfigEdit.Set(Encoding.UTF8.GetBytes(before), key, value));
        using var document = JsonDocument.Parse(after, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var at = key.Split('.').Aggregate(document.RootElement, (e, name) => e.GetProperty(name));
        Assert.Equal("b", at.GetString());
        Assert.Equal(before.Contains("/* x */", StringComparison.Ordinal), after.Contains("/* x */", StringComparison.Ordinal));
        Assert.Equal(before.Contains("frame_hz", StringComparison.Ordinal), after.Contains("\"frame_hz\": 2", StringComparison.Ordinal));
    }

    private static string Answers() => $$"""
        {
          "node": "rack7-box2",
          "network": { "interface": "enp1s0", "address": "10.1.2.3/24", "gateway": "10.1.2.1", "name_servers": ["10.1.2.53"] },
          "time_servers": ["ntp1.example.com", "10.1.2.4"],
          "administrator": { "name": "ann", "password": "{{Good}}" } // comments are allowed
        }
        """;

    private (int ExitCode, string Output, string Error) Run(string answers, bool json = false, bool again = false)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = SetupVerb.Run("-", again, new(_folder, [Path.Combine(_folder, "bin")]), new StringReader(answers), new(output, error, new(80, 24, false, true), json), TimeProvider.System);
        return (exit, output.ToString(), error.ToString());
    }

    private string Read(string path) => File.ReadAllText(Path.Combine(_folder, path));

    private string Calls() => File.Exists(Path.Combine(_folder, "calls")) ? Read("calls") : "";

    private void Command(string name, string script)
    {
        var path = Path.Combine(_folder, "bin", name);
        File.WriteAllText(path, $"#!/bin/sh\necho \"{name} $*\" >> {_folder}/calls\nsed 's/^/stdin /' >> {_folder}/calls\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
    }
}
