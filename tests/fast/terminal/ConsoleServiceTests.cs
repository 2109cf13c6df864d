using Appliance.Daemon.Cli;
using Appliance.Daemon.Control;
using Appliance.Daemon.Terminal;
using Appliance.Model;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Terminal;

/// <summary>Actions that ask something, take their time or somebody's language.</summary>
public sealed class ConsoleServiceTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 26, 12, 0, 7, TimeSpan.Zero);

    [Theory]
    [InlineData(nameof(ConsoleAction.ServiceFan), "3", "fan3")]
    [InlineData(nameof(ConsoleAction.ServiceFan), "fan6", "fan6")]
    [InlineData(nameof(ConsoleAction.ServiceFan), "7", null)]
    [InlineData(nameof(ConsoleAction.ServiceFan), "pump1", null)]
    [InlineData(nameof(ConsoleAction.FansAt), "80", "80")]
    [InlineData(nameof(ConsoleAction.FansAt), " 80% 10 ", "80% 10")]
    [InlineData(nameof(ConsoleAction.FansAt), "101", null)]
    [InlineData(nameof(ConsoleAction.FansAt), "80 0", null)]
    [InlineData(nameof(ConsoleAction.FansAt), "80 241", null)]
    [InlineData(nameof(ConsoleAction.FansAt), "fast", null)]
    [InlineData(nameof(ConsoleAction.Bundle), "1", "/media/BLUE STICK")]
    [InlineData(nameof(ConsoleAction.Bundle), "2", ".")]
    [InlineData(nameof(ConsoleAction.Bundle), "/mnt/x", "/mnt/x")]
    [InlineData(nameof(ConsoleAction.Bundle), "3", null)]
    [InlineData(nameof(ConsoleAction.Bundle), "-", null)]
    public void An_action_asks_until_it_is_answered_and_then_for_a_yes(string name, string typed, string? answer)
    {
        var action = Enum.Parse<ConsoleAction>(name);
        var model = Type(Begin(action), typed + "\r");
        Assert.Equal(answer, model.Pending?.Answer);
        if (answer is null)
            Assert.NotNull(model.Prompt);
        else
            Assert.Equal(new ConsoleWish.Act(action, answer), ConsoleKeys.Press(model, Key('y')).Wish);
    }

    [Fact]
    public void A_question_is_left_by_Escape_by_an_empty_answer_and_what_was_typed_can_be_rubbed_out()
    {
        var asked = Begin(ConsoleAction.ServiceFan);
        Assert.Contains("Which fan", Foot(Type(asked, "9"))[^1].Text, StringComparison.Ordinal);
        Assert.EndsWith(": 9_", Foot(Type(asked, "9"))[^1].Text, StringComparison.Ordinal);
        Assert.Equal("fan2", Type(asked, "q9\b\b2\r").Pending?.Answer);
        Assert.Null(Type(asked, "\r").Prompt);
        var left = ConsoleKeys.Press(Type(asked, "2"), Key('\x1b', ConsoleKey.Escape)).Model;
        Assert.Equal((null, null), (left.Prompt, left.Pending));
    }

    [Fact]
    public void What_takes_something_out_of_service_says_so_before_the_yes()
    {
        var foot = Foot(Type(Begin(ConsoleAction.ServiceFan), "3\r"));
        Assert.Contains("All fans and pumps go to full", foot[^2].Text, StringComparison.Ordinal);
        Assert.Equal("Service: swap a fan while the box runs: fan3? y does it, any other key does not", foot[^1].Text);
        foreach (var words in (ConsoleWords[])[ConsoleWords.English, ConsoleWords.Chinese])
            Assert.All(new[] { ConsoleAction.ServiceFan, ConsoleAction.Commission, ConsoleAction.Reboot, ConsoleAction.PowerOff }, a => Assert.NotEmpty(words.Effects[a]));
    }

    [Fact]
    public void Work_under_way_is_seen_on_every_page_and_ended_from_every_page()
    {
        var model = Model() with { Work = new(ConsoleAction.ServiceFan, "Service: fan3", [new(Noon, "pull fan3 now")], null) };
        for (var page = 0; page < 8; page++)
        {
            Assert.Contains("e ends it", Foot(model with { Page = page })[^1].Text, StringComparison.Ordinal);
            Assert.IsType<ConsoleWish.EndWork>(ConsoleKeys.Press(model with { Page = page }, Key('e')).Wish);
        }

        Assert.Contains(Foot(model), l => l.Text.Contains("12:00:07  pull fan3 now", StringComparison.Ordinal));
        Assert.IsType<ConsoleWish.None>(ConsoleKeys.Press(model, Key('\r', ConsoleKey.Enter)).Wish);
        var ended = model with { Work = model.Work! with { Outcome = ConsoleWorkView.End.ByHand } };
        Assert.Contains(Foot(ended), l => l.Text.StartsWith("Ended by hand", StringComparison.Ordinal));
        Assert.IsType<ConsoleWish.CloseWork>(ConsoleKeys.Press(ended, Key('\r', ConsoleKey.Enter)).Wish);
        Assert.IsType<ConsoleWish.None>(ConsoleKeys.Press(ended, Key('e')).Wish);
    }

    [Fact]
    public void Only_of_work_that_drove_fans_and_pumps_it_is_said_that_cooling_is_automatic_again()
    {
        foreach (var words in (ConsoleWords[])[ConsoleWords.English, ConsoleWords.Chinese])
        {
            foreach (var action in (ConsoleAction[])[ConsoleAction.ServiceFan, ConsoleAction.ServiceDrain, ConsoleAction.ServiceFilled, ConsoleAction.Bundle])
            {
                foreach (var outcome in Enum.GetValues<ConsoleWorkView.End>())
                {
                    var said = Foot(Model() with { Words = words, Work = new(action, "t", [], outcome) }).Any(l => l.Text == words.GivenBack);
                    Assert.Equal(outcome == ConsoleWorkView.End.ByHand && action is ConsoleAction.ServiceFan or ConsoleAction.ServiceFilled, said);
                }
            }
        }
    }

    [Fact]
    public void Of_work_that_said_much_its_beginning_and_its_end_are_seen()
    {
        var work = new ConsoleWorkView(ConsoleAction.Bundle, "Support bundle", [.. Enumerable.Range(0, 40).Select(i => new ConsoleWorkView.Spoken(Noon, $"line {i}."))], ConsoleWorkView.End.Done);
        var lines = Foot(Model() with { Work = work }).Select(l => l.Text).ToArray();
        Assert.Contains("12:00:07  line 0.", lines);
        Assert.Contains("12:00:07  line 39.", lines);
        Assert.Contains("Done.", lines);
        Assert.Equal(24, lines.Length);
    }

    [Fact]
    public async Task Work_that_is_ended_gives_back_what_it_took_before_anybody_leaves()
    {
        var gaveBack = false;
        var pulls = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var work = new ConsoleWork(
            ConsoleAction.ServiceFan, "t",
            async (output, stop) =>
            {
                output.Line("pull");
                pulls.SetResult();
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
                }
                finally
                {
                    gaveBack = true;
                }

                return ExitCode.Done;
            },
            unicode: false, new FakeTimeProvider(Noon), TestContext.Current.CancellationToken);
        await pulls.Task;
        Assert.Equal(new ConsoleWorkView.Spoken(Noon, "pull"), Assert.Single(work.View.Lines));
        Assert.True(work.View.IsUnderWay);
        await work.EndAsync();
        Assert.Equal((true, ConsoleWorkView.End.ByHand), (gaveBack, work.View.Outcome));
    }

    [Fact]
    public async Task Work_that_is_refused_says_why()
    {
        using var work = new ConsoleWork(ConsoleAction.ServiceFan, "t", (_, _) => throw new BoxClientException("drive needs the group", Usage: false), unicode: false, TimeProvider.System, TestContext.Current.CancellationToken);
        await work.EndAsync();
        Assert.Equal("drive needs the group", Assert.Single(work.View.Lines).Text);
    }

    [Fact]
    public void The_longest_question_and_action_fit_their_line_in_both_languages()
    {
        foreach (var words in (ConsoleWords[])[ConsoleWords.English, ConsoleWords.Chinese])
        {
            foreach (var action in Enum.GetValues<ConsoleAction>())
            {
                var model = Model() with { Words = words, Row = (int)action };
                Assert.Contains(Foot(model), l => l.Text.StartsWith('>'));
                var asked = ConsoleKeys.Press(model, Key('\r', ConsoleKey.Enter)).Model;
                foreach (var screen in (ConsoleModel[])[model, asked, asked.Prompt is null ? asked : Type(asked, asked.Prompt.Action == ConsoleAction.FansAt ? "80 10\r" : "1\r")])
                    Assert.All(Foot(screen), l => Assert.InRange(CellWidth.Of(l.Text), 0, 80));
            }
        }
    }

    [Fact]
    public void A_refusal_is_read_to_its_end()
    {
        var refusal = RoleTable.Refusal(Role.Viewer, "service", "zhang")!;
        Assert.Contains("log in again.", string.Join(' ', Foot(Model() with { Message = refusal }).Select(l => l.Text)), StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_said_no_language_is_asked_once_with_one_key()
    {
        var model = Model() with { AsksLanguage = true };
        Assert.Contains(Foot(model), l => l.Text.Contains("1  English", StringComparison.Ordinal));
        Assert.True(ConsoleKeys.Press(model, Key('8')).Model.AsksLanguage);
        var (chosen, wish) = ConsoleKeys.Press(model, Key('2'));
        Assert.Equal((false, "zh"), (chosen.AsksLanguage, chosen.Words.Language));
        Assert.Equal(new ConsoleWish.Speak("zh"), wish);
        Assert.Equal(new ConsoleWish.Speak("en"), ConsoleKeys.Press(model, Key('\r', ConsoleKey.Enter)).Wish);
        Assert.Equal(new ConsoleWish.Speak("en"), ConsoleKeys.Press(chosen, Key('l')).Wish);
    }

    [Fact]
    public void A_language_is_kept_for_its_person_and_a_Chinese_locale_chooses_before_anybody_said_anything()
    {
        var home = Directory.CreateTempSubdirectory("home-").FullName;
        try
        {
            Assert.Null(new PersonLanguage(home, v => v == "LANG" ? "en_US.UTF-8" : null).Find());
            var chinese = new PersonLanguage(home, v => v == "LANG" ? "zh_CN.UTF-8" : null);
            Assert.Equal("zh", chinese.Find());
            Assert.Null(new PersonLanguage(home, v => v == "LANG" ? "zh_CN.UTF-8" : v == "LC_ALL" ? "C.UTF-8" : null).Find());
            chinese.Keep("en");
            Assert.Equal("en", chinese.Find());
            Assert.Equal("en\n", File.ReadAllText(Path.Combine(home, ".config/appliance/console-language")));
            File.WriteAllText(Path.Combine(home, ".config/appliance/console-language"), "fr");
            Assert.Equal("zh", chinese.Find());
            new PersonLanguage("/proc/nowhere", _ => null).Keep("zh");
            Assert.Null(new PersonLanguage(null, _ => null).Find());
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public void Sticks_are_what_is_mounted_for_writing_where_sticks_are_mounted() => Assert.Equal(
        ["/media/usb0", "/run/media/li/BLUE STICK"],
        Sticks.Mounted([
            "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
            "30 22 8:17 / /media/usb0 rw,nosuid - vfat /dev/sdb1 rw",
            "31 22 8:18 / /media/cdrom ro,nosuid - iso9660 /dev/sr0 ro",
            "32 22 8:19 / /run/media/li/BLUE\\040STICK rw - exfat /dev/sdc1 rw",
            "33 22 8:20 / /mnt/disk rw - ext4 /dev/sdd1 rw",
            "short",
        ]));

    private static ConsoleModel Begin(ConsoleAction action) =>
        ConsoleKeys.Press(Model() with { Row = (int)action, Sticks = ["/media/BLUE STICK"] }, Key('\r', ConsoleKey.Enter)).Model;

    private static ConsoleModel Type(ConsoleModel model, string keys)
    {
        foreach (var key in keys)
            model = ConsoleKeys.Press(model, Key(key, key == '\r' ? ConsoleKey.Enter : ConsoleKey.None)).Model;
        return model;
    }

    private static IReadOnlyList<Line> Foot(ConsoleModel model) => ConsoleView.Lines(model, 80, 24);

    private static ConsoleKeyInfo Key(char text, ConsoleKey key = ConsoleKey.None) => new(text, key, false, false, false);

    private static ConsoleModel Model() => new()
    {
        Page = ConsoleModel.ActionsPage,
        Report = new()
        {
            Node = "box1",
            Version = "0.1.0",
            Board = "hgx-h100-8",
            Snapshot = new()
            {
                Node = "box1",
                Thermal = new() { Ts = default, Mode = "running", Fans = [.. Enumerable.Range(1, 6).Select(i => new RotorFrame($"fan{i}", 60, 3400, "ok", ""))] },
            },
        },
    };
}
