using InferenceCore.Engine;

namespace FastTests.Engine;

/// <summary>The engine against transformers, on checkpoints that have every feature switched on (tests/golden/logits/make.py).</summary>
public sealed class GoldenLogitsTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Models => [.. GoldenModel.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void ForwardReference_agrees_with_transformers(string name)
    {
        var golden = GoldenModel.Open(name);
        Assert.InRange(golden.Error(golden.Prefilled), 0, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_config_in_transformers_4_words_says_the_same(string name)
    {
        var directory = GoldenModel.Open(name).Directory;
        var path = Path.Combine(directory, "config.v4.json");
        Assert.Equivalent(ModelConfig.Load(directory), ModelConfigReader.Parse(File.ReadAllBytes(path), path), strict: true);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_second_implementation_in_double_precision_agrees_with_transformers(string name)
    {
        var golden = GoldenModel.Open(name);
        Assert.InRange(golden.Error(new PlainForward(golden, Mutation.None).Logits(golden.Tokens)), 0, Tolerance);
    }

    [Theory]
    [InlineData("deepseek_v2_greedy", Mutation.MscaleOmitted)]
    [InlineData("deepseek_v2_greedy", Mutation.MscaleNotSquared)]
    [InlineData("deepseek_v2_greedy", Mutation.MscaleOnCosineToo)]
    [InlineData("deepseek_v2_greedy", Mutation.PairingOfTheOtherFamily)]
    [InlineData("deepseek_v2_greedy", Mutation.YarnRampOmitted)]
    [InlineData("deepseek_v2_greedy", Mutation.RouterWeightsNormalized)]
    [InlineData("deepseek_v2_greedy", Mutation.SharedExpertsOmitted)]
    [InlineData("deepseek_v2_greedy", Mutation.LatentNormOmitted)]
    [InlineData("deepseek_v2_groups", Mutation.MscaleOmitted)]
    [InlineData("deepseek_v2_groups", Mutation.MscaleOnCosineToo)]
    [InlineData("deepseek_v2_groups", Mutation.YarnRampTheOtherWay)]
    [InlineData("deepseek_v2_groups", Mutation.RouterGroupsIgnored)]
    [InlineData("deepseek_v2_groups", Mutation.RouterFactorOmitted)]
    [InlineData("deepseek_v2_groups", Mutation.RouterWeightsNormalized)]
    [InlineData("deepseek_v2_groups", Mutation.QueryNormOmitted)]
    [InlineData("deepseek_v2_groups", Mutation.AttentionBiasOmitted)]
    [InlineData("deepseek_v3", Mutation.MscaleOmitted)]
    [InlineData("deepseek_v3", Mutation.MscaleNotSquared)]
    [InlineData("deepseek_v3", Mutation.PairingOfTheOtherFamily)]
    [InlineData("deepseek_v3", Mutation.YarnRampOmitted)]
    [InlineData("deepseek_v3", Mutation.YarnRampTheOtherWay)]
    [InlineData("deepseek_v3", Mutation.YarnRampNotRounded)]
    [InlineData("deepseek_v3", Mutation.RouterBiasInWeights)]
    [InlineData("deepseek_v3", Mutation.RouterBiasIgnored)]
    [InlineData("deepseek_v3", Mutation.RouterGroupsIgnored)]
    [InlineData("deepseek_v3", Mutation.RouterGroupsByBestExpert)]
    [InlineData("deepseek_v3", Mutation.RouterSoftmaxForSigmoid)]
    [InlineData("deepseek_v3", Mutation.RouterWeightsNotNormalized)]
    [InlineData("deepseek_v3", Mutation.RouterFactorOmitted)]
    [InlineData("deepseek_v3", Mutation.SharedExpertsOmitted)]
    [InlineData("deepseek_v3", Mutation.NormAfterInsteadOfBefore)]
    [InlineData("deepseek_v3", Mutation.FinalNormOmitted)]
    [InlineData("deepseek_v3", Mutation.QueryNormOmitted)]
    [InlineData("deepseek_v3", Mutation.LatentNormOmitted)]
    [InlineData("deepseek_v3", Mutation.LatentNormOverRotatedKey)]
    [InlineData("deepseek_v3", Mutation.KeyAndValueRowsExchanged)]
    [InlineData("deepseek_v3", Mutation.AttentionBiasOmitted)]
    [InlineData("deepseek_v3", Mutation.NotCausal)]
    [InlineData("llama3", Mutation.PairingOfTheOtherFamily)]
    [InlineData("llama3", Mutation.Llama3ScalingOmitted)]
    [InlineData("llama3", Mutation.Llama3SmoothingOmitted)]
    [InlineData("llama3", Mutation.DenseBiasOmitted)]
    [InlineData("llama3", Mutation.AttentionBiasOmitted)]
    [InlineData("llama3", Mutation.NormAfterInsteadOfBefore)]
    [InlineData("qwen2", Mutation.AttentionBiasOmitted)]
    [InlineData("qwen2", Mutation.KeyHeadsInterleaved)]
    [InlineData("qwen2", Mutation.PairingOfTheOtherFamily)]
    [InlineData("qwen2", Mutation.GateAndUpExchanged)]
    public void The_goldens_catch_the_mistake(string name, Mutation mutation)
    {
        var golden = GoldenModel.Open(name);
        // Attention is causal: the first positions' logits do not need the later tokens. Half of them catch every mistake here.
        var error = golden.Error(new PlainForward(golden, mutation).Logits(golden.Tokens[..48]));
        Assert.True(error > 10 * Tolerance, $"{mutation} on {name} differs by {error:E2} only; the goldens would let it pass.");
    }
}
