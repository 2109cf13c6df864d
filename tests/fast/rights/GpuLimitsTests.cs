using Appliance.Hardware;
using Appliance.Rights;
using FastTests.Hardware;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Rights;

/// <summary>The helper's part of the driver on the twin's GPU folders, whose <c>hang</c> keeps a caller as a hung driver does.</summary>
public sealed class GpuLimitsTests : IDisposable
{
    private const string LimitFile = TwinGpuFiles.LimitFile;
    private readonly SysfsFolder _sys = new();
    private int _opened;

    private GpuLimits Limits(int count) => new(() =>
    {
        _opened++;
        return (new TwinGpus(_sys.Root), count, null);
    }, TimeProvider.System);

    [Fact]
    public void Every_gpu_is_set_to_its_lowest_limit_and_clock_whatever_its_name()
    {
        var folders = Enumerable.Range(0, 8).Select(i => _sys.Gpu(i)).ToList();
        var (limited, refused) = Limits(8).Lowest();
        Assert.Equal(8, limited);
        Assert.Empty(refused);
        Assert.All(folders, f => Assert.Equal("0", SysfsFolder.Get(f, LimitFile))); // NVML's wrapper raises it to what the driver accepts
        Assert.All(folders, f => Assert.Equal("1", SysfsFolder.Get(f, TwinGpuFiles.ClockFile)));
    }

    [Fact]
    public void A_gpu_that_takes_its_limit_and_not_its_clock_counts_as_limited_and_is_named()
    {
        var folders = Enumerable.Range(0, 2).Select(i => _sys.Gpu(i)).ToList();
        File.Delete(Path.Combine(folders[1], TwinGpuFiles.ClockFile));
        var (limited, refused) = Limits(2).Lowest();
        Assert.Equal((2, "gpu1: lowest clock refused"), (limited, refused.Single()));
    }

    [Fact]
    public void A_clock_is_held_and_let_go()
    {
        var folder = _sys.Gpu(0, ("uuid", "GPU-0"));
        var limits = Limits(1);
        Assert.Null(limits.Hold("GPU-0", clock: true));
        Assert.Equal("1", SysfsFolder.Get(folder, TwinGpuFiles.ClockFile));
        Assert.Null(limits.Hold("GPU-0", clock: false));
        Assert.Equal("0", SysfsFolder.Get(folder, TwinGpuFiles.ClockFile));
        File.Delete(Path.Combine(folder, TwinGpuFiles.ClockFile));
        Assert.Equal("GPU-0 refuses its lowest clock", Limits(1).Hold("GPU-0", clock: true));
    }

    [Fact]
    public void A_gpu_whose_driver_hangs_is_named_keeps_no_other_waiting_and_is_not_asked_twice()
    {
        var folders = Enumerable.Range(0, 3).Select(i => _sys.Gpu(i)).ToList();
        SysfsFolder.Set(folders[1], "hang", "1");
        var limits = Limits(3);

        var (limited, refused) = limits.Lowest();
        Assert.Equal(2, limited);
        Assert.Equal(["gpu1: the driver does not answer"], refused);
        Assert.Equal("0", SysfsFolder.Get(folders[2], LimitFile));
        Assert.Equal("700000", SysfsFolder.Get(folders[1], LimitFile));

        SysfsFolder.Set(folders[1], "hang", "0");
        (limited, refused) = limits.Lowest();
        Assert.Equal(3, limited);
        Assert.Empty(refused);
        Assert.Equal("0", SysfsFolder.Get(folders[1], LimitFile));
    }

    [Fact]
    public void A_hung_gpu_keeps_the_others_limits_free()
    {
        var folders = Enumerable.Range(0, 2).Select(i => _sys.Gpu(i, ("uuid", $"GPU-{i}"))).ToList();
        var limits = Limits(2);
        Assert.Null(limits.Set("GPU-0", 500));
        SysfsFolder.Set(folders[0], "hang", "1");
        var hung = Started(() => limits.Set("GPU-0", 300));

        Assert.Null(limits.Set("GPU-1", 300));
        Assert.Equal("300000", SysfsFolder.Get(folders[1], LimitFile));
        Assert.Equal(1, limits.Lowest().Limited);
        SysfsFolder.Set(folders[0], "hang", "0");
        hung.Join();
    }

