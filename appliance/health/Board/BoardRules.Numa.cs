using System.Globalization;
using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Health.Board;

public sealed partial class BoardRules
{
    /// <summary>
    /// Near is fast: a GPU is fed by the CPUs of its own NUMA node and sends through the RDMA port beside it. Where firmware or slot put them apart,
    /// every byte crosses from socket to socket. A box of one GPU or one node has nothing that could lie apart.
    /// </summary>
    private void Numa(BoardView view)
    {
        var gpus = view.Health.Gpus.Where(g => g.Access == GpuAccess.Good && IsFresh(g.Topology, view.Now, FreshTopology)).ToArray();
        foreach (var gpu in gpus.Where(g => g.Topology!.NumaNode == -1 && gpus.Any(other => other.Topology!.NumaNode >= 0)))
            Find(BoardAlarms.GpuSettingsDiffer, Name(gpu), $"The kernel does not know the NUMA node of GPU {gpu.Index}; it does of the others.");
        var placed = gpus.Where(g => g.Topology!.NumaNode >= 0).ToArray();
        if (placed.Length < 2)
            return;
        if (IsFresh(view.Health.Host, view.Now, FreshSlow) && view.Health.Host!.NumaCpus is { } nodes && nodes.Count(n => n is { Length: > 0 }) > 1)
        {
            foreach (var gpu in placed)
                NearCpus(gpu, nodes);
        }

        NearPorts(placed, view);
    }

    /// <summary>A node without CPUs (memory on a card) has none that could be near.</summary>
    private void NearCpus(GpuHealth gpu, IReadOnlyList<string?> nodes)
    {
        var node = gpu.Topology!.NumaNode!.Value;
        if (node >= nodes.Count || nodes[node] == gpu.Topology.CpuAffinity || CpuSet.Parse(nodes[node]) is not { Count: > 0 } own || CpuSet.Parse(gpu.Topology.CpuAffinity) is not { Count: > 0 } near)
            return;
        if (!near.IsSubsetOf(own))
            Find(BoardAlarms.GpuSettingsDiffer, Name(gpu), $"GPU {gpu.Index} lies on NUMA node {node} (CPUs {nodes[node]}), but the driver gives it CPUs {gpu.Topology.CpuAffinity}: see the NUMA setting of the firmware.");
    }

    /// <summary>
    /// The port whose PCI bus number is next to the GPU's: a PCIe switch numbers what hangs below it in one piece. Judged where there is a port for every
    /// GPU, and the GPU's own node has too few of them: a box with fewer ports shares them on purpose, and a port more on the node may be the near one.
    /// </summary>
    private void NearPorts(GpuHealth[] gpus, BoardView view)
    {
        var ports = (view.Health.RdmaPorts ?? [])
            .Where(p => IsFresh(p, view.Now, FreshSlow) && p.NumaNode is not null && BusOf(p.PciBusId) is not null)
            .DistinctBy(p => BusOf(p.PciBusId)).ToArray(); // two ports of a card, and what is virtual on it, are one place
        if (ports.Length < view.Health.Gpus.Count)
            return;
        foreach (var gpu in gpus)
        {
            if (BusOf(gpu.Identity?.PciBusId) is not { } place || ports.Where(p => BusOf(p.PciBusId)!.Value.Domain == place.Domain).ToArray() is not { Length: > 0 } reached)
                continue;
            var node = gpu.Topology!.NumaNode!.Value;
            var nearest = reached.MinBy(p => Math.Abs(BusOf(p.PciBusId)!.Value.Bus - place.Bus))!;
            if (nearest.NumaNode != node && ports.Count(p => p.NumaNode == node) < gpus.Count(g => g.Topology!.NumaNode == node))
                Find(BoardAlarms.GpuSettingsDiffer, Name(gpu), $"GPU {gpu.Index} lies on NUMA node {node}, its nearest RDMA port {nearest.Device} on node {nearest.NumaNode}: their traffic crosses the sockets. See the slot of the card and the NUMA setting of the firmware.");
        }
    }

    /// <summary>Domain and bus; null for what is no address.</summary>
    private static (int Domain, int Bus)? BusOf(string? pci) =>
        pci is not null && PciAddress.Short(pci).Split(':') is [var domain, var bus, _]
        && int.TryParse(domain, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var d)
        && int.TryParse(bus, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b)
            ? (d, b)
            : null;
}
