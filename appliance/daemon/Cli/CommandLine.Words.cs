using System.CommandLine;
using System.Text.Json;
using Appliance.Daemon.Bundle;
using Appliance.Daemon.Commissioning;
using Appliance.Daemon.Launcher;
using Appliance.Daemon.Loop;
using Appliance.Daemon.Setup;
using Appliance.Daemon.Simulation;
using Appliance.Daemon.Terminal;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

internal sealed partial class CommandLine
{
    private IEnumerable<Command> Processes()
    {
        var run = new Command("run", "Start the whole box in this terminal: twin, daemon, bmc-agent, inference-core. Ctrl-C stops all.") { _simulated, _config };
        run.SetAction(parse => RunBox(parse));
        yield return run;

        var daemon = new Command("daemon", "The control plane alone: what systemd starts.") { _simulated, _config };
        daemon.SetAction(parse => UntilStopped(
            stop => DaemonVerb.RunAsync(parse.GetValue(_config), DaemonPaths(parse), parse.GetValue(_simulated), _time, OutputOf(parse), stop),
            hangUpEnds: false));
        yield return daemon;

        var twin = new Command("twin", "The simulated box alone: physics, sysfs tree, chip watchdogs.") { _config };
        twin.SetAction(parse => UntilStopped(stop => DaemonVerb.RunTwinAsync(
            parse.GetValue(_config), RunPaths.Twin(parse.GetValue(_runDirectory) ?? ".run"), _time, stop)));
        yield return twin;
    }

    private IEnumerable<Command> Looking()
    {
        yield return Look("status", "The box in fifteen lines, verdict first. Exits 0 well, 1 warning, 2 critical, 3 unknown.", Verbs.StatusAsync);
        yield return Look("health", "Every check with its evidence and next step. Exits like status.", Verbs.HealthAsync);
        yield return Look("watch", "The live view; off a terminal one line a second.", (box, output, cancel) => WatchVerb.RunAsync(box, output, _time, cancel));
        yield return Look("thermal", "The cooling loop: values, who drives what and why, every sensor.", Verbs.ThermalAsync);
        yield return Gpus();
        yield return Look("fabric", "NVLink, NVSwitch, Fabric Manager and the RDMA ports: what is whole and what is not.", Verbs.FabricAsync);
        yield return Alarms();
        yield return Explain();
        yield return Ask();

        var version = new Command("version", "The version.");
        version.SetAction(parse =>
        {
            if (OutputOf(parse) is { Json: true } output)
                output.Data(JsonSerializer.SerializeToUtf8Bytes(new VersionReport("appliance", Version), VersionJson.Default.VersionReport));
            else
                _output.WriteLine($"appliance {Version}");
        });
        yield return version;
    }

    private Command Gpus()
    {
        var nvml = new Option<bool>("--nvml") { Description = "This machine's GPUs straight through NVML, without a daemon; reads only." };
        var gpus = new Command("gpus", "The GPUs, a line each.") { nvml };
        gpus.SetAction(parse =>
        {
            var output = OutputOf(parse);
            if (!parse.GetValue(nvml))
                return UntilStopped(stop => Verbs.GpusAsync(Box(parse), output, stop));
            if (LocalGpus.Report(_time, out var fault) is not { } report)
                return output.Fail(ExitCode.Failed, fault!);
            output.Data(report);
            return ExitCode.Done;
        });
        return gpus;
    }

    private Command Explain()
    {
        var kmsg = new Option<string>("--kmsg") { Description = "A kernel log: dmesg, /dev/kmsg records or syslog; - reads standard input.", HelpName = "FILE" };
        var board = new Option<string>("--board") { Description = "Instead: a recorded board; tells the alarms it would have raised.", HelpName = "FILE", Hidden = true };
        var explain = new Command("explain", "What the lines of a kernel log mean, and what to do about each.") { kmsg, board };
        explain.SetAction(parse => (parse.GetValue(kmsg), parse.GetValue(board)) switch
        {
            ({ } log, null) => ExplainVerb.Run(log, _input, OutputOf(parse)),
            (null, { } record) => ReplayVerb.Run(record, OutputOf(parse)),
            _ => OutputOf(parse).Fail(ExitCode.Usage, "explain needs --kmsg FILE."),
        });
        return explain;
    }

