using System.Runtime.InteropServices;
using System.Text.Json;

namespace SystemTests;

/// <summary>The verbs of the published inference-core, as a script would use them.</summary>
public sealed class InferenceVerbTests
{
    private static readonly string Goldens = Path.Combine(Programs.Root, "tests", "golden", "logits");
    private static readonly string Guide = Path.Combine(Programs.Root, "inference-core", "models", "field-guide");

    [Theory]
    [InlineData("qwen2")]
    [InlineData("llama3")]
    [InlineData("deepseek_v2_greedy")]
    [InlineData("deepseek_v2_groups")]
    [InlineData("deepseek_v3")]
    public void Logits_of_every_position_equal_those_of_transformers(string model)
    {
        var tokens = JsonSerializer.Deserialize<int[]>(File.ReadAllText(Path.Combine(Goldens, model, "tokens.json")))!;
        var expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(Goldens, model, "expected.safetensors")).AsSpan()[^(tokens.Length * 256 * 4)..]).ToArray();

        var answer = Json("logits", "--model", Path.Combine(Goldens, model), "--device", "cpu", "--tokens", string.Join(',', tokens), "--json");

        Assert.Equal(Enumerable.Range(0, tokens.Length), answer.GetProperty("positions").EnumerateArray().Select(p => p.GetInt32()));
        var logits = answer.GetProperty("logits").EnumerateArray().SelectMany(row => row.EnumerateArray().Select(v => v.GetSingle())).ToArray();
        Assert.Equal(expected.Length, logits.Length);
        Assert.InRange(expected.Zip(logits, (e, l) => Math.Abs(e - l)).Max() / expected.Max(Math.Abs), 0, 1e-4);
    }

    [Fact]
    public void Generate_repeats_itself_for_a_seed_and_says_how_it_ended()
    {
        string[] arguments = ["generate", "--model", Guide, "--device", "cpu", "--prompt", "coolant", "--max-tokens", "12", "--temperature", "1.5", "--json", "--seed"];
        var first = Json([.. arguments, "5"]);
        Assert.Equal(first.GetRawText(), Json([.. arguments, "5"]).GetRawText());
        Assert.NotEqual(first.GetProperty("tokens").GetRawText(), Json([.. arguments, "6"]).GetProperty("tokens").GetRawText());
        Assert.Contains(first.GetProperty("finish_reason").GetString(), new[] { "stop", "length" });
        Assert.False(string.IsNullOrEmpty(first.GetProperty("text").GetString()));
    }

    [Fact]
    public void Generate_takes_the_likeliest_token_at_temperature_zero()
    {
        var model = Path.Combine(Goldens, "deepseek_v3");
        var generated = Json("generate", "--model", model, "--tokens", "7,8,9", "--max-tokens", "1", "--json");
        var logits = Json("logits", "--model", model, "--tokens", "7,8,9", "--json").GetProperty("logits")[2].EnumerateArray().Select(v => v.GetSingle()).ToArray();
        Assert.Equal([Array.IndexOf(logits, logits.Max())], generated.GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32()));
    }

    [Fact]
    public void Verify_accepts_the_model_that_ships_and_names_a_flipped_bit()
    {
        var good = Run("verify", "--model", Guide, "--json");
        Assert.Equal((0, true), (good.ExitCode, JsonDocument.Parse(good.Output).RootElement.GetProperty("ok").GetBoolean()));

        var copy = Directory.CreateTempSubdirectory("appliance-verify-").FullName;
        try
        {
            foreach (var file in Directory.EnumerateFiles(Guide))
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            var weights = Path.Combine(copy, "model.safetensors");
            using (var stream = File.Open(weights, FileMode.Open))
            {
                stream.Position = stream.Length / 2;
                var value = stream.ReadByte();
                stream.Position--;
                stream.WriteByte((byte)(value ^ 4));
            }

            var bad = Run("verify", "--model", copy);
            Assert.Equal(1, bad.ExitCode);
            Assert.StartsWith($"inference-core: {weights}: SHA-256 is ", bad.ErrorLine, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', bad.ErrorLine);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    [Fact]
    public void Synth_writes_a_model_that_verifies_and_answers()
    {
        var folder = Directory.CreateTempSubdirectory("appliance-synth-").FullName;
        try
        {
            var model = Path.Combine(folder, "m");
            Assert.Equal(0, Run("synth", "--config", Path.Combine(Goldens, "deepseek_v2_groups", "config.v4.json"), "--seed", "9", "--out", model, "--dtype", "f16").ExitCode);
            Assert.Equal(0, Run("verify", "--model", model).ExitCode);
            Assert.Equal(4, Json("generate", "--model", model, "--tokens", "1,2", "--max-tokens", "4", "--json").GetProperty("tokens").GetArrayLength());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Bench_prints_every_figure_that_the_interface_promises()
    {
        var result = Json("bench", "--model", Guide, "--device", "cpu", "--prompt-tokens", "16", "--new-tokens", "32", "--batch", "2", "--json");
        string[] promised =
        [
            "start_to_first_token_s", "load_s", "load_gb_s", "prefill_tok_s", "ttft_ms", "decode_tok_s", "tpot_ms_p50", "tpot_ms_p99",
            "bytes_per_token", "hbm_gb_s", "hbm_copy_gb_s", "hbm_read_gb_s", "hbm_fraction",
        ];
        Assert.All(promised, name => Assert.True(result.GetProperty(name).GetDouble() > 0, name));
        Assert.True(result.GetProperty("tpot_ms_p50").GetDouble() <= result.GetProperty("tpot_ms_p99").GetDouble());
    }

    [Theory]
    [InlineData(64, "generate takes either --prompt TEXT or --tokens 1,2,3", "generate", "--model", "m")]
    [InlineData(64, "--tokens: 'x' is not a token id", "logits", "--model", "m", "--tokens", "1,x")]
    [InlineData(64, "'frobnicate' is no verb; verbs are serve, generate, logits, bench, synth, verify", "frobnicate")]
    [InlineData(64, "--batch: 0 is out of range; right would be 1..1024", "bench", "--model", "m", "--batch", "0")]
    [InlineData(1, "nowhere: cannot be read", "logits", "--model", "nowhere", "--tokens", "1")]
    [InlineData(1, "device 'gpu' is not supported; supported are cpu, cuda:0", "logits", "--model", "GUIDE", "--device", "gpu", "--tokens", "1")]
    [InlineData(1, "token 99999 is not in the vocabulary; right would be 0..", "logits", "--model", "GUIDE", "--tokens", "99999")]
    [InlineData(1, "position 3 is past the end; the longest sequence has 2 tokens", "logits", "--model", "GUIDE", "--tokens", "1,2", "--positions", "3")]
    public void What_is_wrong_is_one_line_and_an_exit_code(int code, string expected, params string[] arguments)
    {
        var outcome = Run([.. arguments.Select(a => a == "GUIDE" ? Guide : a)]);
        Assert.Equal(code, outcome.ExitCode);
        Assert.Contains(expected.Replace("nowhere:", "nowhere/config.json:", StringComparison.Ordinal), outcome.ErrorLine, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', outcome.ErrorLine);
        Assert.Empty(outcome.Output);
    }

    private static Outcome Run(params string[] arguments) => Programs.Run("inference-core", arguments, TimeSpan.FromSeconds(60));

    private static JsonElement Json(params string[] arguments)
    {
        var outcome = Run(arguments);
        Assert.True(outcome.ExitCode == 0, $"{string.Join(' ', arguments)} answered {outcome.ExitCode}: {outcome.ErrorLine}");
        return JsonDocument.Parse(outcome.Output).RootElement;
    }
}
