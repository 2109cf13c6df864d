using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// Reads the kernel's log on a thread of its own that sleeps in poll until there is a record. What lies in the ring from before is read
/// too, from the record after the one last dealt with: a fault that came while the daemon was down is not lost. Readers that do not keep up lose
/// the newest lines, counted, and never hold the thread.
/// </summary>
public sealed class KernelLogReader : IDisposable
{
    private const int QueueLimit = 16_384;
    private const int OpenAgainMs = 250;

    private readonly Channel<KernelLine> _lines = Channel.CreateBounded<KernelLine>(
        new BoundedChannelOptions(QueueLimit) { FullMode = BoundedChannelFullMode.Wait, SingleWriter = true });

    private readonly string _path;
    private readonly Func<(IKernelLogSource? Source, SysfsStatus Status)> _open;
    private readonly KernelClock _clock = new();
    private readonly WakeSignal _stop = new();
    private readonly Thread _thread;
    private volatile bool _stopping;
    private volatile string? _fault;
    private long _last;
    private bool _resuming;
    private bool _isLive;
    private long _lostBefore;
    private long _lost;

    /// <param name="sysRoot">Root below which <c>dev/kmsg</c> lies; <c>/</c> is the kernel's own.</param>
    /// <param name="after">Sequence of the last record dealt with in this boot; -1 reads all there is.</param>
    public KernelLogReader(string sysRoot, long after)
        : this(Path.Combine(sysRoot, "dev/kmsg"), after, OpenerOf(Path.Combine(sysRoot, "dev/kmsg"), sysRoot == "/"))
    {
    }

    /// <param name="open">Opens the log; null with a status where it cannot be opened now.</param>
    internal KernelLogReader(string path, long after, Func<(IKernelLogSource? Source, SysfsStatus Status)> open)
    {
        _path = path;
        _open = open;
        _last = after;
        _thread = new(Run, 256 * 1024) { IsBackground = true, Name = "kernel-log" };
    }

    /// <summary>In the kernel's order. Completes when the reader is disposed.</summary>
    public ChannelReader<KernelLine> Lines => _lines.Reader;

    /// <summary>Why the log cannot be read; null while it can.</summary>
    public string? Fault => _fault;

    /// <summary>Records that were gone before they were read, since start.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>The kernel's id of this boot; null where the twin keeps none.</summary>
    public static string? BootId(string sysRoot)
    {
        try
        {
            return File.ReadAllText(Path.Combine(sysRoot, "proc/sys/kernel/random/boot_id")).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Start() => _thread.Start();

    public void Dispose()
    {
        if (_stopping)
            return;
        _stopping = true;
        _stop.Pull();
        if ((_thread.ThreadState & ThreadState.Unstarted) == 0)
            _thread.Join();
        _lines.Writer.TryComplete();
        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            var (source, status) = _open();
            if (source is null)
            {
                _fault = $"{_path}: {status}.";
                Sleep(-1, OpenAgainMs);
                continue;
            }

            _fault = null;
            (_resuming, _isLive) = (true, false); // an opened log begins with what its ring still holds
            try
            {
                using (source)
                    Follow(source);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _fault = e.Message;
                Sleep(-1, OpenAgainMs);
            }
        }
    }

    private static Func<(IKernelLogSource?, SysfsStatus)> OpenerOf(string path, bool isDevice) => () =>
    {
        IKernelLogSource? source = isDevice ? KernelLogDevice.TryOpen(path, out var status) : KernelLogFollower.TryOpen(path, out status);
        return (source, status);
    };

    private void Follow(IKernelLogSource source)
    {
        while (!_stopping)
        {
            while (!_stopping && source.TryRead(out var record))
                Take(record);
            if (!_stopping)
                Sleep(source.PollFd, -1);
            _isLive = true;
        }
    }

    private void Take(ReadOnlySpan<byte> record)
    {
        if (Parse(record) is not { } line || (_resuming && line.Sequence <= _last))
            return;
        if (line.Sequence <= _last)
            _last = line.Sequence - 1; // the twin began a new log
        _resuming = false;
        // The kernel starts at 0 with every boot, so that the first gap is what its ring forgot before we came.
        var gap = _last < 0 ? 0 : line.Sequence - _last - 1;
        _lostBefore += gap;
        _last = line.Sequence;
        Interlocked.Add(ref _lost, gap);
        line = line with { At = _clock.Correct(line.At, MonotonicClock.Now, _isLive), LostBefore = _lostBefore };
        if (_lines.Writer.TryWrite(line))
        {
            _lostBefore = 0;
        }
        else
        {
            _lostBefore++;
            Interlocked.Increment(ref _lost);
        }
    }

    /// <summary><c>prio,sequence,microseconds,flags[,…];text</c>, then lines of facts that begin with a space.</summary>
    /// <returns>Null for what is not a record.</returns>
    internal static KernelLine? Parse(ReadOnlySpan<byte> record)
    {
        var newline = record.IndexOf((byte)'\n');
        var first = newline < 0 ? record : record[..newline];
        var semicolon = first.IndexOf((byte)';');
        if (semicolon < 0)
            return null;
        var head = Encoding.UTF8.GetString(first[..semicolon]).Split(',');
        return head.Length >= 3
            && int.TryParse(head[0], NumberStyles.None, CultureInfo.InvariantCulture, out var priority)
            && long.TryParse(head[1], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            && long.TryParse(head[2], NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            ? new(sequence, TimeSpan.FromMicroseconds(microseconds), priority & 7, Encoding.UTF8.GetString(first[(semicolon + 1)..]))
            : null;
    }

    private unsafe void Sleep(int fd, int milliseconds)
    {
        var fds = stackalloc LibcInterop.PollFd[2];
        fds[0] = new() { Fd = _stop.Fd, Events = LibcInterop.POLLIN };
        fds[1] = new() { Fd = fd, Events = LibcInterop.POLLIN }; // a negative descriptor is passed over
        _ = LibcInterop.poll(fds, 2, milliseconds); // EINTR: looked at again, no harm
    }
}
