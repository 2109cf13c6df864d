using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Appliance.Daemon.Setup;

namespace Appliance.Daemon.Settings;

/// <param name="Use">What speaks with it.</param>
/// <param name="DaysLeft">Whole days; negative when it has run out; null when it cannot be read.</param>
/// <param name="State"><c>ok</c>, <c>expiring</c>, <c>expired</c>, <c>not_yet_valid</c>, <c>unreadable</c>, <c>stranger</c>: not signed by the box' authority.</param>
internal sealed record CertificateRow(string Name, string Use, string? Subject, string? Issuer, DateTimeOffset? Until, int? DaysLeft, string State);

/// <summary>The certificates with which the parts of the box know each other and the world knows the box, each with its time.</summary>
internal static class CertificateList
{
    /// <summary>From here on it is told: a month to have new ones made.</summary>
    public const int WarnDays = 30;

    public const string Folder = "/etc/appliance/tls";

    private static readonly (string Name, string Use)[] Known =
    [
        ("ca", "authority of the box"), ("broker", "message bus"), ("appliance", "control plane on the bus"), ("bmc-agent", "panel's program on the bus"),
        ("inference-core", "engine on the bus"), ("api", "inference API, 8080"), ("panel", "panel, 8000"),
    ];

    public static IReadOnlyList<CertificateRow> Read(SetupMachine machine, DateTimeOffset now)
    {
        using var authority = Load(machine, "ca");
        return [.. Known.Select(k => Row(machine, k.Name, k.Use, authority, now))];
    }

    /// <summary>Made anew, by the box' own authority or by one of the house; whoever uses them starts again.</summary>
    public static void Renew(SetupMachine machine, string node, string? address, SetupAuthority? authority)
    {
        List<string> arguments = ["--force", "--name", node];
        if (address is not null)
            arguments.AddRange(["--address", address.Split('/')[0]]);
        if (authority is not null)
            arguments.AddRange(["--authority", authority.Certificate, authority.Key]);
        machine.Run("tls-bootstrap", arguments);
        foreach (var unit in (string[])["mosquitto", "appliance", "bmc-agent", "inference-core"])
            machine.Run("systemctl", ["try-restart", unit]);
    }

    private static CertificateRow Row(SetupMachine machine, string name, string use, X509Certificate2? authority, DateTimeOffset now)
    {
        using var certificate = Load(machine, name);
        if (certificate is null)
            return new(name, use, null, null, null, null, "unreadable");
        var (from, until) = (new DateTimeOffset(certificate.NotBefore.ToUniversalTime()), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
        // What its authority signs after its own end is worth nothing from then on.
        if (authority is not null && new DateTimeOffset(authority.NotAfter.ToUniversalTime()) is var end && end < until)
            until = end;
        var days = (int)Math.Floor((until - now).TotalDays);
        var state = now < from ? "not_yet_valid" : until <= now ? "expired" : days < WarnDays ? "expiring" : Signed(certificate, authority) ? "ok" : "stranger";
        return new(name, use, certificate.Subject, certificate.Issuer, until, days, state);
    }

    private static bool Signed(X509Certificate2 certificate, X509Certificate2? authority)
    {
        if (authority is null)
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid | X509VerificationFlags.AllowUnknownCertificateAuthority;
        return chain.Build(certificate) && chain.ChainElements[^1].Certificate.RawDataMemory.Span.SequenceEqual(authority.RawDataMemory.Span);
    }

    private static X509Certificate2? Load(SetupMachine machine, string name)
    {
        try
        {
            return X509CertificateLoader.LoadCertificateFromFile(machine.PathOf($"{Folder}/{name}.crt"));
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
