using System.Globalization;
using System.Text.Json.Serialization;
using Appliance.Daemon.Config;
using Appliance.Daemon.Settings;
using Appliance.Daemon.Setup;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>What an administrator changes on a claimed box: its network, its model, its certificates. As root, on the machine itself.</summary>
internal sealed class SettingsVerbs(SetupMachine machine, Output output, TimeProvider time)
{
    /// <summary>Shorter than a login takes, or longer than anybody remembers: a mistake.</summary>
    private static readonly (int Least, int Most) TrialSeconds = (20, 3600);

    public int SetNetwork(string[] words, int within) => Act(() =>
    {
        SetupNetwork network;
        switch (words)
        {
            case [var link, "dhcp"]:
                network = new(link);
                break;
            case [var link, var address]:
                network = new(link, address);
                break;
            case [var link, var address, var gateway, .. var servers]:
                network = new(link, address, gateway, servers.Length > 0 ? servers : null);
                break;
            default:
                return output.Fail(ExitCode.Usage, "network set needs INTERFACE dhcp, or INTERFACE ADDRESS/PREFIX [GATEWAY [DNS...]]: enp1s0 10.1.2.3/24 10.1.2.1 10.1.2.53");
        }

        if (SetupCheck.Network(network) is { } fault)
            return output.Fail(ExitCode.Usage, fault);
        if (within < TrialSeconds.Least || within > TrialSeconds.Most)
            return output.Fail(ExitCode.Usage, $"--within is {within}; it must be {TrialSeconds.Least} to {TrialSeconds.Most} seconds.");
        new NetworkChange(machine).Try(network, TimeSpan.FromSeconds(within));
        return Done($"on trial: {NetworkFile.Words(network)}. It goes back by itself in {within} s, or with the power, unless somebody says: appliance network confirm");
    });

    public int ConfirmNetwork() => Act(() => new NetworkChange(machine).Confirm() is { } kept
        ? Done($"kept: {NetworkFile.Words(kept)}")
        : output.Fail(ExitCode.Failed, "no change of the network is on trial: it went back already, or none was made."));

    public int RevertNetwork() => Act(() => new NetworkChange(machine).Revert() is { } taken
        ? Done($"taken back: {NetworkFile.Words(taken)}; the network is as it was.")
        : output.Fail(ExitCode.Failed, "no change of the network is on trial."));

    public int Models()
    {
        var models = new ModelSwitch(machine).List();
        if (output.Json)
        {
            output.Data(models, SettingsJson.Default.IReadOnlyListModelFolder);
            return ExitCode.Done;
        }

        if (models.Count == 0)
            return output.Fail(ExitCode.Failed, "there is no model here: the package inference-core brings one, others are folders below /var/lib/appliance/models.");
        output.Line(output.Screen.Faint("   MODEL                 FAMILY            WEIGHTS  "));
        output.Lines(models.Select(m => string.Create(CultureInfo.InvariantCulture,
            $"{(m.Served ? " * " : "   ")}{m.Name,-21} {m.Family,-14} {m.WeightBytes / 1e9,7:0.00} GB  {(m.Fault is { } fault ? output.Screen.Warn(fault) : m.Directory)}")));
        if (machine == SetupMachine.Real && !Hardware.Accounts.IsRoot)
            output.Line(output.Screen.Faint("Those below /var/lib/appliance are shown to root: sudo appliance model"));
        return ExitCode.Done;
    }

    public int UseModel(string name) => Act(() =>
    {
        var model = new ModelSwitch(machine).Use(name);
        return Done($"{model.Name} is loaded now; appliance status tells when it answers.");
    });

    public int RestartModel() => Act(() =>
    {
        new ModelSwitch(machine).Restart();
        return Done("the engine starts again; appliance status tells when it answers.");
    });

    public int Certificates()
    {
        if (!machine.DirectoryExists(CertificateList.Folder))
            return output.Fail(3, $"there is no {CertificateList.Folder}: this machine is no box; the twin speaks without certificates.");
        var rows = CertificateList.Read(machine, time.GetUtcNow());
        if (output.Json)
        {
            output.Data(rows, SettingsJson.Default.IReadOnlyListCertificateRow);
        }
        else
        {
            output.Line(output.Screen.Faint("CERTIFICATE     UNTIL       DAYS LEFT  STATE          USED BY"));
            output.Lines(rows.Select(Row));
        }

        // Like a Nagios plugin, as every verb that judges.
        return rows.Any(r => r.State is not ("ok" or "expiring")) ? 2 : rows.Any(r => r.State == "expiring") ? 1 : 0;
    }

    /// <param name="authority">Certificate and key of the house's authority; empty for one of the box' own.</param>
    public int RenewCertificates(IReadOnlyList<string> authority) => Act(() =>
    {
        if (authority is not ([] or [_, _]))
            return output.Fail(ExitCode.Usage, "--authority needs two files: its certificate and its key.");
        var node = machine.Read(ConfigStore.BoxFile) is { } bytes ? BoxConfigFile.Parse(bytes, ConfigStore.BoxFile).Node : new BoxConfig().Node;
        CertificateList.Renew(machine, SetupSteps.HostName(node), new NetworkChange(machine).Kept()?.Address, authority is [var certificate, var key] ? new(certificate, key) : null);
        return Done($"new certificates {(authority.Count == 0 ? "of an authority of this box' own" : "signed by your authority")}; clients of the API trust /etc/appliance/tls/ca.crt.");
    });

    private string Row(CertificateRow row)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{row.Name,-15} {row.Until?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? Text.Absent,-10}  {row.DaysLeft?.ToString(CultureInfo.InvariantCulture) ?? Text.Absent,9}  ");
        var state = Screen.Pad(row.State switch { "ok" => output.Screen.Good(row.State), "expiring" => output.Screen.Warn(row.State), var bad => output.Screen.Bad(bad.Replace('_', ' ')) }, 14);
        return $"{line}{state} {row.Use}";
    }

    private int Done(string line)
    {
        if (output.Json)
            output.Data(new SettingDone(line), SettingsJson.Default.SettingDone);
        else
            output.Line(line);
        return ExitCode.Done;
    }

    private int Act(Func<int> act)
    {
        if (machine == SetupMachine.Real && !Hardware.Accounts.IsRoot)
            return output.Fail(ExitCode.Failed, "that changes the machine and must run as root: sudo appliance …");
        try
        {
            return act();
        }
        catch (Exception e) when (e is SetupException or IOException or UnauthorizedAccessException)
        {
            return output.Fail(ExitCode.Failed, e.Message);
        }
    }
}

/// <summary>The answer of a setting's verb with <c>--json</c>.</summary>
internal sealed record SettingDone(string Done);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SettingDone))]
[JsonSerializable(typeof(IReadOnlyList<ModelFolder>))]
[JsonSerializable(typeof(IReadOnlyList<CertificateRow>))]
internal sealed partial class SettingsJson : JsonSerializerContext;
