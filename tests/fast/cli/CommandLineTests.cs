using System.Text.Json;
using Appliance.Daemon.Cli;
using Xunit;

namespace FastTests.Cli;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cli").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("\"statsu\" is not a word appliance knows; did you mean status?", "statsu")]
    [InlineData("\"thermals\" is not a word appliance knows; did you mean thermal?", "thermals")]
    [InlineData("\"xyzzy\" is not a word appliance knows; known: run, daemon, twin, status,", "xyzzy")]
    [InlineData("\"extra\" is one word too many for appliance gpus.", "gpus", "extra")]
    [InlineData("\"--jsn\" is no option of appliance status; did you mean --json?", "status", "--jsn")]
    [InlineData("did you mean check?", "config", "chek")]
    [InlineData("appliance config needs one of: check, schema, backup, restore.", "config")]
    [InlineData("Required argument 'CODE' missing", "alarms", "ack")]
    [InlineData("show needs one of: status, health, alarms, thermal, gpus, fabric, version, fans, power, versions, storage, network, model, certificates; did you mean show thermal?", "show", "thermla")]
    [InlineData("show needs one of:", "show")]
    [InlineData("there is no fault \"fan_ded\"; did you mean fan_dead?", "inject", "fan_ded", "fan1")]
    [InlineData("\"much\" is not a number; sensor_bias takes a value in K", "inject", "sensor_bias", "coolant_supply1", "much")]
    [InlineData("inject needs a fault", "inject")]
    [InlineData("sim needs a scenario file", "sim")]
    [InlineData("`appliance run --simulated` starts the simulated one", "run")]
    [InlineData("Must be one of: 'json' 'text'", "status", "-o", "xml")]
    [InlineData("appliance dump needs one of: health.", "dump")]
    public void Wrong_words_are_one_line_and_exit_64(string expected, params string[] words)
    {
        var (exitCode, output, error) = Run(words);
        Assert.Equal((ExitCode.Usage, ""), (exitCode, output));
        Assert.StartsWith("appliance: ", error);
        Assert.Contains(expected, error);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    [Theory]
    [InlineData(3, "status")]
    [InlineData(3, "health")]
    [InlineData(1, "thermal")]
    [InlineData(1, "gpus")]
    [InlineData(1, "alarms")]
    [InlineData(1, "alarms", "ack", "fan_stalled")]
    [InlineData(1, "show", "thermal")]
    [InlineData(3, "show", "status", "--json")]
    public void Without_a_daemon_it_names_the_socket_and_how_to_start_one(int exitCode, params string[] words)
    {
        var (code, output, error) = Run([.. words, "--run-dir", _directory]);
        Assert.Equal((exitCode, ""), (code, output));
        Assert.Equal(
            $"appliance: no daemon answers on {_directory}/control.sock; start a box with `appliance run --simulated`, or name its directory with --run-dir.\n", error);
    }

    [Fact]
    public void Inject_without_a_twin_says_so()
    {
        var (code, _, error) = Run("inject", "fan_dead", "fan3", "--run-dir", _directory);
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains($"no twin answers on {_directory}/twin.sock", error);
    }

    [Fact]
    public void A_run_directory_too_long_for_a_socket_is_told_so()
    {
        var (code, _, error) = Run("thermal", "--run-dir", Path.Combine(_directory, new string('x', 120)));
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("too long for a socket", error);
    }

    [Fact]
    public void Every_fault_of_the_catalogue_is_listed_with_its_targets()
    {
        var (code, output, _) = Run("inject", "--list", "--json");
        var faults = JsonDocument.Parse(output).RootElement.GetProperty("faults").EnumerateArray().ToArray();
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal(Appliance.Twin.FaultCatalogue.All.Select(f => f.Name), faults.Select(f => f.GetProperty("fault").GetString()));
        Assert.Equal(6, faults[0].GetProperty("targets").GetArrayLength());
        Assert.Equal(Run("inject", "--list").Output.Split('\n').Count(l => l.StartsWith("fan_", StringComparison.Ordinal)), faults.Count(f => f.GetProperty("fault").GetString()!.StartsWith("fan_", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("{}", 0)]
    [InlineData("{\"bus\":{\"prot\":1}}", 78)]
    [InlineData("{\"daemon\":{\"board\":\"no-such-board\"}}", 78)]
    public void Config_check_says_good_or_what_is_wrong(string text, int exitCode)
    {
        var file = Path.Combine(_directory, "appliance.json");
        File.WriteAllText(file, text);
        var (code, output, error) = Run("config", "check", file);
        Assert.Equal(exitCode, code);
        Assert.StartsWith(exitCode == 0 ? $"{file}: good." : $"appliance: {file}:", exitCode == 0 ? output : error);
        var answer = JsonDocument.Parse(Run("config", "check", file, "--json").Output).RootElement;
        Assert.Equal(exitCode == 0, answer.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public void The_schema_is_printed_as_published() => Assert.Equal(
        System.Text.Encoding.UTF8.GetString(Appliance.Model.ConfigSchema.Write()), Run("config", "schema").Output);

    [Theory]
    [InlineData("version")]
    [InlineData("--version")]
    [InlineData("show", "version")]
    public void The_version_is_told_alike_however_asked(params string[] words) =>
        Assert.Matches(@"^appliance \d+\.\d+\.\d+\n$", Run(words).Output);

    [Fact]
    public void Help_lists_every_verb_and_nothing_else()
    {
        var (code, output, _) = Run("--help");
        Assert.Equal(ExitCode.Done, code);
        var listed = output[output.IndexOf("Commands:", StringComparison.Ordinal)..].Split('\n').Skip(1)
            .Select(l => l.Trim().Split(' ')[0]).Where(w => w.Length > 0);
        Assert.Equal(["run", "daemon", "twin", "status", "health", "watch", "thermal", "gpus", "fabric", "alarms", "explain", "ask", "version", "inject", "sim", "config", "fans", "power", "versions", "storage", "network", "model", "certificates", "locate", "dump", "setup", "console", "commission", "service"], listed);
    }

    private static (int ExitCode, string Output, string Error) Run(params string[] words)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = new CommandLine(TimeProvider.System, output, error).Invoke(words);
        return (exitCode, output.ToString(), error.ToString());
    }
}
