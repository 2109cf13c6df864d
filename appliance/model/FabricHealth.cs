namespace Appliance.Model;

/// <summary>The fabric beside the GPUs' own words: switches and the process that registers GPUs with them.</summary>
public sealed record FabricHealth : HealthGroup
{
    /// <summary>NVSwitches the kernel knows (<c>/dev/nvidia-nvswitch*</c>, the control node not counted).</summary>
    public int? Switches { get; init; }

    /// <summary>Alive now. It may die while every GPU's fabric state still reads Completed.</summary>
    public bool? ManagerAlive { get; init; }

    public int? ManagerPid { get; init; }
}
