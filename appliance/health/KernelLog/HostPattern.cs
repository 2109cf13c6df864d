using System.Text.RegularExpressions;

namespace Appliance.Health.KernelLog;

/// <summary>One thing the kernel says about a part that is no XID.</summary>
/// <param name="Marker">Stands in every line of this kind; looked for first, because it is cheap.</param>
/// <param name="Line">Its group <c>part</c> names the part, its group <c>gpu</c> a GPU.</param>
/// <param name="Component">The part's kind, as <see cref="XidKind.Component"/>; also <c>rdma</c>, <c>disk</c>, <c>raid</c>, <c>filesystem</c>, <c>host memory</c>, <c>host cpu</c>.</param>
/// <param name="Alarm">Code in the alarm catalogue; null where the line alone raises nothing.</param>
public sealed record HostPattern(
    string Name, string Marker, Regex Line, FaultSeverity Severity, string Component, string Action, string? Alarm, string Why);
