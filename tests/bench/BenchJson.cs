using System.Text.Json.Serialization;
using Appliance.Daemon.Simulation;

namespace Bench;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(List<LawResult>))]
[JsonSerializable(typeof(List<FaultResult>))]
internal sealed partial class BenchJson : JsonSerializerContext;
