using System.Text;
using Appliance.Daemon.Bundle;
using Appliance.Daemon.Cli;

namespace Appliance.Daemon.Terminal;

/// <summary>
/// <c>appliance console</c>: what an engineer meets on the serial line or over SSH. Sends the terminal what changed and does what a key wishes; it waits for
/// nothing but keys, and for the verb that it lends its screen. Who may what is decided by the control socket, whose refusal stands in the last line.
/// </summary>
internal sealed class ConsoleVerb(BoxClient box, BundlePlaces places, PersonLanguage person, Output output, TimeProvider time)
{
    private static readonly TimeSpan KeyLook = TimeSpan.FromMilliseconds(40);

    /// <summary>For work to give back what it took, each try of which the control socket answers in seconds; not for a stick that will not take its file.</summary>
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(15);

    private readonly ConsoleActs _acts = new(box, places, time);
    private ConsoleModel _model = new();
    private ConsoleWork? _work;

    public async Task<int> RunAsync(string? language, CancellationToken cancel)
    {
        if (Console.IsOutputRedirected || Console.IsInputRedirected)
            return output.Fail(ExitCode.Usage, "the console needs a terminal; for scripts there is appliance status --json.");
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false); // a serial line brings no locale, and a terminal that cannot show it was not asked for it
        var known = language ?? person.Find();
        _model = _model with { Words = ConsoleWords.Of(known ?? "en"), AsksLanguage = known is null };
        var (width, height) = SizeOf();
        var painter = new Painter(width, height);
        await using var errands = new ConsoleErrands(box, places.Run.EventLog, person, Sticks.OfThisMachine(time), time, cancel);
        Send("\x1b[?25l");
        try
        {
            _model = errands.Turn(_model);
            await errands.FirstAsync().ConfigureAwait(false);
            while (!cancel.IsCancellationRequested)
            {
                if (SizeOf() is var size && size != (painter.Width, painter.Height))
                    painter = new(size.Width, size.Height);
                _model = errands.Turn(_model) with { Work = _work?.View };
                Send(painter.Paint(ConsoleView.Lines(_model, painter.Width, painter.Height)));
                if (!Console.KeyAvailable)
                    await Task.Delay(KeyLook, time, cancel).ConfigureAwait(false);
                else if (Do(painter, errands, Console.ReadKey(intercept: true), cancel))
                    return ExitCode.Done;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException)
        {
            // Ctrl-C, a line that was hung up: leave as with q.
        }
        finally
        {
            if (_work is { } work)
                await Task.WhenAny(work.EndAsync(), Task.Delay(LeaveLimit, time, CancellationToken.None)).ConfigureAwait(false); // gives fans and pumps back
            if (_work is { View.IsUnderWay: false })
                _work.Dispose();
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

    /// <returns>True when the person leaves.</returns>
    private bool Do(Painter painter, ConsoleErrands errands, ConsoleKeyInfo key, CancellationToken cancel)
    {
        (_model, var wish) = ConsoleKeys.Press(_model, key);
        switch (wish)
        {
            case ConsoleWish.Quit:
                return true;
            case ConsoleWish.Redraw:
                painter.Forget();
                break;
            case ConsoleWish.Speak(var language):
                errands.Speak(language);
                break;
            case ConsoleWish.Acknowledge(var code, var target):
                _model = errands.Ask(_model, "", stop => _acts.AcknowledgeAsync(code, target, stop));
                break;
            case ConsoleWish.Act(var action, var answer):
                Act(painter, errands, action, answer, cancel);
                break;
            case ConsoleWish.EndWork:
                _work?.End();
                break;
            case ConsoleWish.CloseWork:
                _work?.Dispose();
                _work = null;
                break;
        }

        return false;
    }

    private void Act(Painter painter, ConsoleErrands errands, ConsoleAction action, string answer, CancellationToken cancel)
    {
        var verb = ScreenVerb.Of(action, _model.Words, box.Paths);
        if (_acts.Refusal(verb is null ? ConsoleActs.NeedOf(action) : verb.Needs) is { } refusal)
            _model = _model with { Message = refusal };
        else if (verb is not null)
            _model = _model with { Message = Lend(painter, verb) };
        else if (_acts.Begin(action, answer, _model.Words, cancel) is { } work)
            _work = work;
        else
            _model = errands.Ask(_model, string.Format(null, _model.Words.Doing, _model.Words.Actions[(int)action]), stop => _acts.AskAsync(action, answer, _model.Report, stop));
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
