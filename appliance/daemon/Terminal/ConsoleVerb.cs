using System.Diagnostics;
using System.Globalization;
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
internal sealed class ConsoleVerb(BoxClient box, BundlePlaces places, Output output, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeyLook = TimeSpan.FromMilliseconds(40);
    private const int EventsShown = 60;
    private const int EventBytes = 64 * 1024;

    private ConsoleModel _model = new();
    private ControlClient? _client;
    private long _heardAt;

    public async Task<int> RunAsync(string? language, CancellationToken cancel)
    {
        if (Console.IsOutputRedirected || Console.IsInputRedirected)
            return output.Fail(ExitCode.Usage, "the console needs a terminal; for scripts there is appliance status --json.");
        _model = _model with { Words = language == "zh" ? ConsoleWords.Chinese : ConsoleWords.English };
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
            _model = _model with { Network = [.. NetworkText.Lines(NetworkText.Read(), new(80, 24, false, false)).Select(l => l.Replace(Text.Absent, "-"))] };
        if (_model.Page == ConsoleModel.EventsPage)
            _model = _model with { Events = Events() };
    }

    private IReadOnlyList<string> Events()
    {
        try
        {
            return [.. RecordTail.Of(places.Run.EventLog, EventBytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(EventsShown).Select(Event)];
        }
        catch (Exception e) when (e is BundleGapException or IOException or UnauthorizedAccessException)
        {
            return [string.Format(null, _model.Words.NoEvents, e.Message)];
        }
    }

    /// <summary>Time, severity, text out of an entry of the event log, whatever else it holds.</summary>
    private static string Event(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            string Field(string name) => document.RootElement.TryGetProperty(name, out var value) ? value.ToString() : "";
            var at = DateTimeOffset.TryParse(Field("ts"), CultureInfo.InvariantCulture, out var ts) ? ts.UtcDateTime.ToString("MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "";
            return new Screen(80, 24, false, false).Fit($"{at} {(Field("severity") is { Length: > 3 } s ? s[..4] : "")} {Field("text")}");
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
            case ConsoleWish.Acknowledge(var code, var target):
                await AskAsync("acknowledge", json => { json.WriteString("code", code); json.WriteString("target", target); }, cancel).ConfigureAwait(false);
                break;
            case ConsoleWish.Act(var index):
                _model = _model with { Message = string.Format(null, _model.Words.Doing, _model.Words.Actions[index]) };
                Send(painter.Paint(ConsoleView.Lines(_model, painter.Width, painter.Height)));
                await ActAsync(painter, (ConsoleAction)index, cancel).ConfigureAwait(false);
                break;
        }

        if (page != _model.Page)
            await LookAsync(cancel).ConfigureAwait(false);
        return false;
    }

    private Task ActAsync(Painter painter, ConsoleAction action, CancellationToken cancel)
    {
        if (ScreenVerb.Of(action, _model.Words) is { } verb)
        {
            Lend(painter, verb);
            return Task.CompletedTask;
        }

        return action switch
        {
            ConsoleAction.FansFull => AskAsync("drive", json => { json.WriteNumber("fans_percent", 100); json.WriteNumber("pumps_percent", 100); }, cancel),
            ConsoleAction.Automatic => AskAsync("drive", json => json.WriteBoolean("automatic", true), cancel),
            ConsoleAction.AcknowledgeAll => AcknowledgeAllAsync(cancel),
            ConsoleAction.Reset => AskAsync("reset", null, cancel),
            ConsoleAction.LocateOn => AskAsync("locate", json => json.WriteBoolean("on", true), cancel),
            ConsoleAction.LocateOff => AskAsync("locate", json => json.WriteBoolean("on", false), cancel),
            ConsoleAction.Bundle => BundleAsync(cancel),
            ConsoleAction.Reboot => AskAsync("reboot", null, cancel),
            ConsoleAction.PowerOff => AskAsync("power-off", null, cancel),
            _ => throw new UnreachableException($"No action {action}."),
        };
    }

    /// <summary>The screen is the verb's until it has ended and was read; who may not is told before anything is asked.</summary>
    private void Lend(Painter painter, ScreenVerb verb)
    {
        var (role, who) = Hardware.Accounts.RoleOf(Hardware.Accounts.OwnUid);
        if (verb.Root && RoleTable.Refusal(role, "settings", who) is { } refusal)
        {
            _model = _model with { Message = refusal };
            return;
        }

        Send("\x1b[0m\x1b[2J\x1b[H\x1b[?25h");
        _model = _model with { Message = verb.Run(_model.Words) };
        Send("\x1b[?25l");
        painter.Forget();
    }

    private async Task AskAsync(string verb, Action<Utf8JsonWriter>? args, CancellationToken cancel)
    {
        try
        {
            await box.AskAsync(verb, args, cancel).ConfigureAwait(false);
            _model = _model with { Message = "ok" };
        }
        catch (BoxClientException e)
        {
            _model = _model with { Message = e.Message };
        }
    }

    private async Task AcknowledgeAllAsync(CancellationToken cancel)
    {
        foreach (var alarm in (_model.Report?.Snapshot.Alarms ?? []).Where(a => !a.Acknowledged))
            await AskAsync("acknowledge", json => { json.WriteString("code", alarm.Code); json.WriteString("target", alarm.Target); }, cancel).ConfigureAwait(false);
    }

    private async Task BundleAsync(CancellationToken cancel)
    {
        using var said = new StringWriter();
        await DumpVerb.RunAsync(box, null, places, new(said, said, new(200, 24, false, false), json: false), time, cancel).ConfigureAwait(false);
        _model = _model with { Message = said.ToString().Split('\n')[0] };
    }
}