    private Command Ask()
    {
        var words = new Argument<string[]>("QUESTION") { Description = "In English or Chinese, in your own words.", Arity = ArgumentArity.OneOrMore };
        var ask = new Command("ask", "Ask the field guide. Exits 1 when it does not know.") { words };
        ask.SetAction(parse => UntilStopped(stop => AskVerb.RunAsync(Box(parse), string.Join(' ', parse.GetValue(words) ?? []), OutputOf(parse), stop)));
        return ask;
    }

    private Command Dump()
    {
        // Here the word says where, as it does for every tool that writes an archive; --json still asks for JSON.
        var destination = new Option<string?>("--output")
        {
            Description = "A folder (a USB stick), a new file, or - for standard output; the current folder without it.",
            HelpName = "PLACE",
        };
        var health = new Command("health", "A support bundle: state, events, logs, configuration without secrets; works with every process dead.") { destination };
        health.SetAction(parse => RefusedOf(parse, "dump") ?? UntilStopped(stop => DumpVerb.RunAsync(
            Box(parse), parse.GetValue(destination), PlacesOf(parse), new(_output, _error, Screen.OfConsole(), parse.GetValue(_json)), _time, stop)));
        return new Command("dump", "Pack what support needs into one file.") { health };
    }

    private Command SetUp()
    {
        var file = new Option<string?>("--file") { Description = "Answers as JSON instead of questions; - reads standard input.", HelpName = "ANSWERS.json" };
        var again = new Option<bool>("--again") { Description = "Although the box has been claimed: new administrator, certificates and key." };
        var setup = new Command("setup", "Claim a box: its name, network, time, administrator, certificates, API key. As root.") { file, again };
        setup.SetAction(parse =>
        {
            var output = OutputOf(parse);
            var exit = SetupVerb.Run(parse.GetValue(file), parse.GetValue(again), SetupMachine.Real, _input, output, _time);
            return exit != ExitCode.Done || output.Json ? exit : UntilStopped(stop => SetupVerb.ShowGreenAsync(Box(parse), output, _time, stop));
        });
        return setup;
    }

    /// <summary>One part of the box each.</summary>
    private IEnumerable<Command> Parts()
    {
        yield return Look("fans", "Fans and pumps: duty, speed, state, and who drives them.", PartVerbs.FansAsync);
        yield return Look("power", "Where the power goes, and what the box holds back from GPUs.", PartVerbs.PowerAsync);
        yield return Look("versions", "What runs here: programs, drivers, firmware.", PartVerbs.VersionsAsync);
        yield return Look("storage", "Disks, arrays and file systems.", PartVerbs.StorageAsync);
        yield return Network();
    }

    private Command ConsoleCommand()
    {
        var language = new Option<string?>("--lang") { Description = "en or zh for this time; without it what you chose before, else you are asked. l changes it.", HelpName = "LANGUAGE" };
        language.AcceptOnlyFromAmong("en", "zh");
        var console = new Command("console", "The engineer's screen: 80 by 24, made for a serial line of 9600 baud.") { language };
        console.SetAction(parse => UntilStopped(stop => new ConsoleVerb(Box(parse), PlacesOf(parse), PersonLanguage.OfThisOne, OutputOf(parse), _time).RunAsync(parse.GetValue(language), stop)));
        return console;
    }

