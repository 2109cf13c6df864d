using System.Globalization;
using System.Text;
using Appliance.Daemon.Cli;

namespace Appliance.Daemon.Terminal;

/// <summary>
/// A verb that runs beside the console's screen, which shows what it says. Whoever leaves ends it and waits: the verb gives back what it took.
/// </summary>
internal sealed class ConsoleWork : IDisposable
{
    private readonly CancellationTokenSource _end;
    private readonly Said _said;
    private readonly Task<ConsoleWorkView.End> _run;
    private readonly ConsoleAction _action;
    private readonly string _title;

    public ConsoleWork(ConsoleAction action, string title, Func<Output, CancellationToken, Task<int>> verb, bool unicode, TimeProvider time, CancellationToken cancel)
    {
        (_action, _title, _said) = (action, title, new(time));
        _end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        // Not on the screen's thread: a verb may read a slow stick before its first real wait.
        _run = Task.Run(() => RunAsync(verb, new(_said, _said, new(200, 24, Colour: false, unicode), json: false)), CancellationToken.None);
    }

    public ConsoleWorkView View => new(_action, _title, _said.Lines, Outcome);

    private ConsoleWorkView.End? Outcome => _run.IsCompleted ? _run.Result : null;

    public void End() => _end.Cancel();

    /// <summary>Ended, and what it took given back.</summary>
    public async Task EndAsync()
    {
        End();
        await _run.ConfigureAwait(false);
    }

    public void Dispose() => _end.Dispose();

    /// <summary>Ended by hand is only what gave back all that it took: whoever could not do that throws something else than that it was ended.</summary>
    private async Task<ConsoleWorkView.End> RunAsync(Func<Output, CancellationToken, Task<int>> verb, Output output)
    {
        try
        {
            return await verb(output, _end.Token).ConfigureAwait(false) == ExitCode.Done ? ConsoleWorkView.End.Done : ConsoleWorkView.End.Failed;
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            return ConsoleWorkView.End.ByHand;
        }
        catch (BoxClientException e)
        {
            output.Line(e.Message);
            return ConsoleWorkView.End.Failed;
        }
        catch (Exception e)
        {
            // The edge: a fault of the verb must not cost the person the console, nor the terminal its cursor. They are the one to be told.
            output.Line($"{e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
            return ConsoleWorkView.End.Failed;
        }
    }

    /// <summary>Lines with the time they were said at; written by the verb, read by the screen.</summary>
    private sealed class Said(TimeProvider time) : StringWriter(CultureInfo.InvariantCulture)
    {
        private const int MostLines = 200;

        private readonly Lock _lock = new();
        private readonly List<ConsoleWorkView.Spoken> _lines = [];
        private readonly StringBuilder _line = new();

        public IReadOnlyList<ConsoleWorkView.Spoken> Lines
        {
            get
            {
                lock (_lock)
                    return [.. _lines];
            }
        }

        public override void Write(char value)
        {
            lock (_lock)
                Take(value);
        }

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void Write(string? value)
        {
            lock (_lock)
            {
                foreach (var c in value ?? "")
                    Take(c);
            }
        }

        public override void WriteLine(string? value) => Write($"{value}\n");

        private void Take(char value)
        {
            if (value != '\n')
            {
                _line.Append(value);
                return;
            }

            if (_lines.Count >= MostLines)
                _lines.RemoveAt(0);
            _lines.Add(new(time.GetUtcNow(), _line.ToString()));
            _line.Clear();
        }
    }
}
