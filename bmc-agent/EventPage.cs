namespace BmcAgent;

/// <param name="Events">Newest first.</param>
/// <param name="NextBefore">Ask again with <c>before</c> = this for older ones; null when there are none.</param>
internal sealed record EventPage(IReadOnlyList<EventEntry> Events, long? NextBefore, long FirstId, long LastId);