    private Command CommissionCommand()
    {
        var board = new Option<string?>("--board") { Description = "The board file to hold the machine to; the configuration's without it.", HelpName = "BOARD" };
        var around = new Option<bool>("--stop-control") { Description = "Stop the control plane of this machine meanwhile and start it again, whatever comes of it; systemd does after 15 minutes where this cannot. As root, on a box." };
        var commission = new Command("commission", "Prove fans, pumps, tachometers and the safe state on the machine itself; the control plane must be stopped, or --stop-control given.") { board, around };
        commission.SetAction(parse => RefusedOf(parse, "commission") ?? UntilStopped(stop => parse.GetValue(around)
            ? new ControlPause(SetupMachine.Real).AroundAsync(OutputOf(parse), () => PartVerbs.CommissionAsync(RunPaths.Box, parse.GetValue(board), OutputOf(parse), _time, stop))
            : PartVerbs.CommissionAsync(DaemonPathsOf(parse), parse.GetValue(board), OutputOf(parse), _time, stop)));
        return commission;
    }

    private Command Service()
    {
        var name = new Argument<string>("FAN") { Description = "fan1 to fan6." };
        var fan = new Command("fan", "Swap a fan while the box runs: others at full, and told when the new one turns well.") { name };
        fan.SetAction(parse => RefusedOf(parse, "service") ?? UntilStopped(stop => ServiceVerb.FanAsync(Box(parse), parse.GetValue(name)!, ServiceWords.English, OutputOf(parse), _time, stop)));
        var filled = new Option<bool>("--filled") { Description = "The loop was filled: pumps at full, and told whether it is good." };
        var coolant = new Command("coolant", "Whether the loop may be drained now, how, and afterwards whether it is good again.") { filled };
        coolant.SetAction(parse => RefusedOf(parse, "service") ?? UntilStopped(stop => ServiceVerb.CoolantAsync(Box(parse), parse.GetValue(filled), ServiceWords.English, OutputOf(parse), _time, stop)));
        return new Command("service", "Work on the box with its software's help.") { fan, coolant };
    }

    /// <summary>The box of the machine unless a run directory is named.</summary>
    private RunPaths DaemonPathsOf(ParseResult parse) => parse.GetValue(_runDirectory) is { } directory ? RunPaths.Twin(directory) : RunPaths.Box;

    /// <summary>What the control socket does not see is held to the same table here; what a user may read and write, the machine itself decides.</summary>
    /// <returns>The exit code of a refusal; null when this user may.</returns>
    private int? RefusedOf(ParseResult parse, string action)
    {
        if (PathsOf(parse) != RunPaths.Box)
            return null;
        var (role, who) = Hardware.Accounts.RoleOf(Hardware.Accounts.OwnUid);
        return RoleTable.Refusal(role, action, who) is { } line ? OutputOf(parse).Fail(ExitCode.Failed, line) : null;
    }

    /// <summary>On the twin nothing of /etc/appliance is the box'.</summary>
    private BundlePlaces PlacesOf(ParseResult parse) =>
        PathsOf(parse) is var paths && paths == RunPaths.Box ? new(paths) : new(paths) { Etc = paths.Sockets };

    private Command Look(string name, string about, Func<BoxClient, Output, CancellationToken, Task<int>> verb)
    {
        var command = new Command(name, about);
        command.SetAction(parse => UntilStopped(stop => verb(Box(parse), OutputOf(parse), stop)));
        return command;
    }

    private Command Alarms()
    {
        var alarms = Look("alarms", "The standing alarms with their next steps.", (box, output, cancel) => Verbs.AlarmsAsync(box, output, _time, cancel));
        var code = new Argument<string>("CODE") { Description = "As listed, e.g. fan_stalled." };
        var target = new Argument<string?>("TARGET") { Description = "As listed, e.g. fan3; every one of the code without it.", Arity = ArgumentArity.ZeroOrOne };
        var acknowledge = new Command("ack", "Mark an alarm as seen.") { code, target };
        acknowledge.SetAction(parse => UntilStopped(stop => Verbs.AcknowledgeAsync(
            Box(parse), OutputOf(parse), parse.GetValue(code)!, parse.GetValue(target), stop)));
        alarms.Add(acknowledge);
        var reset = new Command("reset", "After a repair: open the latches of leak and shutdown.");
        reset.SetAction(parse => UntilStopped(stop => Verbs.ResetAsync(Box(parse), OutputOf(parse), stop)));
        alarms.Add(reset);
        return alarms;
    }

