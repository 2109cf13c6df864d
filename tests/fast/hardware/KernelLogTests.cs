using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Appliance.Hardware;
using Appliance.Model;
using Xunit;

namespace FastTests.Hardware;

public sealed class KernelLogTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly string _root = Directory.CreateTempSubdirectory("kmsg").FullName;
    private readonly string _file;

    public KernelLogTests()
    {
        Directory.CreateDirectory(Path.Combine(_root, "dev"));
        _file = Path.Combine(_root, "dev/kmsg");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task What_lay_there_before_and_what_comes_is_read_in_order()
    {
        File.WriteAllText(_file, "6,0,100,-;first\n SUBSYSTEM=pci\n4,1,200,-;second\n");
        using var reader = Started(-1);
        File.AppendAllText(_file, "3,2,5678901,-,caller=T1;thi");
        File.AppendAllText(_file, "rd\n");
        var lines = await Take(reader, 3);
        Assert.Equal(["first", "second", "third"], lines.Select(l => l.Text));
        Assert.Equal((2, 3, 0L), (lines[2].Sequence, lines[2].Level, lines[2].LostBefore));
    }

    [Fact]
    public async Task After_a_restart_it_goes_on_behind_the_last_line_dealt_with()
    {
        File.WriteAllText(_file, "6,0,100,-;first\n6,1,200,-;second\n6,2,300,-;third\n");
        using var reader = Started(1);
        Assert.Equal("third", (await Take(reader, 1))[0].Text);
    }

    [Fact]
    public async Task Lines_that_the_ring_overwrote_are_counted()
    {
        File.WriteAllText(_file, "6,4,100,-;first\n6,9,200,-;after the storm\n");
        using var reader = Started(-1);
        var lines = await Take(reader, 2);
        Assert.Equal([0L, 4L], lines.Select(l => l.LostBefore));
        Assert.Equal(4, reader.Lost);
    }

    /// <summary>
    /// A socket that keeps records apart stands in for the device: full, it loses what comes, and the read after that is told EPIPE once, as
    /// the kernel tells it. The reader goes on with the oldest that is there and says how many are missing.
    /// </summary>
    [Fact]
    public async Task A_reader_that_the_ring_overran_goes_on_and_says_how_many_it_lost()
    {
        var (kernel, device) = SocketPair();
        var record = new string('x', 900);
        var kept = 0;
        while (kernel.Poll(0, SelectMode.SelectWrite) && TrySend(kernel, kept, record))
            kept++;
        var overrun = 0;
        using var reader = new KernelLogReader("kmsg", -1, () => (Device(device, () => Interlocked.Exchange(ref overrun, 0) == 1), SysfsStatus.Ok));
        reader.Start();
        var lines = await Take(reader, kept);
        Assert.All(lines, l => Assert.Equal(0, l.LostBefore));
        Interlocked.Exchange(ref overrun, 1);
        Assert.True(TrySend(kernel, kept + 77, "after the overrun"));
        Assert.True(TrySend(kernel, kept + 78, "and on"));
        lines = await Take(reader, 2);
        Assert.Equal([("after the overrun", 77L), ("and on", 0L)], lines.Select(l => (l.Text, l.LostBefore)));
        Assert.Equal((77, null), (reader.Lost, reader.Fault));
        Assert.Equal(0, overrun); // it was told
        kernel.Dispose();
    }

    /// <summary>As after SIGSTOP of the daemon: EPIPE stands before everything, then the ring's oldest.</summary>
    [Fact]
    public async Task An_overrun_before_the_first_record_is_counted_from_the_last_one_dealt_with()
    {
        var (kernel, device) = SocketPair();
        var overrun = 1;
        using var reader = new KernelLogReader("kmsg", 10, () => (Device(device, () => Interlocked.Exchange(ref overrun, 0) == 1), SysfsStatus.Ok));
        Assert.True(TrySend(kernel, 501, "oldest that is left"));
        reader.Start();
        Assert.Equal(490, Assert.Single(await Take(reader, 1)).LostBefore);
        kernel.Dispose();
    }

    [Fact]
    public async Task A_log_that_breaks_is_opened_again_and_read_on_behind_what_was_read()
    {
        var (first, one) = SocketPair();
        var (second, two) = SocketPair();
        var opened = 0;
        using var reader = new KernelLogReader("kmsg", -1, () => (Device(opened++ == 0 ? one : two, () => false), SysfsStatus.Ok));
        Assert.True(TrySend(first, 0, "before"));
        Assert.True(TrySend(second, 0, "before") && TrySend(second, 1, "behind"));
        reader.Start();
        Assert.Equal("before", (await Take(reader, 1))[0].Text);
        first.Dispose(); // read answers 0, which the device never does
        Assert.Equal("behind", (await Take(reader, 1))[0].Text);
        second.Dispose();
    }

    [Fact]
    public void The_kernels_clock_is_brought_to_ours_by_records_that_did_not_wait()
    {
        var clock = new KernelClock();
        var drift = TimeSpan.FromSeconds(47); // a month at 18 ppm
        Assert.Equal(TimeSpan.FromSeconds(5), clock.Correct(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(9000), isLive: false));
        var first = clock.Correct(TimeSpan.FromSeconds(10_000), TimeSpan.FromSeconds(10_000.3) + drift, isLive: true); // 300 ms late
        Assert.Equal(10_000.3 + 47, first.TotalSeconds, 3);
        var next = clock.Correct(TimeSpan.FromSeconds(10_001), TimeSpan.FromSeconds(10_001.0001) + drift, isLive: true);
        Assert.Equal(10_001 + 47, next.TotalSeconds, 3);
        var late = clock.Correct(TimeSpan.FromSeconds(10_002), TimeSpan.FromSeconds(10_004) + drift, isLive: true); // we were held up, the kernel was not
        Assert.Equal(10_002 + 47, late.TotalSeconds, 2);
        for (var second = 10_003; second < 10_103; second++) // and it drifts on
            late = clock.Correct(TimeSpan.FromSeconds(second), TimeSpan.FromSeconds(second + (second - 10_003) * 0.0005) + drift, isLive: true);
        Assert.Equal(10_102 + 0.0495 + 47, late.TotalSeconds, 2);
    }

    [Fact]
    public async Task A_log_that_is_not_there_yet_is_found_when_it_comes()
    {
        Directory.Delete(Path.Combine(_root, "dev"), recursive: true);
        using var reader = Started(-1);
        Directory.CreateDirectory(Path.Combine(_root, "dev"));
        File.WriteAllText(_file, "6,0,100,-;here\n");
        Assert.Equal("here", (await Take(reader, 1))[0].Text);
        Assert.Null(reader.Fault);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no record")]
    [InlineData("6,x,100,-;text")]
    [InlineData(" SUBSYSTEM=pci")]
    public void What_is_no_record_is_passed_over(string text) => Assert.Null(KernelLogReader.Parse(Encoding.UTF8.GetBytes(text)));

    private KernelLogReader Started(long after)
    {
        var reader = new KernelLogReader(_root, after);
        reader.Start();
        return reader;
    }

    private static async Task<KernelLine[]> Take(KernelLogReader reader, int count)
    {
        using var late = new CancellationTokenSource(Patience);
        var lines = new List<KernelLine>();
        while (lines.Count < count)
            lines.Add(await reader.Lines.ReadAsync(late.Token));
        return [.. lines];
    }

    /// <summary>The device's own reading on a socket; an overrun is told once, before what comes next.</summary>
    private static unsafe KernelLogDevice Device(int fd, Func<bool> overrun) => new(fd, (from, buffer, length) =>
    {
        if (!overrun())
            return LibcInterop.read(from, buffer, length);
        Marshal.SetLastPInvokeError(LibcInterop.EPIPE);
        return -1;
    });

    private static bool TrySend(Socket socket, int sequence, string text)
    {
        try
        {
            return socket.Send(Encoding.UTF8.GetBytes($"3,{sequence},{100 + sequence},-;{text}\n")) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <returns>The end that is written, and the descriptor of the end that is read.</returns>
    private (Socket Kernel, int Device) SocketPair()
    {
        var path = Path.Combine(_root, Path.GetRandomFileName());
        using var listener = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var kernel = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        kernel.Connect(new UnixDomainSocketEndPoint(path));
        var device = listener.Accept();
        (kernel.Blocking, device.Blocking) = (false, false);
        var fd = (int)device.SafeHandle.DangerousGetHandle();
        device.SafeHandle.SetHandleAsInvalid(); // it is the reader's to close
        return (kernel, fd);
    }
}
