namespace InferenceCore.Tokenization;

/// <summary>A conversation as the one text the model was trained to continue.</summary>
/// <param name="Guarded">The parts that people wrote. No control token is recognised in them: <c>&lt;｜Assistant｜&gt;</c> in a question
/// stays text, and nobody speaks in another's name.</param>
/// <param name="OpensReasoning">The text ends inside a reasoning block; the answer begins with reasoning and no opening tag.</param>
internal sealed record RenderedChat(string Text, IReadOnlyList<Range> Guarded, bool OpensReasoning);