    [Fact]
    public void A_gpu_that_hangs_from_the_start_keeps_the_others_limits_free()
    {
        var folders = Enumerable.Range(0, 3).Select(i => _sys.Gpu(i, ("uuid", $"GPU-{i}"))).ToList();
        var limits = Limits(3);
        SysfsFolder.Set(folders[0], "hang", "1");
        var hung = Started(() => limits.Set("GPU-0", 300));

        Assert.Null(limits.Set("GPU-1", 300));
        Assert.Null(limits.Set("GPU-2", 400));
        Assert.Equal(("300000", "400000"), (SysfsFolder.Get(folders[1], LimitFile), SysfsFolder.Get(folders[2], LimitFile)));
        SysfsFolder.Set(folders[0], "hang", "0");
        hung.Join();
        Assert.Equal("300000", SysfsFolder.Get(folders[0], LimitFile));
    }

    /// <summary>A refusal opens the driver anew; whoever still waits in the old one is not joined by a second.</summary>
    [Fact]
    public void A_hung_gpu_is_asked_once_whatever_another_refuses()
    {
        var folders = Enumerable.Range(0, 3).Select(i => _sys.Gpu(i, ("uuid", $"GPU-{i}"))).ToList();
        File.Delete(Path.Combine(folders[1], LimitFile));
        var limits = Limits(3);
        Assert.Null(limits.Set("GPU-0", 500));
        SysfsFolder.Set(folders[0], "hang", "1");
        var hung = Started(() => limits.Set("GPU-0", 300));

        Assert.Equal("GPU-1 refuses 300 W", limits.Set("GPU-1", 300));
        string? said = null;
        var again = Started(() => said = limits.Set("GPU-0", 200));
        Assert.Null(limits.Set("GPU-2", 300));
        Assert.True(again.Join(TimeSpan.FromSeconds(10)));
        Assert.Equal("GPU-0: the driver does not answer", said);
        SysfsFolder.Set(folders[0], "hang", "0");
        hung.Join();
        Assert.Equal("300000", SysfsFolder.Get(folders[0], LimitFile));
    }

    [Fact]
    public void A_driver_that_does_not_open_is_said_and_tried_again()
    {
        _sys.Gpu(0);
        var isThere = false;
        var limits = new GpuLimits(() => isThere ? (new TwinGpus(_sys.Root), 1, null) : (null, 0, "DRIVER_NOT_LOADED"), TimeProvider.System);
        Assert.Equal((0, "DRIVER_NOT_LOADED"), (limits.Lowest().Limited, limits.Lowest().Refused.Single()));
        isThere = true;
        Assert.Equal(1, limits.Lowest().Limited);
    }

    [Fact]
    public void A_driver_without_a_gpu_is_no_success_and_is_opened_anew()
    {
        var limits = Limits(0);
        Assert.Equal(["the driver has no GPU"], limits.Lowest().Refused);
        _ = limits.Lowest();
        Assert.Equal(2, _opened);
    }

    [Fact]
    public void A_driver_that_takes_long_to_open_is_waited_for_all_the_same()
    {
        foreach (var i in Enumerable.Range(0, 8))
            _sys.Gpu(i);
        var time = new FakeTimeProvider();
        var limits = new GpuLimits(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1.7));
                return (new TwinGpus(_sys.Root), 8, null);
            },
            time);
        var (limited, refused) = limits.Lowest();
        Assert.Empty(refused);
        Assert.Equal(8, limited);
    }

    [Fact]
    public void A_driver_that_does_not_answer_is_not_opened_anew_for_it()
    {
        var folder = _sys.Gpu(0);
        SysfsFolder.Set(folder, "hang", "1");
        var limits = Limits(1);
        Assert.Equal(["gpu0: the driver does not answer"], limits.Lowest().Refused);
        SysfsFolder.Set(folder, "hang", "0");
        Assert.Equal(1, limits.Lowest().Limited);
        Assert.Equal(1, _opened);
    }

    private static Thread Started(Action work)
    {
        var thread = new Thread(() => work()) { IsBackground = true };
        thread.Start();
        return thread;
    }

    public void Dispose() => _sys.Dispose();
}
