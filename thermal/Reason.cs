namespace Appliance.Thermal;

/// <summary>What drives an output.</summary>
public enum Driver : byte
{
    /// <summary>Not decided yet: everything at full.</summary>
    Boot,
    ReturnTemperature,
    Floor,
    DownSlew,
    Manual,
    PumpDemand,
    StandbyPump,
    LowFlow,
    NoFlow,
    Leak,
    SensorsLost,
    GpuHot,
    Overheat,
    Capacity,
    PlateFault,
    DefaultLimit,
    DewPoint,
    Recovery,
    Shutdown,
    NoFacilityWater,
    LowLoad,
    CabinetInlet,
    NotNeeded,
    Humidity,
    HumidityLost,
    Resting,
    DieUnread,
}

/// <summary>Who drives an output and why, without text until somebody asks: "return 46.1 °C, one fan down".</summary>
/// <param name="Value">In the driver's own unit; meaningless for drivers that have none.</param>
/// <param name="FansDown">Fans that do not turn as asked.</param>
public readonly record struct Reason(Driver Driver, double Value = 0, int FansDown = 0)
{
    public override string ToString() => Text() + FansDown switch
    {
        0 => "",
        1 => ", one fan down",
        _ => $", {FansDown} fans down",
    };

    private string Text() => Driver switch
    {
        Driver.Boot => "starting: full until the box is known",
        Driver.ReturnTemperature => $"return {Value:0.0} °C",
        Driver.Floor => $"floor {Value:0} %",
        Driver.DownSlew => "slowing down",
        Driver.Manual => $"manual, {Value:0} s left",
        Driver.PumpDemand => $"heat {Value:0} W",
        Driver.StandbyPump => "the other pump has failed",
        Driver.LowFlow => $"flow only {Value:0.0} L/min",
        Driver.NoFlow => "no flow",
        Driver.Leak => "leak",
        Driver.SensorsLost => "coolant temperature cannot be trusted",
        Driver.GpuHot => $"a GPU at {Value:0} °C",
        Driver.Overheat => $"coolant {Value:0.0} °C",
        Driver.Capacity => $"the box can remove {Value:0} W",
        Driver.PlateFault => $"die {Value:0.0} K above what its power explains",
        Driver.DefaultLimit => "no need to limit",
        Driver.DewPoint => $"dew point {Value:0.0} °C",
        Driver.Recovery => $"healthy again, limit returns in {Value:0} s",
        Driver.Shutdown => "shut down",
        Driver.NoFacilityWater => "no facility water",
        Driver.LowLoad => $"heat only {Value:0} W",
        Driver.CabinetInlet => $"cabinet inlet {Value:0.0} °C",
        Driver.NotNeeded => "not needed",
        Driver.Humidity => $"humidity {Value:0} %RH",
        Driver.HumidityLost => "humidity cannot be trusted",
        Driver.DieUnread => "its die cannot be read",
        Driver.Resting => $"resting for another {Value:0} s",
        _ => throw new System.Diagnostics.UnreachableException($"No text for {Driver}."),
    };
}
