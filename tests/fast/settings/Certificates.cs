using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FastTests.Settings;

/// <summary>An authority and the certificates of a box, as tls-bootstrap makes them.</summary>
internal static class Certificates
{
    public static readonly string[] Users = ["broker", "appliance", "bmc-agent", "inference-core", "api", "panel"];

    private static readonly DateTimeOffset From = new(2023, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <param name="days">From today on that the users' hold; the authority holds as long as <paramref name="authorityDays"/> says.</param>
    public static void Issue(FolderMachine box, int days, int authorityDays = 4000)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        using var authority = request.CreateSelfSigned(From, Today.AddDays(authorityDays));
        box.Put("etc/appliance/tls/ca.crt", authority.ExportCertificatePem());
        foreach (var user in Users)
            Issue(box, user, authority, Today.AddDays(days));
    }

    public static DateTimeOffset Today { get; } = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    private static void Issue(FolderMachine box, string user, X509Certificate2 authority, DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={user}", key, HashAlgorithmName.SHA256);
        using var certificate = request.Create(authority, From, until < authority.NotAfter ? until : authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        box.Put($"etc/appliance/tls/{user}.crt", certificate.ExportCertificatePem());
        box.Put($"etc/appliance/tls/{user}.key", key.ExportPkcs8PrivateKeyPem());
    }
}
