using System.Text.Json;

namespace SystemTests;

/// <summary>What stood, and who has seen it, over kill -9 of the daemon: on the control socket, on the disk and in the event log.</summary>
public sealed class AlarmBookTests
{
    [Fact]
    public void A_killed_daemon_stands_by_its_alarms_tells_none_twice_and_clears_what_is_over()
    {
        using var box = Box.StartReady();
        box.WaitUntil("five processes", TimeSpan.FromSeconds(15), () => box.Children().Count == 5);
        Assert.Equal(0, box.Cli("inject", "fan_dead", "fan3").ExitCode);
        box.WaitUntil("the alarm", TimeSpan.FromSeconds(20), () => Seen(box) is false);
        Assert.Equal(0, box.Cli("alarms", "ack", "fan_stalled", "fan3").ExitCode);
        box.WaitUntil("the book on the disk", TimeSpan.FromSeconds(5), () =>
            File.ReadAllText(Path.Combine(box.RunDirectory, "state", "alarms.json")).Contains("\"acknowledged\":true", StringComparison.Ordinal));

        var killed = Kill(box);
        box.WaitUntil("another daemon", TimeSpan.FromSeconds(15), () => Report(box) is { } report && report.GetProperty("pid").GetInt32() != killed);
        // From its first answers on, over the time in which its rules look for the first time, until they have confirmed it.
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(12);)
        {
            Assert.True(Seen(box), box.Log);
            Thread.Sleep(200);
        }

        // What was mended while no daemon looked: the twin goes on, its fan turns again.
        Assert.Equal(0, box.Cli("inject", "clear", "fan_dead", "fan3").ExitCode);
        Kill(box);
        box.WaitUntil("the alarm is over", TimeSpan.FromSeconds(75), () => Report(box) is not null && Seen(box) is null);

        using var panel = box.Panel;
        string[] life = [];
        box.WaitUntil("its end in the event log", TimeSpan.FromSeconds(15), () =>
        {
            life = [.. JsonDocument.Parse(panel.GetStringAsync("/api/events?limit=1000").GetAwaiter().GetResult()).RootElement.GetProperty("events").EnumerateArray()
                .Where(e => e.GetProperty("code").GetString() == "fan_stalled" && e.GetProperty("target").GetString() == "fan3" && e.GetProperty("kind").GetString() != "alarm_updated")
                .OrderBy(e => (e.GetProperty("epoch").GetInt64(), e.GetProperty("seq").GetInt64())).Select(e => e.GetProperty("kind").GetString()!)];
            return life.Contains("alarm_cleared");
        });
        Assert.Equal(["alarm_raised", "alarm_acknowledged", "alarm_cleared"], life);
    }

    [Fact]
    public void A_book_that_cannot_be_read_is_told_in_the_log_once_and_stops_nothing()
    {
        using var rig = new Rig();
        var book = Path.Combine(rig.RunDirectory, "state", "alarms.json");
        Directory.CreateDirectory(Path.GetDirectoryName(book)!);
        File.WriteAllText(book, "[{\"code\":\"fan_st");
        rig.StartDaemon();
        rig.WaitUntilControlled();
        Wait.Until("the broken book is put aside", TimeSpan.FromSeconds(5), () => File.Exists(book + ".broken"));
        Assert.DoesNotContain("fan_st", rig.Cli("alarms"));
    }

    private static int Kill(Box box)
    {
        var pid = box.Children()["daemon"];
        Box.Signal(pid, ProcessInterop.SIGKILL);
        box.WaitUntil("the killed daemon is gone", TimeSpan.FromSeconds(5), () => !Directory.Exists($"/proc/{pid}"));
        return pid;
    }

    /// <summary>Null while no daemon answers.</summary>
    private static JsonElement? Report(Box box)
    {
        var outcome = box.Cli("status", "--json");
        return outcome.ExitCode is 0 or 1 or 2 && outcome.Output.Length > 0 ? JsonDocument.Parse(outcome.Output).RootElement : null;
    }

    /// <summary>Whether the stopped fan's alarm was acknowledged; null where it does not stand.</summary>
    private static bool? Seen(Box box)
    {
        foreach (var alarm in box.CliJson("alarms").GetProperty("alarms").EnumerateArray())
        {
            if (alarm.GetProperty("code").GetString() == "fan_stalled" && alarm.GetProperty("target").GetString() == "fan3")
                return alarm.GetProperty("acknowledged").GetBoolean();
        }

        return null;
    }
}
