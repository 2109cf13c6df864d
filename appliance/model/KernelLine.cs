namespace Appliance.Model;

/// <summary>One record of the kernel's log, as <c>/dev/kmsg</c> gives it.</summary>
/// <param name="Sequence">The kernel's own number; without gaps unless lines were lost.</param>
/// <param name="At">The kernel's stamp: uptime.</param>
/// <param name="Level">0 emergency … 7 debug.</param>
/// <param name="Text">Without the continuation lines (SUBSYSTEM=, DEVICE=).</param>
/// <param name="LostBefore">Lines that the ring overwrote before they were read, between the one before and this one.</param>
public sealed record KernelLine(long Sequence, TimeSpan At, int Level, string Text, long LostBefore = 0);
