using System.Diagnostics;
using Appliance.Daemon.Launcher;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Commissioning;

/// <summary>
/// Proves, on the machine itself, what the board file claims: which output turns which rotor, that its tachometer tells, and that the safe state is
/// reached by every driver when <c>appliance-safe</c> runs. One rotor is slowed at a time, all others stand at full, so that the box is cooled
/// throughout; it takes a minute or two.
/// </summary>
internal sealed class Commission(Board board, RunPaths paths, TimeProvider time, Action<string> tell)
{
    /// <summary>Slow enough to be told from noise, fast enough for pumps to keep the loop wet.</summary>
    private const int TestPercent = 50;

    /// <summary>A rotor that was told to slow down to half falls by more than this.</summary>
    private const double Falls = 0.15;

    /// <summary>At full a healthy rotor reaches this part of what its board file says.</summary>
    private const double Strong = 0.75;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    /// <summary>Longer than any driver keeps what a tachometer told: adt7470 asks its chip every 5 s, and answers with that meanwhile.</summary>
    private static readonly TimeSpan OldestReading = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan SafeLimit = TimeSpan.FromSeconds(6);

    public async Task<CommissionReport> RunAsync(CancellationToken cancel)
    {
        using var bench = new RotorBench(board, paths.SysRoot, time);
        tell("all fans and pumps to full");
        await SettleAsync(bench, cancel).ConfigureAwait(false);
        var rotors = new List<RotorVerdict>();
        foreach (var (rotor, maxRpm) in bench.Rotors)
        {
            var verdict = await TryAsync(bench, rotor, maxRpm, cancel).ConfigureAwait(false);
            rotors.Add(verdict);
            tell($"{rotor.Name} on {rotor.Output}: {Said(verdict)}");
        }

        var safe = new List<SafeStateVerdict>();
        foreach (var driver in bench.Rotors.GroupBy(r => r.Rotor.Driver.Driver))
        {
            var verdict = await ProveAsync(bench, driver.Key, [.. driver.Select(r => r.Rotor)], cancel).ConfigureAwait(false);
            safe.Add(verdict);
            tell($"safe state by driver {verdict.Driver}: {(verdict.Proven ? "proven" : "NOT PROVEN")}, {verdict.Evidence}");
        }

        return new(time.GetUtcNow(), board.Name, rotors, safe);
    }

    private static string Said(RotorVerdict verdict) => verdict.Verdict switch
    {
        "ok" => $"ok, {verdict.FullRpm:0} rpm at full, {verdict.SlowRpm:0} at {TestPercent} %",
        "no_tach" => "NO TACHOMETER answers: check the plug, then the board file's channel",
        "does_not_obey" => $"DOES NOT OBEY: {verdict.FullRpm:0} rpm at full and {verdict.SlowRpm:0} at {TestPercent} %",
        "crossed" => $"CROSSED: {verdict.Crossed} slows down instead; exchange the plugs or the channels in the board file",
        "weak" => $"WEAK: {verdict.FullRpm:0} rpm at full, the board file says {verdict.BoardRpm:0}",
        var other => other,
    };

    private Task SettleAsync(RotorBench bench, CancellationToken cancel)
    {
        bench.AllFull();
        return SteadyAsync(bench.Look, time, cancel);
    }

    /// <summary>Until no rotor has changed its speed by more than three percent for as long as a reading may be old, or patience ends.</summary>
    internal static async Task SteadyAsync(Func<IReadOnlyDictionary<string, double?>> look, TimeProvider time, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        var (before, since) = (look(), began);
        while (time.GetElapsedTime(began) < Patience + OldestReading && time.GetElapsedTime(since) < OldestReading)
        {
            await Task.Delay(Pace, time, cancel).ConfigureAwait(false);
            var now = look();
            if (!now.All(n => n.Value is not { } rpm || (before[n.Key] is { } was && Math.Abs(rpm - was) <= 0.03 * Math.Max(rpm, 1))))
                (before, since) = (now, time.GetTimestamp());
        }
    }

