using System.CommandLine;
using System.Text.Json;
using InferenceCore.Scheduling;
using InferenceCore.Tokenization;

namespace InferenceCore.Engine;

/// <summary><c>inference-core generate</c>: one prompt, one answer, no server. It samples exactly as the server does.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var model = EngineOptions.Model();
        var device = EngineOptions.Device();
        var prompt = new Option<string?>("--prompt") { Description = "The text to go on from, taken as it stands (no chat template)." };
        var tokens = EngineOptions.Tokens();
        var most = EngineOptions.Number("--max-tokens", "Tokens to generate at most.", 1, 1 << 20, 128);
        var temperature = new Option<float>("--temperature") { Description = "0: always the likeliest token. Default 0.", DefaultValueFactory = _ => 0f };
        temperature.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && float.TryParse(result.Tokens[0].Value, out var value) && value is not (>= 0 and <= 2))
                result.AddError($"--temperature: {value} is out of range; right would be 0..2");
        });
        var seed = new Option<ulong>("--seed") { Description = "Same seed, same tokens. Default 0.", DefaultValueFactory = _ => 0UL };
        var json = EngineOptions.Json();
        var command = new Command("generate", "Go on from a prompt.") { model, device, prompt, tokens, most, temperature, seed, json };
        command.Validators.Add(result =>
        {
            if (result.GetResult(prompt) is null == result.GetResult(tokens) is null)
                result.AddError("generate takes either --prompt TEXT or --tokens 1,2,3");
        });
        command.SetAction(parsed => CommandEdge.Run(() => Generate(
            parsed.GetValue(model)!,
            parsed.GetValue(device)!,
            parsed.GetValue(prompt),
            parsed.GetValue(tokens),
            parsed.GetValue(most),
            new SamplingOptions { Temperature = parsed.GetValue(temperature), Seed = parsed.GetValue(seed) },
            parsed.GetValue(json))));
        return command;
    }

    private static int Generate(string directory, string device, string? text, int[]? given, int most, SamplingOptions sampling, bool json)
    {
        var config = ModelConfig.Load(directory);
        var tokenizer = LoadTokenizer(directory);
        if (text is not null && tokenizer is null)
            throw new EngineException($"{directory}: has no tokenizer.json, so --prompt cannot be read; right would be --tokens 1,2,3");
        var prompt = text is null ? given! : [.. tokenizer!.Encode(text, addSpecial: true)];
        if (prompt.Length == 0)
            throw new EngineException("the prompt has no tokens; right would be at least one");
        if (prompt.Length >= config.MaxPositions)
            throw new EngineException($"the prompt has {prompt.Length} tokens; the model takes {config.MaxPositions}, prompt and answer together");
        var room = Math.Min(most, config.MaxPositions - prompt.Length);
        using var forward = ForwardLoader.Load(directory, device, new ForwardOptions
        {
            MaxTokens = Math.Min(prompt.Length, ForwardOptions.StepTokensOn(device)),
            MaxLogits = 1,
            MaxSequences = 1,
            CacheBlocks = KvCache.BlocksFor(prompt.Length + room),
            Threads = Environment.ProcessorCount,
        });

        var answer = new List<int>();
        var utf8 = new Utf8Stream();
        var stopped = Run(forward, prompt, room, sampling, token =>
        {
            answer.Add(token);
            if (!json)
                Console.Write(tokenizer is null ? $"{(answer.Count > 1 ? "," : "")}{token}" : utf8.Append(tokenizer.BytesOf(token)));
        });
        if (json)
            WriteJson(prompt, answer, tokenizer?.Decode(answer), stopped);
        else
            Console.WriteLine(utf8.Flush());
        return ExitCode.Done;
    }

    /// <summary>True if the model ended the answer itself; the token by which it did is not reported.</summary>
    private static bool Run(IForward forward, int[] prompt, int most, SamplingOptions sampling, Action<int> report)
    {
        var cache = new KvCache(forward.Config, pool: forward.Pool);
        for (var done = 0; done < prompt.Length; done += forward.MaxTokens)
            forward.Step([new SequenceStep(cache, prompt.AsMemory(done, Math.Min(forward.MaxTokens, prompt.Length - done)), LogitsOf.Last)]);

        var sampler = new Sampler(sampling, choice: 0, prompt);
        var scratch = new SamplerScratch();
        var next = new int[1];
        for (var count = 0; count < most; count++)
        {
            next[0] = sampler.Next(forward, row: 0, scratch);
            if (forward.Config.EndTokens.Contains(next[0]))
                return true;
            report(next[0]);
            if (count + 1 < most)
                forward.Step([new SequenceStep(cache, next, LogitsOf.Last)]);
        }

        return false;
    }

    private static TextTokenizer? LoadTokenizer(string directory)
    {
        try
        {
            return TextTokenizer.Load(directory);
        }
        catch (TokenizerException e)
        {
            throw new EngineException(e.Message, e);
        }
    }

    private static void WriteJson(int[] prompt, List<int> answer, string? text, bool stopped)
    {
        using var output = Console.OpenStandardOutput();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            WriteTokens(writer, "prompt_tokens", prompt);
            WriteTokens(writer, "tokens", answer);
            if (text is null)
                writer.WriteNull("text");
            else
                writer.WriteString("text", text);
            writer.WriteString("finish_reason", stopped ? "stop" : "length");
            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    private static void WriteTokens(Utf8JsonWriter writer, string name, IEnumerable<int> tokens)
    {
        writer.WriteStartArray(name);
        foreach (var token in tokens)
            writer.WriteNumberValue(token);
        writer.WriteEndArray();
    }
}
