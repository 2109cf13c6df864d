using System.Text.Json;
using Appliance.Daemon.Config;
using Appliance.Daemon.Control;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>The verbs that look at a running box.</summary>
internal static class Verbs
{
    public static async Task<int> StatusAsync(BoxClient box, Output output, CancellationToken cancel)
    {
        StatusReport report;
        try
        {
            report = await box.StatusAsync(cancel).ConfigureAwait(false);
        }
        catch (BoxClientException e)
        {
            // For a Nagios plugin not knowing is an answer of its own.
            return output.Fail(3, e.Message);
        }

        var verdict = Verdict.Of(report);
        if (output.Json)
            output.Data(report, ControlJson.Default.StatusReport);
        else
            output.Lines(StatusText.Lines(report, output.Screen).Select(l => output.Screen.Cut(l, Math.Max(output.Screen.Width, 80))));
        return verdict.ExitCode;
    }

    public static async Task<int> HealthAsync(BoxClient box, Output output, CancellationToken cancel)
    {
        StatusReport report;
        try
        {
            report = await box.StatusAsync(cancel).ConfigureAwait(false);
        }
        catch (BoxClientException e)
        {
            return output.Fail(3, e.Message);
        }

        var checks = HealthText.Checks(report);
        var exitCode = HealthText.ExitCode(checks);
        if (output.Json)
            output.Data(new HealthReport(exitCode, checks), ControlJson.Default.HealthReport);
        else
            output.Lines(HealthText.Lines(checks, output.Screen));
        return exitCode;
    }

    public static async Task<int> ThermalAsync(BoxClient box, Output output, CancellationToken cancel)
    {
        var data = await box.AskAsync("thermal", null, cancel).ConfigureAwait(false);
        if (output.Json)
        {
            output.Data(data);
            return ExitCode.Done;
        }

        var gpus = JsonSerializer.Deserialize((await box.AskAsync("gpus", null, cancel).ConfigureAwait(false)).Span, ControlJson.Default.GpusReport)!.Gpus;
        output.Lines(ThermalText.Lines(JsonSerializer.Deserialize(data.Span, ControlJson.Default.ThermalFrame)!, gpus, output.Screen));
        return ExitCode.Done;
    }

    public static async Task<int> GpusAsync(BoxClient box, Output output, CancellationToken cancel)
    {
        var data = await box.AskAsync("gpus", null, cancel).ConfigureAwait(false);
        if (output.Json)
            output.Data(data);
        else
            output.Lines(GpusText.Lines(JsonSerializer.Deserialize(data.Span, ControlJson.Default.GpusReport)!.Gpus, output.Screen)
                .Concat(GpuHealthText.Lines(BoxAnswers.HealthOf(data), output.Screen)));
        return ExitCode.Done;
    }

    public static async Task<int> FabricAsync(BoxClient box, Output output, CancellationToken cancel)
    {
        var data = await box.AskAsync("fabric", null, cancel).ConfigureAwait(false);
        if (output.Json)
            output.Data(data);
        else
            output.Lines(FabricText.Lines(BoxAnswers.FrameOf(data), BoxAnswers.HealthOf(data), output.Screen));
        return ExitCode.Done;
    }

    public static async Task<int> AlarmsAsync(BoxClient box, Output output, TimeProvider time, CancellationToken cancel)
    {
        var data = await box.AskAsync("alarms", null, cancel).ConfigureAwait(false);
        if (output.Json)
            output.Data(data);
        else
            output.Lines(AlarmsText.Lines(JsonSerializer.Deserialize(data.Span, ControlJson.Default.AlarmsReport)!.Alarms, time.GetUtcNow(), output.Screen));
        return ExitCode.Done;
    }

    public static async Task<int> AcknowledgeAsync(BoxClient box, Output output, string code, string? target, CancellationToken cancel)
    {
        var data = await box.AskAsync(
            "acknowledge",
            json =>
            {
                json.WriteString("code", code);
                if (target is not null)
                    json.WriteString("target", target);
            },
            cancel).ConfigureAwait(false);
        if (output.Json)
            output.Data(data);
        else
            output.Line($"{JsonSerializer.Deserialize(data.Span, ControlJson.Default.AcknowledgeReport)!.Acknowledged} acknowledged.");
        return ExitCode.Done;
    }

    public static async Task<int> ResetAsync(BoxClient box, Output output, CancellationToken cancel)
    {
        await box.AskAsync("reset", null, cancel).ConfigureAwait(false);
        if (!output.Json)
            output.Line("Latches opened; what still holds closes its own again at once.");
        else
            output.Data("{}"u8.ToArray());
        return ExitCode.Done;
    }

    public static int CheckConfig(string? file, Output output)
    {
        var path = file ?? ConfigStore.BoxFile;
        string? fault = null;
        try
        {
            ConfigStore.Check(ConfigStore.Bytes(path), path);
        }
        catch (FormatException e)
        {
            fault = e.Message;
        }

        if (output.Json)
            output.Data(new ConfigCheckReport(path, fault is null, fault), ControlJson.Default.ConfigCheckReport);
        else if (fault is null)
            output.Line($"{path}: good.");
        else
            output.Fail(ExitCode.Config, fault);
        return fault is null ? ExitCode.Done : ExitCode.Config;
    }
}
