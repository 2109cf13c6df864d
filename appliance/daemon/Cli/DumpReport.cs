using System.Text.Json.Serialization;
using Appliance.Daemon.Bundle;

namespace Appliance.Daemon.Cli;

/// <summary>The answer of <c>dump health --json</c>.</summary>
internal sealed record DumpReport(string Path, long Bytes, double TookS, int Files, int StruckOut, IReadOnlyList<BundleGap> Missing);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DumpReport))]
internal sealed partial class DumpJson : JsonSerializerContext;
