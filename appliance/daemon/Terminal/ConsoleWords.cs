using Appliance.Daemon.Cli;
using Appliance.Daemon.Commissioning;
using Appliance.Model;

namespace Appliance.Daemon.Terminal;

/// <summary>
/// What the console says in its own name. Names, codes and units are the same in every language; what an alarm asks for comes from the field guide,
/// and the text of an event is as the box wrote it down.
/// </summary>
internal sealed partial record ConsoleWords(string Language)
{
    public required IReadOnlyList<string> Pages { get; init; }

    public required string Keys { get; init; }

    public required string Waiting { get; init; }

    public required string SilentWord { get; init; }

    public required string Up { get; init; }

    public required string Old { get; init; }

    public required string Well { get; init; }

    public required string More { get; init; }

    public required string NoAlarm { get; init; }

    public required string AlarmKeys { get; init; }

    public required string ActionKeys { get; init; }

    public required string Acknowledged { get; init; }

    public required string NoEvents { get; init; }

    /// <summary>In the order of <see cref="ConsoleAction"/>.</summary>
    public required IReadOnlyList<string> Actions { get; init; }

    /// <summary>What an action has to know before it is done.</summary>
    public required IReadOnlyDictionary<ConsoleAction, string> Asks { get; init; }

    /// <summary>What an action takes out of service, or for how long; told before the yes.</summary>
    public required IReadOnlyDictionary<ConsoleAction, string> Effects { get; init; }

    public required string AskKeys { get; init; }

    public required string NoAnswer { get; init; }

    public required string Here { get; init; }

    /// <summary>What is asked for before a verb takes the screen.</summary>
    public required string NetworkAsk { get; init; }

    public required string ModelAsk { get; init; }

    public required string RestoreAsk { get; init; }

    public required string Return { get; init; }

    public required string Confirm { get; init; }

    public required string Doing { get; init; }

    /// <summary>Foot of every page while work is under way, foot of its own page, and of its own page after its end.</summary>
    public required string WorkElsewhere { get; init; }

    public required string WorkEnds { get; init; }

    public required string WorkCloses { get; init; }

    public required IReadOnlyDictionary<ConsoleWorkView.End, string> Outcomes { get; init; }

    /// <summary>Of work that drove fans and pumps, ended by hand.</summary>
    public required string GivenBack { get; init; }

    public required PageWords Page { get; init; }

    public required VerdictWords Verdict { get; init; }

    public required ServiceWords Service { get; init; }

    public static ConsoleWords Of(string language) => language == Chinese.Language ? Chinese : English;

    /// <summary>What stands below work that has ended.</summary>
    public string Ended(ConsoleAction action, ConsoleWorkView.End outcome) =>
        outcome == ConsoleWorkView.End.ByHand && action is ConsoleAction.ServiceFan or ConsoleAction.ServiceFilled ? GivenBack : Outcomes[outcome];

    /// <summary>The box itself speaks English: what it says in sentences of its own is shown as it stands.</summary>
    public bool IsEnglish => Language == English.Language;

    /// <summary>A state, a mode: one of the box' own words as a person says it.</summary>
    public string State(string state) => Service.State(state);

    /// <summary>A reading that is absent is none; a part that is absent is not fitted.</summary>
    public string Reading(Quality quality) => quality == Quality.Absent && !IsEnglish ? State("none") : State(quality.ToString().ToLowerInvariant());

    /// <summary>Short, and the same of an alarm and of an event.</summary>
    public string Severity(string severity) => IsEnglish ? severity.ToUpperInvariant()[..Math.Min(4, severity.Length)] : State(severity.ToLowerInvariant());

    public string Reason(string reason) => IsEnglish ? reason : ChineseReasons.Of(reason);

    public string Span(double seconds) => Verdict.Span(seconds);
}
