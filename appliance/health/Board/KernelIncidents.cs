using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Health.Board;

/// <summary>From decisions about lines to incidents of parts: what belongs together becomes one.</summary>
public static class KernelIncidents
{
    public static IncidentBook Fold(IncidentBook book, KernelTold told, PartNames names, string? bootId, DateTimeOffset now)
    {
        // Decided anew: what was said about this line before is taken back, wherever it stood.
        if (told.Before is { Alarm: { } was })
            book = book.Retract(was, Place(told.Fault, told.NearBefore, was, names).Target, Said(told.Fault, told.Before));
        if (told.Decision.Alarm is not { } alarm)
            return book;
        var (target, part, headline) = Place(told.Fault, told.Near, alarm, names);
        Severity? severity = told.Decision.Severity switch
        {
            FaultSeverity.Fatal => Severity.Critical,
            FaultSeverity.Degraded => Severity.Warning,
            _ => Severity.Information,
        };
        // "Ignore it now, ask support later" is no action of an alarm: then the alarm's own stands.
        var action = told.Decision.Action == FaultAction.Ignore ? null : told.Decision.Action;
        return book.With(new(alarm, target, part, headline, action, severity, [Said(told.Fault, told.Decision)], 1, bootId, now, now));
    }

    private static string Said(KernelFault fault, KernelDecision decision) => fault switch
    {
        KernelFault.Xid xid => $"XID {xid.Code}, {decision.Why.TrimEnd('.')}",
        _ => decision.Why.TrimEnd('.'),
    };

    private static (string Target, string Part, string Headline) Place(
        KernelFault fault, IReadOnlyList<KernelFault> near, string alarm, PartNames names) => fault switch
        {
            KernelFault.Xid { Link: { } link } xid when alarm == BoardAlarms.NvlinkFault => OfLink(xid, link, near, names),
            KernelFault.Xid when alarm == BoardAlarms.FabricDown => ("fabric", "fabric", "Fabric Manager"),
            KernelFault.Xid xid => (names.Gpu(xid.Gpu), names.GpuPart(xid.Gpu), $"XID {xid.Code}"),
            KernelFault.Sxid sxid when alarm == BoardAlarms.NvlinkFault
                && near.OfType<KernelFault.Xid>().FirstOrDefault(x => x is { Code: 74 or 136, Link: not null }) is { } end => OfLink(end, end.Link!.Value, [sxid], names),
            // A GPU that falls off the bus takes its links with it; the switches say so for each.
            KernelFault.Sxid sxid when near.FirstOrDefault(n => n is KernelFault.Xid { Code: 79 } or KernelFault.Host { Pattern.Name: "gpu_off_bus" }) is { } lost =>
                ($"{names.Gpu(lost.Gpu)}-nvswitch{sxid.Switch}", names.GpuPart(lost.Gpu), $"NVSwitch{sxid.Switch}"),
            KernelFault.Sxid sxid => (
                sxid.Link is { } port ? $"nvswitch{sxid.Switch}-link{port}" : $"nvswitch{sxid.Switch}", sxid.Bus,
                sxid.Link is { } at ? $"port {at} of NVSwitch{sxid.Switch}" : $"NVSwitch{sxid.Switch}"),
            KernelFault.Host { Gpu: { } gpu } => (names.Gpu(gpu), names.GpuPart(gpu), $"GPU at {gpu}"),
            KernelFault.Host host => (
                names.Device(host.Pattern.Component, host.Part), host.Part, host.Part.Length == 0 ? host.Pattern.Component : host.Part),
            _ => throw new System.Diagnostics.UnreachableException($"No place for {fault.GetType().Name}."),
        };

    private static (string, string, string) OfLink(KernelFault.Xid xid, int link, IReadOnlyList<KernelFault> near, PartNames names)
    {
        var gpu = names.Gpu(xid.Gpu);
        var far = near.OfType<KernelFault.Sxid>().FirstOrDefault(s => s.Link is not null);
        var name = names.GpuIndex(xid.Gpu) is { } index ? $"GPU{index}" : gpu;
        return ($"{gpu}-link{link}", names.GpuPart(xid.Gpu), far is null ? $"link {link} of {name}" : $"link {link} {name}–NVSwitch{far.Switch}");
    }
}
