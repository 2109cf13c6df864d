using System.CommandLine;
using System.CommandLine.Help;
using Appliance.Daemon.Control;
using Appliance.Daemon.Launcher;
using Appliance.Daemon.Loop;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>
/// The words of <c>appliance</c>. Parsing and help are System.CommandLine's; what it calls an error is told here in one line with the
/// nearest word and exit code 64.
/// </summary>
internal sealed partial class CommandLine
{
    /// <summary>What <c>show X</c> shows: the verbs that only look.</summary>
    private static readonly string[] Shown = ["status", "health", "alarms", "thermal", "gpus", "fabric", "version", "fans", "power", "versions", "storage", "network", "model", "certificates"];

    private readonly TimeProvider _time;
    private readonly TextWriter _error;
    private readonly TextWriter _output;
    private readonly TextReader _input;

    private readonly Option<string?> _runDirectory = new("--run-dir")
    {
        Description = "Where the twin keeps its sockets, files and logs (default: .run).",
        HelpName = "DIR",
        Recursive = true,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Answer in JSON; short for -o json.", Recursive = true };

    private readonly Option<string?> _format = new("--output", "-o") { Description = "json or text.", HelpName = "FORMAT", Recursive = true };

    private readonly Option<string?> _config = new("--config") { Description = "The box' configuration, appliance.json; all defaults without it.", HelpName = "FILE" };

    private readonly Option<bool> _simulated = new("--simulated") { Description = "On the twin instead of this machine's hardware." };

    /// <param name="input">Standard input; null for none.</param>
    public CommandLine(TimeProvider time, TextWriter output, TextWriter error, TextReader? input = null)
    {
        _time = time;
        _input = input ?? TextReader.Null;
        _output = output;
        _error = error;
        Root = new("The software of the box: cooling, health, alarms. Without a word it tells the status.");
        foreach (var version in Root.Options.OfType<VersionOption>().ToArray())
            Root.Options.Remove(version);
        Root.Add(_runDirectory);
        Root.Add(_json);
        Root.Add(_format);
        _format.AcceptOnlyFromAmong("json", "text");
        foreach (var command in Processes().Concat(Looking()).Concat(Acting()))
            Root.Add(command);
    }

    public RootCommand Root { get; }

    public static int Run(IReadOnlyList<string> args, TimeProvider time)
    {
        // Launched as a child's shim this program becomes another one; nothing of the console is wanted then.
        if (args.Count > 2 && args[0] == ChildShim.Word)
            return ChildShim.Become(args);
        if (args is ["daemon", ..])
            Footprint.BeginSmall();
        return new CommandLine(time, Console.Out, Console.Error, Console.In).Invoke(args);
    }

    public int Invoke(IReadOnlyList<string> args)
    {
        var words = Shorthand(args);
        var parse = Root.Parse(words, new() { ResponseFileTokenReplacer = null });
        if (Misspelt(words, parse) is { } line)
        {
            _error.WriteLine($"appliance: {line}");
            return ExitCode.Usage;
        }

        try
        {
            return parse.Invoke(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = _output, Error = _error });
        }
        catch (BoxClientException e)
        {
            return OutputOf(parse).Fail(e.ExitCode, e.Message);
        }
        catch (FormatException e)
        {
            return OutputOf(parse).Fail(ExitCode.Config, e.Message);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Failed;
        }
    }

    /// <summary><c>show X</c> is <c>X</c>, no word at all is <c>status</c>, <c>--version</c> is <c>version</c>.</summary>
    private static IReadOnlyList<string> Shorthand(IReadOnlyList<string> args) => args switch
    {
        [] => ["status"],
        ["--version"] => ["version"],
        ["show", var what, ..] when Shown.Contains(what) => [.. args.Skip(1)],
        _ => args,
    };

    /// <summary>One line about the first thing that is wrong with the words; null when they are understood.</summary>
    private string? Misspelt(IReadOnlyList<string> words, ParseResult parse)
    {
        if (words is ["show", ..])
        {
            var what = words.ElementAtOrDefault(1);
            var meant = what is null ? null : Nearest.Of(what, Shown);
            return $"show needs one of: {string.Join(", ", Shown)}{(meant is null ? "" : $"; did you mean show {meant}?")}";
        }

        if (parse.Errors.Count == 0)
            return null;
        var command = parse.CommandResult.Command;
        if (parse.UnmatchedTokens is not [var unknown, ..])
            return command.Subcommands.Count > 0 && command.Action is null ? $"{Path(command)} needs one of: {VerbList(command)}." : Sentence(parse.Errors[0].Message, command);
        if (unknown.StartsWith('-'))
        {
            var options = command.Options.Concat(Root.Options.Where(o => o.Recursive)).Append(new HelpOption()).SelectMany(o => o.Aliases.Prepend(o.Name)).Where(o => o.StartsWith("--", StringComparison.Ordinal));
            var option = Nearest.Of(unknown.Split('=')[0], options);
            return $"\"{unknown}\" is no option of {Path(command)}{(option is null ? "" : $"; did you mean {option}?")} {Help(command)}";
        }

        if (command.Subcommands.Count == 0)
            return $"\"{unknown}\" is one word too many for {Path(command)}. {Help(command)}";
        var verb = Nearest.Of(unknown, command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name));
        return $"\"{unknown}\" is not a word {Path(command)} knows; {(verb is null ? $"known: {VerbList(command)}." : $"did you mean {verb}?")} {Help(command)}";
    }

    private static string VerbList(Command command) => string.Join(", ", command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name));

    private static string Help(Command command) => $"({Path(command)} --help lists what there is)";

    private static string Path(Command command) =>
        command is RootCommand ? "appliance" : $"{(command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? Path(parent) : "appliance")} {command.Name}";

    private static string Sentence(string message, Command command) => $"{string.Join(' ', message.TrimEnd('.').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))} {Help(command)}";

    private Output OutputOf(ParseResult parse) => new(
        _output, _error, Screen.OfConsole(), parse.GetValue(_json) || parse.GetValue(_format) == "json");

    /// <summary>The running box: the one named, else the one in .run, else the one systemd started.</summary>
    private RunPaths PathsOf(ParseResult parse)
    {
        if (parse.GetValue(_runDirectory) is { } directory)
            return RunPaths.Twin(directory);
        var twin = RunPaths.Twin(".run");
        return !File.Exists(twin.ControlSocket) && File.Exists(RunPaths.Box.ControlSocket) ? RunPaths.Box : twin;
    }

    private BoxClient Box(ParseResult parse) => new(PathsOf(parse), _time);

    private static int UntilStopped(Func<CancellationToken, Task<int>> work, bool hangUpEnds = true)
    {
        using var stop = new StopSignal(hangUpEnds);
        return work(stop.Token).GetAwaiter().GetResult();
    }

    private static string Version => DaemonState.Version;
}
