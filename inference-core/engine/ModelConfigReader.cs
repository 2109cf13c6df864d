using System.Text.Json;

namespace InferenceCore.Engine;

/// <summary>
/// Reads config.json as transformers 4 writes it (<c>rope_theta</c> and <c>rope_scaling</c>) and as transformers 5 does
/// (<c>rope_parameters</c>, with theta inside). A new family is a new case in <see cref="Parse"/> and nothing else here.
/// </summary>
internal static class ModelConfigReader
{
    /// <summary>The values of <c>model_type</c> that the engine serves.</summary>
    public static readonly string[] SupportedTypes = ["deepseek_v2", "deepseek_v3", "llama", "qwen2"];

    // Sizes beyond these are damage, not models; they keep products of two inside an int and products of three inside a long.
    private const int SizeLimit = 1 << 22;
    private const int LayerLimit = 4096;

    public static ModelConfig Load(string modelDirectory) => LoadFile(Path.Combine(modelDirectory, "config.json"));

    public static ModelConfig LoadFile(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"{path}: cannot be read ({e.Message}); a model directory holds config.json and *.safetensors", e);
        }

        return Parse(bytes, path);
    }

    /// <param name="json">The file's bytes.</param>
    /// <param name="path">Its name, for messages.</param>
    public static ModelConfig Parse(ReadOnlyMemory<byte> json, string path)
    {
        using var document = JsonFields.ParseDocument(json, path);
        var fields = new JsonFields(document.RootElement, path, "");
        var type = fields.Text("model_type")
            ?? throw new EngineException($"{path}: model_type is missing; supported are {string.Join(", ", SupportedTypes)}");
        if (fields.Has("quantization_config"))
            throw new EngineException($"{path}: quantization_config is not supported; supported are weights in bf16, f16 and f32");

        var activation = fields.Text("hidden_act") ?? "silu";
        if (activation != "silu")
            throw new EngineException($"{path}: hidden_act is '{activation}'; supported is 'silu'");

        var config = type switch
        {
            "qwen2" => Grouped(fields, type, biasOnQueryKeyValue: true, biasOnOutput: false),
            "llama" => Grouped(fields, type, fields.Flag("attention_bias", false), fields.Flag("attention_bias", false)),
            "deepseek_v2" or "deepseek_v3" => Latent(fields, type),
            _ => throw new EngineException($"{path}: model_type '{type}' is not supported; supported are {string.Join(", ", SupportedTypes)}"),
        };
        return config;
    }

    private static ModelConfig Grouped(JsonFields fields, string type, bool biasOnQueryKeyValue, bool biasOnOutput)
    {
        if (fields.Flag("use_sliding_window", false))
            throw fields.Wrong("use_sliding_window", "true", "false: sliding-window attention is not supported");

        var hidden = fields.Size("hidden_size", SizeLimit);
        var heads = fields.Size("num_attention_heads", SizeLimit);
        var keyValueHeads = fields.Size("num_key_value_heads", SizeLimit, heads);
        if (heads % keyValueHeads != 0)
            throw fields.Wrong("num_key_value_heads", keyValueHeads, $"a divisor of num_attention_heads ({heads})");
        if (!fields.Has("head_dim") && hidden % heads != 0)
            throw fields.Wrong("num_attention_heads", heads, $"a divisor of hidden_size ({hidden}) when head_dim is not given");

        var headWidth = fields.Size("head_dim", SizeLimit, Math.Max(hidden / heads, 1));
        RequireEven(fields, "head_dim", headWidth);
        return Common(fields, type, new AttentionConfig.Grouped
        {
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadWidth = headWidth,
            BiasOnQueryKeyValue = biasOnQueryKeyValue,
            BiasOnOutput = biasOnOutput,
        });
    }

    private static ModelConfig Latent(JsonFields fields, string type)
    {
        var rope = fields.Size("qk_rope_head_dim", SizeLimit);
        RequireEven(fields, "qk_rope_head_dim", rope);
        var common = Common(fields, type, new AttentionConfig.Latent
        {
            Heads = fields.Size("num_attention_heads", SizeLimit),
            QueryRank = fields.Has("q_lora_rank") ? fields.Size("q_lora_rank", SizeLimit) : null,
            LatentWidth = fields.Size("kv_lora_rank", SizeLimit),
            PlainWidth = fields.Size("qk_nope_head_dim", SizeLimit),
            RopeWidth = rope,
            ValueWidth = fields.Size("v_head_dim", SizeLimit),
            Bias = fields.Flag("attention_bias", false),
        });
        return common with { Moe = fields.Has("n_routed_experts") ? Moe(fields, type) : null };
    }

    private static ModelConfig Common(JsonFields fields, string type, AttentionConfig attention)
    {
        var vocabulary = fields.Size("vocab_size", SizeLimit);
        var maxPositions = fields.Size("max_position_embeddings", 1 << 28, 2048);
        return new ModelConfig
        {
            ModelType = type,
            HiddenWidth = fields.Size("hidden_size", SizeLimit),
            Layers = fields.Size("num_hidden_layers", LayerLimit),
            Vocabulary = vocabulary,
            MaxPositions = maxPositions,
            DenseWidth = fields.Size("intermediate_size", SizeLimit),
            NormEpsilon = (float)fields.Positive("rms_norm_eps", 1e-6),
            TiedEmbeddings = fields.Flag("tie_word_embeddings", false),
            BiasOnDense = fields.Flag("mlp_bias", false),
            Attention = attention,
            Rope = RopeConfigReader.Read(fields, attention, maxPositions),
            Moe = null,
            BeginToken = fields.Tokens("bos_token_id", vocabulary) is [var first, ..] ? first : null,
            EndTokens = fields.Tokens("eos_token_id", vocabulary),
        };
    }

    private static MoeConfig Moe(JsonFields fields, string type)
    {
        var experts = fields.Size("n_routed_experts", SizeLimit);
        var perToken = fields.Size("num_experts_per_tok", experts);
        return new MoeConfig
        {
            Experts = experts,
            ExpertsPerToken = perToken,
            SharedExperts = fields.Has("n_shared_experts") ? fields.Count("n_shared_experts", SizeLimit) : 0,
            ExpertWidth = fields.Size("moe_intermediate_size", SizeLimit),
            FirstMoeLayer = fields.Has("first_k_dense_replace") ? fields.Count("first_k_dense_replace", LayerLimit) : 0,
            LayerFrequency = fields.Size("moe_layer_freq", LayerLimit, 1),
            Router = Router(fields, type, experts, perToken),
        };
    }

    private static RouterConfig Router(JsonFields fields, string type, int experts, int perToken)
    {
        var method = fields.Text("topk_method") ?? (type == "deepseek_v3" ? "noaux_tc" : "greedy");
        var scoring = fields.Text("scoring_func") ?? (method == "noaux_tc" ? "sigmoid" : "softmax");
        var rule = (method, scoring) switch
        {
            ("greedy", "softmax") => RouterRule.SoftmaxGreedy,
            ("group_limited_greedy", "softmax") => RouterRule.SoftmaxGroupLimited,
            ("noaux_tc", "sigmoid") => RouterRule.SigmoidBiased,
            _ => throw fields.Wrong("topk_method", $"{method}' with scoring_func '{scoring}",
                "greedy or group_limited_greedy with softmax, or noaux_tc with sigmoid"),
        };

        var groups = rule == RouterRule.SoftmaxGreedy || !fields.Has("n_group") ? 1 : fields.Size("n_group", experts);
        var groupsPerToken = groups == 1 ? 1 : fields.Size("topk_group", groups);
        if (experts % groups != 0)
            throw fields.Wrong("n_group", groups, $"a divisor of n_routed_experts ({experts})");
        if (rule == RouterRule.SigmoidBiased && experts / groups < 2)
            throw fields.Wrong("n_group", groups, $"at most {experts / 2}: a group is judged by its two best experts");
        if (perToken > experts / groups * groupsPerToken)
            throw fields.Wrong("num_experts_per_tok", perToken, $"at most the {experts / groups * groupsPerToken} experts of {groupsPerToken} groups");

        return new RouterConfig
        {
            Rule = rule,
            Groups = groups,
            GroupsPerToken = groupsPerToken,
            NormalizeWeights = fields.Flag("norm_topk_prob", type == "deepseek_v3"),
            ScalingFactor = (float)fields.Positive("routed_scaling_factor", type == "deepseek_v3" ? 2.5 : 1.0),
        };
    }

    private static void RequireEven(JsonFields fields, string key, int width)
    {
        if (width % 2 != 0)
            throw fields.Wrong(key, width, "even: rotation works on pairs");
    }
}
