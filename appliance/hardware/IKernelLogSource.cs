namespace Appliance.Hardware;

/// <summary>Where the kernel's records come from: <c>/dev/kmsg</c>, or the twin's file of the same records.</summary>
internal interface IKernelLogSource : IDisposable
{
    /// <summary>Polled while nothing is there to read.</summary>
    int PollFd { get; }

    /// <summary>
    /// The next record with its facts, as the kernel writes it; false when none is there yet. Records that were overwritten before they
    /// were read show as a gap in the sequence.
    /// </summary>
    /// <exception cref="IOException">The log cannot be read any more; it must be opened again.</exception>
    bool TryRead(out ReadOnlySpan<byte> record);
}
