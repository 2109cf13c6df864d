namespace Appliance.Twin;

/// <summary>A line for the kernel's log that is an XID, so that the twin's NVML can tell it as an event too.</summary>
public sealed record KernelMessage(int Gpu, int Xid, string Text);
