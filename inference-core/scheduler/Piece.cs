namespace InferenceCore.Scheduling;

/// <summary>A bit of one answer, as the client may see it.</summary>
/// <param name="Choice">Which answer, 0..Choices − 1.</param>
/// <param name="Tokens">The tokens generated since the last piece, including those whose text is still held back.</param>
/// <param name="Text">Text that is certain: whole characters, and no part of a stop string.</param>
/// <param name="Logprobs">Of the tokens whose text has become certain; null when none were asked for.</param>
/// <param name="Finish">Set on the last piece of a choice.</param>
internal sealed record Piece(int Choice, IReadOnlyList<int> Tokens, string Text, IReadOnlyList<TokenLogprob>? Logprobs, FinishReason? Finish);
