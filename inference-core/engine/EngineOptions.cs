using System.CommandLine;

namespace InferenceCore.Engine;

/// <summary>Options that several verbs share, spelled once.</summary>
internal static class EngineOptions
{
    public static Option<string> Model() => new("--model") { Description = "Model directory in Hugging Face layout.", Required = true };

    public const string Devices = "cpu";

    public static Option<string> Device() => new("--device")
    {
        Description = $"Where to compute: {Devices}.",
        DefaultValueFactory = _ => ForwardLoader.Processor,
    };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON." };

    /// <summary>A whole number in least..most.</summary>
    public static Option<int> Number(string name, string description, int least, int most, int otherwise)
    {
        var option = new Option<int>(name) { Description = $"{description} Default {otherwise}.", DefaultValueFactory = _ => otherwise };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && (value < least || value > most))
                result.AddError($"{name}: {value} is out of range; right would be {least}..{most}");
        });
        return option;
    }

    /// <summary>Token ids separated by commas.</summary>
    public static Option<int[]> Tokens() => new("--tokens")
    {
        Description = "Token ids separated by commas: 1,2,3.",
        CustomParser = result =>
        {
            var words = result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToArray();
            var ids = new int[words.Length];
            for (var i = 0; i < words.Length; i++)
            {
                if (!int.TryParse(words[i], out ids[i]) || ids[i] < 0)
                    result.AddError($"--tokens: '{words[i]}' is not a token id; right would be numbers separated by commas, like 1,2,3");
            }

            if (words.Length == 0)
                result.AddError("--tokens: names no token; right would be numbers separated by commas, like 1,2,3");
            return ids;
        },
    };
}
