using InferenceCore.Engine;
using InferenceCore.Tokenization;

namespace InferenceCore;

/// <summary>What <c>verify</c> says about a model's tokenizer.</summary>
internal static class TokenizerCheck
{
    public static string Describe(string directory)
    {
        TextTokenizer? tokenizer;
        try
        {
            tokenizer = TextTokenizer.Load(directory);
        }
        catch (TokenizerException e)
        {
            throw new EngineException(e.Message, e);
        }

        if (tokenizer is null)
            return "no tokenizer.json, so commands on tokens only";
        var vocabulary = ModelConfig.Load(directory).Vocabulary;
        if (tokenizer.HighestUsedId >= vocabulary)
            throw new EngineException($"{Path.Combine(directory, "tokenizer.json")}: has token {tokenizer.HighestUsedId}; the model's vocabulary ends at {vocabulary - 1}");
        return $"{tokenizer.Size} tokens";
    }
}
