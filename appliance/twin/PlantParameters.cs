namespace Appliance.Twin;

/// <summary>
/// What the box is made of. Values and sources: README.md beside this file. <see cref="Draw"/> varies every one of them, so that
/// a controller cannot be tuned to one box.
/// </summary>
public sealed record PlantParameters
{
    // GPUs: two stages fitted to the recorded H100 (die over plate, plate over coolant).
    public double DieKPerW { get; init; } = 0.0228;
    public double DieTauS { get; init; } = 0.12;
    public double PlateJPerK { get; init; } = 670;

    /// <summary>Share of the plate stage that does not depend on flow (interface, spreading), K/W.</summary>
    public double PlateKPerW { get; init; } = 0.009;

    /// <summary>Plate's conductance to the coolant along it at nominal flow, W/K; grows with the root of the flow.</summary>
    public double PlateUaWPerK { get; init; } = 66;
    public double MemoryOffsetK { get; init; } = 5.1;
    public double MemoryKPerW { get; init; } = 0.0063;
    public double MemoryKPerPercent { get; init; } = 0.118;
    public double MemoryTauS { get; init; } = 0.5;
    public double IdleW { get; init; } = 72;

    /// <summary>What a busy GPU draws at most with its clock held at the lowest, W: reckoned, not measured (README).</summary>
    public double LowestClockW { get; init; } = 150;

    // Coolant: PG25 at 40 °C.
    public double CoolantKgPerL { get; init; } = 1.012;
    public double CoolantJPerKgK { get; init; } = 3930;
    public double ReturnL { get; init; } = 2.4;
    public double RadiatorL { get; init; } = 1.6;
    public double ReservoirL { get; init; } = 2.4;
    public double SupplyL { get; init; } = 1.6;
    public double CoreJPerK { get; init; } = 4000;

    // Hydraulics: two pumps in parallel behind non-return valves, loop and plates as quadratic resistances.
    public double NominalLMin { get; init; } = 10;

    /// <summary>Flow of one pump alone at full speed, as a share of both together.</summary>
    public double OnePumpShare { get; init; } = 0.80;
    public double BothPumpsLMin { get; init; } = 11;
    public double PumpTauS { get; init; } = 1.0;

    // Air: fans in parallel against the core.
    public double AirM3S { get; init; } = 0.55;
    public double AirJPerM3K { get; init; } = 1157;
    public double CorePa { get; init; } = 150;
    public double FanShutOffPa { get; init; } = 520;

    /// <summary>Impedance of a standing rotor to back-flow, as a multiple of a turning one's.</summary>
    public double BackflowImpedance { get; init; } = 2;
    public double FanTauS { get; init; } = 1.5;

    /// <summary>Radiator conductance at full air flow, W/K; ∝ air^0.65.</summary>
    public double RadiatorWPerK { get; init; } = 700;
    public double RadiatorExponent { get; init; } = 0.65;

    /// <summary>What DIMMs, NICs and power supplies put into the air ahead of the radiator, idle, W.</summary>
    public double AirSideIdleW { get; init; } = 350;

    /// <summary>The same per watt of GPU power.</summary>
    public double AirSidePerW { get; init; } = 0.20;

    // Liquid to liquid: facility water through a modulating valve.
    public double FacilityC { get; init; } = 30;
    public double FacilityWPerK { get; init; } = 1400;
    public double ExchangerWPerK { get; init; } = 2600;
    public double ExchangerL { get; init; } = 0.6;
    private const double WaterJPerLK = 4160;
    public double ValveTauS { get; init; } = 4;

    // Bypass past the radiator, where the board has one.

    /// <summary>Share of the coolant that goes past the radiator with the bypass open; linear in between.</summary>
    public double BypassShare { get; init; } = 0.85;
    public double BypassTauS { get; init; } = 4;

    // A closed cabinet (a board that measures its inlet air): part of the air that leaves the node comes round to its inlet again.
    public double Recirculation { get; init; } = 0.45;
    public double CabinetTauS { get; init; } = 20;

