namespace Appliance.Daemon.Terminal;

/// <summary>A piece of work that takes its time, as it stands.</summary>
/// <param name="Action">That began it.</param>
/// <param name="Title">In the person's language.</param>
/// <param name="Lines">What it has said, oldest first.</param>
/// <param name="Outcome">Null while it is under way.</param>
internal sealed record ConsoleWorkView(ConsoleAction Action, string Title, IReadOnlyList<string> Lines, ConsoleWorkView.End? Outcome)
{
    /// <summary>How a piece of work came to its end.</summary>
    internal enum End
    {
        Done,

        /// <summary>A person ended it.</summary>
        ByHand,

        Failed,
    }

    public bool IsUnderWay => Outcome is null;

    /// <summary>By value, so that a screen is the same while nothing was said.</summary>
    public bool Equals(ConsoleWorkView? other) =>
        other is not null && Action == other.Action && Title == other.Title && Outcome == other.Outcome && Lines.SequenceEqual(other.Lines);

    public override int GetHashCode() => HashCode.Combine(Action, Title, Outcome, Lines.Count);
}
