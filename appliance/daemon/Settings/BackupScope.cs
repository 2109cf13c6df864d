using System.Text.RegularExpressions;

namespace Appliance.Daemon.Settings;

/// <summary>
/// What a backup of a box' configuration holds: what people decided. Not its people (passwords are not copied from box to box), not that it was
/// claimed, no state. Certificates go with their keys or not at all.
/// </summary>
internal static partial class BackupScope
{
    public const string Config = "etc/appliance/appliance.json";
    public const string ApiKeys = "etc/appliance/api-keys.json";
    public const string Network = "etc/systemd/network/10-appliance.network";
    public const string Timesyncd = "etc/systemd/timesyncd.conf.d/10-appliance.conf";
    public const string Chrony = "etc/chrony/sources.d/appliance.sources";
    public const string Tls = "etc/appliance/tls/";

    /// <summary>Folders of which a restore makes exactly what the backup holds.</summary>
    public static IReadOnlyList<string> Folders { get; } = ["etc/appliance/policies", "etc/appliance/boards"];

    public static IReadOnlyList<string> Single { get; } = [Config, ApiKeys, Network, Timesyncd, Chrony];

    /// <summary>A path without a leading slash that is ours to write; everything else in an archive is refused.</summary>
    public static bool Allows(string path) => Single.Contains(path) || InFolder().IsMatch(path);

    public static bool IsSecret(string path) => Secret().IsMatch(path);

    [GeneratedRegex(@"^etc/appliance/(policies|boards)/[A-Za-z0-9][A-Za-z0-9._-]{0,80}\.json$")]
    private static partial Regex InFolder();

    [GeneratedRegex(@"^etc/appliance/tls/(ca\.crt|(broker|appliance|bmc-agent|inference-core|api|panel)\.(crt|key))$")]
    private static partial Regex Secret();
}
