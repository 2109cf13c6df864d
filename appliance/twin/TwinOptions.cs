using Appliance.Model;

namespace Appliance.Twin;

/// <summary>Which box to simulate. The same options give the same box and, with the same inputs, the same run.</summary>
public sealed record TwinOptions
{
    public required Board Board { get; init; }

    /// <summary><c>liquid-to-air</c> or <c>liquid-to-liquid</c>; null takes the board's.</summary>
    public string? Cooling { get; init; }

    /// <summary>Draws the plant's parameters (with <see cref="Spread"/>) and all noise.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>0.3 draws every plant parameter within ±30 %. 0 is the nominal box.</summary>
    public double Spread { get; init; }

    /// <summary>Given: exactly this plant instead of a drawn one.</summary>
    public PlantParameters? Parameters { get; init; }

    /// <summary>Room air at the start, °C.</summary>
    public double AmbientC { get; init; } = 25;

    /// <summary>Room humidity at the start, %RH.</summary>
    public double RoomHumidityPercent { get; init; } = 45;

    /// <summary>What every GPU draws at the start, W. The box starts in the steady state of it.</summary>
    public double GpuW { get; init; } = 70;

    /// <summary>Coolant supply of that steady state, °C; null is the board's setpoint.</summary>
    public double? StartSupplyC { get; init; }
}
