namespace InferenceCore.Tokenization;

/// <summary>One turn of a conversation.</summary>
internal sealed record ChatMessage(ChatRole Role, string Content);

internal enum ChatRole
{
    System,
    User,
    Assistant,
}
