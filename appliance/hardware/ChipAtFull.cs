namespace Appliance.Hardware;

/// <summary>One chip's part of the safe state.</summary>
/// <param name="Written">Paths of the outputs that stand at full.</param>
/// <param name="Failures">A line for each that does not.</param>
internal sealed record ChipAtFull(IReadOnlyList<string> Written, IReadOnlyList<string> Failures);
