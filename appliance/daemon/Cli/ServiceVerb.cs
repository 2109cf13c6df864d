using System.Text.Json;
using Appliance.Daemon.Commissioning;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>Work on a running box, step by step: what to do next, and what the box sees of it.</summary>
internal static class ServiceVerb
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FanLimit = TimeSpan.FromMinutes(14);
    private static readonly TimeSpan FillTime = TimeSpan.FromSeconds(30);

    public static async Task<int> FanAsync(BoxClient box, string fan, ServiceWords words, Output output, TimeProvider time, CancellationToken cancel)
    {
        var thermal = await ThermalAsync(box, cancel).ConfigureAwait(false);
        if (thermal.Fans.All(f => f.Name != fan))
            return output.Fail(ExitCode.Usage, string.Format(null, words.NoFan, fan, string.Join(", ", thermal.Fans.Select(f => f.Name))));
        try
        {
            await box.DriveAsync(100, null, cancel).ConfigureAwait(false); // within: given up before the answer, the box may have taken it
            var work = ServiceFan.Begin(fan);
            output.Line(work.Say(words));
            for (var began = time.GetTimestamp(); work.At != ServiceFan.Stage.Done; await Task.Delay(Pace, time, cancel).ConfigureAwait(false))
            {
                if (time.GetElapsedTime(began) > FanLimit)
                    return output.Fail(ExitCode.Failed, string.Format(null, words.TooLong, fan, FanLimit.TotalMinutes));
                var next = work.Step(await ThermalAsync(box, cancel).ConfigureAwait(false));
                if (next.At != work.At)
                    output.Line(next.Say(words));
                work = next;
            }

            return ExitCode.Done;
        }
        finally
        {
            await box.DriveAutomaticallyAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    public static async Task<int> CoolantAsync(BoxClient box, bool filled, ServiceWords words, Output output, TimeProvider time, CancellationToken cancel)
    {
        if (!filled)
        {
            var report = await box.StatusAsync(cancel).ConfigureAwait(false);
            if (report.Snapshot.Thermal is not { } now)
                return output.Fail(ExitCode.Failed, words.NoTick);
            var against = ServiceCoolant.AgainstDraining(now, report.Snapshot.Inference, words).ToArray();
            if (against.Length > 0)
            {
                output.Lines(against.Select(a => output.Screen.Bad($"✗ {string.Format(null, words.NotYet, a)}")));
                return ExitCode.Failed;
            }

            output.Line(output.Screen.Good($"✓ {words.MayDrain}"));
            output.Lines(words.DrainSteps);
            return ExitCode.Done;
        }

        try
        {
            await box.DriveAsync(100, null, cancel).ConfigureAwait(false);
            output.Line(string.Format(null, words.Filling, FillTime.TotalSeconds));
            await Task.Delay(FillTime, time, cancel).ConfigureAwait(false);
            var wrong = ServiceCoolant.AgainstFilled(await ThermalAsync(box, cancel).ConfigureAwait(false), words).ToArray();
            output.Lines(wrong.Length == 0 ? [output.Screen.Good($"✓ {words.Filled}")] : wrong.Select(w => output.Screen.Bad($"✗ {w}")));
            return wrong.Length == 0 ? ExitCode.Done : ExitCode.Failed;
        }
        finally
        {
            await box.DriveAutomaticallyAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task<ThermalFrame> ThermalAsync(BoxClient box, CancellationToken cancel) =>
        JsonSerializer.Deserialize((await box.AskAsync("thermal", null, cancel).ConfigureAwait(false)).Span, Control.ControlJson.Default.ThermalFrame)!;
}
