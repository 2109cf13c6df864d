using Appliance.Daemon.Commissioning;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Settings;

public sealed class CommissionTests
{
    [Theory]
    [InlineData(0.1)]
    [InlineData(5)]
    public async Task Rotors_have_settled_when_what_was_read_is_younger_than_their_rise(double readEveryS)
    {
        var time = new FakeTimeProvider();
        var (began, last) = (time.GetTimestamp(), 0.0);
        var steady = Commission.SteadyAsync(Look, time, TestContext.Current.CancellationToken);
        while (!steady.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(200));
            await Task.Yield();
        }

        await steady;
        Assert.Equal(5200, last);
        Assert.True(time.GetElapsedTime(began).TotalSeconds < 15);

        // From 430 to 5200 rpm in three seconds; the driver asks its chip now and then.
        IReadOnlyDictionary<string, double?> Look()
        {
            var read = Math.Floor(time.GetElapsedTime(began).TotalSeconds / readEveryS) * readEveryS;
            last = 430 + (Math.Min(read, 3) / 3 * (5200 - 430));
            return new Dictionary<string, double?> { ["fan1"] = last, ["fan2"] = null };
        }
    }

    [Fact]
    public async Task A_rotor_that_never_settles_is_not_waited_for_for_ever()
    {
        var time = new FakeTimeProvider();
        var (began, looks) = (time.GetTimestamp(), 0);
        var steady = Commission.SteadyAsync(() => new Dictionary<string, double?> { ["fan1"] = ++looks % 2 == 0 ? 1000 : 2000 }, time, TestContext.Current.CancellationToken);
        while (!steady.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(200));
            await Task.Yield();
        }

        await steady;
        Assert.InRange(time.GetElapsedTime(began).TotalSeconds, 18, 19);
    }
}