    /// <summary>By a good part of what it turned, and not by the noise of one that hardly turns at all.</summary>
    private static bool HasFallen(double? was, double? rpm, double maxRpm) => rpm < (1 - Falls) * was && was - rpm > Falls / 2 * maxRpm;

    /// <summary>The next one is tried when this one turns again as before.</summary>
    private async Task RecoverAsync(RotorBench bench, string name, IReadOnlyDictionary<string, double?> full, CancellationToken cancel)
    {
        bench.AllFull();
        var began = time.GetTimestamp();
        while (bench.Look()[name] is { } rpm && rpm < 0.95 * full[name] && time.GetElapsedTime(began) < Patience)
            await Task.Delay(Pace, time, cancel).ConfigureAwait(false);
    }

    private async Task<RotorVerdict> TryAsync(RotorBench bench, Rotor rotor, double maxRpm, CancellationToken cancel)
    {
        var full = bench.Look();
        RotorVerdict Verdict(string verdict, double? slow, string? crossed = null) => new(rotor.Name, rotor.Output, verdict, full[rotor.Name], slow, maxRpm, crossed);
        bench.Slow(rotor.Name, Duty.OfPermille(TestPercent * 10));
        var began = time.GetTimestamp();
        IReadOnlyDictionary<string, double?> now;
        string? fallen;
        do
        {
            await Task.Delay(Pace, time, cancel).ConfigureAwait(false);
            now = bench.Look();
            fallen = bench.Rotors.FirstOrDefault(r => HasFallen(full[r.Rotor.Name], now[r.Rotor.Name], r.MaxRpm)).Rotor?.Name;
        }
        while (fallen is null && time.GetElapsedTime(began) < Patience);

        var slow = now[rotor.Name];
        await RecoverAsync(bench, fallen ?? rotor.Name, full, cancel).ConfigureAwait(false);
        if (full[rotor.Name] is not > 0 && fallen is null)
            return Verdict("no_tach", slow);
        if (fallen is null)
            return Verdict("does_not_obey", slow);
        if (fallen != rotor.Name)
            return Verdict("crossed", slow, fallen);
        return Verdict(full[rotor.Name] < Strong * maxRpm ? "weak" : "ok", slow);
    }

    /// <summary>All outputs of one driver below full, then the real program, then what the chips hold.</summary>
    private async Task<SafeStateVerdict> ProveAsync(RotorBench bench, string driver, IReadOnlyList<Rotor> rotors, CancellationToken cancel)
    {
        foreach (var rotor in rotors)
            bench.Slow(rotor.Name, Duty.OfPermille(TestPercent * 10));
        bench.Look();
        await Task.Delay(Pace, time, cancel).ConfigureAwait(false);
        var below = rotors.Count(r => bench.Held(r) is < 90);
        var said = RunSafe();
        var full = rotors.Count(r => bench.Held(r) is >= 99.5);
        bench.AllFull();
        bench.Look();
        return below < rotors.Count
            ? new(driver, rotors.Count, false, $"only {below} of {rotors.Count} outputs could be slowed for the proof")
            : new(driver, rotors.Count, full == rotors.Count, $"{full} of {rotors.Count} at full after appliance-safe{(said is null ? "" : $" ({said})")}");
    }

    /// <returns>Null when it ended well.</returns>
    private string? RunSafe()
    {
        try
        {
            string[] where = paths == RunPaths.Box ? [] : ["--run-dir", paths.Sockets];
            using var safe = Process.Start(new ProcessStartInfo(Programs.PathOf("appliance-safe"), ["--rotors-only", .. where]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            if (!safe.WaitForExit(SafeLimit))
            {
                safe.Kill();
                return "it did not end";
            }

            return safe.ExitCode == 0 ? null : safe.StandardOutput.ReadToEnd().Trim();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }
}
