using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Appliance.Daemon.Setup;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Settings;

/// <summary>Whether every file of a backup would be accepted by the program that reads it, before one of them replaces anything.</summary>
internal static partial class BackupCheck
{
    /// <summary>A line for each thing that is wrong; none for a backup that can be restored.</summary>
    public static IEnumerable<string> Faults(IReadOnlyDictionary<string, byte[]> files)
    {
        foreach (var (path, bytes) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            var fault = path switch
            {
                BackupScope.Config => Config(bytes, files),
                BackupScope.ApiKeys => ApiKeys(bytes),
                BackupScope.Network => NetworkFile.Read(Encoding.UTF8.GetString(bytes)) is null ? "is not as appliance setup writes it" : null,
                BackupScope.Timesyncd => Timesyncd().IsMatch(Encoding.UTF8.GetString(bytes)) ? null : "is not as appliance setup writes it",
                BackupScope.Chrony => Chrony().IsMatch(Encoding.UTF8.GetString(bytes)) ? null : "is not as appliance setup writes it",
                _ when path.StartsWith("etc/appliance/boards/", StringComparison.Ordinal) => Board(bytes),
                _ when path.StartsWith("etc/appliance/policies/", StringComparison.Ordinal) => Policy(bytes),
                _ => null, // keys and certificates belong together and are looked at as such
            };
            if (fault is not null)
                yield return $"{path}: {fault}";
        }

        if (!files.ContainsKey(BackupScope.Config))
            yield return $"{BackupScope.Config} is missing";
        foreach (var fault in Certificates(files))
            yield return fault;
    }

    private static string? Config(byte[] bytes, IReadOnlyDictionary<string, byte[]> files)
    {
        try
        {
            var board = BoxConfigFile.Parse(bytes, "appliance.json").Daemon.Board;
            if (!files.ContainsKey($"etc/appliance/boards/{board}.json"))
                BoardCatalogue.Load(board);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    private static string? ApiKeys(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, SetupJson.Default.ApiKeyFile) is { Keys: { } keys } && keys.All(k => Sha256().IsMatch(k.Sha256)) ? null : "holds keys that are no SHA-256";
        }
        catch (JsonException e)
        {
            return e.Message.Split(" Path:")[0];
        }
    }

    private static string? Board(byte[] bytes)
    {
        try
        {
            BoardFile.Parse(bytes, "it");
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    /// <summary>The engine judges a policy's statements, and refuses everybody where it understands none; here it must be a policy at all.</summary>
    private static string? Policy(byte[] bytes)
    {
        try
        {
            using var policy = JsonDocument.Parse(bytes);
            return policy.RootElement.ValueKind == JsonValueKind.Object && policy.RootElement.TryGetProperty("Statement", out _) ? null : "is no access policy: it has no Statement";
        }
        catch (JsonException e)
        {
            return e.Message;
        }
    }

    private static IEnumerable<string> Certificates(IReadOnlyDictionary<string, byte[]> files)
    {
        var tls = files.Keys.Where(f => f.StartsWith(BackupScope.Tls, StringComparison.Ordinal)).ToArray();
        if (tls.Length == 0)
            yield break;
        string[] names = ["broker", "appliance", "bmc-agent", "inference-core", "api", "panel"];
        foreach (var missing in names.SelectMany(n => new[] { $"{n}.crt", $"{n}.key" }).Append("ca.crt").Where(f => !files.ContainsKey(BackupScope.Tls + f)))
            yield return $"{BackupScope.Tls}{missing} is missing: certificates come all together or not at all";
        foreach (var name in names.Where(n => files.ContainsKey($"{BackupScope.Tls}{n}.crt") && files.ContainsKey($"{BackupScope.Tls}{n}.key")))
        {
            if (!BelongTogether(files[$"{BackupScope.Tls}{name}.crt"], files[$"{BackupScope.Tls}{name}.key"]))
                yield return $"{BackupScope.Tls}{name}: certificate and key do not belong together";
        }
    }

    private static bool BelongTogether(byte[] certificate, byte[] key)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(certificate), Encoding.ASCII.GetString(key));
            return pair.HasPrivateKey;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex Sha256();

    [GeneratedRegex(@"\A(#[^\n]*\n)*\[Time\]\nNTP=[A-Za-z0-9.: -]*\n\z")]
    private static partial Regex Timesyncd();

    [GeneratedRegex(@"\A(server [A-Za-z0-9.:-]+ iburst\n)+\z")]
    private static partial Regex Chrony();
}
