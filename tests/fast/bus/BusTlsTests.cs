using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Appliance.Bus;

namespace FastTests.Bus;

public sealed class BusTlsTests : IDisposable
{
    private static readonly DateTimeOffset LongAgo = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TemporaryDirectory _folder = new();
    private readonly X509Certificate2 _authority = Authority();

    [Fact]
    public void Only_what_our_own_authority_signed_is_the_broker()
    {
        using var broker = Signed(_authority, LongAgo.AddYears(100));
        using var stranger = Authority();
        using var impostor = Signed(stranger, LongAgo.AddYears(100));

        Assert.True(BusTls.IsTrusted(broker, SslPolicyErrors.RemoteCertificateChainErrors, _authority));
        Assert.False(BusTls.IsTrusted(impostor, SslPolicyErrors.RemoteCertificateChainErrors, _authority));
    }

    [Fact]
    public void A_broker_with_another_name_or_without_a_certificate_is_refused()
    {
        using var broker = Signed(_authority, LongAgo.AddYears(100));
        Assert.False(BusTls.IsTrusted(broker, SslPolicyErrors.RemoteCertificateNameMismatch, _authority));
        Assert.False(BusTls.IsTrusted(null, SslPolicyErrors.RemoteCertificateNotAvailable, _authority));
    }

    [Fact]
    public void A_wrong_clock_does_not_cost_the_telemetry()
    {
        using var expired = Signed(_authority, LongAgo.AddDays(1));
        Assert.True(BusTls.IsTrusted(expired, SslPolicyErrors.RemoteCertificateChainErrors, _authority));
    }

    [Fact]
    public void Without_files_the_bus_is_plain_and_a_missing_key_is_named()
    {
        Assert.Null(BusTls.OfDirectory(_folder.Path, "appliance"));

        File.WriteAllText(Path.Combine(_folder.Path, "ca.crt"), _authority.ExportCertificatePem());
        var tls = BusTls.OfDirectory(_folder.Path, "appliance");
        Assert.Contains("appliance.key", Assert.Throws<InvalidOperationException>(() => tls!.Load()).Message, StringComparison.Ordinal);
    }

    private static X509Certificate2 Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(LongAgo, LongAgo.AddYears(100));
    }

    private static X509Certificate2 Signed(X509Certificate2 authority, DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=broker", key, HashAlgorithmName.SHA256).Create(authority, LongAgo, until, [1, 2, 3]);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }
}
