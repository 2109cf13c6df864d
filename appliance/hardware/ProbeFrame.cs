namespace Appliance.Hardware;

/// <summary>
/// What goes between the daemon and its probe: one byte of kind, four bytes of length (little endian), the payload. Both ends are
/// built from the same sources, so the reading travels as it lies in memory; everything else is JSON.
/// </summary>
public enum ProbeFrame : byte
{
    /// <summary>Index and <see cref="GpuReading"/>, ten times a second per GPU.</summary>
    Reading = (byte)'r',

    /// <summary>One <see cref="Model.GpuHealth"/>, whole: the first, and whenever something is not there any more.</summary>
    Gpu = (byte)'g',

    /// <summary>A <see cref="Model.GpuHealth"/> of which only the groups are there that were just read.</summary>
    GpuPart = (byte)'d',

    /// <summary>A <see cref="Model.GpuHealth"/> of which only access, hung-since and fault count: sent for a GPU whose own threads sit in the driver.</summary>
    Access = (byte)'a',

    /// <summary>A <see cref="Model.ProbeHealth"/>: at least once a second, also while the driver hangs.</summary>
    Probe = (byte)'p',

    /// <summary>A <see cref="Model.BoxHealth"/> of which only the groups that were just read are there.</summary>
    Host = (byte)'h',

    /// <summary>A <see cref="Model.NvmlEvent"/>.</summary>
    Event = (byte)'e',

    /// <summary>To the probe: index and watts.</summary>
    Limit = (byte)'l',

    /// <summary>To the probe: profiling counters are wanted for so many seconds more.</summary>
    Profile = (byte)'q',
}
