using System.Text.Json;
using System.Text.Json.Serialization;
using Appliance.Daemon.Commissioning;
using Appliance.Daemon.Config;
using Appliance.Daemon.Control;
using Appliance.Daemon.Loop;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>The verbs that show one part of a box, and the one that proves its rotors.</summary>
internal static class PartVerbs
{
    public static async Task<int> FansAsync(BoxClient box, Output output, CancellationToken cancel)
    {
        var data = await box.AskAsync("thermal", null, cancel).ConfigureAwait(false);
        var thermal = JsonSerializer.Deserialize(data.Span, ControlJson.Default.ThermalFrame)!;
        if (output.Json)
            output.Data(new FansReport(thermal.Fans, thermal.Pumps), PartJson.Default.FansReport);
        else
            output.Lines(FansText.Lines(thermal, output.Screen));
        return ExitCode.Done;
    }

    public static async Task<int> PowerAsync(BoxClient box, Output output, CancellationToken cancel)
    {
        var report = await box.StatusAsync(cancel).ConfigureAwait(false);
        if (!output.Json)
            output.Lines(PowerText.Lines(report, output.Screen));
        else if (report.Snapshot.Power is { } power)
            output.Data(power, PartJson.Default.PowerFrame);
        else
            return output.Fail(ExitCode.Failed, "the control loop has not finished its first tick yet; ask again.");
        return ExitCode.Done;
    }

    public static async Task<int> VersionsAsync(BoxClient box, Output output, CancellationToken cancel)
    {
        var report = await box.StatusAsync(cancel).ConfigureAwait(false);
        var rows = VersionsText.Rows(report, await SweepAsync(box, cancel).ConfigureAwait(false));
        if (output.Json)
            output.Data(rows, PartJson.Default.IReadOnlyListVersionRow);
        else
            output.Lines(VersionsText.Lines(rows));
        return ExitCode.Done;
    }

    public static async Task<int> StorageAsync(BoxClient box, Output output, CancellationToken cancel)
    {
        var sweep = await SweepAsync(box, cancel).ConfigureAwait(false);
        if (output.Json)
            output.Data(new StorageReport(sweep.Disks, sweep.Raids, sweep.Mounts), PartJson.Default.StorageReport);
        else
            output.Lines(StorageText.Lines(sweep, output.Screen));
        return ExitCode.Done;
    }

    /// <summary>Needs no daemon.</summary>
    public static int Network(Output output)
    {
        var report = NetworkText.Read();
        if (output.Json)
            output.Data(report, PartJson.Default.NetworkReport);
        else
            output.Lines(NetworkText.Lines(report, output.Screen));
        return ExitCode.Done;
    }

    public static async Task<int> LocateAsync(BoxClient box, bool on, int minutes, Output output, CancellationToken cancel)
    {
        await box.AskAsync("locate", json => { json.WriteBoolean("on", on); json.WriteNumber("minutes", minutes); }, cancel).ConfigureAwait(false);
        if (!output.Json)
            output.Line(on ? $"the locate LED blinks for {minutes} min, or until: appliance locate off" : "the locate LED is off");
        return ExitCode.Done;
    }

    /// <summary>Takes the control loop's place, so that nobody else writes a fan meanwhile.</summary>
    public static async Task<int> CommissionAsync(RunPaths paths, string? board, Output output, TimeProvider time, CancellationToken cancel)
    {
        using var role = RunLock.TryTake(paths.Sockets, DaemonProcess.Role, out var refusal,
            held: pid => $"process {pid} is the control plane and drives the fans; they stay at full without it: "
                + (paths == RunPaths.Box ? "as root appliance commission --stop-control stops it, and starts it again afterwards." : "stop it, then ask again."),
            closed: "Commissioning needs root on a box.");
        if (role is null)
            return output.Fail(ExitCode.Failed, refusal);
        var name = board ?? ConfigStore.Load(null, paths, keep: false).Config.Daemon.Board;
        var report = await new Commission(BoardCatalogue.Load(name), paths, time, output.Json ? _ => { } : output.Line).RunAsync(cancel).ConfigureAwait(false);
        if (output.Json)
            output.Data(report, CommissionJson.Default.CommissionReport);
        else
            output.Line(report.Passed ? output.Screen.Good("✓ proven: every rotor and every driver") : output.Screen.Bad("✗ not proven: see above"));
        return report.Passed ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<BoxHealth> SweepAsync(BoxClient box, CancellationToken cancel) =>
        BoxAnswers.HealthOf(await box.AskAsync("fabric", null, cancel).ConfigureAwait(false));
}

/// <summary>The answer of <c>fans --json</c>.</summary>
internal sealed record FansReport(IReadOnlyList<RotorFrame> Fans, IReadOnlyList<RotorFrame> Pumps);

/// <summary>The answer of <c>storage --json</c>; a list is null until it has been looked at.</summary>
internal sealed record StorageReport(IReadOnlyList<DiskHealth>? Disks, IReadOnlyList<RaidHealth>? Raids, IReadOnlyList<MountHealth>? Mounts);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(FansReport))]
[JsonSerializable(typeof(PowerFrame))]
[JsonSerializable(typeof(IReadOnlyList<VersionRow>))]
[JsonSerializable(typeof(StorageReport))]
[JsonSerializable(typeof(NetworkReport))]
internal sealed partial class PartJson : JsonSerializerContext;