    private IEnumerable<Command> Acting()
    {
        var words = new Argument<string[]>("FAULT [TARGET] [VALUE]") { Description = "What to break; `clear [FAULT] [TARGET]` mends it.", Arity = ArgumentArity.ZeroOrMore };
        var list = new Option<bool>("--list") { Description = "Name every fault with its targets and unit." };
        var inject = new Command("inject", "Break something in the twin on purpose, and mend it.") { words, list };
        inject.SetAction(parse => parse.GetValue(list)
            ? InjectVerb.List(OutputOf(parse))
            : UntilStopped(stop => InjectVerb.InjectAsync(Box(parse), OutputOf(parse), parse.GetValue(words) ?? [], stop)));
        yield return inject;

        var scenario = new Argument<string?>("SCENARIO.json") { Description = "What happens when.", Arity = ArgumentArity.ZeroOrOne };
        var csv = new Option<string?>("--csv") { Description = "The run as a table, a row a second.", HelpName = "FILE" };
        var summary = new Option<string?>("--summary") { Description = "The figures as JSON.", HelpName = "FILE" };
        var campaign = new Option<bool>("--campaign") { Description = "Instead of a scenario: random boxes, weather, loads and faults by seed, judged by invariants." };
        var seeds = new Option<string?>("--seeds") { Description = "Of the campaign: 0.. drawn, 10000.. every pair of faults, 20000.. a recorded load, 30000.. boards with parts of their own. Without it 1..200 and forty of either of the last.", HelpName = "A..B" };
        var sim = new Command("sim", "Play a scenario in virtual time: no processes, no ports.") { scenario, csv, summary, campaign, seeds };
        sim.SetAction(parse => (parse.GetValue(scenario), parse.GetValue(campaign)) switch
        {
            (null, true) => SimulationVerb.RunCampaign(parse.GetValue(seeds), SimVerb.Boards(), _output, _error, _time),
            ({ } file, false) => SimVerb.Run(file, parse.GetValue(csv), parse.GetValue(summary), OutputOf(parse), _time),
            _ => OutputOf(parse).Fail(ExitCode.Usage, "sim needs a scenario file, or --campaign with --seeds A..B."),
        });
        yield return sim;

        var file = new Argument<string?>("FILE") { Description = $"Default: {Config.ConfigStore.BoxFile}.", Arity = ArgumentArity.ZeroOrOne };
        var check = new Command("check", "Say whether a configuration file is good. Exits 78 when it is not.") { file };
        check.SetAction(parse => Verbs.CheckConfig(parse.GetValue(file), OutputOf(parse)));
        var schema = new Command("schema", "Print the JSON Schema of appliance.json.");
        schema.SetAction(_ => _output.Write(System.Text.Encoding.UTF8.GetString(ConfigSchema.Write())));
        yield return new Command("config", "The configuration: its file, its backup.") { check, schema, BackUp(), PutBack() };
        foreach (var command in (Command[])[.. Parts(), Model(), Certificates(), Locate(), Dump(), SetUp(), ConsoleCommand(), CommissionCommand(), Service()])
            yield return command;
    }

    private int RunBox(ParseResult parse)
    {
        var output = OutputOf(parse);
        if (!parse.GetValue(_simulated))
            return output.Fail(ExitCode.Usage, "on a box systemd starts the processes; `appliance run --simulated` starts the simulated one.");
        return BoxLauncher.Run(parse.GetValue(_config), RunPaths.Twin(parse.GetValue(_runDirectory) ?? ".run"), _time, output);
    }

    private RunPaths DaemonPaths(ParseResult parse) =>
        parse.GetValue(_runDirectory) is { } directory ? RunPaths.Twin(directory)
        : parse.GetValue(_simulated) ? RunPaths.Twin(".run")
        : RunPaths.Box;
}
