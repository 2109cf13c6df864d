namespace Appliance.Health.KernelLog;

/// <summary>What one line of the kernel's log means and what to do about it, after its neighbours have been read.</summary>
/// <param name="Line">Number of the line, from 1.</param>
/// <param name="Xid">Null where the line is no XID.</param>
/// <param name="Gpu"><c>0000:1b:00</c>; null where the line speaks of none.</param>
/// <param name="Bucket">The catalogue's immediate action, verbatim; null where it has none.</param>
/// <param name="Action">What to do; a word of <see cref="FaultAction"/>. Null where neither catalogue nor neighbours say.</param>
/// <param name="Component">The part, e.g. <c>memory</c>, <c>nvlink 14</c>, <c>nvswitch1 link 30</c>, <c>disk nvme0n1</c>.</param>
/// <param name="Alarm">The alarm it raises; null where it raises none.</param>
/// <param name="Why">One or two sentences: what it is and what the neighbours added.</param>
public sealed record KernelDecision(
    long Line, int? Xid, string? Gpu, FaultSeverity Severity, string? Bucket, string? Action, string Component, string? Alarm, string Why);
