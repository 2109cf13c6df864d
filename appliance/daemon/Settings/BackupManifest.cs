using System.Text.Json.Serialization;

namespace Appliance.Daemon.Settings;

/// <summary><c>manifest.json</c>, the first entry of a backup.</summary>
/// <param name="Format">1; a restore takes no other.</param>
/// <param name="Version">Of the program that made it.</param>
/// <param name="Keys">Private keys are in it, sealed by a passphrase.</param>
internal sealed record BackupManifest(int Format, string Node, string Version, DateTimeOffset MadeAt, bool Keys, IReadOnlyList<BackupEntry> Files)
{
    public const string FileName = "manifest.json";

    public const int CurrentFormat = 1;
}

/// <param name="Path">Without a leading slash.</param>
internal sealed record BackupEntry(string Path, int Bytes, string Sha256);

/// <summary>The answer of <c>config backup --json</c>.</summary>
internal sealed record BackupReport(string Path, BackupManifest Manifest);

/// <summary>The answer of <c>config restore --json</c>.</summary>
/// <param name="Before">A backup of what was in force; null for a check only.</param>
/// <param name="Network">What the backup says of the network, which a restore leaves alone.</param>
internal sealed record RestoreReport(BackupManifest Manifest, IReadOnlyList<string> Changes, string? Before, string? Network);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(BackupReport))]
[JsonSerializable(typeof(RestoreReport))]
internal sealed partial class BackupJson : JsonSerializerContext;
