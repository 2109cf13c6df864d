namespace Appliance.Model;

/// <summary>nvmlGpuFabricState_t.</summary>
public enum FabricState
{
    NotSupported = 0,
    NotStarted = 1,
    InProgress = 2,
    Completed = 3,
}
