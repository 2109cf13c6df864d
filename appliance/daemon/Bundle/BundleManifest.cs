using System.Text.Json.Serialization;

namespace Appliance.Daemon.Bundle;

/// <summary><c>manifest.json</c> of a support bundle: what is in it, what is not and why.</summary>
internal sealed record BundleManifest
{
    /// <summary>Raised when a field changes its meaning or goes.</summary>
    public int Format { get; init; } = 1;

    public string Kind { get; init; } = "appliance-support-bundle";

    public required string Node { get; init; }

    /// <summary>Of the program that made the bundle.</summary>
    public required string Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required double TookS { get; init; }

    /// <summary>Nothing is missing.</summary>
    public required bool Complete { get; init; }

    /// <summary>Places where a secret, or what looked like one, was struck out.</summary>
    public required int StruckOut { get; init; }

    public required IReadOnlyList<BundleFile> Files { get; init; }

    public required IReadOnlyList<BundleGap> Missing { get; init; }
}

/// <param name="Path">In the archive.</param>
/// <param name="Sha256">Of the file as it lies in the archive, hexadecimal.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="CutBytes">Bytes left out because the file was too long, the oldest; 0 for a whole one.</param>
internal sealed record BundleFile(string Path, long Bytes, string Sha256, string Source, int StruckOut, long CutBytes);

/// <param name="Why">One line for a person.</param>
internal sealed record BundleGap(string Path, string Source, string Why);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BundleManifest))]
internal sealed partial class BundleJson : JsonSerializerContext;
