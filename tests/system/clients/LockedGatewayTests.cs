using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SystemTests.Clients;

/// <summary>The API as a box serves it: TLS 1.3 and nothing older, a key and nobody without.</summary>
public sealed class LockedGatewayTests : IDisposable
{
    private const string Key = "sk-box-0123456789abcdef";
    private readonly string _folder = Directory.CreateTempSubdirectory("locked-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_speaks_TLS_1_3_asks_for_a_key_and_takes_a_new_certificate_without_a_restart()
    {
        var first = Certify("first");
        File.WriteAllText(Path.Combine(_folder, "keys.json"),
            $"{{ \"keys\": [ {{ \"name\": \"t\", \"sha256\": \"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}\", \"made_at\": \"2026-11-25T00:00:00Z\" }} ] }}");
        using var gateway = new Gateway(["--tls", _folder, "--api-keys", Path.Combine(_folder, "keys.json")], "https");
        var shown = "";
        using var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => (shown = certificate!.GetCertHashString(HashAlgorithmName.SHA256)).Length > 0;
        using var http = new HttpClient(handler) { BaseAddress = new Uri(gateway.Url) };
        Wait.Until("the model has produced a token, and tells so without a key", TimeSpan.FromSeconds(30), () => http.GetAsync("/ready").Result.IsSuccessStatusCode, () => gateway.Log);
        Assert.Equal(first, shown);

        using var refused = await http.GetAsync("/v1/models");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("Bearer", refused.Headers.WwwAuthenticate.Single().Scheme);
        Assert.Contains("invalid_api_key", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        foreach (var path in (string[])["/metrics", "/v1/nothing", "/tokenize"])
            Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(path)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/v1/models")).StatusCode);

        var old = Programs.Run("/usr/bin/openssl", ["s_client", "-connect", $"127.0.0.1:{gateway.Port}", "-tls1_2"]);
        Assert.NotEqual(0, old.ExitCode);
        Assert.Contains("alert", old.Error, StringComparison.Ordinal);
        using var plain = new HttpClient();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => plain.GetAsync($"http://127.0.0.1:{gateway.Port}/health"));

        var second = Certify("second");
        Assert.NotEqual(first, second);
        Wait.Until("the new certificate is shown", TimeSpan.FromSeconds(10), () => http.GetAsync("/health").Result.IsSuccessStatusCode && shown == second, () => gateway.Log);
        Assert.DoesNotContain(Key, gateway.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_certificate_it_does_not_serve_in_plain_instead()
    {
        var outcome = Programs.Run("inference-core", ["serve", "--listen", "https://127.0.0.1:1", "--run-dir", _folder, "--tls", _folder]);
        Assert.Equal(78, outcome.ExitCode);
        Assert.Contains($"{_folder}/api.crt", outcome.ErrorLine, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', outcome.ErrorLine);
    }

    private string Certify(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        alternatives.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(alternatives.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Path.Combine(_folder, "api.key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path.Combine(_folder, "api.crt"), certificate.ExportCertificatePem());
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "api.crt"), name == "first" ? DateTime.UtcNow.AddMinutes(-1) : DateTime.UtcNow);
        return certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }
}
