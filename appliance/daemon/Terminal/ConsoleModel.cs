using Appliance.Daemon.Control;
using Appliance.Model;

namespace Appliance.Daemon.Terminal;

/// <summary>What the console knows and where the person is in it.</summary>
internal sealed record ConsoleModel
{
    public const int AlarmsPage = 2;
    public const int EventsPage = 6;
    public const int ActionsPage = 7;

    public StatusReport? Report { get; init; }

    /// <summary>GPUs, fabric, disks: read for the pages that show them.</summary>
    public BoxHealth? Sweep { get; init; }

    /// <summary>Newest last.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>Interfaces of this machine.</summary>
    public IReadOnlyList<string> Network { get; init; } = [];

    /// <summary>Why there is no answer; null while there is.</summary>
    public string? Silent { get; init; }

    /// <summary>Seconds since the last answer.</summary>
    public double AgeS { get; init; }

    public ConsoleWords Words { get; init; } = ConsoleWords.English;

    public int Page { get; init; }

    /// <summary>The chosen row of a page that has some.</summary>
    public int Row { get; init; }

    /// <summary>An action that waits for a yes; null for none.</summary>
    public int? Pending { get; init; }

    /// <summary>What the last action came to.</summary>
    public string Message { get; init; } = "";

    public int Rows => Page switch
    {
        AlarmsPage => Report?.Snapshot.Alarms.Count ?? 0,
        ActionsPage => Words.Actions.Count,
        _ => 0,
    };
}

/// <summary>What a key asks for beyond moving about. Closed.</summary>
internal abstract record ConsoleWish
{
    private ConsoleWish()
    {
    }

    internal sealed record None : ConsoleWish;

    internal sealed record Quit : ConsoleWish;

    internal sealed record Redraw : ConsoleWish;

    internal sealed record Acknowledge(string Code, string Target) : ConsoleWish;

    /// <param name="Index">Of <see cref="ConsoleWords.Actions"/>.</param>
    internal sealed record Act(int Index) : ConsoleWish;
}
