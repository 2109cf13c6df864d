using Appliance.Daemon.Terminal;
using Appliance.Model;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Terminal;

/// <summary>The screen draws and reads keys whatever a stick, a disk or the box does.</summary>
public sealed class ConsoleErrandsTests : IDisposable
{
    private const string Dead = "/media/DEAD";
    private const string Blue = "/media/BLUE";

    private readonly string _folder = Directory.CreateTempSubdirectory("errands-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly ManualResetEventSlim _unplugged = new();
    private readonly List<string> _asked = [];
    private volatile bool _waited;

    public void Dispose()
    {
        _unplugged.Set();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_stick_that_does_not_answer_leaves_the_screen_its_keys_and_its_box()
    {
        await using var errands = Errands(Dead);
        var model = errands.Turn(new() { Page = ConsoleModel.ActionsPage });
        Assert.False(_waited, "the screen waited for the stick");
        await Until(() => Asked(Dead) == 1);
        await Until(() => (model = errands.Turn(model)).Silent is not null);
        Assert.False(_waited, "the screen waited for the stick");
        Assert.Equal(1, ConsoleKeys.Press(model, new('j', ConsoleKey.None, false, false, false)).Model.Row);
    }

    [Fact]
    public async Task A_stick_that_does_not_answer_hides_no_other_and_is_asked_once()
    {
        var sticks = new Sticks(() => [Dead, Blue], MayWrite, _time);
        for (var i = 1; i <= 3; i++)
        {
            var writable = sticks.WritableAsync();
            await Until(() => Asked(Blue) == i);
            _time.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal([Blue], await writable);
        }

        await Until(() => Asked(Dead) > 0);
        Assert.Equal(1, Asked(Dead));
    }

    [Fact]
    public async Task Sticks_are_asked_as_soon_as_their_page_is_entered()
    {
        await using var errands = Errands(Blue);
        var model = errands.Turn(new() { Page = 0 });
        for (var i = 1; i <= 3; i++)
        {
            model = model with { Page = ConsoleModel.ActionsPage, Sticks = [] };
            await Until(() => (model = errands.Turn(model)).Sticks.Count > 0);
            Assert.Equal((i, Blue), (Asked(Blue), model.Sticks[0]));
            model = errands.Turn(model with { Page = 0 });
        }
    }

    [Fact]
    public async Task An_errand_is_begun_at_its_pace_at_once_when_hurried_and_never_twice_at_a_time()
    {
        var errand = new ConsoleErrand(_time);
        var ends = new TaskCompletionSource();
        bool Begin() => errand.Begin(TimeSpan.FromSeconds(10), async () =>
        {
            await ends.Task;
            return model => model with { Message = "came" };
        });
        Assert.True(Begin());
        errand.Hurry();
        Assert.False(Begin());
        Assert.Equal("", errand.Take(new()).Message);
        ends.SetResult();
        await errand.EndAsync();
        Assert.Equal("came", errand.Take(new()).Message);
        Assert.Equal("", errand.Take(new()).Message);

        Assert.True(Begin());
        await errand.EndAsync();
        errand.Take(new());
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(Begin());
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True(Begin());
    }

    [Fact]
    public async Task A_box_that_does_not_answer_leaves_the_screen_its_keys_and_one_question_at_a_time()
    {
        await using var errands = Errands();
        var answer = new TaskCompletionSource<string>();
        var model = errands.Ask(new(), "Power off ...", _ => answer.Task);
        Assert.Equal("Power off ...", model.Message);
        model = errands.Ask(ConsoleKeys.Press(errands.Turn(model), new('2', ConsoleKey.None, false, false, false)).Model, "Reboot ...", _ => throw new InvalidOperationException("asked beside another"));
        Assert.Equal((1, "Power off ..."), (model.Page, model.Message));
        answer.SetResult("ok");
        await Until(() => (model = errands.Turn(model)).Message == "ok");
    }

    [Fact]
    public async Task The_last_language_that_somebody_chose_is_kept()
    {
        await using var errands = Errands();
        var model = new ConsoleModel();
        foreach (var language in (string[])["zh", "en", "zh", "en"])
        {
            errands.Speak(language);
            model = errands.Turn(model);
        }

        await Until(() =>
        {
            model = errands.Turn(model);
            return new PersonLanguage(_folder, _ => null).Find() == "en";
        });
    }

    private static async Task Until(Func<bool> so)
    {
        while (!so())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private int Asked(string place)
    {
        lock (_asked)
            return _asked.Count(a => a == place);
    }

    private ConsoleErrands Errands(params string[] sticks) => new(
        new(RunPaths.Twin(_folder), _time), Path.Combine(_folder, "events"), new(_folder, _ => null), new(() => sticks, MayWrite, _time), _time, TestContext.Current.CancellationToken);

    private bool MayWrite(string place)
    {
        lock (_asked)
            _asked.Add(place);
        if (place == Dead)
            _waited = !_unplugged.Wait(TimeSpan.FromSeconds(10), CancellationToken.None);
        return place == Blue;
    }
}
