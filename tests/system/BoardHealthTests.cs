namespace SystemTests;

/// <summary>From a fault of the twin's driver to what a person is told: probe, kernel log, rules, alarm book, bus, console.</summary>
public sealed class BoardHealthTests
{
    [Fact]
    public void A_gpu_that_falls_off_the_bus_is_an_alarm_on_the_bus_and_an_event_and_is_remembered_by_the_next_daemon()
    {
        using var box = Box.StartReady();
        box.WaitUntil("the board was looked at", TimeSpan.FromSeconds(20), () => box.Cli("health").Output.Contains("144 of 144 links up", StringComparison.Ordinal));
        using var subscriber = new Subscriber(box.Ports.Mqtt, "appliance/v1/box1/#");

        Assert.Equal(0, box.Cli("inject", "gpu_xid", "gpu3", "79").ExitCode);

        box.WaitUntil("the alarm on the bus", TimeSpan.FromSeconds(10), () => subscriber.Messages.Any(m => m.Topic == "appliance/v1/box1/alarm/gpu_lost/gpu3" && m.Payload.Length > 0));
        box.WaitUntil("the event of the kernel's line", TimeSpan.FromSeconds(10), () => subscriber.Messages.Any(m =>
            m.Topic == "appliance/v1/box1/event" && m.Json.GetProperty("kind").GetString() == "kernel_fault" && m.Json.GetProperty("text").GetString()!.Contains("XID 79", StringComparison.Ordinal)));
        Assert.Equal(2, box.Cli("health").ExitCode);

        Box.Signal(box.Children()["daemon"], 9);
        box.WaitUntil("another daemon that still knows", TimeSpan.FromSeconds(20), () =>
            box.Cli("alarms").Output is var alarms && alarms.Contains("gpu_lost gpu3", StringComparison.Ordinal) && alarms.Contains("XID 79", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("pcie_downtrained", "gpu1", "3", "pcie_degraded", "gpu1", 5)] // under load, by the twin's own
    [InlineData("fabric_manager_dead", "", "", "fabric_down", "fabric", 30)]
    public void What_must_be_told_soon_is_an_alarm_in_time(string fault, string target, string value, string code, string of, double limitS)
    {
        using var box = Box.StartReady();
        box.WaitUntil("the board was looked at", TimeSpan.FromSeconds(20), () => box.Cli("health").Output.Contains("144 of 144 links up", StringComparison.Ordinal));
        using var subscriber = new Subscriber(box.Ports.Mqtt, "appliance/v1/box1/alarm/#");

        Assert.Equal(0, box.Cli([.. new[] { "inject", fault, target, value }.Where(w => w.Length > 0)]).ExitCode);
        var injected = TimeProvider.System.GetUtcNow();
        box.WaitUntil("the alarm on the bus", TimeSpan.FromSeconds(2 * limitS), () => subscriber.Messages.Any(m => m.Topic == $"appliance/v1/box1/alarm/{code}/{of}" && m.Payload.Length > 0));

        var since = subscriber.Messages.First(m => m.Topic == $"appliance/v1/box1/alarm/{code}/{of}" && m.Payload.Length > 0).Json.GetProperty("raised_at").GetDateTimeOffset();
        Assert.InRange((since - injected).TotalSeconds, 0, limitS);
    }
}
