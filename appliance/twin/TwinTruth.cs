namespace Appliance.Twin;

/// <summary>The plant as it is, not as it is shown. Only tests, scores and the twin's own screens may look.</summary>
public sealed class TwinTruth
{
    public TwinTruth(int gpus)
    {
        DieC = new double[gpus];
        MemoryC = new double[gpus];
        PlateC = new double[gpus];
        GpuW = new double[gpus];
        SelfThrottled = new bool[gpus];
    }

    public double SupplyC { get; internal set; }

    public double ReturnC { get; internal set; }

    public double FlowLMin { get; internal set; }

    public double AirFlowM3S { get; internal set; }

    /// <summary>Air that enters the node: the room's, warmer in a closed cabinet.</summary>
    public double CabinetInletC { get; internal set; }

    /// <summary>Air at the radiator's face: the room plus what DIMMs, NICs and power supplies put in ahead of it.</summary>
    public double RadiatorInletC { get; internal set; }

    /// <summary>Air that DIMMs, NICs and power supplies live in behind themselves, °C.</summary>
    public double AirSideC { get; internal set; }

    public double RoomDewPointC { get; internal set; }

    /// <summary>Humidity of the room with what a (de)humidifier of the board has done to it, %RH.</summary>
    public double RoomRhPercent { get; internal set; }

    /// <summary>The board's dehumidifier runs, whatever its line says.</summary>
    public bool Dehumidifies { get; internal set; }

    public bool Humidifies { get; internal set; }

    /// <summary>Coolest wetted or metal surface in the cabinet, °C: condensation begins below the dew point.</summary>
    public double CoolestSurfaceC { get; internal set; }

    public double HeatW { get; internal set; }

    public double RejectedW { get; internal set; }

    public double FanW { get; internal set; }

    public double PumpW { get; internal set; }

    /// <summary>GPU power wanted but not drawn because of a limit set by software or parked workers, W.</summary>
    public double WithheldW { get; internal set; }

    public double LevelPercent { get; internal set; }

    /// <summary>The GPUs' power brake is pulled.</summary>
    public bool Braked { get; internal set; }

    public double LeakedL { get; internal set; }

    public bool GpusPowered { get; internal set; } = true;

    public double[] DieC { get; }

    public double[] MemoryC { get; }

    public double[] PlateC { get; }

    public double[] GpuW { get; }

    /// <summary>The GPU slowed itself at its own limit: that must never be what saved the box.</summary>
    public bool[] SelfThrottled { get; }
}
