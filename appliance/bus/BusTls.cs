using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Appliance.Bus;

/// <summary>
/// A client's part in mutual TLS: <c>ca.crt</c>, <c>&lt;name&gt;.crt</c> and <c>&lt;name&gt;.key</c> (PEM) in one directory. On a box that
/// is <see cref="BoxDirectory"/>, where the package makes them and setup replaces them; where they are, the bus is spoken over TLS 1.3 and
/// not otherwise. Read anew at every connect, so that a replaced certificate needs no restart.
/// </summary>
public sealed record BusTls(string Directory, string Name)
{
    public const string BoxDirectory = "/etc/appliance/tls";

    private string Authority => Path.Combine(Directory, "ca.crt");

    private string Certificate => Path.Combine(Directory, $"{Name}.crt");

    private string Key => Path.Combine(Directory, $"{Name}.key");

    /// <summary>This program's identity on a box; null where the box has none: its bus is plain, and on the loopback only.</summary>
    /// <param name="name">The certificate's common name, which is the user name the broker's access list knows.</param>
    public static BusTls? OfBox(string name) => OfDirectory(BoxDirectory, name);

    public static BusTls? OfDirectory(string directory, string name) =>
        File.Exists(Path.Combine(directory, "ca.crt")) ? new(directory, name) : null;

    /// <summary>Certificate with its key, and the one authority that may vouch for the broker.</summary>
    /// <exception cref="InvalidOperationException">A file is missing, unreadable or not PEM; the message names it.</exception>
    internal (X509Certificate2 Own, X509Certificate2 Trusted) Load()
    {
        try
        {
            return (X509Certificate2.CreateFromPemFile(Certificate, Key), X509CertificateLoader.LoadCertificateFromFile(Authority));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new InvalidOperationException($"TLS of the bus: {Authority}, {Certificate} or {Key}: {e.Message}", e);
        }
    }

    /// <summary>
    /// The broker's name must fit and its chain must end at our authority; the machine's own list of authorities is not asked. A clock
    /// that is wrong is no reason to lose telemetry: it is the first thing one wants told.
    /// </summary>
    internal static bool IsTrusted(X509Certificate? shown, SslPolicyErrors errors, X509Certificate2 authority)
    {
        if (shown is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        using var copy = X509CertificateLoader.LoadCertificate(shown.GetRawCertData());
        return chain.Build(copy);
    }
}
