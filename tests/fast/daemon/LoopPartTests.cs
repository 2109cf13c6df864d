using System.Net.Sockets;
using System.Text;
using Appliance.Bus;
using Appliance.Daemon.Loop;
using Appliance.Daemon.TwinProcess;
using Appliance.Hardware;
using Appliance.Thermal;
using Appliance.Twin;

namespace FastTests.Daemon;

public sealed class LoopPartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("parts-").FullName;

    [Fact]
    public void Quantiles_of_lateness_are_the_upper_edges_of_their_bins()
    {
        var histogram = new LatenessHistogram();
        Assert.Null(histogram.QuantileMs(0.5));
        for (var i = 0; i < 999; i++)
            histogram.Add(0.05);
        histogram.Add(42.34);
        Assert.Equal(0.1, histogram.QuantileMs(0.5)!.Value, 6);
        Assert.Equal(0.1, histogram.QuantileMs(0.999)!.Value, 6);
        Assert.Equal(42.4, histogram.QuantileMs(1)!.Value, 6);
        Assert.Equal(42.34, histogram.MaxMs);
    }

    [Fact]
    public void Lateness_beyond_the_histogram_is_not_lost()
    {
        var histogram = new LatenessHistogram();
        histogram.Add(5000);
        Assert.Equal(5000, histogram.QuantileMs(1));
    }

    [Fact]
    public void The_stall_watchdog_writes_full_after_a_second_without_a_tick_and_not_before()
    {
        var board = BoardCatalogue.Load("hgx-h100-8");
        var paths = Appliance.Model.RunPaths.Twin(_folder);
        using var twin = new TwinBox(board, paths, null);
        using var watchdog = new StallWatchdog(paths.SysRoot, board, TimeProvider.System);
        watchdog.TickDone(TimeSpan.FromSeconds(10));

        Assert.False(watchdog.Check(TimeSpan.FromSeconds(11)));
        Assert.True(watchdog.Check(TimeSpan.FromSeconds(11.1)));
        Assert.True(watchdog.Check(TimeSpan.FromSeconds(11.4)));

        Assert.True(watchdog.LastReport!.IsGood, watchdog.LastReport.ToString());
        Assert.Equal(8, watchdog.LastReport.RotorsFull);
        Assert.Equal(1, watchdog.Trips);
        watchdog.TickDone(TimeSpan.FromSeconds(11.5));
        Assert.False(watchdog.Check(TimeSpan.FromSeconds(11.6)));
        Assert.False(watchdog.IsStalled);
    }

    [Fact]
    public void Clearing_every_fault_of_the_twin_dries_its_leak_detectors_too()
    {
        var board = BoardCatalogue.Load("hgx-h100-8");
        var paths = Appliance.Model.RunPaths.Twin(_folder);
        using var twin = new TwinBox(board, paths, null);
        var rope = Path.Combine(paths.SysRoot, "twin/gpio/0/0");
        twin.Inject(new(FaultKind.LeakDrip, "leak1", null));
        twin.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("1", File.ReadAllText(rope).Trim());

        Assert.Equal(1, twin.Clear(FaultKind.LeakDrip, "leak1"));
        twin.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("1", File.ReadAllText(rope).Trim());
        twin.Clear(null, "");
        twin.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("0", File.ReadAllText(rope).Trim());
    }

    [Fact]
    public void A_checkpoint_survives_and_a_broken_one_is_a_cold_start()
    {
        var file = new CheckpointFile(_folder);
        Assert.Null(file.Read());
        Assert.Null(file.Write(new ThermalCheckpoint { LeakLatched = true }));
        Assert.True(new CheckpointFile(_folder).Read()!.LeakLatched);
        File.WriteAllText(Path.Combine(_folder, "thermal.json"), "{\"leak_lat");
        Assert.Null(new CheckpointFile(_folder).Read());
    }

    [Fact]
    public void Boots_are_counted_over_restarts()
    {
        Assert.Equal(1, BootCounter.Next(_folder));
        Assert.Equal(2, BootCounter.Next(_folder));
        File.WriteAllText(Path.Combine(_folder, "boot"), "x");
        Assert.Equal(1, BootCounter.Next(_folder));
    }

    [Theory]
    [InlineData("serve", null, null)]
    [InlineData("watts", 350.0, null)]
    [InlineData("watts", 900.0, "0..700 W")]
    [InlineData("watts", null, "0..700 W")]
    [InlineData("bursts", 0.1, "1..3600 s")]
    [InlineData("disco", null, "serve, idle, full, watts, bursts")]
    [InlineData(null, null, "known are")]
    public void A_load_is_taken_or_refused_in_one_line_that_says_what_is_right(string? mode, double? value, string? error)
    {
        if (error is null)
            Assert.Equal(mode, TwinLoad.Parse(mode, value, 700).Mode);
        else
            Assert.Contains(error, Assert.Throws<FormatException>(() => TwinLoad.Parse(mode, value, 700)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_load_stays_between_55_and_75_percent()
    {
        for (var t = 0; t < 2000; t++)
        {
            for (var gpu = 0; gpu < 8; gpu++)
                Assert.InRange((TwinLoad.Default.Watts(gpu, TimeSpan.FromSeconds(t), 70, 700) - 70) / 630, 0.549, 0.751);
        }
    }

    [Fact]
    public void Systemd_hears_ready_status_and_a_watchdog_only_as_often_as_it_asked()
    {
        var path = Path.Combine(_folder, "notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 1000 };
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        using var notifier = SystemdNotifier.Open(path, TimeSpan.FromSeconds(2));

        notifier.Ready("running");
        notifier.TickDone(TimeSpan.FromSeconds(1));
        notifier.TickDone(TimeSpan.FromSeconds(1.1)); // too soon: a quarter of the period apart
        notifier.TickDone(TimeSpan.FromSeconds(1.5));
        notifier.Stopping("bye");
        notifier.Extend(TimeSpan.FromSeconds(2.5));

        Assert.Equal("READY=1\nSTATUS=running", Receive(systemd));
        Assert.Equal("WATCHDOG=1", Receive(systemd));
        Assert.Equal("WATCHDOG=1", Receive(systemd));
        Assert.Equal("STOPPING=1\nSTATUS=bye", Receive(systemd));
        Assert.Equal("EXTEND_TIMEOUT_USEC=2500000", Receive(systemd));
    }

    [Fact]
    public void Without_systemd_nothing_is_sent_and_nothing_fails()
    {
        using var notifier = SystemdNotifier.Open(null, null);
        notifier.Ready("running");
        notifier.TickDone(TimeSpan.FromSeconds(1));
        Assert.False(notifier.IsWatched);
    }

    private static string Receive(Socket socket)
    {
        var buffer = new byte[256];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
