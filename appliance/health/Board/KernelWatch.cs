using System.Collections.Immutable;
using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Health.Board;

/// <summary>
/// The live side of the kernel's log: decides about each line at once, and again about its neighbours within two seconds when it changes
/// what they mean. XIDs come twice, from the kernel and from the driver's events; they are told once. Immutable.
/// </summary>
public sealed record KernelWatch
{
    /// <summary>In a storm the newest are enough: what they mean hangs on which errors are near, not on how many.</summary>
    private const int RecentLimit = 128;

    private ImmutableList<Seen> Recent { get; init; } = [];

    private XidMemory Memory { get; init; } = XidMemory.Empty;

    public static KernelWatch Empty { get; } = new();

    /// <param name="lines">New records of the kernel's log, in its order.</param>
    /// <param name="events">New events of the driver.</param>
    /// <param name="ours">True for a moment at which the box itself ended programs.</param>
    public static KernelWatchStep Step(
        KernelWatch watch, IReadOnlyList<KernelLine> lines, IReadOnlyList<NvmlEvent> events, Func<TimeSpan, bool> ours, TimeSpan now)
    {
        var (recent, memory) = (watch.Recent, watch.Memory);
        var touched = new HashSet<int>();
        foreach (var fault in lines.Select(l => KernelFaultReader.Read(new(l.Sequence, l.At, l.Text))).OfType<KernelFault>().Concat(events.Select(OfEvent).OfType<KernelFault>()))
        {
            var at = fault.Line.At!.Value;
            if (fault is KernelFault.Xid xid && Twin(recent, xid) is var twin and >= 0)
            {
                if (xid.Line.Number >= 0) // the kernel's line says more than the event
                    recent = recent.SetItem(twin, recent[twin] with { Fault = xid });
                touched.Add(recent[twin].Id);
                continue;
            }

            var id = recent.Count == 0 ? 0 : recent[^1].Id + 1;
            recent = recent.Add(new(id, fault, memory, null));
            if (fault is KernelFault.Xid one)
                memory = memory.With(one);
            touched.Add(id);
            foreach (var near in recent.Where(s => XidWorkflow.Matters(s.Fault, fault) && XidWorkflow.AreNear(s.Fault.Line, fault.Line)))
                touched.Add(near.Id);
        }

        if (recent.Count > RecentLimit)
            recent = recent.RemoveRange(0, recent.Count - RecentLimit);

        var told = ImmutableArray.CreateBuilder<KernelTold>();
        for (var i = 0; i < recent.Count; i++)
        {
            var seen = recent[i];
            var settled = now - seen.Fault.Line.At!.Value >= XidWorkflow.Window;
            if (!touched.Contains(seen.Id) && (seen.Settled || !settled))
                continue;
            KernelFault[] near =
            [
                .. recent.Where(s => s.Id != seen.Id && XidWorkflow.Matters(seen.Fault, s.Fault) && XidWorkflow.AreNear(s.Fault.Line, seen.Fault.Line))
                    .Select(s => s.Fault),
            ];
            var decision = XidWorkflow.Decide(seen.Fault, near, seen.Before, ours(seen.Fault.Line.At!.Value));
            if (!settled && decision is { Xid: 45, Action: FaultAction.RestartFabricManager })
                decision = decision with { Severity = FaultSeverity.Information, Alarm = null }; // what it follows from may still come
            if (decision != seen.Told || seen.Near.Count != near.Length)
                told.Add(new(seen.Fault, decision, near, seen.Told, seen.Near));
            recent = recent.SetItem(i, seen with { Told = decision, Settled = settled, Near = near });
        }

        recent = recent.RemoveAll(s => s.Settled && now - s.Fault.Line.At!.Value > 2 * XidWorkflow.Window);
        return new(watch with { Recent = recent, Memory = memory }, told.ToImmutable());
    }

    /// <summary>The same XID from the other source, as it was told within the window.</summary>
    private static int Twin(ImmutableList<Seen> recent, KernelFault.Xid xid) => recent.FindIndex(s =>
        s.Fault is KernelFault.Xid held && held.Code == xid.Code && held.Gpu == xid.Gpu && XidWorkflow.AreNear(held.Line, xid.Line)
        && held.Line.Number < 0 != xid.Line.Number < 0);

    private static KernelFault.Xid? OfEvent(NvmlEvent happened) => happened is { IsXid: true, PciBusId: { } bus, Data: > 0 and < 999 }
        ? new(new(-1, happened.At, ""), PciAddress.Short(bus), (int)happened.Data, null, "told by the driver's event")
        : null;

    private sealed record Seen(int Id, KernelFault Fault, XidMemory Before, KernelDecision? Told)
    {
        public bool Settled { get; init; }

        /// <summary>Its neighbours when it was decided.</summary>
        public IReadOnlyList<KernelFault> Near { get; init; } = [];
    }
}

/// <summary>The watch after a step, and what it decided or decided anew.</summary>
public sealed record KernelWatchStep(KernelWatch Watch, ImmutableArray<KernelTold> Told);

/// <param name="Near">The line's neighbours.</param>
/// <param name="Before">What was told about the same line before; null the first time.</param>
/// <param name="NearBefore">Its neighbours then.</param>
public sealed record KernelTold(
    KernelFault Fault, KernelDecision Decision, IReadOnlyList<KernelFault> Near, KernelDecision? Before, IReadOnlyList<KernelFault> NearBefore);
