using Appliance.Model;

namespace SimulationTests.Health;

/// <summary>Seven days of a healthy box with everything that has raised false alarms elsewhere. Nothing may be raised.</summary>
public sealed class BenignWeekTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_healthy_week_raises_nothing(int seed)
    {
        var box = new CorpusBox(seed) { Noisy = true };
        var run = new CorpusRun(box);
        var (sweeps, reboots, reloads, limits) = (0, 0, 0, 0);
        for (var t = TimeSpan.Zero; t < TimeSpan.FromDays(7); t += Step)
        {
            var second = (long)t.TotalSeconds;
            if (second % 151_200 == 75_600) // every 42 h
            {
                reboots++;
                box.Reboot();
                run.Restart();
            }

            if (second % 10_800 == 5_000)
            {
                reloads++;
                Reload(box, begins: true);
            }

            if (second % 10_800 == 5_090)
                Reload(box, begins: false);
            if (second % 43_200 == 20_000) // driver loaded again: counters begin anew
            {
                foreach (var gpu in box.Gpus)
                    gpu.Reset();
            }

            // The afternoon is warm: the cooling loop holds the GPUs back, a step every half minute.
            if (second % 86_400 is > 50_000 and < 54_000 && second % 30 == 0)
            {
                limits++;
                var limit = 450 + 10 * box.Random.Next(0, 20);
                foreach (var gpu in box.Gpus)
                    (gpu.LimitW, box.OwnLimitW[gpu.Index]) = (limit, limit);
            }
            else if (second % 86_400 == 54_000)
            {
                foreach (var gpu in box.Gpus)
                    (gpu.LimitW, box.OwnLimitW[gpu.Index]) = (700, 700);
            }

            if (second % 86_400 == 52_000)
                box.Parked = true;
            if (second % 86_400 == 52_005)
            {
                for (var i = 0; i < 8; i++)
                    box.Xid(i, 45, "Ch 00000008", "pid=4242, name=inference-core", withEvent: true);
            }

            if (second % 86_400 == 52_100)
                box.Parked = false;
            run.Step(Step);
            sweeps++;
        }

        output.WriteLine($"seed {seed}: 7 days, {sweeps} sweeps, {reboots} reboots, {reloads} model reloads, {limits} limit changes: {run.Raised.Count} alarms (0)");
        Assert.True(run.Raised.Count == 0, string.Join('\n', run.Raised.Select(r => $"{r.At} {r.Alarm.Code} {r.Alarm.Target}: {r.Alarm.Text}")));
    }

    private static void Reload(CorpusBox box, bool begins)
    {
        foreach (var gpu in box.Gpus)
        {
            (gpu.GpuPercent, gpu.PowerW, gpu.UsedMib, gpu.ClockMhz) = begins ? (0, 75, 500, 345) : (98, 500, 78_000, 1755);
        }
    }
}
