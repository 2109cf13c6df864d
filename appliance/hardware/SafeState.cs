using System.Diagnostics;
using System.Text;
using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>What the safe state came to: how many outputs stand at full, and a line for each that does not.</summary>
public sealed record SafeStateReport(int RotorsFull, int GpusLimited, IReadOnlyList<string> Failures)
{
    public bool IsGood => Failures.Count == 0 && RotorsFull > 0;

    public override string ToString()
    {
        var text = new StringBuilder($"{RotorsFull} fans and pumps at full, {GpusLimited} GPUs at their lowest limit");
        if (RotorsFull == 0 && Failures.Count == 0)
            text.Append("; no PWM output found");
        foreach (var failure in Failures)
            text.Append("; FAILED ").Append(failure);
        return text.ToString();
    }
}

/// <summary>
/// The safe state: every PWM output the kernel shows at full by its driver's own rule, GPUs at their lowest power limit and clock. Needs no
/// configuration, no daemon and no board file; a board file only adds that its fans and pumps must be among those found.
/// Idempotent. Used by appliance-safe, by the daemon before it reads its configuration, and by the daemon's own watchdog.
/// </summary>
public static class SafeState
{
    /// <summary>A healthy chip takes milliseconds, an adt7470 that looks at its sensors two seconds.</summary>
    private static readonly TimeSpan ChipLimit = TimeSpan.FromSeconds(3);

    /// <param name="sysRoot">Where sysfs is.</param>
    /// <param name="board">Whose fans and pumps must be among those found; null: whatever is found.</param>
    /// <param name="gpuDeadline">For NVML, which may hang.</param>
    /// <param name="settle">After this the GPUs' limits are written once more, over what somebody else still had under way; zero: once is enough.</param>
    public static SafeStateReport Write(string sysRoot, Board? board, TimeSpan gpuDeadline, TimeSpan settle = default)
    {
        var rotors = WriteRotors(sysRoot, board);
        var failures = new List<string>(rotors.Failures);
        ReleaseTwinLines(sysRoot, board);
        var limited = Directory.Exists(Path.Combine(sysRoot, "twin"))
            ? Twice(settle, () => LimitTwinGpus(sysRoot, board?.Gpus.MinLimitW ?? 200), failures)
            : LimitGpus(sysRoot, gpuDeadline, settle, failures);
        return new(rotors.RotorsFull, limited, failures);
    }

    /// <summary>Fans and pumps only: what the daemon does before anything else.</summary>
    public static SafeStateReport WriteRotors(string sysRoot, Board? board = null) => WriteRotors(sysRoot, board, ChipLimit, WriteChip);

    /// <summary>Every chip at once, each on a thread of its own: one whose bus hangs, or whose driver holds its lock for a while, keeps no other waiting.</summary>
    /// <param name="write">One chip's outputs.</param>
    internal static SafeStateReport WriteRotors(string sysRoot, Board? board, TimeSpan chipLimit, Func<HwmonChip, ChipAtFull> write)
    {
        var chips = HwmonTree.Enumerate(sysRoot)
            .Select(found => (found.Name, Writing: new DriverThread<ChipAtFull>(found.Name, () => write(new(found.Name, found.Directory))))).ToList();
        var began = Stopwatch.GetTimestamp();
        var failures = new List<string>();
        var written = new HashSet<string>(StringComparer.Ordinal); // paths: a board may have several chips of one name
        foreach (var (name, writing) in chips)
        {
            if (!writing.Wait(chipLimit - Stopwatch.GetElapsedTime(began), out var outcome))
                outcome = new([], [$"{name}: its driver does not answer"]);
            written.UnionWith(outcome.Written);
            failures.AddRange(outcome.Failures);
        }

        using var tree = new HwmonTree(sysRoot);
        foreach (var (name, chip, channel) in Expected(board))
        {
            if (tree.Chip(chip).Directory is not { } directory || !written.Contains(Path.Combine(directory, $"pwm{channel}")))
                failures.Add($"{name}: no {chip}/pwm{channel} below {sysRoot}");
        }

        return new(written.Count, 0, failures);
    }

    private static IEnumerable<(string Name, string Chip, int Channel)> Expected(Board? board) => board is null
        ? []
        : board.Fans.Select(f => (f.Name, f.Chip, f.Channel)).Concat(board.Pumps.Select(p => (p.Name, p.Chip, p.Channel)))
            .Concat(board.Valves.Select(v => (v.Name, v.Chip, v.Channel)));

    private static ChipAtFull WriteChip(HwmonChip chip)
    {
        var (written, failures) = (new List<string>(), new List<string>());
        for (var channel = 1; channel <= 16; channel++)
        {
            if (!File.Exists(Path.Combine(chip.Directory!, $"pwm{channel}")))
                continue;
            var output = $"{chip.Name}/pwm{channel}";
            var status = new Rotor(chip, output, channel).WriteFull();
            if (status.IsOk)
                written.Add(Path.Combine(chip.Directory!, $"pwm{channel}"));
            else
                failures.Add($"{output}: {status}");
        }

        return new(written, failures);
    }

