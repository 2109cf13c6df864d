using Appliance.Daemon.Cli;
using Appliance.Daemon.Control;
using Appliance.Model;
using CsCheck;
using Xunit;

namespace FastTests.Cli;

public sealed class ViewTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 22, 0, 0, TimeSpan.Zero);
    private static readonly Screen Plain = new(80, 24, Colour: false, Unicode: true);

    [Fact]
    public void The_status_is_the_answer_first_and_fits_fifteen_lines_of_eighty()
    {
        var lines = StatusText.Lines(Report(alarms: 5), Plain).ToArray();
        Assert.StartsWith("✗ CRITICAL  box1: fan_stalled fan1 and 4 more", lines[0]);
        Assert.InRange(lines.Length, 10, 17);
        Assert.Contains(lines, l => l.Contains("→ Replace fan1.", StringComparison.Ordinal));
        lines = [.. StatusText.Lines(Report(), Plain)];
        Assert.StartsWith("● OK  box1: cooling and serving", lines[0]);
        Assert.InRange(lines.Length, 10, 15);
        Assert.All(lines, l => Assert.InRange(Screen.Length(l), 1, 90));
    }

    [Theory]
    [InlineData("running", 0, "ready", 0)]
    [InlineData("running", 1, "ready", 2)]
    [InlineData("overheat", 0, "ready", 1)]
    [InlineData("shutdown", 0, "ready", 2)]
    [InlineData("running", 0, "loading", 0)]
    public void The_verdict_answers_like_a_Nagios_plugin(string mode, int alarms, string engine, int exitCode)
    {
        var report = Report(alarms);
        report.Snapshot = report.Snapshot with
        {
            Thermal = report.Snapshot.Thermal! with { Mode = mode },
            Inference = report.Snapshot.Inference! with { State = engine },
        };
        Assert.Equal(exitCode, Verdict.Of(report).ExitCode);
    }

    [Fact]
    public void A_silent_loop_is_critical_however_good_its_last_values_were()
    {
        var report = Report();
        report.Ts = Now.AddSeconds(10);
        Assert.Equal((2, "the control loop is silent for 10 s"), (Verdict.Of(report).ExitCode, Verdict.Of(report).Sentence));
        report.Snapshot = report.Snapshot with { Thermal = null };
        Assert.Equal(3, Verdict.Of(report).ExitCode);
    }

    [Fact]
    public void The_live_view_fills_the_terminal_exactly_whatever_its_size() =>
        Gen.Select(Gen.Int[20, 200], Gen.Int[5, 60], Gen.Bool, Gen.Bool, Gen.Int[0, 12], Gen.Bool).Sample((width, height, colour, unicode, alarms, silent) =>
        {
            var screen = new Screen(width, height, colour, unicode);
            var model = Watched(alarms);
            if (silent)
                model = model.NotHeard("the daemon does not answer.", 4);
            var lines = WatchView.Lines(model, screen);
            return lines.Count == height
                && lines.All(l => Screen.Length(l) <= width)
                && (colour || lines.All(l => !l.Contains('\x1b')))
                && (unicode || lines.All(l => l.All(c => c is < (char)127)));
        });

    [Fact]
    public void The_live_view_at_80_by_24_shows_everything_that_counts()
    {
        var text = string.Join('\n', WatchView.Lines(Watched(alarms: 1), Plain));
        foreach (var expected in new[] { "✗ CRITICAL", "38.1 °C", "band 36–40", "5.60 kW", "return 46.2 °C", "gpu0", "gpu7", "field-guide: ready", "fan_stalled", "→ Replace fan1.", "q quit" })
            Assert.Contains(expected, text);
    }

    [Fact]
    public void A_low_terminal_still_shows_the_alarm_and_its_next_step()
    {
        var text = string.Join('\n', WatchView.Lines(Watched(alarms: 1), Plain with { Height = 15 }));
        foreach (var expected in new[] { "38.1 °C", "gpu7", "Engine", "fan_stalled", "→ Replace fan1." })
            Assert.Contains(expected, text);
    }

    [Fact]
    public void Values_nobody_confirms_any_more_are_dimmed_and_carry_their_age()
    {
        var screen = Plain with { Colour = true };
        var lines = WatchView.Lines(Watched(alarms: 0).NotHeard("it was killed.", 7), screen);
        Assert.Contains("values are 7 s old: it was killed.", lines[0]);
        Assert.All(lines.Skip(2).Take(10).Where(l => l.Length > 0), l => Assert.StartsWith("\x1b[2m", l));
    }

    [Fact]
    public void A_gap_in_what_was_heard_is_a_gap_in_the_trail()
    {
        var model = Watched(0).NotHeard("x", 1).Heard(Report());
        Assert.Equal([38.1, null, 38.1], model.SupplyC.TakeLast(3));
        Assert.Equal(' ', Plain.Spark(null, 0, 1));
    }

    [Fact]
    public void Cutting_keeps_the_width_and_ends_the_colours() => Gen.Select(Gen.String[Gen.Char[' ', '~'], 0, 60], Gen.Int[2, 60]).Sample((text, width) =>
    {
        var screen = Plain with { Colour = true };
        var cut = screen.Cut(screen.Bad(text), width);
        return Screen.Length(cut) <= width && (text.Length <= width || cut.Contains("\x1b[0m"));
    });

    [Fact]
    public void Health_names_cause_evidence_and_next_step()
    {
        var checks = HealthText.Checks(Report(alarms: 1));
        var fans = Assert.Single(checks, c => c.Level > 0);
        Assert.Equal(("fans", 2, "Replace fan1."), (fans.Name, fans.Level, fans.Next));
        Assert.Equal(2, HealthText.ExitCode(checks));
        Assert.Equal(0, HealthText.ExitCode(HealthText.Checks(Report())));
    }

    [Fact]
    public void A_gpu_that_the_box_holds_back_is_told_with_its_reason_beside_the_rotors_and_with_the_power()
    {
        var report = Report();
        var gpus = report.Snapshot.Gpus.ToArray();
        gpus[3] = gpus[3] with { PowerLimitW = 200, LowestClock = true, LimitReason = "no flow" };
        gpus[5] = gpus[5] with { PowerLimitW = 412, LimitReason = "the box can remove 3300 W" };
        report = report with { Snapshot = report.Snapshot with { Gpus = gpus, Power = new() { Ts = Now, GpusW = 4900 } } };
        var thermal = ThermalText.Lines(report.Snapshot.Thermal!, gpus, Plain).ToList();
        Assert.Contains("gpu3      limited to 200 W, clock at its lowest: no flow", thermal);
        Assert.Contains("gpu5      limited to 412 W: the box can remove 3300 W", thermal);
        Assert.DoesNotContain(thermal, line => line.StartsWith("gpu4", StringComparison.Ordinal));
        Assert.Contains(PowerText.Lines(report, Plain), line => line.Contains("gpu3   700 W  limited to 200 W, clock at its lowest: no flow", StringComparison.Ordinal));
    }

    private static WatchModel Watched(int alarms) => Enumerable.Range(0, 50).Aggregate(new WatchModel(), (model, _) => model.Heard(Report(alarms)));

    private static StatusReport Report(int alarms = 0) => new()
    {
        Node = "box1",
        Version = "0.1.0",
        Board = "hgx-h100-8",
        Simulated = true,
        Ts = Now,
        UptimeS = 192,
        BusConnected = true,
        Processes = [new("daemon", 7, "running", 1, Now, "signal 9"), new("twin", 8, "running", 0, Now, null)],
        Snapshot = new()
        {
            Node = "box1",
            Thermal = new()
            {
                Ts = Now,
                Mode = "running",
                CoolantSupplyC = 38.1,
                CoolantReturnC = 46.2,
                FlowLMin = 9.8,
                AmbientC = 25,
                HumidityPercent = 45,
                DewPointC = 12.2,
                SetpointC = 38,
                BandK = 2,
                HeatW = 5600,
                CapacityW = 6100,
                LevelPercent = 92,
                Fans = [.. Enumerable.Range(1, 6).Select(i => new RotorFrame($"fan{i}", 62, 3120, "ok", "return 46.2 °C"))],
                Pumps = [.. Enumerable.Range(1, 2).Select(i => new RotorFrame($"pump{i}", 80, 3800, "ok", "heat 5600 W"))],
                Sensors = [new("coolant_supply1", 38.1, "C", Quality.Good)],
            },
            Gpus = [.. Enumerable.Range(0, 8).Select(i => new GpuFrame { Ts = Now, Index = i, State = "ok", PowerW = 700, PowerLimitW = 700, TemperatureC = 62, MarginK = 25 })],
            Inference = new() { Ts = Now, Model = "field-guide", State = "ready", Device = "cpu" },
            Alarms = [.. Enumerable.Range(1, alarms).Select(i => new Alarm("fan_stalled", $"fan{i}", Severity.Critical, $"fan{i}: 0 rpm, expected 2900 rpm", $"Replace fan{i}.", Now))],
        },
    };
}
