using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace InferenceCore.Gateway;

/// <summary>
/// Who may use the API of a box: <c>{"keys":[{"name":…,"sha256":…,"made_at":…}]}</c>, which setup writes. Only hashes are known here; a key is
/// 256 random bits, so that a plain hash is enough. Read again when the file changes; a file that is away or broken lets nobody in.
/// </summary>
internal sealed class ApiKeys(string file, TimeProvider time)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>What tells machines whether to send requests here at all, and nothing more.</summary>
    private static readonly string[] Open = ["/health", "/ready"];

    private readonly Lock _lock = new();
    private byte[][] _hashes = [];
    private (DateTime WrittenAt, long Length) _read;
    private long? _lookedAt;

    /// <summary>Lets a request with a known key pass.</summary>
    /// <exception cref="ApiException">401.</exception>
    public Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (!Open.Contains(context.Request.Path.Value) && !Knows(context.Request.Headers.Authorization))
        {
            throw new ApiException(401, Count() == 0
                ? "This box has no API key yet: it is made when the box is claimed (appliance setup)."
                : "Incorrect or missing API key; send it as 'Authorization: Bearer KEY'.", code: "invalid_api_key");
        }

        return next(context);
    }

    /// <param name="authorization">The header: <c>Bearer KEY</c>.</param>
    public bool Knows(string? authorization)
    {
        const string scheme = "Bearer ";
        if (authorization is null || !authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            return false;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(authorization[scheme.Length..].Trim()), hash);
        var known = false;
        foreach (var entry in Current())
            known |= CryptographicOperations.FixedTimeEquals(entry, hash);
        return known;
    }

    private int Count() => Current().Length;

    private byte[][] Current()
    {
        lock (_lock)
        {
            if (_lookedAt is { } at && time.GetElapsedTime(at) < LookAgain)
                return _hashes;
            _lookedAt = time.GetTimestamp();
            var found = new FileInfo(file);
            var now = found.Exists ? (found.LastWriteTimeUtc, found.Length) : default;
            if (now != _read)
                (_hashes, _read) = (Read(), now);
            return _hashes;
        }
    }

    private byte[][] Read()
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            return [.. document.RootElement.GetProperty("keys").EnumerateArray().Select(k => Convert.FromHexString(k.GetProperty("sha256").GetString()!))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentNullException)
        {
            return [];
        }
    }
}
