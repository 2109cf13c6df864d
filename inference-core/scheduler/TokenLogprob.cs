namespace InferenceCore.Scheduling;

/// <summary>How likely the model held a token, and which it held likeliest, best first. Natural logarithms, before temperature and penalties.</summary>
internal sealed record TokenLogprob(int Token, float Logprob, IReadOnlyList<(int Token, float Logprob)> Top);
