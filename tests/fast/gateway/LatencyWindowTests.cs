using InferenceCore.Gateway;
using InferenceCore.Scheduling;
using Xunit;

namespace FastTests.Gateway;

public sealed class LatencyWindowTests
{
    [Fact]
    public void A_quantile_lies_in_proportion_within_its_bucket()
    {
        Assert.Equal(149.5, LatencyWindow.P99Ms([0.1, 0.15], [0, 99, 0], [0, 0, 0]));
        Assert.Equal(150, LatencyWindow.P99Ms([0.1, 0.15], [0, 0, 5], [0, 0, 0]));
        Assert.Null(LatencyWindow.P99Ms([0.1, 0.15], [3, 3, 3], [3, 3, 3]));
    }

    [Fact]
    public void Answers_older_than_five_minutes_are_forgotten()
    {
        var (metrics, window) = (new EngineMetrics(), new LatencyWindow());
        window.Read(metrics, TimeSpan.Zero);
        for (var i = 0; i < 1000; i++)
            metrics.InterToken.Observe(0.003);
        Assert.InRange(window.Read(metrics, TimeSpan.FromSeconds(10)).InterTokenMs!.Value, 1, 5);
        for (var second = 20; second <= 400; second += 10)
            window.Read(metrics, TimeSpan.FromSeconds(second));
        metrics.InterToken.Observe(0.9);
        Assert.InRange(window.Read(metrics, TimeSpan.FromSeconds(410)).InterTokenMs!.Value, 750, 1000);
    }
}
