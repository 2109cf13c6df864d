using System.Threading.Channels;

namespace Appliance.Daemon.Loop;

/// <summary>
/// Writes what is to be kept beside the loop that hands it over: a disk takes as long as it likes for an fsync, and neither the next line of the
/// kernel's log nor the next alarm must wait for it. The newest wins; what was not written yet when a newer one came is not missed.
/// </summary>
/// <param name="what">Told when it cannot be kept.</param>
/// <param name="write">Returns why it could not be kept; null when it is.</param>
internal sealed class NewestWriter<T>(string what, Func<T, string?> write, TextWriter? tellTo = null)
    where T : class
{
    private readonly KeepTeller _teller = new(what, tellTo ?? Console.Error);
    private readonly Channel<T> _newest = Channel.CreateBounded<T>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Never waits.</summary>
    public void Keep(T newest) => _newest.Writer.TryWrite(newest);

    /// <summary>After the last <see cref="Keep"/>: what was handed over is written, then <see cref="RunAsync"/> ends.</summary>
    public void Complete() => _newest.Writer.TryComplete();

    public async Task RunAsync()
    {
        await foreach (var newest in _newest.Reader.ReadAllAsync().ConfigureAwait(false))
            _teller.Tell(write(newest));
    }
}
