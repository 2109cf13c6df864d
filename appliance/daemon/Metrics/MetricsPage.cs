using Appliance.Model;

namespace Appliance.Daemon.Metrics;

/// <summary>The control plane's <c>/metrics</c>: the DCGM exporter's default names, and <c>appliance_*</c>. Pure.</summary>
internal static class MetricsPage
{
    private static readonly double[] _latenessBoundsS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1];

    public static string Render(MetricsSource source)
    {
        var page = new PrometheusText();
        var snapshot = source.Snapshot;
        page.Gauge("appliance_build_info", "What runs, as labels.");
        page.Sample(1, ("version", source.Version), ("board", source.Board.Name), ("node", snapshot.Node));
        if (snapshot.Thermal is { } thermal && IsFresh(thermal, source.Now))
            CoolingMetrics.Write(page, thermal);
        Power(page, source);
        GpuMetrics.Write(page, source);
        if (source.Health is { } health)
            HostMetrics.Write(page, health);
        Alarms(page, snapshot.Alarms);
        Loop(page, source.Loop);
        Bus(page, source);
        DcgmMetrics.Write(page, source);
        return page.ToString();
    }

    private static bool IsFresh(Frame frame, Moment now) => (now.Utc - frame.Ts).TotalSeconds <= frame.TtlS;

    private static void Power(PrometheusText page, MetricsSource source)
    {
        if (source.Snapshot.Power is not { } power || !IsFresh(power, source.Now))
            return;
        page.Gauge("appliance_power_watts", "Power drawn, by part.");
        page.Sample(power.GpusW, ("part", "gpus"));
        page.Sample(power.FansW, ("part", "fans"));
        page.Sample(power.PumpsW, ("part", "pumps"));
        page.Counter("appliance_gpu_energy_withheld_joules_total", "Energy the box itself withheld from the GPUs since it started.", power.WithheldWh * 3600);
    }

    private static void Alarms(PrometheusText page, IReadOnlyList<Alarm> alarms)
    {
        page.Gauge("appliance_alarms", "Standing alarms, by severity.");
        foreach (var severity in Enum.GetValues<Severity>())
            page.Sample(alarms.Count(a => a.Severity == severity), ("severity", Word(severity)));
        page.Gauge("appliance_alarm", "1 for every alarm that stands.");
        foreach (var alarm in alarms)
            page.Sample(1, ("code", alarm.Code), ("target", alarm.Target), ("severity", Word(alarm.Severity)), ("acknowledged", alarm.Acknowledged ? "true" : "false"));
    }

    private static void Loop(PrometheusText page, LoopMetrics loop)
    {
        page.Counter("appliance_loop_ticks_total", "Ticks of the cooling loop; ten a second.", loop.Ticks);
        page.Counter("appliance_loop_missed_ticks_total", "Periods that went by without a tick.", loop.Missed);
        page.Counter("appliance_loop_faults_total", "Ticks that broke.", loop.Faults);
        var (counts, sumS) = loop.Lateness.Buckets(_latenessBoundsS);
        page.Histogram("appliance_loop_lateness_seconds", "How late ticks began.", _latenessBoundsS, counts, sumS);
    }

    private static void Bus(PrometheusText page, MetricsSource source)
    {
        page.Gauge("appliance_bus_connected", "1 while the MQTT broker answers.", source.BusConnected ? 1 : 0);
        if (source.Bus is { } bus)
        {
            page.Counter("appliance_bus_published_messages_total", "Messages handed to the broker.", bus.Published);
            page.Counter("appliance_bus_dropped_messages_total", "Messages refused: queue full or too large.", bus.Dropped);
            page.Counter("appliance_bus_connects_total", "Connections made to the broker.", bus.Connects);
        }

        if (source.Outbox is { } outbox)
        {
            page.Gauge("appliance_outbox_waiting_events", "Events not yet on the bmc-agent's disk.", outbox.Waiting);
            page.Gauge("appliance_outbox_disk_ok", "1 while events can be kept.", outbox.DiskError is null ? 1 : 0);
        }
    }

    private static string Word(Severity severity) => severity switch
    {
        Severity.Information => "information",
        Severity.Warning => "warning",
        Severity.Critical => "critical",
        _ => throw new System.Diagnostics.UnreachableException($"No word for {severity}."),
    };
}
