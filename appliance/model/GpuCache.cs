namespace Appliance.Model;

/// <summary>What a serving engine took of one GPU's memory for its caches when it started, and what of it waits for requests.</summary>
/// <param name="Gpu">UUID, as NVML tells it.</param>
/// <param name="TotalMib">Taken, MiB.</param>
/// <param name="FreeMib">Of that, in no running answer's hands, MiB.</param>
public sealed record GpuCache(string Gpu, double TotalMib, double FreeMib);
