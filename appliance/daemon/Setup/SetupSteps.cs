using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Appliance.Daemon.Settings;
using Appliance.Model;

namespace Appliance.Daemon.Setup;

/// <summary>
/// Makes the machine what the answers say, in an order in which every beginning can be gone on with: setup that broke off is run again. The claim
/// comes last, so that a box is claimed with everything or not at all.
/// </summary>
internal sealed class SetupSteps(SetupMachine machine, TimeProvider time)
{
    private const string Etc = "/etc/appliance";
    private const string ConfigFile = Etc + "/appliance.json";
    private const string ApiKeys = Etc + "/api-keys.json";
    private const UnixFileMode OwnerAndGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private readonly List<string> _done = [];
    private readonly List<string> _remarks = [];

    /// <param name="tell">Told of each step as it is done.</param>
    /// <exception cref="SetupException">A step failed; what was done before it stays, and the box is not claimed.</exception>
    public SetupReport Run(SetupAnswers answers, Action<string> tell)
    {
        var administrator = answers.Administrator ?? throw new ArgumentException("Checked answers have an administrator.", nameof(answers));
        void Step(string what, Action act)
        {
            act();
            _done.Add(what);
            tell(what);
        }

        Step($"administrator {administrator.Name}, in {RoleTable.GroupOf(Role.Admin)}", () => Person(administrator));
        Step($"configuration: node {answers.Node}", () => Configuration(answers));
        Step($"host name {HostName(answers.Node)}", () => NameHost(answers.Node));
        if (answers.Network is { } network)
            Step($"network: {network.Interface} {network.Address ?? "by DHCP"}", () => Network(network));
        if (answers.TimeServers.Count > 0)
            Step($"time: {string.Join(", ", answers.TimeServers)}", () => TimeServers(answers.TimeServers));
        Step(answers.Authority is null ? "certificates of an authority of this box' own" : "certificates signed by your authority", () => Certificates(answers));
        var key = NewKey();
        Step("a key for the inference API", () => KeepKey(key));
        Step("claimed", () => machine.Write(Etc + "/" + Claim.FileName, JsonSerializer.Serialize(new Claim(time.GetUtcNow(), answers.Node, administrator.Name), SetupJson.Default.Claim) + "\n"));
        Restart(tell);
        return new(answers.Node, administrator.Name, key, _done, _remarks);
    }

    private void Person(SetupAdministrator administrator)
    {
        if (!IsUser(administrator.Name))
            machine.Run("useradd", ["--create-home", "--shell", "/bin/bash", "--comment", "Administrator of the box", administrator.Name]);
        // And may read the journal, which a support bundle is made of.
        machine.Run("usermod", ["--append", "--groups", $"{RoleTable.GroupOf(Role.Admin)},systemd-journal", administrator.Name]);
        var secret = $"{administrator.Name}:{administrator.Password ?? administrator.PasswordHash}\n";
        machine.Run("chpasswd", administrator.PasswordHash is null ? [] : ["--encrypted"], secret);
    }

    private bool IsUser(string name)
    {
        try
        {
            machine.Run("getent", ["passwd", name]);
            return true;
        }
        catch (SetupException)
        {
            return false;
        }
    }

    private void Configuration(SetupAnswers answers)
    {
        var bytes = machine.Read(ConfigFile) ?? throw new SetupException($"{ConfigFile} is not there; is the package appliance installed?");
        try
        {
            bytes = ConfigEdit.Set(bytes, "node", Quoted(answers.Node));
            if (answers.Board is { } board)
                bytes = ConfigEdit.Set(bytes, "daemon.board", Quoted(board));
            bytes = ConfigEdit.Set(bytes, "inference_core.listen", Quoted(answers.ApiListen));
            BoxConfigFile.Parse(bytes, ConfigFile);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new SetupException($"{ConfigFile} cannot be changed: {e.Message}");
        }

        machine.Write(ConfigFile, bytes, OwnerAndGroup);
    }

    private void NameHost(string node)
    {
        machine.Write("/etc/hostname", HostName(node) + "\n");
        Try("hostname", [HostName(node)], "the host's name changes with the next boot");
    }

    private void Network(SetupNetwork network)
    {
        machine.Write(NetworkFile.Kept, NetworkFile.Write(network));
        Try("systemctl", ["enable", "--now", "systemd-networkd.service"], "systemd-networkd could not be switched on");
        Try("networkctl", ["reload"], "the network changes with the next boot");
    }

    private void TimeServers(IReadOnlyList<string> servers)
    {
        if (machine.Has("chronyd"))
        {
            machine.Write("/etc/chrony/sources.d/appliance.sources", string.Concat(servers.Select(s => $"server {s} iburst\n")));
            Try("chronyc", ["reload", "sources"], "chrony takes the time servers at its next start");
            return;
        }

        machine.Write("/etc/systemd/timesyncd.conf.d/10-appliance.conf", $"# Written by appliance setup.\n[Time]\nNTP={string.Join(' ', servers)}\n");
        Try("systemctl", ["restart", "systemd-timesyncd.service"], "neither chrony nor systemd-timesyncd runs: install one, so that somebody asks the time servers");
    }

    private void Certificates(SetupAnswers answers)
    {
        List<string> arguments = ["--force", "--name", HostName(answers.Node)];
        if (answers.Network?.Address is { } address)
            arguments.AddRange(["--address", address.Split('/')[0]]);
        if (answers.Authority is { } authority)
            arguments.AddRange(["--authority", authority.Certificate, authority.Key]);
        machine.Run("tls-bootstrap", arguments);
    }

    private void KeepKey(string key)
    {
        var entry = new ApiKeyEntry("setup", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))), time.GetUtcNow());
        machine.Write(ApiKeys, JsonSerializer.SerializeToUtf8Bytes(new ApiKeyFile([entry]), SetupJson.Default.ApiKeyFile), OwnerAndGroup);
        machine.Run("chgrp", ["inference-core", machine.PathOf(ApiKeys)]);
    }

    /// <summary>All that read what changed. The fans stand at full for the moment the control plane is away.</summary>
    private void Restart(Action<string> tell)
    {
        foreach (var unit in (string[])["mosquitto", "appliance", "bmc-agent", "inference-core"])
            Try("systemctl", ["try-restart", unit], $"{unit} was not restarted");
        foreach (var remark in _remarks)
            tell($"note: {remark}");
    }

    /// <summary>What a claim does not depend on.</summary>
    private void Try(string command, IReadOnlyList<string> arguments, string remark)
    {
        try
        {
            machine.Run(command, arguments);
        }
        catch (SetupException e)
        {
            _remarks.Add($"{remark} ({e.Message})");
        }
    }

    private static string NewKey() => $"sk-box-{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";

    /// <summary>What a node is called in the network.</summary>
    internal static string HostName(string node) => node.Replace('_', '-').Trim('-').ToLowerInvariant() is { Length: > 0 } name ? name : "box";

    private static string Quoted(string text) => JsonSerializer.Serialize(text, ConfigText.Default.String);
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class ConfigText : System.Text.Json.Serialization.JsonSerializerContext;
