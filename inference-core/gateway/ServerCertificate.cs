using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace InferenceCore.Gateway;

/// <summary>
/// The API's certificate and key, <c>api.crt</c> and <c>api.key</c> (PEM) in one directory, with whatever stands between them and their authority in
/// <c>api.crt</c>. Taken anew for the next connection when it was replaced: no restart, and nobody is hung up on.
/// </summary>
internal sealed class ServerCertificate(string directory, TimeProvider time)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private X509Certificate2? _certificate;
    private DateTime _writtenAt;
    private long _lookedAt;

    private string CertificateFile => Path.Combine(directory, "api.crt");

    private string KeyFile => Path.Combine(directory, "api.key");

    /// <exception cref="FormatException">There is none that could be served: one line for a person.</exception>
    public X509Certificate2 Load()
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FormatException($"{CertificateFile} and api.key: {e.Message.TrimEnd('.')}; the API is served over TLS only here, and /usr/lib/appliance/tls-bootstrap --force makes new ones", e);
        }
    }

    /// <summary>The one for the next connection; one that was replaced by something unreadable stays in use.</summary>
    public X509Certificate2 Current()
    {
        lock (_lock)
        {
            if (_certificate is not null && time.GetElapsedTime(_lookedAt) < LookAgain)
                return _certificate;
            _lookedAt = time.GetTimestamp();
            var writtenAt = File.GetLastWriteTimeUtc(CertificateFile);
            if (_certificate is not null && writtenAt == _writtenAt)
                return _certificate;
            try
            {
                (_certificate, _writtenAt) = (Load(), writtenAt);
            }
            catch (FormatException) when (_certificate is not null)
            {
                // Half-way through being replaced, perhaps: looked at again soon.
            }

            return _certificate;
        }
    }
}
