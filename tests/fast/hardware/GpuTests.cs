using Appliance.Hardware;
using Appliance.Model;

namespace FastTests.Hardware;

public sealed class GpuTests : IDisposable
{
    private readonly SysfsFolder _sys = new();

    [Fact]
    public void A_gpu_is_read_with_its_units_and_what_it_lacks_is_absent()
    {
        File.Delete(Path.Combine(_sys.Gpu(0, ("tlimit_c", "-3")), "temperature_memory_c"));
        var reading = Poll(Poller(1))[0];
        Assert.Equal(312.5, reading.PowerW.Value);
        Assert.Equal(700.0, reading.LimitW.Value);
        Assert.Equal(-3.0, reading.MarginK.Value);
        Assert.False(reading.MemoryTemperatureC.HasValue);
        Assert.False(reading.Lost);
    }

    [Fact]
    public void A_gpu_that_fell_off_the_bus_is_lost_and_comes_back_when_it_does()
    {
        var gpu = _sys.Gpu(0);
        using var poller = Poller(1, out var time);
        Assert.False(Poll(poller)[0].Lost);
        SysfsFolder.Set(gpu, "lost", "1");
        Assert.True(Poll(poller)[0].Lost);
        Assert.False(Poll(poller)[0].PowerW.HasValue);
        SysfsFolder.Set(gpu, "lost", "0");
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.False(Poll(poller)[0].Lost);
    }

    [Fact]
    public void A_driver_that_does_not_answer_is_unreadable_and_not_lost()
    {
        var reading = Poll(Poller(1))[0];
        Assert.False(reading.Lost);
        Assert.False(reading.PowerW.HasValue);
    }

    [Fact]
    public async Task A_driver_that_hangs_makes_its_gpu_old_and_holds_up_nobody_else()
    {
        var hung = _sys.Gpu(0);
        _sys.Gpu(1);
        using var poller = Poller(2, out var time);
        Poll(poller);
        SysfsFolder.Set(hung, "hang", "1");
        time.Advance(TimeSpan.FromSeconds(5));

        var stuck = Task.Run(() => poller.PollOnce(0), TestContext.Current.CancellationToken);
        poller.PollOnce(1);
        var readings = new GpuReading[2];
        poller.Read(readings); // must return although GPU 0's thread sits in the driver

        var now = time.GetElapsedTime(0);
        Assert.Equal(TimeSpan.FromSeconds(5), readings[0].PowerW.Age(now));
        Assert.Equal(TimeSpan.Zero, readings[1].PowerW.Age(now));
        Assert.Equal(1, readings[0].Reads);
        Assert.Equal(2, readings[1].Reads);
        SysfsFolder.Set(hung, "hang", "0");
        await stuck;
    }

    [Fact]
    public void A_limit_is_written_and_written_again_when_something_reset_it()
    {
        var gpu = _sys.Gpu(0);
        using var poller = Poller(1, out var time);
        poller.RequestBound(0, new(350));
        Assert.Equal(350.0, Poll(poller)[0].LimitW.Value);
        SysfsFolder.Set(gpu, "power_management_limit_mw", "700000");
        time.Advance(TimeSpan.FromSeconds(1));
        poller.RequestBound(0, new(350));
        Assert.Equal(350.0, Poll(poller)[0].LimitW.Value);
    }

    [Fact]
    public void A_clock_is_written_when_it_changes_and_not_again_while_it_stands()
    {
        var gpu = _sys.Gpu(0, ("sm_clock_mhz", "1980"), ("utilization_gpu", "90"), (TwinGpuFiles.ClockFile, "1"));
        using var poller = Poller(1, out var time);
        Wish(poller, time, new(700));
        Assert.Equal("0", SysfsFolder.Get(gpu, TwinGpuFiles.ClockFile)); // whoever held it before: the first wish lets it go
        Wish(poller, time, new(200, LowestClock: true));
        Assert.Equal("1", SysfsFolder.Get(gpu, TwinGpuFiles.ClockFile));
        SysfsFolder.Set(gpu, "sm_clock_mhz", "345");
        SysfsFolder.Set(gpu, TwinGpuFiles.ClockFile, "7");
        for (var s = 0; s < 5; s++)
            Assert.False(Wish(poller, time, new(200, LowestClock: true)).ClockRefused);
        Assert.Equal("7", SysfsFolder.Get(gpu, TwinGpuFiles.ClockFile));
    }

