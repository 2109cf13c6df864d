using Appliance.Health.KernelLog;
using Appliance.Model;

namespace Appliance.Health.Board;

/// <summary>The kernel speaks of addresses, people of GPU 2 and mlx5_0. What is not known keeps its address.</summary>
public sealed class PartNames(BoxHealth? health)
{
    /// <summary><c>gpu2</c>, or the address where no GPU has it.</summary>
    public string Gpu(string? bus) => bus is null ? "gpus" : Find(bus) is { } gpu ? $"gpu{gpu.Index}" : bus;

    /// <summary>The GPU's serial number or UUID: who it is, wherever it is fitted.</summary>
    public string GpuPart(string? bus) => bus is null ? "gpus" : Find(bus)?.Identity is { } identity ? identity.Serial ?? identity.Uuid ?? bus : bus;

    public int? GpuIndex(string? bus) => bus is null ? null : Find(bus)?.Index;

    /// <summary>A device of the kernel's log in the words of the sweep: <c>mlx5_0</c>, <c>nvme2n1</c>, <c>gpu2</c>, <c>nvme0n1p2</c>.</summary>
    public string Device(string component, string part)
    {
        if (part.Length == 0)
            return component.Replace(' ', '-');
        return component switch
        {
            "rdma" => health?.RdmaPorts?.FirstOrDefault(p => (p.PciBusId is { } bus && PciAddress.Short(bus) == PciAddress.Short(part)) || p.NetDevice == part)?.Device ?? part,
            "pcie" => Find(PciAddress.Short(part)) is { } gpu ? $"gpu{gpu.Index}" : part,
            "disk" => health?.Disks?.FirstOrDefault(d => d.Name == part || d.Name.StartsWith(part + "n", StringComparison.Ordinal))?.Name ?? part,
            _ => part.ToLowerInvariant(),
        };
    }

    private GpuHealth? Find(string bus) =>
        health?.Gpus.FirstOrDefault(g => g.Identity?.PciBusId is { } own && PciAddress.Short(own) == bus);
}
