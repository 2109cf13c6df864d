using System.Text.Json.Serialization;

namespace Appliance.Daemon.Cli;

internal sealed record VersionReport(string Program, string Version);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(VersionReport))]
internal sealed partial class VersionJson : JsonSerializerContext;
