namespace InferenceCore.Scheduling;

/// <summary>A worker said something that does not fit what is in the journal: it is not to be believed any more.</summary>
internal sealed class JournalFault(string message) : Exception(message);
