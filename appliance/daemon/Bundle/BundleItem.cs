namespace Appliance.Daemon.Bundle;

/// <summary>One file of a bundle: what it is called there, where it comes from, and how it is read.</summary>
/// <param name="Path">In the bundle, with '/'.</param>
/// <param name="Source">Where it comes from, for the manifest: a file, a command, a question to the daemon.</param>
/// <param name="ReadAsync">The text; throws <see cref="BundleGapException"/>, or what reading files throws, when there is none.</param>
internal sealed record BundleItem(string Path, string Source, Func<CancellationToken, Task<string>> ReadAsync)
{
    /// <summary>Of one file; the oldest part goes.</summary>
    public int MaxBytes { get; init; } = 1024 * 1024;

    public static BundleItem Of(string path, string source, Func<string> read) => new(path, source, _ => Task.FromResult(read()));
}

/// <summary>There is nothing to collect here, and why: one line for the manifest.</summary>
internal sealed class BundleGapException(string why) : Exception(why);
