using System.CommandLine;
using System.CommandLine.Parsing;

namespace InferenceCore.Engine;

/// <summary>Options that several verbs share, spelled once.</summary>
internal static class EngineOptions
{
    public static Option<string> Model() => new("--model") { Description = "Model directory in Hugging Face layout.", Required = true };

    public const string Devices = "cpu, cuda:0, cuda:1, …";

    public static Option<string> Device() => new("--device")
    {
        Description = $"Where to compute: {Devices}.",
        DefaultValueFactory = _ => ForwardLoader.Processor,
    };

    /// <summary>For verbs that only a GPU has a use for.</summary>
    public static Option<string> Gpu() => new("--device") { Description = "Which GPU: cuda:0.", DefaultValueFactory = _ => GpuPrefix + "0" };

    private const string GpuPrefix = "cuda:";

    /// <summary>A GPU's number in CUDA's order.</summary>
    /// <exception cref="EngineException">It is none.</exception>
    public static int Ordinal(string device) =>
        IsGpu(device, out var ordinal) ? ordinal : throw new EngineException($"device '{device}' is no GPU; right would be {GpuPrefix}0");

    public static bool IsGpu(string device, out int ordinal)
    {
        ordinal = -1;
        return device.StartsWith(GpuPrefix, StringComparison.Ordinal) && int.TryParse(device.AsSpan(GpuPrefix.Length), out ordinal) && ordinal >= 0;
    }

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
        CustomParser = result => Numbers(result, "token id", "numbers separated by commas, like 1,2,3"),
    };

    /// <summary>Adds the numbers of a text like <c>1,2,3</c> to <paramref name="numbers"/>.</summary>
    /// <returns>The first word that is none, or null.</returns>
    public static string? ParseNumbers(string text, List<int> numbers)
    {
        foreach (var word in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!int.TryParse(word, out var number) || number < 0)
                return word;
            numbers.Add(number);
        }

        return null;
    }

    /// <summary>The numbers given to an option, or none and an error that says what would be right.</summary>
    public static int[] Numbers(ArgumentResult result, string noun, string right)
    {
        var numbers = new List<int>();
        var option = ((OptionResult)result.Parent!).Option.Name;
        foreach (var token in result.Tokens)
        {
            if (ParseNumbers(token.Value, numbers) is not { } wrong)
                continue;
            result.AddError($"{option}: '{wrong}' is not a {noun}; right would be {right}");
            return [];
        }

        if (numbers.Count == 0)
            result.AddError($"{option}: names no {noun}; right would be {right}");
        return [.. numbers];
    }
}
