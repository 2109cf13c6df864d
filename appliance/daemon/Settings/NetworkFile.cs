using System.Text;
using Appliance.Daemon.Setup;

namespace Appliance.Daemon.Settings;

/// <summary>The file in which systemd-networkd is told about the box' interface; we read nothing but what we write.</summary>
internal static class NetworkFile
{
    /// <summary>Stays over a boot.</summary>
    public const string Kept = "/etc/systemd/network/10-appliance.network";

    /// <summary>In memory, and before the other by its name: a change on trial, which no boot survives.</summary>
    public const string Trial = "/run/systemd/network/05-appliance-trial.network";

    public static string Write(SetupNetwork network)
    {
        var text = new StringBuilder($"# Written by appliance.\n[Match]\nName={network.Interface}\n\n[Network]\n");
        if (network.Address is null)
            return text.Append("DHCP=yes\n").ToString();
        text.Append("Address=").Append(network.Address).Append('\n');
        if (network.Gateway is { } gateway)
            text.Append("Gateway=").Append(gateway).Append('\n');
        foreach (var server in network.NameServers ?? [])
            text.Append("DNS=").Append(server).Append('\n');
        return text.ToString();
    }

    /// <returns>Null for a file that somebody else wrote.</returns>
    public static SetupNetwork? Read(string text)
    {
        string? name = null, address = null, gateway = null;
        var (dhcp, servers) = (false, new List<string>());
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            switch (line.Split('=', 2))
            {
                case [['#', ..]] or [['#', ..], _] or ["[Match]" or "[Network]"]:
                    break;
                case ["Name", var value]:
                    name = value;
                    break;
                case ["Address", var value]:
                    address = value;
                    break;
                case ["Gateway", var value]:
                    gateway = value;
                    break;
                case ["DNS", var value]:
                    servers.Add(value);
                    break;
                case ["DHCP", "yes"]:
                    dhcp = true;
                    break;
                default:
                    return null;
            }
        }

        if (name is null || dhcp == (address is not null))
            return null;
        var network = new SetupNetwork(name, address, gateway, servers.Count > 0 ? servers : null);
        return SetupCheck.Network(network) is null ? network : null;
    }

    /// <summary>As a person types it: <c>enp1s0 10.1.2.3/24 10.1.2.1 10.1.2.53</c>.</summary>
    public static string Words(SetupNetwork network) => network.Address is null
        ? $"{network.Interface} dhcp"
        : string.Join(' ', ((string?[])[network.Interface, network.Address, network.Gateway, .. network.NameServers ?? []]).OfType<string>());
}
