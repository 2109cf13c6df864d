using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Appliance.Daemon.Bundle;

/// <summary>Who may speak on the box' bus and until when. Of a private key it tells only that it is there and who may read it.</summary>
internal static class CertificateDigest
{
    public static string Of(string folder, DateTimeOffset now)
    {
        if (!Directory.Exists(folder))
            throw new BundleGapException($"{folder} is not there");
        var text = new StringBuilder();
        foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            text.Append(Path.GetFileName(file)).Append(": ").Append(file.EndsWith(".crt", StringComparison.Ordinal) ? Certificate(file, now) : Key(file)).Append('\n');
        return text.Length > 0 ? text.ToString() : throw new BundleGapException($"{folder} is empty");
    }

    private static string Certificate(string file, DateTimeOffset now)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
            var days = (certificate.NotAfter.ToUniversalTime() - now.UtcDateTime).TotalDays;
            // In pairs, so that a fingerprint does not look like a secret.
            var print = string.Join(':', certificate.GetCertHash(HashAlgorithmName.SHA256).Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));
            return string.Create(CultureInfo.InvariantCulture, $"{certificate.Subject} by {certificate.Issuer}, {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd} to "
                + $"{certificate.NotAfter.ToUniversalTime():yyyy-MM-dd} ({days:0} days left), {certificate.GetKeyAlgorithm()}, SHA-256 {print}");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return $"cannot be read as a certificate: {e.GetType().Name}";
        }
    }

    private static string Key(string file) =>
        string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(file).Length} bytes, mode {Convert.ToString((int)File.GetUnixFileMode(file), 8)}; never read into a bundle");
}
