using System.Text;
using Appliance.Daemon.Control;

namespace Appliance.Daemon.Cli;

/// <summary>
/// <c>appliance watch</c>: the live view. On a terminal it owns the alternate screen and gives it back however it ends; elsewhere
/// it prints a line a second.
/// </summary>
internal static class WatchVerb
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeyLook = TimeSpan.FromMilliseconds(50);

    public static Task<int> RunAsync(BoxClient box, Output output, TimeProvider time, CancellationToken cancel) =>
        Console.IsOutputRedirected || output.Json ? PrintAsync(box, output, time, cancel) : DrawAsync(box, time, cancel);

    private static async Task<int> PrintAsync(BoxClient box, Output output, TimeProvider time, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                var report = await box.StatusAsync(cancel).ConfigureAwait(false);
                if (output.Json)
                    output.Data(report, ControlJson.Default.StatusReport);
                else
                    output.Line(WatchView.Line(report));
            }
            while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how one ends it.
        }

        return ExitCode.Done;
    }

    private static async Task<int> DrawAsync(BoxClient box, TimeProvider time, CancellationToken cancel)
    {
        using var terminal = new AlternateScreen();
        var model = new WatchModel();
        var heardAt = time.GetTimestamp();
        ControlClient? client = null;
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                var began = time.GetTimestamp();
                (client, var report, var why) = await AskAsync(box, client, cancel).ConfigureAwait(false);
                if (report is not null)
                    heardAt = began;
                model = report is not null ? model.Heard(report) : model.NotHeard(why!, time.GetElapsedTime(heardAt).TotalSeconds);
                if (await ShowUntilNextAsync(terminal, model, time, began, cancel).ConfigureAwait(false))
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C, terminate, hang-up: leave as with q.
        }
        finally
        {
            client?.Dispose();
        }

        return ExitCode.Done;
    }

    /// <returns>The connection to go on with, and either a report or why there is none.</returns>
    private static async Task<(ControlClient? Client, StatusReport? Report, string? Why)> AskAsync(BoxClient box, ControlClient? client, CancellationToken cancel)
    {
        try
        {
            client ??= await box.ConnectDaemonAsync(cancel).ConfigureAwait(false) ?? throw box.NoDaemon();
            return (client, await box.StatusAsync(client, cancel).ConfigureAwait(false), null);
        }
        catch (BoxClientException e)
        {
            client?.Dispose();
            return (null, null, e.Message);
        }
    }

    /// <returns>True when the person wants to leave.</returns>
    private static async Task<bool> ShowUntilNextAsync(AlternateScreen terminal, WatchModel model, TimeProvider time, long began, CancellationToken cancel)
    {
        do
        {
            terminal.Draw(screen => WatchView.Lines(model, screen));
            if (terminal.QuitPressed())
                return true;
            await Task.Delay(KeyLook, time, cancel).ConfigureAwait(false);
        }
        while (time.GetElapsedTime(began) < Period);
        return false;
    }

    /// <summary>The terminal while we have it. Only lines that changed are sent: a serial line carries a thousand characters a second.</summary>
    private sealed class AlternateScreen : IDisposable
    {
        private IReadOnlyList<string> _shown = [];
        private (int Width, int Height) _size;
        private bool _keys = !Console.IsInputRedirected;

        public AlternateScreen() => Console.Out.Write("\x1b[?1049h\x1b[?25l\x1b[2J");

        public void Draw(Func<Screen, IReadOnlyList<string>> lines)
        {
            var screen = Screen.OfConsole();
            var text = new StringBuilder();
            if (_size != (screen.Width, screen.Height))
            {
                _size = (screen.Width, screen.Height);
                _shown = [];
                text.Append("\x1b[2J");
            }

            var now = lines(screen);
            for (var i = 0; i < now.Count; i++)
            {
                if (i >= _shown.Count || _shown[i] != now[i])
                    text.Append("\x1b[").Append(i + 1).Append(";1H").Append(now[i]).Append("\x1b[K");
            }

            _shown = now;
            if (text.Length > 0)
            {
                Console.Out.Write(text.ToString());
                Console.Out.Flush();
            }
        }

        public bool QuitPressed()
        {
            try
            {
                while (_keys && Console.KeyAvailable)
                {
                    if (Console.ReadKey(intercept: true) is { Key: ConsoleKey.Q or ConsoleKey.Escape })
                        return true;
                }
            }
            catch (InvalidOperationException)
            {
                _keys = false;
            }

            return false;
        }

        public void Dispose()
        {
            Console.Out.Write("\x1b[0m\x1b[?25h\x1b[?1049l");
            Console.Out.Flush();
        }
    }
}
