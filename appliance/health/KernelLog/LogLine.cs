namespace Appliance.Health.KernelLog;

/// <summary>One record of the kernel's log, from whatever it was read.</summary>
/// <param name="Number">Line of the file, from 1; for a live log the kernel's own sequence number.</param>
/// <param name="At">The record's stamp. Only differences mean something: some logs count from boot, some tell the time of day. Null without one.</param>
public sealed record LogLine(long Number, TimeSpan? At, string Text);
