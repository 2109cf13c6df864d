using System.Threading.Channels;
using Appliance.Health.Board;

namespace Appliance.Daemon.Health;

/// <summary>
/// Writes the board's memory beside the health loop: a disk takes as long as it likes for an fsync, and the next line of the kernel's log must not
/// wait for it. The newest memory wins; what was not written yet when a newer one came is not missed.
/// </summary>
internal sealed class BoardMemoryWriter(BoardMemoryFile file)
{
    private readonly Channel<BoardMemory> _newest = Channel.CreateBounded<BoardMemory>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private volatile string? _fault;

    /// <summary>Why the last one could not be kept; null when it was.</summary>
    public string? Fault => _fault;

    /// <summary>Never waits.</summary>
    public void Keep(BoardMemory memory) => _newest.Writer.TryWrite(memory);

    /// <summary>After the last <see cref="Keep"/>: what was handed over is written, then <see cref="RunAsync"/> ends.</summary>
    public void Complete() => _newest.Writer.TryComplete();

    public async Task RunAsync()
    {
        await foreach (var memory in _newest.Reader.ReadAllAsync().ConfigureAwait(false))
            _fault = file.Write(memory);
    }
}
