using System.Security.Cryptography;
using System.Text.Json;
using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>The fields that chat and text completions share: sampling, stopping, streaming.</summary>
internal sealed record GenerationFields
{
    /// <summary>By which logits are divided: not 0.</summary>
    private const float LeastRepetitionPenalty = 0.01f;

    private const int MaxStops = 16, MaxStopLength = 256, MaxBiases = 1024;

    public required SamplingOptions Sampling { get; init; }

    public required IReadOnlyList<string> Stop { get; init; }

    public required int Choices { get; init; }

    /// <summary>Answers generated, of which the likeliest <see cref="Choices"/> are given; the same number when all are.</summary>
    public required int Candidates { get; init; }

    public required bool Stream { get; init; }

    public required bool StreamUsage { get; init; }

    public required bool IgnoreEnd { get; init; }

    public required bool KeepSpecial { get; init; }

    public required bool ReturnTokens { get; init; }

    public required string Client { get; init; }

    public static GenerationFields Of(RequestFields fields, ServedModel model, int maxChoices, string client)
    {
        RefuseWhatWeCannot(fields);
        var stop = StopsOf(fields);
        if (stop.Count > 0 && model.Tokenizer is null)
            throw ApiException.Unsupported("stop", $"The model '{model.Name}' has no tokenizer; stop strings need one.");
        var defaults = model.Defaults;
        var stream = fields.Flag("stream", false);
        var choices = fields.Integer("n", 1, maxChoices) ?? 1;
        return new GenerationFields
        {
            Sampling = new SamplingOptions
            {
                Temperature = fields.Number("temperature", 0, 2) ?? defaults.Temperature,
                TopP = fields.Number("top_p", 0, 1) ?? defaults.TopP,
                TopK = Math.Max(0, fields.Integer("top_k", -1, int.MaxValue) ?? defaults.TopK),
                MinP = fields.Number("min_p", 0, 1) ?? defaults.MinP,
                PresencePenalty = fields.Number("presence_penalty", -2, 2) ?? 0,
                FrequencyPenalty = fields.Number("frequency_penalty", -2, 2) ?? 0,
                RepetitionPenalty = fields.Number("repetition_penalty", LeastRepetitionPenalty, 100) ?? defaults.RepetitionPenalty,
                MinTokens = fields.Integer("min_tokens", 0, int.MaxValue) ?? 0,
                LogitBias = BiasesOf(fields, model.Vocabulary),
                Seed = fields.Seed("seed") ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)),
            },
            Stop = stop,
            Choices = choices,
            Candidates = CandidatesOf(fields, choices, maxChoices, stream),
            Stream = stream,
            StreamUsage = StreamUsageOf(fields, stream),
            IgnoreEnd = fields.Flag("ignore_eos", false),
            KeepSpecial = !fields.Flag("skip_special_tokens", true),
            ReturnTokens = fields.Flag("return_token_ids", false) || model.Tokenizer is null,
            Client = fields.Text("user") is { } user ? $"{client}/{user}" : client,
        };
    }

    /// <summary>Checks that so many tokens are not fewer than <c>min_tokens</c> asks for.</summary>
    public int WithLeast(int maxTokens) => Sampling.MinTokens <= maxTokens ? maxTokens
        : throw ApiException.Invalid("min_tokens", $"Invalid 'min_tokens': it must be at most {maxTokens}, the tokens that the answer may have, but is {Sampling.MinTokens}.");

    /// <summary>What would change the answer and is not there must not be ignored.</summary>
    private static void RefuseWhatWeCannot(RequestFields fields)
    {
        foreach (var name in (string[])["tools", "functions"])
        {
            if (fields.Element(name) is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0)
                throw ApiException.Unsupported(name, $"'{name}' is not supported by this server.");
        }
        if (fields.Element("response_format") is { } format
            && !(format.ValueKind == JsonValueKind.Object && format.TryGetProperty("type", out var type) && type.ValueEquals("text")))
            throw ApiException.Unsupported("response_format", "Only response_format {\"type\":\"text\"} is supported by this server.");
        if (fields.Element("suffix") is { } suffix && !(suffix.ValueKind == JsonValueKind.String && suffix.ValueEquals("")))
            throw ApiException.Unsupported("suffix", "'suffix' is not supported by this server.");
        if (fields.Flag("use_beam_search", false))
            throw ApiException.Unsupported("use_beam_search", "'use_beam_search' is not supported by this server.");
    }

    private static int CandidatesOf(RequestFields fields, int choices, int most, bool stream)
    {
        if (fields.Integer("best_of", 1, most) is not { } candidates)
            return choices;
        if (candidates < choices)
            throw ApiException.Invalid("best_of", $"Invalid 'best_of': it must be at least 'n', which is {choices}, but is {candidates}.");
        if (candidates > choices && stream)
            throw ApiException.Invalid("best_of", "Invalid 'best_of': which answer is best is known when all are complete; it cannot be streamed.");
        return candidates;
    }

    private static List<string> StopsOf(RequestFields fields)
    {
        var stops = new List<string>();
        switch (fields.Element("stop"))
        {
            case null:
                return stops;
            case { ValueKind: JsonValueKind.String } one:
                stops.Add(RequestFields.StringOf(one, "stop"));
                break;
            case { ValueKind: JsonValueKind.Array } many:
                foreach (var item in many.EnumerateArray())
                    stops.Add(item.ValueKind == JsonValueKind.String ? RequestFields.StringOf(item, "stop") : throw RequestFields.WrongType("stop", "strings in the array", item));
                break;
            case { } other:
                throw RequestFields.WrongType("stop", "a string or an array of strings", other);
        }
        stops.RemoveAll(s => s.Length == 0);
        if (stops.Count > MaxStops || stops.Any(s => s.Length > MaxStopLength))
            throw ApiException.Invalid("stop", $"Invalid 'stop': at most {MaxStops} strings of at most {MaxStopLength} characters.");
        return stops;
    }

    private static List<(int Token, float Bias)> BiasesOf(RequestFields fields, int vocabulary)
    {
        var biases = new List<(int, float)>();
        if (fields.Element("logit_bias") is not { } map)
            return biases;
        if (map.ValueKind != JsonValueKind.Object)
            throw RequestFields.WrongType("logit_bias", "an object", map);
        foreach (var entry in map.EnumerateObject())
        {
            if (!int.TryParse(entry.Name, out var token) || token < 0 || token >= vocabulary)
                throw ApiException.Invalid("logit_bias", $"Invalid key in 'logit_bias': {entry.Name} is not a token id between 0 and {vocabulary - 1}.");
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetDouble(out var bias) || bias is not (>= -100 and <= 100))
                throw ApiException.Invalid("logit_bias", $"Invalid 'logit_bias' of token {token}: it must be a number between -100 and 100.");
            biases.Add((token, (float)bias));
        }
        if (biases.Count > MaxBiases)
            throw ApiException.Invalid("logit_bias", $"Invalid 'logit_bias': at most {MaxBiases} tokens.");
        return biases;
    }

    private static bool StreamUsageOf(RequestFields fields, bool stream)
    {
        if (fields.Element("stream_options") is not { } options)
            return false;
        if (!stream)
            throw ApiException.Invalid("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
        if (options.ValueKind != JsonValueKind.Object)
            throw RequestFields.WrongType("stream_options", "an object", options);
        return RequestFields.Of(options).Flag("include_usage", false);
    }
}
