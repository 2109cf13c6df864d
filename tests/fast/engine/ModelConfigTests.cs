using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using InferenceCore.Engine;

namespace FastTests.Engine;

public sealed class ModelConfigTests
{
    private const string Path = "m/config.json";

    [Fact]
    public void An_unsupported_family_is_named_with_those_that_are_supported()
    {
        var e = Assert.Throws<EngineException>(() => Parse("""{"model_type":"mamba2"}"""));
        Assert.Equal("m/config.json: model_type 'mamba2' is not supported; supported are deepseek_v2, deepseek_v3, llama, qwen2", e.Message);
    }

    [Theory]
    [InlineData("deepseek_v3", "hidden_size", "\"64\"", "hidden_size is '\"64\"'; right would be a whole number in 1..")]
    [InlineData("deepseek_v3", "hidden_size", "0", "hidden_size is '0'; right would be a whole number in 1..")]
    [InlineData("deepseek_v3", "num_hidden_layers", "99999", "num_hidden_layers is '99999'; right would be a whole number in 1..4096")]
    [InlineData("deepseek_v3", "vocab_size", null, "vocab_size is missing")]
    [InlineData("deepseek_v3", "eos_token_id", "[1, 256]", "eos_token_id is '256'; right would be a token id in 0..255")]
    [InlineData("deepseek_v3", "n_group", "3", "n_group is '3'; right would be a divisor of n_routed_experts (16)")]
    [InlineData("deepseek_v3", "n_group", "16", "n_group is '16'; right would be at most 8")]
    [InlineData("deepseek_v3", "num_experts_per_tok", "9", "num_experts_per_tok is '9'; right would be at most the 8 experts of 2 groups")]
    [InlineData("deepseek_v3", "topk_method", "\"random\"", "topk_method is 'random' with scoring_func 'sigmoid'; right would be")]
    [InlineData("deepseek_v3", "rope_parameters", """{"rope_type":"longrope"}""", "rope_parameters.rope_type is 'longrope'; right would be default, linear, llama3 or yarn")]
    [InlineData("deepseek_v3", "rope_parameters", """{"rope_type":"yarn","factor":-1}""", "rope_parameters.factor is '-1'; right would be a number above zero")]
    [InlineData("deepseek_v3", "quantization_config", """{"quant_method":"fp8"}""", "quantization_config is not supported; supported are weights in bf16, f16 and f32")]
    [InlineData("deepseek_v3", "hidden_act", "\"gelu\"", "hidden_act is 'gelu'; supported is 'silu'")]
    [InlineData("deepseek_v3", "qk_rope_head_dim", "15", "qk_rope_head_dim is '15'; right would be even")]
    [InlineData("qwen2", "use_sliding_window", "true", "use_sliding_window is 'true'; right would be false")]
    [InlineData("qwen2", "num_key_value_heads", "3", "num_key_value_heads is '3'; right would be a divisor of num_attention_heads (4)")]
    [InlineData("llama3", "tie_word_embeddings", "\"yes\"", "tie_word_embeddings is '\"yes\"'; right would be true or false")]
    public void A_value_that_cannot_be_is_named_with_what_would_be_right(string model, string key, string? value, string expected)
    {
        var config = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(GoldenModel.Open(model).Directory, "config.json")))!.AsObject();
        if (value is null)
            config.Remove(key);
        else
            config[key] = JsonNode.Parse(value);
        var e = Assert.Throws<EngineException>(() => Parse(config.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping })));
        Assert.StartsWith("m/config.json: " + expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Published_configs_of_transformers_4_are_understood()
    {
        // The keys that matter of DeepSeek-V2-Lite's and DeepSeek-V3's own config.json.
        var lite = Parse("""
            {"model_type":"deepseek_v2","hidden_size":2048,"intermediate_size":10944,"moe_intermediate_size":1408,"num_hidden_layers":27,
             "num_attention_heads":16,"num_key_value_heads":16,"n_shared_experts":2,"n_routed_experts":64,"num_experts_per_tok":6,
             "routed_scaling_factor":1.0,"kv_lora_rank":512,"q_lora_rank":null,"qk_rope_head_dim":64,"v_head_dim":128,"qk_nope_head_dim":128,
             "topk_method":"greedy","n_group":1,"topk_group":1,"first_k_dense_replace":1,"moe_layer_freq":1,"norm_topk_prob":false,
             "scoring_func":"softmax","hidden_act":"silu","rms_norm_eps":1e-06,"rope_theta":10000,"vocab_size":102400,
             "rope_scaling":{"beta_fast":32,"beta_slow":1,"factor":40,"mscale":0.707,"mscale_all_dim":0.707,"original_max_position_embeddings":4096,"type":"yarn"},
             "max_position_embeddings":163840,"tie_word_embeddings":false,"attention_bias":false,"bos_token_id":100000,"eos_token_id":100001}
            """);
        var shape = AttentionShape.Of(lite);
        Assert.Equal(0.11472139f, shape.Scale, 1e-7f);
        Assert.Equal(576, lite.Attention.CacheWidth);
        var rope = new RopeTable(lite.Rope, 64);
        Assert.Equal(1.0, rope.Amplitude, 12);
        // Pairs up to 10 keep their frequency, from 23 on it is divided by 40, pair 15 is five thirteenths of the way.
        Assert.Equal(Math.Pow(10000, -20.0 / 64), rope.Frequencies[10], 15);
        Assert.Equal(Math.Pow(10000, -46.0 / 64) / 40, rope.Frequencies[23], 15);
        Assert.Equal(Math.Pow(10000, -30.0 / 64) * ((8.0 / 13) + (5.0 / 13 / 40)), rope.Frequencies[15], 15);
        Assert.Equal((RouterRule.SoftmaxGreedy, false), (lite.Moe!.Router.Rule, lite.Moe.Router.NormalizeWeights));
        Assert.Equal([100001], lite.EndTokens);
    }

    [Fact]
    public void Experts_come_from_the_first_layer_named_on_and_every_nth()
    {
        var config = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(GoldenModel.Open("deepseek_v3").Directory, "config.json")))!.AsObject();
        config["first_k_dense_replace"] = 3;
        config["moe_layer_freq"] = 2;
        var moe = Parse(config.ToJsonString()).Moe!;
        Assert.Equal([4, 6, 8], Enumerable.Range(0, 10).Where(moe.AppliesTo));
    }

    [Fact]
    public void Damaged_configs_never_cause_anything_but_the_engines_own_exception()
    {
        var random = new Random(7);
        var refused = 0;
        foreach (var name in GoldenModel.Names)
        {
            var original = File.ReadAllBytes(System.IO.Path.Combine(GoldenModel.Open(name).Directory, "config.json"));
            for (var round = 0; round < 300; round++)
            {
                try
                {
                    _ = TensorPlan.Of(ModelConfigReader.Parse(Damage.Of(original, random), Path)).Take(1000).Count();
                }
                catch (EngineException e)
                {
                    refused++;
                    Assert.DoesNotContain('\n', e.Message);
                }
            }
        }

        Assert.True(refused > 500, $"{refused} of 1500 damaged configs were refused; the damage is too gentle to test anything.");
    }

    private static ModelConfig Parse(string json) => ModelConfigReader.Parse(Encoding.UTF8.GetBytes(json), Path);
}
