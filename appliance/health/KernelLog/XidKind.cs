namespace Appliance.Health.KernelLog;

/// <summary>One row of NVIDIA's XID catalogue (610) as it stands for an H100.</summary>
/// <param name="Mnemonic">NVIDIA's name, verbatim.</param>
/// <param name="Bucket">Immediate action, verbatim; null where the catalogue has none (167–172).</param>
/// <param name="Investigate">Investigatory action, verbatim; null where there is none.</param>
/// <param name="Severity">Ours: what the code means before its neighbours have been read.</param>
/// <param name="Component">The part it speaks of: <c>application</c>, <c>gpu</c>, <c>memory</c>, <c>nvlink</c>, <c>pcie</c>, <c>power</c>, <c>firmware</c>, <c>driver</c>.</param>
public sealed record XidKind(
    int Code,
    string Mnemonic,
    string? Bucket,
    string? Investigate,
    FaultSeverity Severity,
    string Component,
    string Title,
    string TitleZh)
{
    /// <summary>True where the bucket names a procedure that needs more than this one line: 45, 48, 74, 154.</summary>
    public bool IsWorkflow => Bucket is XidCatalogue.Workflow45 or XidCatalogue.Workflow48 or XidCatalogue.WorkflowNvlink or XidCatalogue.Workflow154;
}
