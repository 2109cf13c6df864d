namespace Appliance.Daemon.Terminal;

/// <summary>What a key asks for beyond moving about. Closed.</summary>
internal abstract record ConsoleWish
{
    private ConsoleWish()
    {
    }

    internal sealed record None : ConsoleWish;

    internal sealed record Quit : ConsoleWish;

    internal sealed record Redraw : ConsoleWish;

    /// <summary>This person's language from now on.</summary>
    internal sealed record Speak(string Language) : ConsoleWish;

    internal sealed record Acknowledge(string Code, string Target) : ConsoleWish;

    /// <param name="Answer">To the action's question; empty when it has none.</param>
    internal sealed record Act(ConsoleAction Action, string Answer = "") : ConsoleWish;

    /// <summary>The work under way is to end now.</summary>
    internal sealed record EndWork : ConsoleWish;

    /// <summary>The work that has ended was read.</summary>
    internal sealed record CloseWork : ConsoleWish;
}
