namespace Appliance.Daemon.Setup;

/// <summary><c>api-keys.json</c>: who may use the inference API. Only hashes lie there; a key is shown once, when it is made.</summary>
internal sealed record ApiKeyFile(IReadOnlyList<ApiKeyEntry> Keys);

/// <param name="Sha256">Of the key, hexadecimal: a key is 256 random bits, which no table of hashes holds.</param>
internal sealed record ApiKeyEntry(string Name, string Sha256, DateTimeOffset MadeAt);
