using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Setup;

/// <summary>Everything that can be wrong with answers, before anything is changed; the same for a person and for a file.</summary>
internal static partial class SetupCheck
{
    /// <summary>Names that are somebody else's, or that everybody tries first.</summary>
    private static readonly string[] TakenNames = ["root", "daemon", "nobody", "appliance", "bmc-agent", "inference-core", "mosquitto", "sshd"];

    /// <summary>A line for each fault; none when the answers are good.</summary>
    public static IEnumerable<string> Faults(SetupAnswers answers)
    {
        string?[] all =
        [
            Node(answers.Node), Board(answers.Board), answers.Network is { } network ? Network(network) : null, TimeServers(answers.TimeServers),
            Administrator(answers.Administrator, answers.Node), Authority(answers.Authority), Listen(answers.ApiListen),
        ];
        return all.OfType<string>();
    }

    public static string? Node(string node) => NodeName().IsMatch(node) ? null : $"node is \"{node}\"; it must be 1 to 64 letters, digits, '-' or '_'.";

    public static string? TimeServers(IReadOnlyList<string> servers) => servers.Count > 8
        ? "time_servers: 8 at most."
        : servers.FirstOrDefault(s => !HostName().IsMatch(s) && !IPAddress.TryParse(s, out _)) is { } bad ? $"time_servers: \"{bad}\" is no name and no address." : null;

    public static string? AdministratorName(string name) => !UserName().IsMatch(name)
        ? $"administrator.name is \"{name}\"; it must be 1 to 32 small letters, digits, '-' or '_', a letter first."
        : TakenNames.Contains(name) ? $"administrator.name is \"{name}\", which is a user of the system; take a person's." : null;

    public static string? Network(SetupNetwork network)
    {
        if (!InterfaceName().IsMatch(network.Interface))
            return $"network.interface is \"{network.Interface}\", which is no name of an interface.";
        if (network.Address is null)
            return network.Gateway is null && network.NameServers is null or { Count: 0 } ? null : "network.gateway and name_servers go with an address; without one DHCP tells them.";
        var parts = network.Address.Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out var address) || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var prefix)
            || prefix < 1 || prefix > (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? 128 : 32))
            return $"network.address is \"{network.Address}\"; right would be 10.1.2.3/24.";
        if (network.Gateway is { } gateway && (!IPAddress.TryParse(gateway, out var via) || !new IPNetwork(Masked(address, prefix), prefix).Contains(via)))
            return $"network.gateway is \"{gateway}\"; it must be an address within {network.Address}.";
        return network.NameServers?.FirstOrDefault(n => !IPAddress.TryParse(n, out _)) is { } bad ? $"network.name_servers: \"{bad}\" is no address." : null;
    }

    private static IPAddress Masked(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var bits = Math.Clamp(prefix - i * 8, 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - bits));
        }

        return new(bytes);
    }

    private static string? Board(string? board)
    {
        if (board is null)
            return null;
        try
        {
            BoardCatalogue.Load(board);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    private static string? Administrator(SetupAdministrator? administrator, string node)
    {
        if (administrator is null)
            return "administrator is missing: a box without one cannot be claimed.";
        if (AdministratorName(administrator.Name) is { } fault)
            return fault;
        return (administrator.Password, administrator.PasswordHash) switch
        {
            (null, null) => "administrator needs a password or a password_hash (crypt(5), e.g. from `openssl passwd -6`).",
            ({ }, { }) => "administrator has a password and a password_hash; one is enough.",
            ({ } password, null) => PasswordPolicy.Fault(password, administrator.Name, node) is { } why ? $"administrator.password: {why}" : null,
            (null, { } hash) => CryptHash().IsMatch(hash) ? null : "administrator.password_hash is not what crypt(5) writes: $6$salt$hash or $y$….",
        };
    }

    private static string? Authority(SetupAuthority? authority) => authority is null
        ? null
        : new[] { authority.Certificate, authority.Key }.FirstOrDefault(f => !File.Exists(f)) is { } missing ? $"authority: {missing} is not there." : null;

    private static string? Listen(string listen) => IPAddress.TryParse(listen, out _) ? null : $"api_listen is \"{listen}\"; it must be an address, 0.0.0.0 for every network or 127.0.0.1 for none.";

    [GeneratedRegex(@"^[A-Za-z0-9_\-]{1,64}$")]
    private static partial Regex NodeName();

    [GeneratedRegex(@"^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9\-]{0,62})(\.[A-Za-z0-9]([A-Za-z0-9\-]{0,62}))*\.?$")]
    private static partial Regex HostName();

    [GeneratedRegex(@"^[a-z][a-z0-9_\-]{0,31}$")]
    private static partial Regex UserName();

    [GeneratedRegex(@"^[a-zA-Z0-9][a-zA-Z0-9._\-]{0,14}$")]
    private static partial Regex InterfaceName();

    [GeneratedRegex(@"^\$(5|6|7|y|gy|2[aby])\$[./A-Za-z0-9$=,]{8,}$")]
    private static partial Regex CryptHash();
}
