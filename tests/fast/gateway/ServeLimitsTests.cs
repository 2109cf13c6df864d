using System.Text;
using Appliance.Model;
using InferenceCore.Engine;
using InferenceCore.Gateway;
using Xunit;

namespace FastTests.Gateway;

public sealed class ServeLimitsTests
{
    private static readonly ModelConfig Model = ModelConfigReader.Parse(Encoding.UTF8.GetBytes(
        """
        {"model_type":"qwen2","hidden_size":3584,"intermediate_size":18944,"num_hidden_layers":28,"num_attention_heads":28,"num_key_value_heads":4,
         "vocab_size":152064,"max_position_embeddings":131072}
        """), "config.json");

    [Fact]
    public void A_GPU_takes_prompts_in_larger_pieces_than_a_processor()
    {
        Assert.Equal(64, new ServeLimits().OptionsFor(new InferenceConfig(), Model, "cpu").PrefillChunk);
        Assert.Equal(512, new ServeLimits().OptionsFor(new InferenceConfig(), Model, "cuda:0").PrefillChunk);
    }

    [Fact]
    public void A_GPU_is_asked_for_all_the_cache_that_could_be_used_and_a_processor_for_a_part_of_memory()
    {
        var config = new InferenceConfig { MaxRunning = 16 };
        Assert.Equal(131072L * 24, new ServeLimits().OptionsFor(config, Model, "cuda:0").CacheTokens);
        Assert.InRange(new ServeLimits().OptionsFor(config, Model, "cpu").CacheTokens, 4096, (131072L * 24) - 1);
    }

    [Fact]
    public void An_option_counts_before_the_configuration()
    {
        var config = new InferenceConfig { MaxRunning = 16, MaxWaiting = 17 };
        var configured = new ServeLimits().OptionsFor(config, Model, "cuda:0");
        Assert.Equal((16, 17), (configured.MaxRunning, configured.MaxWaiting));
        var told = new ServeLimits(MaxRunning: 64, MaxWaiting: 0, PrefillChunk: 384, CacheTokens: 8192).OptionsFor(config, Model, "cuda:0");
        Assert.Equal((64, 0, 384, 8192L), (told.MaxRunning, told.MaxWaiting, told.PrefillChunk, told.CacheTokens));
    }

    [Theory]
    [InlineData("--max-running", "0", "1..256")]
    [InlineData("--max-running", "257", "1..256")]
    [InlineData("--max-waiting", "10001", "0..10000")]
    [InlineData("--prefill-chunk", "0", "1..8192")]
    [InlineData("--cache-tokens", "63", "64..1073741824")]
    public void A_limit_out_of_range_is_refused_with_the_range(string option, string value, string range)
    {
        var parsed = ServeCommand.Create(TimeProvider.System).Parse([option, value]);
        Assert.Contains(range, Assert.Single(parsed.Errors).Message, StringComparison.Ordinal);
    }
}
