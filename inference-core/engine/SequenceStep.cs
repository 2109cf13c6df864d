namespace InferenceCore.Engine;

/// <summary>One sequence's share of a step: its next tokens (many in prefill, one in decode).</summary>
/// <param name="Cache">What the sequence has so far; the step appends to it.</param>
/// <param name="Tokens">At least one; they stand at positions Cache.Length, Cache.Length + 1, …</param>
/// <param name="Logits">For which of them logits are wanted.</param>
internal readonly record struct SequenceStep(KvCache Cache, ReadOnlyMemory<int> Tokens, LogitsOf Logits);

internal enum LogitsOf
{
    None,
    Last,
    All,
}
