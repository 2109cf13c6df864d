namespace Appliance.Thermal;

/// <summary>
/// What the loop was built to be: the model's starting point. On-line identification scales it to the box at hand, so these need
/// to be right within a third only. Sources: README.md.
/// </summary>
internal sealed record LoopDesign
{
    /// <summary>Heat capacity rate of the cold fluid (air, facility water) at full drive, W/K.</summary>
    public double ColdWPerK { get; init; } = 636;

    /// <summary>Exchanger conductance at full drive, W/K.</summary>
    public double UaWPerK { get; init; } = 700;

    public double UaExponent { get; init; } = 0.65;

    /// <summary>Heat others put into the air ahead of the radiator: constant part, W, and per watt of GPU power.</summary>
    public double AirSideIdleW { get; init; } = 350;
    public double AirSidePerW { get; init; } = 0.20;

    /// <summary>Temperature of the facility water; null where the cold fluid is the room's air.</summary>
    public double? FacilityC { get; init; }

    /// <summary>Facility water through an open valve, L/min.</summary>
    public double FacilityLMin { get; init; }

    public double CoolantJPerLK { get; init; } = 1.012 * 3930;
    public double ReturnL { get; init; } = 2.4;
    public double ExchangerL { get; init; } = 1.6;
    public double ReservoirL { get; init; } = 2.4;
    public double SupplyL { get; init; } = 1.6;
    public double CoreJPerK { get; init; } = 4000;

    /// <summary>Share of the coolant that an open bypass leads past the exchanger, and the valve's lag.</summary>
    public double BypassShare { get; init; } = 0.85;
    public double BypassTauS { get; init; } = 4;

    /// <summary>Share of the exhaust that comes round to the inlet of a closed cabinet, and the cabinet's lag.</summary>
    public double Recirculation { get; init; } = 0.45;
    public double CabinetTauS { get; init; } = 20;

    public double BothPumpsLMin { get; init; } = 11;
    public double OnePumpShare { get; init; } = 0.80;

    public double DieKPerW { get; init; } = 0.0228;
    public double PlateKPerW { get; init; } = 0.009;
    public double PlateUaWPerK { get; init; } = 66;
    public double PlateTauS { get; init; } = 21;
    public double NominalGpuLMin { get; init; } = 1.25;
    public double SensorTauS { get; init; } = 3;

    /// <summary>Rotors follow their duty with these lags; what drives the cold fluid may be slower (a valve).</summary>
    public double FanLagS { get; init; } = 1.5;
    public double FanTauS { get; init; } = 1.5;
    public double PumpTauS { get; init; } = 1.0;

    public static LoopDesign LiquidToAir { get; } = new();

    public static LoopDesign LiquidToLiquid { get; } = new()
    {
        ColdWPerK = 1400,
        UaWPerK = 2600,
        UaExponent = 0.5,
        AirSideIdleW = 0,
        AirSidePerW = 0,
        FacilityC = 30,
        FacilityLMin = 20,
        ExchangerL = 0.6,
        FanTauS = 4,
    };
}
