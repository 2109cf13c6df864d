using System.CommandLine;
using Appliance.Bus;
using Appliance.Model;
using BmcAgent;

Footprint.BeginSmall();
var config = new Option<string?>("--config") { Description = "The box' configuration, appliance.json; all defaults without it.", HelpName = "FILE" };
var runDirectory = new Option<string?>("--run-dir")
{
    Description = "Where the twin keeps its files; .run by default. Under systemd (RUNTIME_DIRECTORY) the fixed places of a box.",
    HelpName = "DIR",
};
var serve = new Command("serve", "Run the management plane: MQTT broker, event log and panel, until stopped.") { config, runDirectory };
serve.SetAction((parsed, _) => ServeAsync(parsed.GetValue(config), parsed.GetValue(runDirectory)));
var version = new Command("version", "Print the version.");
version.SetAction(_ => Console.WriteLine($"bmc-agent {PanelApi.Version}"));
var root = new RootCommand("The management plane of the appliance.") { serve, version };

var parse = root.Parse(args);
if (parse.Errors.Count > 0)
{
    var unknown = parse.UnmatchedTokens.Count > 0 && parse.CommandResult.Command == root;
    Console.Error.WriteLine(unknown
        ? $"bmc-agent: \"{parse.UnmatchedTokens[0]}\" is not a word bmc-agent knows; known are serve and version."
        : $"bmc-agent: {parse.Errors[0].Message.TrimEnd('.')}; bmc-agent --help lists what there is.");
    return ExitCode.WrongUsage;
}

if (args.Length == 0)
{
    Console.Error.WriteLine("bmc-agent: say what to do: serve or version; bmc-agent --help tells more.");
    return ExitCode.WrongUsage;
}

return await parse.InvokeAsync();

static async Task<int> ServeAsync(string? configFile, string? runDirectory)
{
    // systemd sets RUNTIME_DIRECTORY from RuntimeDirectory=; nobody else has a reason to point it at the box' own.
    var onBox = runDirectory is null && Environment.GetEnvironmentVariable("RUNTIME_DIRECTORY") == RunPaths.Box.Sockets;
    BoxConfig config;
    try
    {
        config = PlaneConfig.Load(configFile, onBox ? RunPaths.Box.LastGoodConfig : null, c => Agent.Fault(c, onBox), out var fault);
        if (fault is not null)
            Console.Error.WriteLine($"bmc-agent: {fault} The last good configuration is in force.");
    }
    catch (FormatException e)
    {
        Console.Error.WriteLine($"bmc-agent: {e.Message}");
        return ExitCode.BadConfiguration;
    }

    return await new Agent(config, onBox ? null : runDirectory ?? ".run", TimeProvider.System).RunAsync();
}
