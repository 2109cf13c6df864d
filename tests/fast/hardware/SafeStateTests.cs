using Appliance.Hardware;
using Appliance.Model;

namespace FastTests.Hardware;

public sealed class SafeStateTests : IDisposable
{
    private readonly SysfsFolder _sys = new();

    [Fact]
    public void Every_output_of_the_board_is_full_and_every_gpu_at_its_lowest_limit()
    {
        var board = BoardCatalogue.Load("hgx-h100-8");
        Fans();
        Pumps();
        var gpu = _sys.Gpu(0);
        _sys.Gpu(1);

        var report = SafeState.Write(_sys.Root, board, TimeSpan.FromSeconds(1));

        Assert.True(report.IsGood, report.ToString());
        Assert.Equal(8, report.RotorsFull);
        Assert.Equal(2, report.GpusLimited);
        Assert.Equal("200000", SysfsFolder.Get(gpu, "power_management_limit_mw"));
        Assert.Equal("1", SysfsFolder.Get(gpu, "lowest_clock"));
    }

    [Fact]
    public void Without_a_board_file_everything_that_has_a_duty_is_set_to_full()
    {
        var fans = Fans();
        Directory.CreateDirectory(Path.Combine(_sys.Root, "twin"));
        var report = SafeState.Write(_sys.Root, null, TimeSpan.FromSeconds(1));
        Assert.True(report.IsGood, report.ToString());
        Assert.Equal(6, report.RotorsFull);
        Assert.All(Enumerable.Range(1, 6), i => Assert.Equal("255", SysfsFolder.Get(fans, $"pwm{i}")));
    }

    [Fact]
    public void A_missing_chip_is_named_and_the_rest_is_made_safe_all_the_same()
    {
        var fans = Fans();
        var report = SafeState.WriteRotors(_sys.Root, BoardCatalogue.Load("hgx-h100-8"));
        Assert.False(report.IsGood);
        Assert.Equal(2, report.Failures.Count);
        Assert.All(report.Failures, f => Assert.Contains("emc2305", f, StringComparison.Ordinal));
        Assert.Equal("255", SysfsFolder.Get(fans, "pwm6"));
    }

    [Fact]
    public void A_chip_whose_driver_hangs_is_named_and_keeps_no_other_waiting()
    {
        using var release = new ManualResetEventSlim();
        using var written = new CountdownEvent(1);
        Fans();
        Pumps();
        var report = SafeState.WriteRotors(_sys.Root, null, TimeSpan.FromMilliseconds(50), chip =>
        {
            if (chip.Name == "max31790")
                release.Wait();
            else
                written.Signal();
            return new([$"{chip.Directory}/pwm1"], []);
        });

        Assert.True(written.IsSet || written.Wait(TimeSpan.FromSeconds(10)));
        Assert.Contains("max31790: its driver does not answer", report.Failures);
        Assert.False(report.IsGood);
        release.Set();
    }

    [Fact]
    public void A_gpu_without_a_limit_file_is_named_and_the_others_are_limited()
    {
        Fans();
        File.Delete(Path.Combine(_sys.Gpu(0), "power_management_limit_mw"));
        var other = _sys.Gpu(1);
        var report = SafeState.Write(_sys.Root, null, TimeSpan.FromSeconds(1));
        Assert.Contains(report.Failures, f => f.StartsWith("gpu0:", StringComparison.Ordinal));
        Assert.Equal("200000", SysfsFolder.Get(other, "power_management_limit_mw"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public void A_gpu_whose_driver_hangs_is_named_and_keeps_no_other_from_its_limit(int settleMs)
    {
        var folders = Enumerable.Range(0, 8).Select(i => _sys.Gpu(i)).ToList();
        SysfsFolder.Set(folders[3], "hang", "1");
        var failures = new List<string>();
        var limited = SafeState.LimitNvmlGpus(
            () => (new TwinGpus(_sys.Root), 8, null), TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(settleMs), failures);
        Assert.Equal(7, limited);
        Assert.Equal(["gpu3: the driver does not answer"], failures);
        Assert.Equal(7, folders.Count(f => SysfsFolder.Get(f, "power_management_limit_mw") == "0"));
        SysfsFolder.Set(folders[3], "hang", "0");
    }

    [Fact]
    public void A_driver_that_does_not_open_in_time_is_named()
    {
        using var release = new ManualResetEventSlim();
        var failures = new List<string>();
        Assert.Equal(0, SafeState.LimitNvmlGpus(
            () =>
            {
                release.Wait();
                return (null, 0, null);
            },
            TimeSpan.FromMilliseconds(50), default, failures));
        Assert.Equal(["GPUs: NVML does not answer within 0.1 s"], failures);
        release.Set();
    }

    [Fact]
    public void An_empty_tree_is_not_called_safe()
    {
        Directory.CreateDirectory(Path.Combine(_sys.Root, "twin"));
        Assert.False(SafeState.Write(_sys.Root, null, TimeSpan.FromSeconds(1)).IsGood);
    }

    [Fact]
    public void Doing_it_twice_changes_nothing()
    {
        Fans();
        Pumps();
        _sys.Gpu(0);
        var once = SafeState.Write(_sys.Root, null, TimeSpan.FromSeconds(1)).ToString();
        Assert.Equal(once, SafeState.Write(_sys.Root, null, TimeSpan.FromSeconds(1)).ToString());
    }

    private string Fans() => _sys.Chip(0, "max31790",
        [.. Enumerable.Range(1, 6).SelectMany(i => new[] { ($"pwm{i}", "40"), ($"pwm{i}_enable", "2") })]);

    private string Pumps() => _sys.Chip(1, "emc2305", ("pwm1", "90"), ("pwm2", "90"));

    public void Dispose() => _sys.Dispose();
}
