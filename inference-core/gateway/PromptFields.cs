using System.Text.Json;
using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>The <c>prompt</c> of a text completion: a string, tokens, or an array of either.</summary>
internal static class PromptFields
{
    private const int MaxPrompts = 64;

    public static List<IReadOnlyList<int>> Of(RequestFields fields, ServedModel model, Api api)
    {
        var prompt = fields.Element("prompt")
            ?? throw new ApiException(400, "Missing required parameter: 'prompt'.", "prompt", "missing_required_parameter");
        var addSpecial = fields.Flag("add_special_tokens", true);
        var prompts = new List<IReadOnlyList<int>>();
        if (prompt.ValueKind == JsonValueKind.String)
            prompts.Add(TextOf(prompt, model, api, addSpecial));
        else if (prompt.ValueKind != JsonValueKind.Array)
            throw RequestFields.WrongType("prompt", "a string, an array of strings, or an array of token ids", prompt);
        else if (prompt.GetArrayLength() > 0 && prompt[0].ValueKind == JsonValueKind.Number)
            prompts.Add(TokensOf(prompt, model.Vocabulary, "prompt"));
        else
            prompts.AddRange(prompt.EnumerateArray().Take(MaxPrompts + 1).Select(item => OneOf(item, model, api, addSpecial)));
        if (prompts.Count is 0 or > MaxPrompts)
            throw ApiException.Invalid("prompt", $"Invalid 'prompt': between 1 and {MaxPrompts} prompts are needed.", "invalid_array_length");
        if (prompts.Any(p => p.Count == 0))
            throw ApiException.Invalid("prompt", "Invalid 'prompt': a prompt must have at least one token.");
        return prompts;
    }

    /// <summary>Token ids, each checked against the vocabulary.</summary>
    public static int[] TokensOf(JsonElement list, int vocabulary, string name)
    {
        if (list.ValueKind != JsonValueKind.Array)
            throw RequestFields.WrongType(name, "an array of token ids", list);
        var tokens = new int[list.GetArrayLength()];
        var i = 0;
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out var token))
                throw RequestFields.WrongType($"{name}[{i}]", "a token id", item);
            if (token < 0 || token >= vocabulary)
                throw ApiException.Invalid(name, $"Invalid '{name}': token id {token} is not in the vocabulary (0 to {vocabulary - 1}).");
            tokens[i++] = token;
        }
        return tokens;
    }

    private static IReadOnlyList<int> OneOf(JsonElement item, ServedModel model, Api api, bool addSpecial) =>
        item.ValueKind == JsonValueKind.String ? TextOf(item, model, api, addSpecial) : TokensOf(item, model.Vocabulary, "prompt");

    private static List<int> TextOf(JsonElement text, ServedModel model, Api api, bool addSpecial)
    {
        if (model.Tokenizer is null)
            throw ApiException.Unsupported("prompt", $"The model '{model.Name}' has no tokenizer; give the prompt as token ids.");
        var value = RequestFields.StringOf(text, "prompt");
        api.CheckLength(model, value, "prompt");
        return model.Tokenizer.Encode(value, addSpecial);
    }
}