    /// <summary>Nothing can read back what stands: the clock of a GPU at work tells.</summary>
    [Theory]
    [InlineData(true, "1980", "90", true)]
    [InlineData(true, "345", "90", false)]
    [InlineData(false, "345", "90", true)]
    [InlineData(false, "345", "0", false)]
    [InlineData(false, "1200", "90", false)]
    public void A_clock_that_does_not_stand_is_told_and_written_again(bool held, string mhz, string busy, bool again)
    {
        var gpu = _sys.Gpu(0, ("sm_clock_mhz", mhz), ("utilization_gpu", busy));
        using var poller = Poller(1, out var time);
        GpuBound bound = new(200, held);
        Wish(poller, time, bound);
        SysfsFolder.Set(gpu, TwinGpuFiles.ClockFile, "7");
        for (var s = 0; s < 3; s++)
            _ = Wish(poller, time, bound);
        Assert.Equal(again ? held ? "1" : "0" : "7", SysfsFolder.Get(gpu, TwinGpuFiles.ClockFile));
    }

    [Fact]
    public void A_clock_that_cannot_be_written_is_told_and_the_limit_stands_all_the_same()
    {
        var gpu = _sys.Gpu(0, ("sm_clock_mhz", "1980"));
        File.Delete(Path.Combine(gpu, TwinGpuFiles.ClockFile));
        using var poller = Poller(1);
        poller.RequestBound(0, new(200, LowestClock: true));
        var reading = Poll(poller)[0];
        Assert.True(reading.ClockRefused);
        Assert.False(reading.LimitRefused);
        Assert.Equal(200.0, reading.LimitW.Value);
    }

    [Fact]
    public void A_wish_is_good_for_one_write_so_that_a_stopped_controller_does_not_undo_the_safe_state()
    {
        var gpu = _sys.Gpu(0);
        using var poller = Poller(1, out var time);
        poller.RequestBound(0, new(700));
        Assert.Equal(700.0, Poll(poller)[0].LimitW.Value);
        SysfsFolder.Set(gpu, "power_management_limit_mw", "200000");
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(200.0, Poll(poller)[0].LimitW.Value);
    }

    [Fact]
    public void A_limit_that_cannot_be_written_is_told()
    {
        var gpu = _sys.Gpu(0);
        File.Delete(Path.Combine(gpu, "power_management_limit_mw"));
        using var poller = Poller(1);
        poller.RequestBound(0, new(350));
        Assert.True(Poll(poller)[0].LimitRefused);
    }

    [Fact]
    public void The_structures_have_the_sizes_of_the_vendors_header() => Nvml.CheckLayout();

    [Fact]
    public void A_box_without_the_vendors_library_has_unreadable_gpus_and_no_crash()
    {
        if (File.Exists("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"))
            Assert.Skip("This machine has the library.");
        var nvml = new Nvml();
        Assert.Null(nvml.Open(0, out var lost));
        Assert.False(lost);
        Assert.Contains("libnvidia-ml.so.1", nvml.Fault, StringComparison.Ordinal);
    }

    /// <summary>As the daemon does: the same wish once a second.</summary>
    private static GpuReading Wish(GpuPoller poller, Microsoft.Extensions.Time.Testing.FakeTimeProvider time, GpuBound bound)
    {
        time.Advance(TimeSpan.FromSeconds(1));
        poller.RequestBound(0, bound);
        return Poll(poller)[0];
    }

    private GpuPoller Poller(int count) => Poller(count, out _);

    private GpuPoller Poller(int count, out Microsoft.Extensions.Time.Testing.FakeTimeProvider time)
    {
        time = new();
        return new(new TwinGpus(_sys.Root), count, TimeSpan.FromMilliseconds(100), time);
    }

    private static GpuReading[] Poll(GpuPoller poller)
    {
        var readings = new GpuReading[poller.Count];
        for (var i = 0; i < poller.Count; i++)
            poller.PollOnce(i);
        poller.Read(readings);
        return readings;
    }

    public void Dispose() => _sys.Dispose();
}
