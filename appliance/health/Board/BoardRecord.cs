using System.Collections.Immutable;
using System.Text.Json;
using Appliance.Model;

namespace Appliance.Health.Board;

/// <summary>
/// A board that was written down, look by look (tests/box/gpu.py), played to the rules, the incidents and the alarm book as a running box would
/// have done it. A line is one thing that the probe said, with its kind: <c>{"t":1.25,"kind":"g","body":{…}}</c>.
/// </summary>
public static class BoardRecord
{
    /// <exception cref="FormatException">A line is not that; the message names it.</exception>
    public static IEnumerable<BoardLook> Looks(IEnumerable<string> lines)
    {
        var (box, number) = (new BoxHealth { Probe = new() { State = ProbeState.Working } }, 0);
        foreach (var line in lines)
        {
            number++;
            if (line.Length > 0)
                yield return Read(line, number, ref box);
        }
    }

    /// <summary>What changed in the alarm book, with the uptime of the look that changed it.</summary>
    public static IEnumerable<(TimeSpan At, AlarmChange Change)> Play(IEnumerable<BoardLook> looks)
    {
        var (watch, book) = (new BoardWatch(BoardMemory.Empty), AlarmBook.Empty);
        foreach (var look in looks)
        {
            var now = new Moment(look.Health.At, DateTimeOffset.UnixEpoch + look.Health.At);
            watch.Kernel([], look.Events, now);
            var found = watch.Evaluate(new() { Health = look.Health, Now = now.Uptime, GpusFitted = look.Health.Gpus.Count }, now.Utc, book.IsStanding);
            var step = AlarmBook.Step(book, found, now);
            book = step.Book;
            foreach (var change in step.Changes)
                yield return (now.Uptime, change);
        }
    }

    private static BoardLook Read(string line, int number, ref BoxHealth box)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var body = document.RootElement.GetProperty("body");
            switch (document.RootElement.GetProperty("kind").GetString())
            {
                case "g":
                    box = With(box, body.Deserialize(HealthJson.Default.GpuHealth)!);
                    return new(box, []);
                case "p":
                    var probe = body.Deserialize(HealthJson.Default.ProbeHealth)!;
                    box = box with { Probe = probe, At = Later(box.At, probe.At) };
                    return new(box, []);
                case "h":
                    var part = body.Deserialize(HealthJson.Default.BoxHealth)!;
                    box = box.With(part) with { At = Later(box.At, part.At) };
                    return new(box, []);
                case "e":
                    var happened = body.Deserialize(HealthJson.Default.NvmlEvent)!;
                    box = box with { At = Later(box.At, happened.At) };
                    return new(box, [happened]);
                case var other:
                    throw new FormatException($"line {number}: there is no kind \"{other}\"; there are g, p, h and e.");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException($"line {number} is no look at a board: {e.Message}", e);
        }
    }

    private static BoxHealth With(BoxHealth box, GpuHealth gpu) => box with
    {
        Gpus = [.. box.Gpus.Where(g => g.Index != gpu.Index).Append(gpu).OrderBy(g => g.Index)],
        At = new HealthGroup?[] { gpu.Power, gpu.Heat, gpu.Clocks, gpu.Load, gpu.Pcie, gpu.Ecc, gpu.Nvlinks, gpu.Modes, gpu.Identity }
            .Aggregate(box.At, (latest, group) => group is null ? latest : Later(latest, group.At)),
    };

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;
}

/// <param name="Health">Everything known after this line.</param>
/// <param name="Events">What the driver told in it.</param>
public sealed record BoardLook(BoxHealth Health, ImmutableArray<NvmlEvent> Events);
