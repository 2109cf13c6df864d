using System.Globalization;

namespace Appliance.Daemon.Terminal;

/// <summary>A question of an action, with what has been typed so far.</summary>
/// <param name="Choices">Places or names that a number picks; empty for none.</param>
internal sealed record ConsolePrompt(ConsoleAction Action, IReadOnlyList<string> Choices, string Typed = "")
{
    /// <summary>What fits the last line beside the question.</summary>
    private const int MostTyped = 200;

    public ConsolePrompt Type(char key) => char.IsControl(key) || Typed.Length >= MostTyped ? this : this with { Typed = Typed + key };

    public ConsolePrompt Rub() => Typed.Length == 0 ? this : this with { Typed = Typed[..^1] };

    /// <summary>What was meant: a choice by its number or name, a duty, a path.</summary>
    /// <returns>Null when it is not an answer to this question.</returns>
    public string? Answer()
    {
        var typed = Typed.Trim();
        return Action switch
        {
            ConsoleAction.FansAt => Drive.TryParse(typed) is null ? null : typed,
            ConsoleAction.ServiceFan => Chosen(typed),
            ConsoleAction.Bundle => Chosen(typed) ?? (typed.StartsWith('/') ? typed : null),
            _ => throw new System.Diagnostics.UnreachableException($"{Action} asks nothing."),
        };
    }

    private string? Chosen(string typed) =>
        int.TryParse(typed, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= Choices.Count
            ? Choices[number - 1]
            : Choices.FirstOrDefault(c => c == typed);

    /// <summary>A duty in percent and, if somebody says so, minutes.</summary>
    internal readonly record struct Drive(int Percent, int? Minutes)
    {
        public static Drive? TryParse(string text)
        {
            var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length is < 1 or > 2 || Number(words[0].TrimEnd('%')) is not { } percent || percent > 100)
                return null;
            if (words.Length == 1)
                return new(percent, null);
            return Number(words[1]) is { } minutes and >= 1 and <= 240 ? new(percent, minutes) : null;
        }

        private static int? Number(string word) => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
