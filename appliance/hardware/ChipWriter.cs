namespace Appliance.Hardware;

/// <summary>One chip's part of the safe state, on a thread of its own that is left behind where its driver hangs.</summary>
internal sealed class ChipWriter
{
    private readonly HwmonChip _chip;
    private readonly Thread _thread;
    private ChipAtFull? _outcome;

    public ChipWriter(HwmonChip chip, Func<HwmonChip, ChipAtFull> write)
    {
        _chip = chip;
        _thread = new(() => Volatile.Write(ref _outcome, write(chip))) { IsBackground = true, Name = chip.Name };
        _thread.Start();
    }

    public ChipAtFull Wait(TimeSpan limit) => _thread.Join(limit) && Volatile.Read(ref _outcome) is { } outcome
        ? outcome
        : new([], [$"{_chip.Name}: its driver does not answer"]);
}

/// <param name="Written">Paths of the outputs that stand at full.</param>
/// <param name="Failures">A line for each that does not.</param>
internal sealed record ChipAtFull(IReadOnlyList<string> Written, IReadOnlyList<string> Failures);
