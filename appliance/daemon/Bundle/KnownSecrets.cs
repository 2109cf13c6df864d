using System.Text.Json;
using System.Text.RegularExpressions;
using Appliance.Model;

namespace Appliance.Daemon.Bundle;

/// <summary>
/// What is secret on this box, read so that it can be struck out wherever it turns up: keys, secret files, secretly named variables
/// of our own processes, and texts in the configuration that no key of ours takes. Read, never written anywhere.
/// </summary>
internal static partial class KnownSecrets
{
    private const int MaxFileBytes = 64 * 1024;
    private const int MaxSecrets = 4000;
    private const int ShortestLine = 16;

    public static IReadOnlyList<string> Of(BundlePlaces places)
    {
        var secrets = new List<string>();
        foreach (var folder in (string[])[places.Etc, places.Run.State])
            secrets.AddRange(OfFiles(folder));
        foreach (var file in places.ConfigFiles)
            secrets.AddRange(OfConfig(Bytes(file)));
        secrets.AddRange(OfEnvironments(places));
        return [.. secrets.Distinct(StringComparer.Ordinal).Take(MaxSecrets)];
    }

    /// <summary>Texts below keys that appliance.json does not have, and texts that a key does not take.</summary>
    internal static IEnumerable<string> OfConfig(ReadOnlyMemory<byte> json)
    {
        var found = new List<string>();
        try
        {
            using var document = JsonDocument.Parse(json, ConfigDigest.Options);
            ConfigDigest.Walk(document.RootElement, (_, value, accepted) =>
            {
                if (!accepted)
                    found.AddRange(Texts(value));
            });
        }
        catch (JsonException)
        {
            // Then nothing of it goes into the bundle either.
        }

        return found;
    }

    internal static IEnumerable<string> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(p => Texts(p.Value)),
        _ => [],
    };

    private static IEnumerable<string> OfFiles(string folder)
    {
        IEnumerable<string> files;
        try
        {
            files = Directory.Exists(folder)
                ? [.. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3, IgnoreInaccessible = true })]
                : [];
        }
        catch (IOException)
        {
            yield break;
        }

        foreach (var file in files.Where(f => SecretFile().IsMatch(Path.GetFileName(f))))
        {
            foreach (var secret in OfLines(System.Text.Encoding.UTF8.GetString(Bytes(file).Span)))
                yield return secret;
        }
    }

    /// <summary>Each line, and each quoted text of it; of a PEM its base64.</summary>
    private static IEnumerable<string> OfLines(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("-----", StringComparison.Ordinal))
                continue;
            if (line.Length >= ShortestLine || !line.Contains(' '))
                yield return line;
            foreach (Match quoted in Quoted().Matches(line))
                yield return quoted.Groups[1].Value;
            if (line.IndexOfAny(['=', ':']) is var at and > 0 && at + 1 < line.Length)
                yield return line[(at + 1)..].Trim(' ', '"', '\'', ',');
        }
    }

    private static IEnumerable<string> OfEnvironments(BundlePlaces places)
    {
        foreach (var pid in OwnProcesses.Pids(places).Append(Environment.ProcessId))
        {
            var variables = System.Text.Encoding.UTF8.GetString(Bytes(Path.Combine(places.Proc, $"{pid}", "environ")).Span).Split('\0');
            foreach (var (name, value) in variables.Where(v => v.Contains('=')).Select(v => (v[..v.IndexOf('=')], v[(v.IndexOf('=') + 1)..])))
            {
                if (SecretVariable().IsMatch(name))
                    yield return value;
            }
        }
    }

    /// <summary>Empty where it cannot be read.</summary>
    private static ReadOnlyMemory<byte> Bytes(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[MaxFileBytes];
            return bytes.AsMemory(0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    [GeneratedRegex(@"(\.key|\.pem|\.p12|\.env)$|secret|passw|token|credential|api-?key|htpasswd", RegexOptions.IgnoreCase)]
    private static partial Regex SecretFile();

    [GeneratedRegex(@"secret|passw|token|key|credential|auth|_pwd|dsn|url|webhook|proxy", RegexOptions.IgnoreCase)]
    private static partial Regex SecretVariable();

    [GeneratedRegex(@"[""']([^""']+)[""']")]
    private static partial Regex Quoted();
}
