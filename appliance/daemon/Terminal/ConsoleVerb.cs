using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Appliance.Daemon.Bundle;
using Appliance.Daemon.Cli;
using Appliance.Daemon.Control;
using Appliance.Model;

namespace Appliance.Daemon.Terminal;

/// <summary>
/// <c>appliance console</c>: what an engineer meets on the serial line or over SSH. Asks the box once a second, sends the terminal what changed, and
/// does what a key wishes; who may what is decided by the control socket, whose refusal stands in the last line.
/// </summary>
internal sealed class ConsoleVerb(BoxClient box, BundlePlaces places, PersonLanguage person, Output output, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeyLook = TimeSpan.FromMilliseconds(40);
    private const int EventsShown = 60;
    private const int EventBytes = 64 * 1024;

    private readonly ConsoleActs _acts = new(box, places, time);
    private ConsoleModel _model = new();
    private ConsoleWork? _work;
    private ControlClient? _client;
    private long _heardAt;

    public async Task<int> RunAsync(string? language, CancellationToken cancel)
    {
        if (Console.IsOutputRedirected || Console.IsInputRedirected)
            return output.Fail(ExitCode.Usage, "the console needs a terminal; for scripts there is appliance status --json.");
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false); // a serial line brings no locale, and a terminal that cannot show it was not asked for it
        var known = language ?? person.Find();
        _model = _model with { Words = ConsoleWords.Of(known ?? "en"), AsksLanguage = known is null };
        _heardAt = time.GetTimestamp();
        var (width, height) = SizeOf();
        var painter = new Painter(width, height);
        Send("\x1b[?25l");
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                var began = time.GetTimestamp();
                await LookAsync(cancel).ConfigureAwait(false);
                do
                {
                    if (SizeOf() is var size && size != (painter.Width, painter.Height))
                        painter = new(size.Width, size.Height);
                    _model = _model with { Work = _work?.View };
                    Send(painter.Paint(ConsoleView.Lines(_model, painter.Width, painter.Height)));
                    if (Console.KeyAvailable)
                    {
                        if (await DoAsync(painter, Console.ReadKey(intercept: true), cancel).ConfigureAwait(false))
                            return ExitCode.Done;
                        continue;
                    }

                    await Task.Delay(KeyLook, time, cancel).ConfigureAwait(false);
                }
                while (time.GetElapsedTime(began) < Period);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException)
        {
            // Ctrl-C, a line that was hung up: leave as with q.
        }
        finally
        {
            if (_work is { } work)
                await work.EndAsync().ConfigureAwait(false); // gives fans and pumps back
            _work?.Dispose();
            _client?.Dispose();
            Send($"\x1b[0m\x1b[{painter.Height};1H\x1b[?25h\r\n");
        }

        return ExitCode.Done;
    }

    private static (int Width, int Height) SizeOf() => (
        Math.Clamp(Console.WindowWidth > 0 ? Console.WindowWidth : 80, 40, 300), Math.Clamp(Console.WindowHeight > 0 ? Console.WindowHeight : 24, 12, 100));

    private static void Send(string text)
    {
        if (text.Length == 0)
            return;
        Console.Out.Write(text);
        Console.Out.Flush();
    }

    /// <summary>The state, and what the page shows beside it.</summary>
    private async Task LookAsync(CancellationToken cancel)
    {
        try
        {
            _client ??= await box.ConnectDaemonAsync(cancel).ConfigureAwait(false) ?? throw box.NoDaemon();
            var report = await box.StatusAsync(_client, cancel).ConfigureAwait(false);
            var sweep = _model.Page is 1 or 3 ? BoxAnswers.HealthOf(await BoxClient.AskAsync(_client, "fabric", null, cancel).ConfigureAwait(false)) : _model.Sweep;
            _heardAt = time.GetTimestamp();
            _model = _model with { Report = report, Sweep = sweep, Silent = null, AgeS = 0 };
        }
        catch (BoxClientException e)
        {
            _client?.Dispose();
            _client = null;
            _model = _model with { Silent = e.Message, AgeS = time.GetElapsedTime(_heardAt).TotalSeconds };
        }

        if (_model.Page == 4)
            _model = _model with { Network = NetworkText.Read() };
        if (_model.Page == ConsoleModel.EventsPage)
            _model = _model with { Events = Events() };
        if (_model.Page == ConsoleModel.ActionsPage)
            _model = _model with { Sticks = Sticks.Writable() };
    }

    private IReadOnlyList<string> Events()
    {
        try
        {
            return [.. RecordTail.Of(places.Run.EventLog, EventBytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(EventsShown).Select(e => Event(e, _model.Words))];
        }
        catch (Exception e) when (e is BundleGapException or IOException or UnauthorizedAccessException)
        {
            return [string.Format(null, _model.Words.NoEvents, e.Message)];
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
            var severity = Field("severity");
            var word = words.Language == "en" && severity.Length > 3 ? severity[..4] : words.State(severity);
            return BoxPages.Ascii($"{at} {word} {Field("text")}");
        }
        catch (JsonException)
        {
            return "?";
        }
    }

    /// <returns>True when the person leaves.</returns>
    private async Task<bool> DoAsync(Painter painter, ConsoleKeyInfo key, CancellationToken cancel)
    {
        var page = _model.Page;
        (_model, var wish) = ConsoleKeys.Press(_model, key);
        switch (wish)
        {
            case ConsoleWish.Quit:
                return true;
            case ConsoleWish.Redraw:
                painter.Forget();
                break;
            case ConsoleWish.Speak(var language):
                person.Keep(language);
                break;
            case ConsoleWish.Acknowledge(var code, var target):
                _model = _model with { Message = await _acts.AcknowledgeAsync(code, target, cancel).ConfigureAwait(false) };
                break;
            case ConsoleWish.Act(var index, var answer):
                _model = _model with { Message = string.Format(null, _model.Words.Doing, _model.Words.Actions[index]) };
                Send(painter.Paint(ConsoleView.Lines(_model, painter.Width, painter.Height)));
                _model = _model with { Message = await ActAsync(painter, (ConsoleAction)index, answer, cancel).ConfigureAwait(false) };
                break;
            case ConsoleWish.EndWork:
                _work?.End();
                break;
            case ConsoleWish.CloseWork:
                _work?.Dispose();
                _work = null;
                break;
        }

        if (page != _model.Page)
            await LookAsync(cancel).ConfigureAwait(false);
        return false;
    }

    /// <returns>One line for the foot of the screen.</returns>
    private async Task<string> ActAsync(Painter painter, ConsoleAction action, string answer, CancellationToken cancel)
    {
        var verb = ScreenVerb.Of(action, _model.Words, box.Paths);
        if (_acts.Refusal(verb is null ? ConsoleActs.NeedOf(action) : verb.Needs) is { } refusal)
            return refusal;
        if (verb is not null)
            return Lend(painter, verb);
        if (_acts.Begin(action, answer, _model.Words, cancel) is not { } work)
            return await _acts.AskAsync(action, answer, _model.Report, cancel).ConfigureAwait(false);
        _work = work;
        return "";
    }

    /// <summary>The screen is the verb's until it has ended and was read.</summary>
    private string Lend(Painter painter, ScreenVerb verb)
    {
        Send("\x1b[0m\x1b[2J\x1b[H\x1b[?25h");
        var said = verb.Run(_model.Words);
        Send("\x1b[?25l");
        painter.Forget();
        return said;
    }
}
