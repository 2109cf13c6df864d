namespace Appliance.Model;

public enum GpuAccess
{
    /// <summary>Never read: the probe has not come so far, or there is no driver.</summary>
    Unknown,

    Good,

    /// <summary>A call for this GPU does not return.</summary>
    Hung,

    /// <summary>The driver says that it is gone (GPU_IS_LOST, not found).</summary>
    Lost,

    /// <summary>The driver wants a reset before it answers (RESET_REQUIRED).</summary>
    ResetRequired,

    /// <summary>It is there and refuses the calls.</summary>
    Refused,
}