    /// <summary>Limits all GPUs, and after a while again; what the last round says counts.</summary>
    private static int Twice(TimeSpan settle, Func<(int Limited, List<string> Failures)> limit, List<string> failures)
    {
        var round = limit();
        if (settle > TimeSpan.Zero)
        {
            Thread.Sleep(settle);
            round = limit();
        }

        failures.AddRange(round.Failures);
        return round.Limited;
    }

    /// <summary>On a box the kernel lets a dead daemon's lines go, and released a (de)humidifier is off by wiring. The twin's lines are files, which nobody lets go.</summary>
    private static void ReleaseTwinLines(string sysRoot, Board? board)
    {
        foreach (var line in board?.Lines.Where(l => l.SwitchesMoisture) ?? [])
        {
            using var file = SysfsFile.TryOpen(TwinGpioDriver.PathOf(sysRoot, line.GpioChip, line.Offset), write: true, out _);
            _ = file?.TryWrite(line.ActiveLow ? 1 : 0);
        }
    }

    private static (int Limited, List<string> Failures) LimitTwinGpus(string sysRoot, double watts)
    {
        var limited = 0;
        var failures = new List<string>();
        foreach (var folder in Directory.GetDirectories(Path.Combine(sysRoot, "twin"), "gpu*"))
        {
            var limit = Put(Path.Combine(folder, TwinGpuFiles.LimitFile), (long)(watts * 1000));
            var clock = Put(Path.Combine(folder, TwinGpuFiles.ClockFile), 1);
            if (limit.IsOk)
                limited++;
            if (!limit.IsOk || !clock.IsOk)
                failures.Add($"{Path.GetFileName(folder)}: {(limit.IsOk ? clock : limit)}");
        }

        return (limited, failures);
    }

    private static SysfsStatus Put(string path, long number)
    {
        using var file = SysfsFile.TryOpen(path, write: true, out var status);
        return file is null ? status : file.TryWrite(number);
    }

    /// <summary>
    /// The driver lets only root set limits. Whoever is not root asks <c>appliance-rights</c>, for which it needs neither a device of a GPU nor the
    /// driver's library; only when not one GPU obeys there it tries by itself.
    /// </summary>
    private static int LimitGpus(string sysRoot, TimeSpan deadline, TimeSpan settle, List<string> failures)
    {
        if (Accounts.IsRoot)
            return LimitNvmlGpus(deadline, settle, failures);
        var socket = RightsClient.SocketBelow(sysRoot);
        var (limited, fault) = RightsClient.LowestLimits(socket);
        if (limited > 0)
        {
            Thread.Sleep(settle);
            (limited, fault) = RightsClient.LowestLimits(socket);
        }

        if (limited > 0)
        {
            if (fault is not null)
                failures.Add($"GPUs: {fault}");
            return limited;
        }

        var own = new List<string>();
        limited = LimitNvmlGpus(deadline, settle, own);
        if (own.Count > 0)
            failures.AddRange([$"GPUs: {fault}", .. own]);
        return limited;
    }

    private static int LimitNvmlGpus(TimeSpan deadline, TimeSpan settle, List<string> failures) => LimitNvmlGpus(Nvml.TryOpen, deadline, settle, failures);

    /// <summary>
    /// NVML may hang, and that may be why we were called: what has not come back by the deadline is left behind, the fans are safe already. One GPU that
    /// hangs keeps no other waiting, neither in the first round nor in the second.
    /// </summary>
    /// <param name="open">The driver's GPUs and how many, or why it does not open.</param>
    internal static int LimitNvmlGpus(
        Func<(IGpuSource? Gpus, int Count, string? Fault)> open, TimeSpan deadline, TimeSpan settle, List<string> failures)
    {
        var began = Stopwatch.GetTimestamp();
        if (!new DriverThread<(IGpuSource?, int, string?)>("nvml", open).Wait(deadline, out var driver))
        {
            failures.Add($"GPUs: NVML does not answer within {deadline.TotalSeconds:0.#} s");
            return 0;
        }

        if (driver is not (IGpuSource gpus, var count, _))
        {
            failures.Add($"GPUs: {driver.Item3}");
            return 0;
        }

        var lowest = new LowestLimits();
        if (settle > TimeSpan.Zero)
        {
            _ = lowest.Ask(gpus, count, settle); // who is not back by then writes late enough for both rounds
            Thread.Sleep(settle);
        }

        var (limited, found, _) = lowest.Ask(gpus, count, deadline - Stopwatch.GetElapsedTime(began));
        failures.AddRange(found);
        return limited;
    }
}
