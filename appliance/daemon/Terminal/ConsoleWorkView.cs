namespace Appliance.Daemon.Terminal;

/// <summary>A piece of work that takes its time, as it stands.</summary>
/// <param name="Action">That began it.</param>
/// <param name="Title">In the person's language.</param>
/// <param name="Lines">What it has said, oldest first.</param>
/// <param name="Outcome">Null while it is under way.</param>
internal sealed record ConsoleWorkView(ConsoleAction Action, string Title, IReadOnlyList<ConsoleWorkView.Spoken> Lines, ConsoleWorkView.End? Outcome)
{
    /// <summary>How a piece of work came to its end.</summary>
    internal enum End
    {
        Done,

        /// <summary>A person ended it.</summary>
        ByHand,

        Failed,
    }

    /// <summary>A line with when it was said.</summary>
    internal readonly record struct Spoken(DateTimeOffset At, string Text);

    public bool IsUnderWay => Outcome is null;
}
