using System.Globalization;
using System.Text.Json;
using Appliance.Daemon.Bundle;
using Appliance.Daemon.Cli;
using Appliance.Daemon.Control;

namespace Appliance.Daemon.Terminal;

/// <summary>
/// All that may keep somebody waiting, a socket, a disk, a stick, each done beside the screen that draws and reads keys: the state once a second, what the
/// page shows, what an action asks of the box.
/// </summary>
internal sealed class ConsoleErrands : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>A file is made on each to know: when the page is entered, and seldom while somebody stays.</summary>
    private static readonly TimeSpan SticksPeriod = TimeSpan.FromSeconds(10);

    private const int EventsShown = 60;
    private const int EventBytes = 64 * 1024;

    private readonly BoxClient _box;
    private readonly string _eventLog;
    private readonly PersonLanguage _person;
    private readonly Sticks _sticks;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _leave;
    private readonly ConsoleErrand _state;
    private readonly ConsoleErrand _network;
    private readonly ConsoleErrand _events;
    private readonly ConsoleErrand _stick;
    private readonly ConsoleErrand _question;
    private readonly ConsoleErrand _language;
    private ControlClient? _client;
    private long _heardAt;
    private int _page;
    private string _doing = "";
    private string? _speaks;

    public ConsoleErrands(BoxClient box, string eventLog, PersonLanguage person, Sticks sticks, TimeProvider time, CancellationToken cancel)
    {
        (_box, _eventLog, _person, _sticks, _time, _heardAt) = (box, eventLog, person, sticks, time, time.GetTimestamp());
        (_state, _network, _events, _stick, _question, _language) = (new(time), new(time), new(time), new(time), new(time), new(time));
        _leave = CancellationTokenSource.CreateLinkedTokenSource(cancel);
    }

    /// <summary>Begins what is due and takes what has come; called before each drawing.</summary>
    public ConsoleModel Turn(ConsoleModel model)
    {
        foreach (var errand in (ConsoleErrand[])[_state, _network, _events, _stick])
        {
            if (_page != model.Page)
                errand.Hurry();
            model = errand.Take(model);
        }

        _page = model.Page;
        var words = model.Words;
        _state.Begin(Period, () => StateAsync(withSweep: _page is 1 or 3));
        if (_page == 4)
            _network.Begin(Period, () => Known(NetworkText.Read(), (m, network) => m with { Network = network }));
        if (_page == ConsoleModel.EventsPage)
            _events.Begin(Period, () => Known(Events(words), (m, events) => m with { Events = events }));
        if (_page == ConsoleModel.ActionsPage)
            _stick.Begin(SticksPeriod, async () => Knows(await _sticks.WritableAsync().ConfigureAwait(false), (m, sticks) => m with { Sticks = sticks }));
        if (_speaks is { } language && _language.Begin(TimeSpan.Zero, () => Keep(language)))
            _speaks = null;
        model = _language.Take(_question.Take(model));
        return model.Silent is null ? model : model with { AgeS = Math.Floor(_time.GetElapsedTime(_heardAt).TotalSeconds) };
    }

    /// <summary>Until there is a first answer or none will come soon: a serial line is not made to draw two screens for one.</summary>
    public Task FirstAsync() => Task.WhenAny(_state.EndAsync(), Task.Delay(Period, _time, _leave.Token));

    /// <summary>Asks something of the box; what it says comes to the foot of the screen. One question at a time: until it is answered another is not asked.</summary>
    /// <param name="doing">What stands there meanwhile.</param>
    public ConsoleModel Ask(ConsoleModel model, string doing, Func<CancellationToken, Task<string>> ask)
    {
        if (_question.Begin(TimeSpan.Zero, async () => Knows(await ask(_leave.Token).ConfigureAwait(false), (m, said) => m with { Message = said })))
            _doing = doing;
        return model with { Message = _doing };
    }

    /// <summary>Keeps this person's language, the last that they chose.</summary>
    public void Speak(string language) => _speaks = language;

    public async ValueTask DisposeAsync()
    {
        await _leave.CancelAsync().ConfigureAwait(false);
        await _state.EndAsync().ConfigureAwait(false); // it waits for nothing but its socket, which the token ends
        _client?.Dispose();
        _leave.Dispose();
    }

    private static Func<ConsoleModel, ConsoleModel> Knows<T>(T known, Func<ConsoleModel, T, ConsoleModel> with) => model => with(model, known);

    private static Task<Func<ConsoleModel, ConsoleModel>> Known<T>(T known, Func<ConsoleModel, T, ConsoleModel> with) => Task.FromResult(Knows(known, with));

    /// <summary>The state, and of GPUs and fabric what their pages show beside it.</summary>
    private async Task<Func<ConsoleModel, ConsoleModel>> StateAsync(bool withSweep)
    {
        try
        {
            _client ??= await _box.ConnectDaemonAsync(_leave.Token).ConfigureAwait(false) ?? throw _box.NoDaemon();
            var report = await _box.StatusAsync(_client, _leave.Token).ConfigureAwait(false);
            var sweep = withSweep ? BoxAnswers.HealthOf(await BoxClient.AskAsync(_client, "fabric", null, _leave.Token).ConfigureAwait(false)) : null;
            return model =>
            {
                _heardAt = _time.GetTimestamp();
                return model with { Report = report, Sweep = sweep ?? model.Sweep, Silent = null, AgeS = 0 };
            };
        }
        catch (BoxClientException e)
        {
            _client?.Dispose();
            _client = null;
            return Knows(e.Message, (model, silent) => model with { Silent = silent });
        }
    }

    private Task<Func<ConsoleModel, ConsoleModel>> Keep(string language)
    {
        _person.Keep(language);
        return Known(language, (model, _) => model);
    }

    private IReadOnlyList<string> Events(ConsoleWords words)
    {
        try
        {
            return [.. RecordTail.Of(_eventLog, EventBytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(EventsShown).Select(e => Event(e, words))];
        }
        catch (Exception e) when (e is BundleGapException or IOException or UnauthorizedAccessException)
        {
            return [string.Format(null, words.NoEvents, e.Message)];
        }
    }

    /// <summary>Time, severity, text out of an entry of the event log, whatever else it holds.</summary>
    private static string Event(string json, ConsoleWords words)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            string Field(string name) => document.RootElement.TryGetProperty(name, out var value) ? value.ToString() : "";
            var at = DateTimeOffset.TryParse(Field("ts"), CultureInfo.InvariantCulture, out var ts) ? ts.UtcDateTime.ToString("MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "";
            return BoxPages.Ascii($"{at} {words.Severity(Field("severity"))} {Field("text")}");
        }
        catch (JsonException)
        {
            return "?";
        }
    }
}
