namespace Appliance.Twin;

/// <summary>One fault to inject. <paramref name="Target"/> is a name of INTERFACES.md: fan1…, pump1…, gpu0…, coolant_supply1…, leak1…, daemon.</summary>
/// <param name="Value">In the kind's own unit; required where the kind has one.</param>
public readonly record struct FaultSpec(FaultKind Kind, string Target, double? Value = null);

/// <summary>What a fault may be aimed at.</summary>
public enum FaultTargets
{
    Fan,
    Pump,
    Rotor,
    Sensor,
    Gpu,
    Leak,
    Rope,
    Valve,

    /// <summary>The flow switch at the GPUs' power brake.</summary>
    FlowSwitch,
    PowerBrake,

    /// <summary>A dehumidifier or humidifier that the board switches.</summary>
    Moisture,
    Daemon,

    /// <summary>One NVLink of one GPU: <c>gpu3/link4</c>.</summary>
    Link,

    /// <summary>An RDMA device: <c>mlx5_0</c>.</summary>
    Rdma,

    Disk,

    /// <summary>No target: the fault is of the whole box.</summary>
    Box,
}

/// <param name="Name">snake_case, as in scenario files and <c>appliance inject</c>.</param>
/// <param name="Unit">Unit of the value; null when the kind takes none.</param>
/// <param name="Rows">Rows of the fault table it serves, e.g. <c>F1 F2</c>.</param>
/// <param name="OfHost">True where it is done to the software, not to the plant: whoever runs the twin must carry it out.</param>
public sealed record FaultInfo(FaultKind Kind, string Name, FaultTargets Targets, string? Unit, string Rows, string What, bool OfHost = false)
{
    /// <summary>True where it is about what drivers and the kernel tell; the plant does not know it (<see cref="HealthBank"/> does).</summary>
    public bool OfHealth => Kind > FaultKind.MoistureLineStuck;

    /// <summary>True where the part is on some boards only.</summary>
    public bool OfOption => Kind is > FaultKind.AirInLoop and <= FaultKind.MoistureLineStuck;
}
