using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BmcAgent;

/// <summary>The panel's certificate and key, <c>panel.crt</c> and <c>panel.key</c> (PEM); a replaced one is served from the next connection on.</summary>
internal sealed class PanelCertificate(string directory, TimeProvider time)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private X509Certificate2? _certificate;
    private DateTime _writtenAt;
    private long _lookedAt;

    private string File => Path.Combine(directory, "panel.crt");

    /// <summary>One line about why there is none to serve; null when there is.</summary>
    public string? Fault()
    {
        try
        {
            _ = Current();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"{File} and panel.key: {e.Message.TrimEnd('.')}; the panel of a box is served over TLS only, and /usr/lib/appliance/tls-bootstrap --force makes new ones";
        }
    }

    public X509Certificate2 Current()
    {
        lock (_lock)
        {
            if (_certificate is not null && time.GetElapsedTime(_lookedAt) < LookAgain)
                return _certificate;
            _lookedAt = time.GetTimestamp();
            var writtenAt = System.IO.File.GetLastWriteTimeUtc(File);
            if (_certificate is not null && writtenAt == _writtenAt)
                return _certificate;
            try
            {
                (_certificate, _writtenAt) = (X509Certificate2.CreateFromPemFile(File, Path.Combine(directory, "panel.key")), writtenAt);
            }
            catch (Exception e) when (_certificate is not null && e is IOException or UnauthorizedAccessException or CryptographicException)
            {
                // Half-way through being replaced: the old one until it is whole.
            }

            return _certificate;
        }
    }
}
