using System.Text.Json;
using Appliance.Daemon.Cli;
using Xunit;

namespace FastTests.Cli;

public sealed class ExplainVerbTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("explain").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Json_is_one_object_a_line_with_the_contracts_keys()
    {
        var (code, output, error) = Run(
            ["--json"],
            "[    1.000000] NVRM: loading NVIDIA UNIX Open Kernel Module",
            "[   12.000000] NVRM: Xid (PCI:0000:1b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
            "[   13.000000] NVRM: Xid (PCI:0000:44:00): 168, pid='<unknown>', name=<unknown>, Reduced memory");

        Assert.Equal((0, ""), (code, error));
        var lines = output.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        using var first = JsonDocument.Parse(lines[0]);
        Assert.Equal(
            ["line", "xid", "gpu", "severity", "bucket", "action", "component", "alarm", "why"],
            first.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            """{"line":2,"xid":79,"gpu":"0000:1b:00","severity":"fatal","bucket":"RESTART_BM","action":"RESTART_BM","component":"pcie","alarm":"gpu_lost",""",
            lines[0][..lines[0].IndexOf("\"why\"", StringComparison.Ordinal)]);
        Assert.Contains("\"bucket\":null,\"action\":null,", lines[1]);
    }

    [Fact]
    public void A_person_reads_what_it_is_and_what_to_do()
    {
        var (_, output, _) = Run([], "NVRM: Xid (PCI:0000:1b:00): 46, pid=7, name=x, GPU timeout");
        Assert.Contains("1: XID 46 on 0000:1b:00  fatal", output);
        Assert.Contains("→ RESET_GPU", output);
        Assert.Contains("No line speaks of a part", Run([], "nothing").Output);
    }

    [Fact]
    public void Standard_input_is_read_with_a_dash()
    {
        using var output = new StringWriter();
        using var input = new StringReader("NVRM: Xid (PCI:0000:1b:00): 46, x\n");
        Assert.Equal(0, new CommandLine(TimeProvider.System, output, TextWriter.Null, input).Invoke(["explain", "--kmsg", "-", "--json"]));
        Assert.StartsWith("{\"line\":1,\"xid\":46,", output.ToString());
    }

    [Fact]
    public void A_file_that_is_not_there_is_one_line()
    {
        using var error = new StringWriter();
        Assert.Equal(ExitCode.Failed, new CommandLine(TimeProvider.System, TextWriter.Null, error).Invoke(["explain", "--kmsg", Path.Combine(_directory, "none")]));
        Assert.Contains("cannot be read", error.ToString());
    }

    private (int Code, string Output, string Error) Run(string[] words, params string[] lines)
    {
        var file = Path.Combine(_directory, "kmsg");
        File.WriteAllLines(file, lines);
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = new CommandLine(TimeProvider.System, output, error).Invoke(["explain", "--kmsg", file, .. words]);
        return (code, output.ToString(), error.ToString());
    }
}
