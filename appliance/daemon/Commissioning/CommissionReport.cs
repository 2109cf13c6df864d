using System.Text.Json.Serialization;

namespace Appliance.Daemon.Commissioning;

/// <summary>The answer of <c>commission --json</c>: what was proven of this box before it is trusted with heat.</summary>
internal sealed record CommissionReport(DateTimeOffset At, string Board, IReadOnlyList<RotorVerdict> Rotors, IReadOnlyList<SafeStateVerdict> SafeState)
{
    public bool Passed => Rotors.Count > 0 && Rotors.All(r => r.Verdict == "ok") && SafeState.All(s => s.Proven);
}

/// <param name="Verdict"><c>ok</c>; <c>no_tach</c>: turns unseen; <c>does_not_obey</c>: does not slow down when told; <c>crossed</c>: another one slows down; <c>weak</c>: too slow at full.</param>
/// <param name="FullRpm">At full duty; null without a tachometer.</param>
/// <param name="SlowRpm">At the test's duty.</param>
/// <param name="Crossed">The rotor that answered instead.</param>
internal sealed record RotorVerdict(string Name, string Output, string Verdict, double? FullRpm, double? SlowRpm, double BoardRpm, string? Crossed);

/// <param name="Proven">Every output of the driver stood at full after appliance-safe had run.</param>
internal sealed record SafeStateVerdict(string Driver, int Outputs, bool Proven, string Evidence);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CommissionReport))]
internal sealed partial class CommissionJson : JsonSerializerContext;