    // The room around the box and a (de)humidifier in it, where the board has one.
    public double RoomM3 { get; init; } = 100;
    public double RoomChangesPerH { get; init; } = 0.5;

    /// <summary>Water taken out at 60 %RH and above; in drier air proportionally less.</summary>
    public double DehumidifierGPerH { get; init; } = 900;
    public double HumidifierGPerH { get; init; } = 900;

    // Sensors.
    public double TemperatureTauS { get; init; } = 3;
    public double TemperatureNoiseK { get; init; } = 0.05;
    public double TemperatureBiasK { get; init; } = 0.3;
    public double TemperatureQuantumK { get; init; } = 0.0625;
    public double FlowTauS { get; init; } = 0.5;
    public double FlowNoise { get; init; } = 0.005;
    public double FlowGain { get; init; } = 0.03;

    /// <summary>Facility water through an open valve, L/min.</summary>
    public double FacilityLMin => FacilityWPerK / WaterJPerLK * 60;

    /// <summary>Volumetric heat capacity, J/(L·K).</summary>
    public double CoolantJPerLK => CoolantKgPerL * CoolantJPerKgK;

    /// <summary>Every parameter of the plant within ± <paramref name="spread"/>; facts of the fluid vary by a tenth of it.</summary>
    public static PlantParameters Draw(int seed, double spread)
    {
        var noise = new NoiseSource(((ulong)(uint)seed << 20) ^ 0x5eedUL);
        double Vary(double value) => value * (1 + spread * noise.Symmetric());
        double Fact(double value) => value * (1 + spread / 10 * noise.Symmetric());
        var p = new PlantParameters();
        return p with
        {
            DieKPerW = Vary(p.DieKPerW),
            DieTauS = Vary(p.DieTauS),
            PlateJPerK = Vary(p.PlateJPerK),
            PlateKPerW = Vary(p.PlateKPerW),
            PlateUaWPerK = Vary(p.PlateUaWPerK),
            MemoryOffsetK = Vary(p.MemoryOffsetK),
            MemoryKPerW = Vary(p.MemoryKPerW),
            CoolantKgPerL = Fact(p.CoolantKgPerL),
            CoolantJPerKgK = Fact(p.CoolantJPerKgK),
            ReturnL = Vary(p.ReturnL),
            RadiatorL = Vary(p.RadiatorL),
            ReservoirL = Vary(p.ReservoirL),
            SupplyL = Vary(p.SupplyL),
            CoreJPerK = Vary(p.CoreJPerK),
            BothPumpsLMin = Vary(p.BothPumpsLMin),
            PumpTauS = Vary(p.PumpTauS),
            AirM3S = Vary(p.AirM3S),
            FanTauS = Vary(p.FanTauS),
            RadiatorWPerK = Vary(p.RadiatorWPerK),
            RadiatorExponent = Vary(p.RadiatorExponent),
            AirSideIdleW = Vary(p.AirSideIdleW),
            AirSidePerW = Vary(p.AirSidePerW),
            FacilityWPerK = Vary(p.FacilityWPerK),
            ExchangerWPerK = Vary(p.ExchangerWPerK),
            ValveTauS = Vary(p.ValveTauS),
            TemperatureTauS = Vary(p.TemperatureTauS),

            // New parameters are drawn last: a seed must mean the same box for ever.
            BypassShare = Math.Min(Vary(p.BypassShare), 0.98),
            BypassTauS = Vary(p.BypassTauS),
            Recirculation = Vary(p.Recirculation),
            CabinetTauS = Vary(p.CabinetTauS),
            RoomM3 = Vary(p.RoomM3),
            RoomChangesPerH = Vary(p.RoomChangesPerH),
            DehumidifierGPerH = Vary(p.DehumidifierGPerH),
            HumidifierGPerH = Vary(p.HumidifierGPerH),
        };
    }
}
