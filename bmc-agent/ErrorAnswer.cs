namespace BmcAgent;

/// <param name="Error">One line for a person.</param>
internal sealed record ErrorAnswer(string Error);
