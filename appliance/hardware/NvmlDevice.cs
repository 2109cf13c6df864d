namespace Appliance.Hardware;

/// <summary>A device handle: cannot be passed where another library's pointer is wanted.</summary>
internal readonly record struct NvmlDevice(nint Pointer);
