using System.Security.Cryptography;

namespace InferenceCore.Engine;

/// <summary>
/// What a model answered greedily when that was known to be right: an engine of the same arithmetic must answer the same on every start, token for
/// token; of another arithmetic it is only told how far it agrees.
/// </summary>
/// <param name="Arithmetic"><see cref="IForward.Arithmetic"/> of the engine that answered; <see cref="Any"/>: whatever computes must answer so.</param>
/// <param name="Weights">SHA-256 of the directory's SHA256SUMS at the time; empty without one. The answer is these weights' and no others'.</param>
/// <param name="Prompt">Token ids.</param>
/// <param name="Tokens">Token ids that follow, each the likeliest.</param>
internal sealed record KnownAnswer(string Arithmetic, string Weights, int[] Prompt, int[] Tokens)
{
    /// <summary>For models whose choices are so clear that no rounding changes them.</summary>
    public const string Any = "any";

    private const int PromptTokens = 24;
    private const int AnswerTokens = 16;

    /// <summary>Asks a prompt that is the same for every model of this vocabulary and takes down the answer.</summary>
    /// <param name="forward">The engine; its caches must have room for a block.</param>
    /// <param name="weights">See <see cref="MarkOf"/>.</param>
    /// <exception cref="EngineException">The model gives no finite numbers, or has no room for the question.</exception>
    public static KnownAnswer Record(IForward forward, string weights)
    {
        var config = forward.Config;
        var answer = Math.Min(AnswerTokens, config.MaxPositions / 2);
        var prompt = new int[Math.Min(PromptTokens, config.MaxPositions - answer)];
        for (var i = 0; i < prompt.Length; i++)
            prompt[i] = (int)(((i * 104_729L) + 7919) % config.Vocabulary);
        return new KnownAnswer(forward.Arithmetic, weights, prompt, Ask(forward, prompt, answer));
    }

    /// <summary>Asks again. Equal, or differing where it may: one line that says what was found.</summary>
    /// <param name="forward">The engine.</param>
    /// <param name="weights">Of the model that it holds.</param>
    /// <exception cref="InvalidDataException">It answers differently, and nothing explains that.</exception>
    public string Check(IForward forward, string weights)
    {
        if (weights != Weights)
            return "the recorded answer is of other weights (SHA256SUMS has changed since)";
        var tokens = Ask(forward, Prompt, Tokens.Length);
        var equal = tokens.AsSpan().CommonPrefixLength(Tokens);
        if (equal == Tokens.Length)
            return $"{equal} of {equal} tokens as recorded";
        if (Arithmetic != Any && Arithmetic != forward.Arithmetic)
            return $"{equal} of {Tokens.Length} tokens as recorded by {Arithmetic}; this is {forward.Arithmetic}";
        throw new InvalidDataException(
            $"token {equal} of the known answer is {tokens[equal]}, recorded is {Tokens[equal]}: what computes here is not to be trusted "
            + $"(arithmetic {forward.Arithmetic}; if the model was changed on purpose, `inference-core verify --record-answer` records anew)");
    }

    /// <summary>Ties an answer to weights: the hash of the list of their hashes, or nothing where there is none.</summary>
    public static string MarkOf(string directory)
    {
        var path = Path.Combine(directory, HashList.FileName);
        return File.Exists(path) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))) : "";
    }

    private static int[] Ask(IForward forward, int[] prompt, int count)
    {
        foreach (var token in prompt)
        {
            if (token < 0 || token >= forward.Config.Vocabulary)
                throw new EngineException($"the known answer's prompt has token {token}; the vocabulary is 0..{forward.Config.Vocabulary - 1}");
        }

        if (prompt.Length == 0 || prompt.Length + count > forward.Config.MaxPositions)
            throw new EngineException($"the known answer has {prompt.Length} + {count} tokens; the model takes 1..{forward.Config.MaxPositions}");
        var cache = new KvCache(forward.Config, pool: forward.Pool);
        try
        {
            for (var done = 0; done < prompt.Length; done += forward.MaxTokens)
                Step(prompt.AsMemory(done, Math.Min(forward.MaxTokens, prompt.Length - done)));
            var answer = new int[count];
            for (var i = 0; i < count; i++)
            {
                if (!forward.Finite(0))
                    throw new InvalidDataException($"token {i} of the known answer is not a finite number; the weights are damaged or not of this architecture");
                answer[i] = forward.Best(0);
                if (i + 1 < count)
                    Step(answer.AsMemory(i, 1));
            }

            return answer;
        }
        finally
        {
            cache.Release();
        }

        void Step(ReadOnlyMemory<int> tokens) => forward.Step([new SequenceStep(cache, tokens, LogitsOf.Last)]);
    }
}
