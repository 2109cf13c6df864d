namespace InferenceCore.Tokenization;

/// <summary>A tokenizer.json or tokenizer_config.json we cannot take; the message is one line: file, key, what is there, what would be right.</summary>
internal sealed class TokenizerException(string message, Exception? inner = null) : Exception(message, inner);
