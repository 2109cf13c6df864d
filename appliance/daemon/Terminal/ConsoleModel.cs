using Appliance.Daemon.Cli;
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

    /// <summary>Of this machine; null until it has been read.</summary>
    public NetworkReport? Network { get; init; }

    /// <summary>Folders of sticks that somebody may write a bundle to.</summary>
    public IReadOnlyList<string> Sticks { get; init; } = [];

    /// <summary>Why there is no answer; null while there is.</summary>
    public string? Silent { get; init; }

    /// <summary>Seconds since the last answer.</summary>
    public double AgeS { get; init; }

    public ConsoleWords Words { get; init; } = ConsoleWords.English;

    /// <summary>Nobody has said yet in which language: that is asked first.</summary>
    public bool AsksLanguage { get; init; }

    public int Page { get; init; }

    /// <summary>The chosen row of a page that has some.</summary>
    public int Row { get; init; }

    /// <summary>An action that wants to know more before it is done; null for none.</summary>
    public ConsolePrompt? Prompt { get; init; }

    /// <summary>An action that waits for a yes; null for none.</summary>
    public ConsoleWish.Act? Pending { get; init; }

    /// <summary>Service mode and whatever else takes its time; null for none.</summary>
    public ConsoleWorkView? Work { get; init; }

    /// <summary>What the last action came to.</summary>
    public string Message { get; init; } = "";

    public int Rows => Page switch
    {
        AlarmsPage => Report?.Snapshot.Alarms.Count ?? 0,
        ActionsPage => Words.Actions.Count,
        _ => 0,
    };
}
