using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Appliance.Daemon.Cli;

/// <summary>The machine's own networks: links with addresses, and what listens.</summary>
internal static class NetworkText
{
    public static NetworkReport Read()
    {
        var links = NetworkInterface.GetAllNetworkInterfaces().OrderBy(l => l.Name, StringComparer.Ordinal).Select(link => new NetworkLink(
            link.Name,
            link.NetworkInterfaceType == NetworkInterfaceType.Loopback || link.OperationalStatus == OperationalStatus.Up ? "up" : link.OperationalStatus.ToString().ToLowerInvariant(),
            link.Speed is > 0 and < 4_000_000_000_000_000 && link.NetworkInterfaceType != NetworkInterfaceType.Loopback ? link.Speed / 1_000_000 : null,
            [.. link.GetIPProperties().UnicastAddresses.Select(a => $"{a.Address}/{a.PrefixLength}")])).ToArray();
        var ports = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().OrderBy(l => l.Port)
            .Select(l => new NetworkListener(l.Port, l.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{l.Address}]" : $"{l.Address}", !IPAddress.IsLoopback(l.Address))).ToArray();
        return new(links, ports);
    }

    public static IEnumerable<string> Lines(NetworkReport report, Screen screen)
    {
        yield return screen.Faint("LINK          STATE     MBIT/S  ADDRESSES");
        foreach (var link in report.Links)
        {
            var state = Screen.Pad(link.State == "up" ? screen.Good("up") : screen.Warn(link.State), 9);
            yield return string.Create(CultureInfo.InvariantCulture, $"{link.Name,-13} {state} {(link.MbitS is { } speed ? $"{speed}" : Text.Absent),6}  {string.Join(", ", link.Addresses)}");
        }

        yield return "";
        foreach (var group in report.Listeners.GroupBy(l => l.Open))
            yield return $"{(group.Key ? screen.Strong("open to networks") : "this machine only")}: {string.Join(", ", group.Select(l => l.Port).Distinct())}";
    }
}

/// <summary>The answer of <c>network --json</c>.</summary>
internal sealed record NetworkReport(IReadOnlyList<NetworkLink> Links, IReadOnlyList<NetworkListener> Listeners);

internal sealed record NetworkLink(string Name, string State, long? MbitS, IReadOnlyList<string> Addresses);

/// <param name="Open">Other machines reach it.</param>
internal sealed record NetworkListener(int Port, string Address, bool Open);
