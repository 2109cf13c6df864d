namespace Appliance.Daemon.Setup;

/// <summary>
/// What setup wants to know, whether a person typed it or <c>--file answers.json</c> says it. What is left out stays as it is, except the
/// administrator: a box without one cannot be claimed.
/// </summary>
internal sealed record SetupAnswers
{
    /// <summary>The box' name on the bus and, where it can be one, in the network.</summary>
    public string Node { get; set; } = "box1";

    /// <summary>A board's name; null keeps the configuration's.</summary>
    public string? Board { get; set; }

    /// <summary>Null keeps the network as it is.</summary>
    public SetupNetwork? Network { get; set; }

    /// <summary>Names or addresses; none keeps what the machine has.</summary>
    public IReadOnlyList<string> TimeServers { get; set; } = [];

    public SetupAdministrator? Administrator { get; set; }

    /// <summary>An authority of the house that signs the box' certificates; null makes one of the box' own and throws its key away.</summary>
    public SetupAuthority? Authority { get; set; }

    /// <summary>Address the inference API listens on, over TLS 1.3 and with a key: 0.0.0.0 for every network.</summary>
    public string ApiListen { get; set; } = "0.0.0.0";
}

/// <param name="Interface">As the kernel names it, e.g. <c>enp3s0</c>.</param>
/// <param name="Address">With its prefix, <c>10.1.2.3/24</c>; null asks a DHCP server.</param>
internal sealed record SetupNetwork(string Interface, string? Address = null, string? Gateway = null, IReadOnlyList<string>? NameServers = null);

/// <param name="PasswordHash">As crypt(5) writes it; instead of <paramref name="Password"/>, so that no file need hold one.</param>
internal sealed record SetupAdministrator(string Name, string? Password = null, string? PasswordHash = null);

/// <param name="Certificate">PEM file of an authority.</param>
/// <param name="Key">PEM file of its key; read once, not kept.</param>
internal sealed record SetupAuthority(string Certificate, string Key);
