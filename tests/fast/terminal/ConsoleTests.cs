using System.Text;
using System.Text.RegularExpressions;
using Appliance.Daemon.Control;
using Appliance.Daemon.Terminal;
using Appliance.Model;
using FastTests.Tidy;

namespace FastTests.Terminal;

/// <summary>The engineer's screen: what stands on it, what keys do, and how many bytes it costs.</summary>
public sealed partial class ConsoleTests
{
    /// <summary>A second of 9600 baud carries 960 bytes.</summary>
    private const int BytesASecond = 960;

    private static readonly DateTimeOffset Now = new(2026, 11, 23, 22, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_whole_screen_is_two_kilobytes_at_most_and_a_second_of_change_a_quarter_of_the_line()
    {
        foreach (var (page, words) in Enumerable.Range(0, 16).Select(i => (i / 2, i % 2 == 0 ? ConsoleWords.English : ConsoleWords.Chinese)))
        {
            var painter = new Painter(80, 24);
            var first = Encoding.UTF8.GetByteCount(painter.Paint(Lines(Model(0, page) with { Words = words })));
            Assert.InRange(first, 200, 2048);
            for (var second = 1; second < 10; second++)
                Assert.InRange(Encoding.UTF8.GetByteCount(painter.Paint(Lines(Model(second, page) with { Words = words }))), 0, BytesASecond / 4);
        }
    }

    [Theory]
    [InlineData(80, 24)]
    [InlineData(132, 43)]
    [InlineData(40, 12)]
    public void Every_page_fits_every_terminal_in_both_languages(int width, int height)
    {
        foreach (var words in (ConsoleWords[])[ConsoleWords.English, ConsoleWords.Chinese])
        {
            foreach (var page in Enumerable.Range(0, 8))
            {
                var lines = ConsoleView.Lines(Model(1, page, alarms: 9) with { Words = words }, width, height);
                Assert.Equal(height, lines.Count);
                if (width >= 80)
                    Assert.All(lines, l => Assert.InRange(CellWidth.Of(l.Text), 0, width));
            }
        }
    }

    [Fact]
    public void The_first_lines_say_what_is_wrong_and_what_to_do()
    {
        var lines = Lines(Model(0, 0, alarms: 2));
        Assert.Contains("box1  CRITICAL", lines[0].Text, StringComparison.Ordinal);
        Assert.Equal(Look.Reverse, lines[0].Look);
        Assert.StartsWith("fan1: 0 rpm -> Replace fan1.", lines[1].Text, StringComparison.Ordinal);
        Assert.Equal("All is well.", Lines(Model(0, 0))[1].Text);
    }

    [Fact]
    public void In_English_only_ASCII_goes_over_the_line()
    {
        foreach (var page in Enumerable.Range(0, 8))
            Assert.All(Lines(Model(1, page, alarms: 3)), line => Assert.DoesNotContain(line.Text, c => c > 0x7E));
    }

    [Fact]
    public void In_Chinese_the_next_step_is_the_field_guides()
    {
        var lines = ConsoleView.Lines(Model(0, 2, alarms: 1) with { Words = ConsoleWords.Chinese }, 80, 24);
        Assert.Contains(lines, l => l.Text.Contains("风扇", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, l => l.Text.Contains("Replace fan1", StringComparison.Ordinal));
    }

    [Fact]
    public void Old_values_are_dated_and_nothing_claims_to_be_well()
    {
        var lines = Lines(Model(0, 0) with { Silent = "no daemon answers", AgeS = 75 });
        Assert.Contains("SILENT", lines[0].Text, StringComparison.Ordinal);
        Assert.Contains("values are 1 min 15 s old", lines[0].Text, StringComparison.Ordinal);
        Assert.Contains("waiting for the control plane: why", Lines(new() { Silent = "why" })[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dangerous_action_needs_a_yes_and_any_other_key_is_no()
    {
        var powerOff = new ConsoleWish.Act(ConsoleAction.PowerOff);
        var model = Model(0, ConsoleModel.ActionsPage) with { Row = (int)ConsoleAction.PowerOff };
        (model, var wish) = ConsoleKeys.Press(model, Key('\r', ConsoleKey.Enter));
        Assert.Equal((powerOff, true), (model.Pending, wish is ConsoleWish.None));
        Assert.Equal("Power off? y does it, any other key does not", Lines(model)[^1].Text);
        Assert.IsType<ConsoleWish.None>(ConsoleKeys.Press(model, Key('n')).Wish);
        Assert.Null(ConsoleKeys.Press(model, Key('\r', ConsoleKey.Enter)).Model.Pending);
        Assert.Equal(powerOff, ConsoleKeys.Press(model, Key('y')).Wish);
    }

    [Fact]
    public void Keys_move_choose_and_acknowledge()
    {
        var model = Model(0, 0, alarms: 3);
        model = ConsoleKeys.Press(model, Key('3')).Model;
        model = ConsoleKeys.Press(model, Key('\0', ConsoleKey.DownArrow)).Model;
        Assert.Equal(new ConsoleWish.Acknowledge("fan_stalled", "fan2"), ConsoleKeys.Press(model, Key('a')).Wish);
        foreach (var _ in Enumerable.Range(0, 9))
            model = ConsoleKeys.Press(model, Key('j')).Model;
        Assert.Equal(2, model.Row);
        Assert.IsType<ConsoleWish.Quit>(ConsoleKeys.Press(model, Key('q')).Wish);
        Assert.IsType<ConsoleWish.Redraw>(ConsoleKeys.Press(model, Key('\f')).Wish);
        Assert.Equal("zh", ConsoleKeys.Press(model, Key('l')).Model.Words.Language);
        Assert.Equal(model, ConsoleKeys.Press(model, Key('9')).Model);
    }

    [Fact]
    public void A_chosen_alarm_is_always_on_the_screen()
    {
        for (var row = 0; row < 30; row++)
        {
            var lines = Lines(Model(0, 2, alarms: 30) with { Row = row });
            Assert.Contains(lines, l => l.Text.StartsWith('>') && l.Text.Contains($"fan{row + 1},", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void All_eight_GPUs_are_on_one_screen_with_their_load_and_their_health()
    {
        foreach (var words in (ConsoleWords[])[ConsoleWords.English, ConsoleWords.Chinese])
        {
            var lines = Lines(Model(0, 1) with { Words = words });
            for (var i = 0; i < 8; i++)
                Assert.Equal(2, lines.Count(l => l.Text.StartsWith($"gpu{i} ", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void A_state_is_the_same_Chinese_word_at_the_console_and_on_the_panel()
    {
        var panel = Repository.Read("bmc-agent/panel/words.js");
        var words = Regex.Matches(panel[panel.IndexOf("const chinese", StringComparison.Ordinal)..], "\\b(mode|state|model|quality)_([a-z_]+): '([^']+)'").ToArray();
        Assert.True(words.Length > 20, "the panel's words are not where they were");
        Assert.All(words, m => Assert.Equal(
            m.Groups[3].Value,
            m.Groups[1].Value == "quality" ? ConsoleWords.Chinese.Reading(Enum.Parse<Quality>(m.Groups[2].Value, ignoreCase: true)) : ConsoleWords.Chinese.State(m.Groups[2].Value)));
    }

    [Fact]
    public void In_Chinese_the_pages_are_Chinese_but_for_names_codes_and_units()
    {
        string[] known = ["box1", "gpu", "fan", "pump", "GPU", "NVLink", "NVSwitch", "Fabric", "Manager", "PCIe", "ECC", "API", "https", "field", "guide", "gen", "enp1s0", "MHz", "GiB", "rpm", "min", "Mbit", "health", "peers", "cpu", "Gb", "RDMA", "p99"];
        foreach (var page in (int[])[0, 1, 2, 3, 4, 5, 7])
        {
            var lines = Lines(Model(1, page) with { Words = ConsoleWords.Chinese });
            var foreign = lines.SelectMany(l => LatinWord().Matches(l.Text).Select(m => m.Value)).Where(w => !known.Any(k => w.StartsWith(k, StringComparison.Ordinal))).Distinct();
            Assert.Empty(foreign);
        }

        Assert.Contains("正常  冷却正常，正在服务", Lines(Model(0, 0) with { Words = ConsoleWords.Chinese })[0].Text, StringComparison.Ordinal);
        Assert.Contains("严重  风扇停转 fan1（另有 1 个）", Lines(Model(0, 0, alarms: 2) with { Words = ConsoleWords.Chinese })[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_reason_of_the_controller_has_Chinese_words()
    {
        foreach (var driver in Enum.GetValues<Appliance.Thermal.Driver>())
        {
            foreach (var down in (int[])[0, 1, 3])
            {
                var said = ConsoleWords.Chinese.Reason(new Appliance.Thermal.Reason(driver, 1234.5, down).ToString());
                Assert.DoesNotContain(LatinWord().Matches(said), m => m.Value is not ("min" or "GPU"));
                Assert.Equal(down == 3, said.EndsWith("，3 个风扇失效", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Table_columns_stand_below_each_other_in_Chinese()
    {
        var lines = Lines(Model(0, 1) with { Words = ConsoleWords.Chinese });
        var gpus = lines.Where(l => l.Text.StartsWith("gpu", StringComparison.Ordinal)).Take(8).Select(l => CellWidth.Of(l.Text[..l.Text.IndexOf("MHz", StringComparison.Ordinal)])).Distinct();
        Assert.Single(gpus);
    }

    [GeneratedRegex("[A-Za-z][A-Za-z0-9_]{2,}")]
    private static partial Regex LatinWord();

    private static BoxHealth Sweep() => new()
    {
        Probe = new() { State = ProbeState.Working },
        Gpus = [.. Enumerable.Range(0, 8).Select(i => new GpuHealth { Index = i, Access = GpuAccess.Good })],
    };

    private static IReadOnlyList<Line> Lines(ConsoleModel model) => ConsoleView.Lines(model, 80, 24);

    private static ConsoleKeyInfo Key(char text, ConsoleKey key = ConsoleKey.None) => new(text, key, false, false, false);

    private static ConsoleModel Model(int second, int page, int alarms = 0) => new()
    {
        Page = page,
        Report = Report(second, alarms),
        Network = new([new("lo", "up", null, ["127.0.0.1/8", "::1/128"]), new("enp1s0", "down", 25000, [])], [new(22, "0.0.0.0", true), new(8000, "127.0.0.1", false)]),
        Sweep = Sweep(),
        Events = [.. Enumerable.Range(0, 40).Select(i => $"event {i}")],
    };

    /// <summary>All that changes from second to second does.</summary>
    private static StatusReport Report(int second, int alarms) => new()
    {
        Node = "box1",
        Version = "0.1.0",
        Board = "hgx-h100-8",
        Simulated = false,
        Ts = Now.AddSeconds(second),
        UptimeS = 5000 + second,
        Pid = 1,
        Config = "defaults",
        InferenceApi = "https://127.0.0.1:8080/v1",
        BusConnected = true,
        Loop = new(),
        Snapshot = new()
        {
            Node = "box1",
            Thermal = new()
            {
                Ts = Now.AddSeconds(second),
                Mode = "running",
                SetpointC = 38,
                BandK = 2,
                CoolantSupplyC = 37.9 + 0.1 * (second % 3),
                CoolantReturnC = 45.1 + 0.1 * (second % 4),
                FlowLMin = 9.6 + 0.1 * (second % 2),
                HeatW = 3950 + 17 * second,
                CapacityW = 6280,
                AmbientC = 25,
                LevelPercent = 100,
                HumidityPercent = 45,
                DewPointC = 12.2,
                Fans = [.. Enumerable.Range(1, 6).Select(i => new RotorFrame($"fan{i}", 60 + second % 3, 3400 + 10 * i + 20 * second, "ok", $"return {45.1 + 0.1 * (second % 4):0.0} °C"))],
                Pumps = [.. Enumerable.Range(1, 2).Select(i => new RotorFrame($"pump{i}", 71, 3720 + 10 * second, "ok", $"heat {3950 + 17 * second} W"))],
            },
            Gpus = [.. Enumerable.Range(0, 8).Select(i => new GpuFrame { Ts = Now, Index = i, State = "ok", PowerW = 480 + 7 * i + 3 * second, PowerLimitW = 700, TemperatureC = 66 + second % 2, MemoryTemperatureC = 63, MarginK = 20, SmClockMhz = 1980, UtilizationPercent = 70, MemoryUsedMib = 61000, MemoryTotalMib = 81559 })],
            Inference = new() { Ts = Now, Model = "field-guide", State = "ready", Device = "cpu", TokensPerSecond = 12.5 * second },
            Alarms = [.. Enumerable.Range(1, alarms).Select(i => new Alarm("fan_stalled", $"fan{i}", Severity.Critical, "0 rpm", $"Replace fan{i}.", Now.AddMinutes(-3), false))],
        },
    };
}
