using Appliance.Model;

namespace Appliance.Health;

/// <summary>What a rule says about this moment: a condition holds. Absence of the finding means that it does not.</summary>
/// <param name="Code">A code of the <see cref="AlarmCatalogue"/>.</param>
/// <param name="Text">One sentence with the value, its unit and the limit.</param>
/// <param name="Severity">Worse or milder than the catalogue says, e.g. the second dead fan; null takes the catalogue's.</param>
/// <param name="NextStep">What a person does now, where the rule knows better than the catalogue.</param>
/// <param name="Action">The same in one word of <see cref="KernelLog.FaultAction"/>, where it is not the alarm's usual one.</param>
public sealed record Finding(string Code, string Target, string Text, Severity? Severity = null, string? NextStep = null, string? Action = null);
