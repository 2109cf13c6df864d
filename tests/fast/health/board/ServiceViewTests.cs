using Appliance.Health;
using Appliance.Health.Board;
using Appliance.Model;
using Xunit;

namespace FastTests.Health.Board;

/// <summary>GPU memory that a serving engine took and does not use is free: from the engine's frame to the alarm.</summary>
public sealed class ServiceViewTests
{
    private const double Total = 81_559;

    private static readonly DateTimeOffset Utc = new(2026, 11, 26, 4, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(60_000, null)] // 80 000 MiB used, 60 000 of them waiting for requests
    [InlineData(500, "gpu1")]
    public void Memory_is_full_when_the_engines_blocks_are_and_not_when_the_engine_has_started(double freeMib, string? target)
    {
        var frame = Frame() with { GpuCaches = [new("GPU-0", 61_000, 60_000), new("GPU-1", 61_000, freeMib)] };
        Assert.Equal(target is null ? [] : [target], AlarmsAfter(frame, minutes: 6));
        Assert.Empty(AlarmsAfter(frame, minutes: 4));
    }

    [Fact]
    public void A_cache_belongs_to_the_gpu_that_has_its_uuid_and_the_others_have_none()
    {
        var view = ServiceView.Of(Frame() with { GpuCaches = [new("GPU-1", 61_000, 60_000)] }, Gpus(At(0)), At(0))!;
        Assert.Equal([0, 60_000], view.FreeCacheMib);
        Assert.Equal(["gpu0"], AlarmsAfter(Frame() with { GpuCaches = [new("GPU-1", 61_000, 60_000)] }, minutes: 6));
    }

    [Theory]
    [InlineData("cuda:0", false)] // it is loading: nobody knows yet
    [InlineData("cpu", true)]
    public void What_the_engine_does_not_say_is_not_judged_unless_it_can_have_nothing_there(string device, bool judged) =>
        Assert.Equal(judged ? ["gpu0", "gpu1"] : [], AlarmsAfter(Frame() with { Device = device, GpuCaches = null }, minutes: 6));

    [Fact]
    public void A_gpu_that_the_box_does_not_know_leaves_all_of_them_unknown() =>
        Assert.Empty(ServiceView.Of(Frame() with { GpuCaches = [new("GPU-9", 61_000, 60_000)] }, Gpus(At(0)), At(0))!.FreeCacheMib);

    [Fact]
    public void What_was_said_long_ago_holds_no_more_and_an_engine_long_gone_has_no_memory()
    {
        var frame = Frame() with { GpuCaches = [new("GPU-0", 61_000, 60_000), new("GPU-1", 61_000, 60_000)] };
        Assert.Empty(Found(frame, At(60))); // its last word is a minute old: not judged
        Assert.Null(ServiceView.Of(frame, Gpus(At(301)), At(301)));
        Assert.Equal(["gpu0", "gpu1"], Found(frame, At(301)).Select(f => f.Target));
    }

    private static IEnumerable<string> AlarmsAfter(InferenceFrame frame, int minutes)
    {
        var (rules, book) = (new BoardRules(BoardMemory.Empty), AlarmBook.Empty);
        for (var second = 0; second <= minutes * 60; second++)
        {
            var now = At(second);
            book = AlarmBook.Step(book, rules.Evaluate(View(frame with { Ts = now.Utc }, now), book.IsStanding), now).Book;
        }

        return book.Standing.Where(a => a.Code == BoardAlarms.GpuMemoryHigh).Select(a => a.Target).Order();
    }

    private static IEnumerable<Finding> Found(InferenceFrame frame, Moment now) =>
        new BoardRules(BoardMemory.Empty).Evaluate(View(frame, now), (_, _) => false).Where(f => f.Code == BoardAlarms.GpuMemoryHigh);

    private static BoardView View(InferenceFrame frame, Moment now) => new()
    {
        Health = new() { Probe = new() { State = ProbeState.Working }, Gpus = Gpus(now) },
        Now = now.Uptime,
        Service = ServiceView.Of(frame, Gpus(now), now),
    };

    private static GpuHealth[] Gpus(Moment now) => [.. Enumerable.Range(0, 2).Select(i => new GpuHealth
    {
        Index = i,
        Access = GpuAccess.Good,
        Identity = new() { Uuid = $"GPU-{i}" },
        Load = new() { At = now.Uptime, MemoryTotalMib = Total, MemoryUsedMib = 80_000 },
    })];

    private static InferenceFrame Frame() => new() { Ts = Utc, Model = "m", State = "ready", Device = "cuda:0" };

    private static Moment At(double second) => new(TimeSpan.FromSeconds(1000 + second), Utc.AddSeconds(second));
}
