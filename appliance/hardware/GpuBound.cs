namespace Appliance.Hardware;

/// <summary>What a GPU is held to.</summary>
/// <param name="LimitW">Power limit, W; the driver clamps it to what it accepts.</param>
/// <param name="LowestClock">The SM clock stands at the lowest that the GPU has (345 MHz on an H100), whatever it computes: less heat than the lowest power limit lets through.</param>
public readonly record struct GpuBound(double LimitW, bool LowestClock = false);
