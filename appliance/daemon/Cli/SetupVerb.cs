using System.Text;
using System.Text.Json;
using Appliance.Daemon.Config;
using Appliance.Daemon.Setup;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary><c>appliance setup</c>: claims a box, by questions or by a file of answers.</summary>
internal static class SetupVerb
{
    private static readonly TimeSpan GreenLimit = TimeSpan.FromSeconds(60);

    public static int Run(string? file, bool again, SetupMachine machine, TextReader input, Output output, TimeProvider time)
    {
        if (machine == SetupMachine.Real && !Directory.Exists(Path.GetDirectoryName(Claim.BoxFile)))
            return output.Fail(ExitCode.Failed, "there is no box to claim on this machine: the package appliance is not installed; the twin of `appliance run --simulated` needs no setup.");
        if (machine == SetupMachine.Real && Hardware.Accounts.OwnUid != 0)
            return output.Fail(ExitCode.Failed, "setup changes users, network and certificates of the machine and must run as root: sudo appliance setup");
        if (!again && Claim.Read(machine.PathOf(Claim.BoxFile)) is { } claim)
            return output.Fail(ExitCode.Failed, string.Format(null, SetupWords.English.Claimed, claim.By, claim.ClaimedAt.UtcDateTime.ToString("yyyy-MM-dd", null)));
        try
        {
            var words = SetupWords.English;
            SetupAnswers? answers;
            if (file is not null)
            {
                answers = Read(file, input);
            }
            else
            {
                var dialog = new SetupDialog(input, output.Writer, () => SecretLine.Read(input));
                answers = dialog.Ask(Defaults(machine));
                words = dialog.Words;
            }

            if (answers is null)
                return ExitCode.Failed;
            if (SetupCheck.Faults(answers).FirstOrDefault() is { } fault)
                return output.Fail(ExitCode.Usage, file is null ? fault : $"{file}: {fault}");
            return Claimed(new SetupSteps(machine, time).Run(answers, output.Json ? _ => { } : what => output.Line($"  ✓ {what}")), words, output);
        }
        catch (SetupException e)
        {
            return output.Fail(ExitCode.Failed, $"{e.Message} The box is not claimed; run setup again.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return output.Fail(ExitCode.Failed, $"{e.Message} The box is not claimed; run setup again.");
        }
    }

    /// <summary>Waits until the restarted box is well, at most a minute, and says what it says.</summary>
    public static async Task<int> ShowGreenAsync(BoxClient box, Output output, TimeProvider time, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                var verdict = Verdict.Of(await box.StatusAsync(cancel).ConfigureAwait(false));
                if (verdict.ExitCode == 0 || time.GetElapsedTime(began) > GreenLimit)
                {
                    output.Line($"{verdict.Paint(output.Screen)}  {verdict.Sentence}");
                    return ExitCode.Done;
                }
            }
            catch (BoxClientException) when (time.GetElapsedTime(began) < GreenLimit)
            {
                // Between two lives of the daemon.
            }
            catch (BoxClientException e)
            {
                output.Line($"note: {e.Message}");
                return ExitCode.Done;
            }

            await Task.Delay(TimeSpan.FromSeconds(1), time, cancel).ConfigureAwait(false);
        }
    }

    private static int Claimed(SetupReport report, SetupWords words, Output output)
    {
        if (output.Json)
        {
            output.Data(report, SetupJson.Default.SetupReport);
            return ExitCode.Done;
        }

        output.Line("");
        output.Line(words.Key);
        output.Line($"  {report.ApiKey}");
        output.Line(string.Format(null, words.Done, report.Administrator, report.Node));
        return ExitCode.Done;
    }

    /// <summary>The name and the board that the configuration has.</summary>
    private static SetupAnswers Defaults(SetupMachine machine)
    {
        try
        {
            return machine.Read(ConfigStore.BoxFile) is { } bytes ? new() { Node = BoxConfigFile.Parse(bytes, ConfigStore.BoxFile).Node } : new();
        }
        catch (FormatException)
        {
            return new();
        }
    }

    private static SetupAnswers Read(string file, TextReader input)
    {
        try
        {
            var bytes = file == "-" ? Encoding.UTF8.GetBytes(input.ReadToEnd()) : File.ReadAllBytes(file);
            return JsonSerializer.Deserialize(bytes, SetupJson.Default.SetupAnswers) ?? throw new SetupException($"{file}: is null; it must be an object.");
        }
        catch (JsonException e)
        {
            throw new SetupException($"{file}:{(e.LineNumber ?? 0) + 1}: {e.Message.Split(" Path:")[0]}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SetupException($"{file} cannot be read: {e.Message}");
        }
    }
}
