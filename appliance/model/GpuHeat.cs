namespace Appliance.Model;

public sealed record GpuHeat : HealthGroup
{
    public double? TemperatureC { get; init; }

    public double? MemoryTemperatureC { get; init; }

    /// <summary>T.Limit: kelvin left to throttling. Negative is valid and means throttling.</summary>
    public double? MarginK { get; init; }

    /// <summary>Margin at which the GPU switches itself off (field 193, −8 on H100).</summary>
    public double? ShutdownMarginK { get; init; }

    /// <summary>Margin at which hardware slowdown begins (field 194, −2 on H100).</summary>
    public double? SlowdownMarginK { get; init; }

    /// <summary>Margin at which the memory is too hot (field 195).</summary>
    public double? MemoryMaxMarginK { get; init; }

    /// <summary>Margin at which software slowdown begins (field 196).</summary>
    public double? GpuMaxMarginK { get; init; }
}
