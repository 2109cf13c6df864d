"""Random checkpoints of every family at real width, and the mistakes that an engine could make with them. Used by cuda_parity.py.

What makes the checkpoints worth something:
 * scores of attention have a standard deviation of 2.4, so that it is far from uniform (entropy is printed);
 * norms are drawn, not ones; every bias is drawn; the residual stays between 2 and 4 (printed);
 * the router's choice is no coin toss. With free weights the sixth and seventh expert of one token in twenty lie closer than bfloat16 can
   tell, and every right engine would differ there. So token embeddings come in clusters, and each layer's router knows the clusters: who is
   chosen is drawn per cluster and layer with a gap, and outside the chosen groups stands one expert that would be chosen without groups;
 * biased scores lie above zero, so that masking with 0 (transformers) and with minus infinity (DeepSeek) choose alike.
"""
import json, math, os
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, DeepseekV2Config, DeepseekV3Config, LlamaConfig, Qwen2Config

CLUSTERS, CENTRE, SPREAD = 16, 1.6, 1.2

COMMON = dict(num_hidden_layers=4, vocab_size=32000, rms_norm_eps=1e-6, bos_token_id=0, eos_token_id=1, hidden_act="silu", use_cache=False, tie_word_embeddings=False)
LATENT = dict(COMMON, kv_lora_rank=512, qk_nope_head_dim=128, qk_rope_head_dim=64, v_head_dim=128, max_position_embeddings=163840)
YARN = dict(rope_type="yarn", rope_theta=10000.0, factor=40.0, original_max_position_embeddings=4096, beta_fast=32.0, beta_slow=1.0)
SMALL = dict(hidden_size=256, intermediate_size=320, num_attention_heads=4, num_key_value_heads=2, vocab_size=512)
SMALL_LATENT = dict(SMALL, num_key_value_heads=4, moe_intermediate_size=96, kv_lora_rank=96, qk_nope_head_dim=32, qk_rope_head_dim=32, v_head_dim=32)

# What a family's projections are multiplied by; 1 keeps the size of what comes in. First match counts.
GROUPED_GAINS = {"q_proj": 1.5, "k_proj": 1.5, "v_proj": 1.15, "down_proj": 0.8}

def latent_gains(query, expert):
    return {"q_proj": query, "q_b_proj": query, "kv_a_proj": 1.5, "kv_b_proj": 1.1, "shared_experts.down_proj": 0.5, "experts.down_proj": expert, "down_proj": 0.8}

def families():
    """name -> (configuration, gains, mutants)."""
    yarn_mutants = ["mscale omitted", "mscale not squared", "mscale on cosine and sine", "pairing", "YaRN ramp"]
    return {
        "qwen2-7b": (lambda small: Qwen2Config(**{**COMMON, **dict(
            hidden_size=3584, intermediate_size=18944, num_attention_heads=28, num_key_value_heads=4, max_position_embeddings=131072,
            rope_parameters=dict(rope_type="default", rope_theta=10000.0)), **(SMALL if small else {})}),
            GROUPED_GAINS, ["pairing", "norms exchanged"]),
        "llama3-8b": (lambda small: LlamaConfig(**{**COMMON, **dict(
            hidden_size=4096, intermediate_size=14336, num_attention_heads=32, num_key_value_heads=8, max_position_embeddings=131072,
            rope_parameters=dict(rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192)),
            **(dict(SMALL, head_dim=64) if small else {})}),
            GROUPED_GAINS, ["llama3 scaling omitted", "pairing", "norms exchanged"]),
        "deepseek-v2-lite": (lambda small: DeepseekV2Config(**{**LATENT, **dict(
            hidden_size=2048, intermediate_size=10944, moe_intermediate_size=1408, num_attention_heads=16, num_key_value_heads=16, q_lora_rank=None,
            first_k_dense_replace=1, n_routed_experts=64, num_experts_per_tok=6, n_shared_experts=2, topk_method="greedy", n_group=1, topk_group=1,
            scoring_func="softmax", norm_topk_prob=False, routed_scaling_factor=1.0, moe_layer_freq=1,
            rope_parameters=dict(YARN, mscale=0.707, mscale_all_dim=0.707)), **(SMALL_LATENT if small else {})}),
            latent_gains(1.1, 4.0), [*yarn_mutants, "norm_topk_prob", "norms exchanged"]),
        # Two dense layers, so that the experts keep their real width.
        "deepseek-v2": (lambda small: DeepseekV2Config(**{**LATENT, **dict(
            hidden_size=5120, intermediate_size=12288, moe_intermediate_size=1536, num_attention_heads=32, num_key_value_heads=32, q_lora_rank=1536,
            first_k_dense_replace=2, n_routed_experts=32, num_experts_per_tok=6, n_shared_experts=2, topk_method="group_limited_greedy", n_group=8,
            topk_group=3, scoring_func="softmax", norm_topk_prob=False, routed_scaling_factor=16.0, moe_layer_freq=1,
            rope_parameters=dict(YARN, mscale=0.707, mscale_all_dim=0.707)), **(dict(SMALL_LATENT, q_lora_rank=80) if small else {})}),
            latent_gains(1.1, 0.22), [*yarn_mutants, "topk_group", "n_group", "norm_topk_prob", "norms exchanged"]),
        # Narrower experts and a smaller vocabulary, so that 64 of them fit.
        "deepseek-v3": (lambda small: DeepseekV3Config(**{**LATENT, **dict(
            vocab_size=16384, hidden_size=7168, intermediate_size=9216, moe_intermediate_size=512, num_attention_heads=32, num_key_value_heads=32,
            q_lora_rank=1536, first_k_dense_replace=1, n_routed_experts=64, num_experts_per_tok=8, n_shared_experts=1, topk_method="noaux_tc", n_group=8,
            topk_group=4, scoring_func="sigmoid", norm_topk_prob=True, routed_scaling_factor=2.5, moe_layer_freq=1,
            rope_parameters=dict(YARN, mscale=1.0, mscale_all_dim=1.0)), **(dict(SMALL_LATENT, q_lora_rank=80) if small else {})}),
            latent_gains(0.95, 0.9), [*yarn_mutants, "topk_group", "n_group", "correction bias zeroed", "norm_topk_prob", "norms exchanged"]),
    }

# The checkpoint

def build(config, device):
    """The model in float32, eager, on the device."""
    failed = None
    for place in dict.fromkeys((device, "cpu")):
        for arguments in (dict(experts_implementation="eager"), {}):
            try:
                with torch.device(place):
                    return AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager", **arguments).to(device).eval()
            except (TypeError, ValueError, RuntimeError) as e:
                failed = e
    raise failed

def fill(model, config, gains, device):
    """Draws every weight; all but the correction bias are values of bfloat16, so that float32 and the stored file say the same."""
    random = torch.Generator(device).manual_seed(20261126)
    normal = lambda *shape: torch.randn(*shape, generator=random, device=device)
    centres = normal(CLUSTERS, config.hidden_size)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "e_score_correction_bias" in name or name.endswith("mlp.gate.weight"):
                continue
            drawn = normal(*weight.shape)
            if "embed_tokens" in name:
                drawn = SPREAD * drawn + CENTRE * centres[torch.arange(weight.shape[0], device=device) % CLUSTERS]
            elif weight.ndim == 1:
                drawn = 1 + 0.3 * drawn if "norm" in name else 0.3 * drawn
            else:
                drawn *= next((g for part, g in gains.items() if part in name), 1.0) / math.sqrt(weight.shape[-1])
            weight.copy_(drawn.bfloat16())
        for layer in model.model.layers:
            if (gate := getattr(layer.mlp, "gate", None)) is not None:
                draw_router(gate, config, centres, random, device)

def draw_router(gate, config, centres, random, device):
    """Scores per cluster: in each kept group one first and some seconds, in each other group one that would win if groups did not count."""
    uniform = lambda *shape: torch.rand(*shape, generator=random, device=device)
    experts, groups, kept = config.n_routed_experts, config.n_group or 1, config.topk_group or 1
    biased = hasattr(gate, "e_score_correction_bias")
    low, second, alone, first, jitter = (0.65, 0.85, 0.95, 1.05, 0.02) if biased else (-0.3, 1.2, 1.9, 2.6, 0.2)
    wanted = torch.full((CLUSTERS, groups, experts // groups), low, device=device)
    for cluster in wanted:
        order = torch.randperm(groups, generator=random, device=device).tolist()
        for place, group in enumerate(order):
            picks = torch.randperm(experts // groups, generator=random, device=device)[: config.num_experts_per_tok // kept]
            cluster[group, picks[0]] = first if place < kept else alone
            if place < kept:
                cluster[group, picks[1:]] = second
    wanted = wanted.view(CLUSTERS, experts) + jitter * uniform(CLUSTERS, experts)
    if biased:
        bias = torch.where(uniform(experts) < 0.5, 0.1, 0.6) + 0.02 * uniform(experts)
        gate.e_score_correction_bias.copy_(bias)
        wanted = torch.logit((wanted - bias).clamp(0.02, 0.98))
    # The residual's root mean square is about 2.3 by then, of which a centre is CENTRE.
    gate.weight.copy_((wanted.T @ centres * (2.3 / (CENTRE * config.hidden_size))).bfloat16())

def save(model, directory):
    """As a published checkpoint: bfloat16, several files, the correction bias in float32."""
    for name, weight in model.named_parameters():
        if "e_score_correction_bias" not in name:
            weight.data = weight.data.bfloat16()  # not model.to(): that would round the rotation's frequencies too
    model.config.dtype = torch.bfloat16
    model.save_pretrained(directory, max_shard_size="2GB")
    generation = os.path.join(directory, "generation_config.json")
    if os.path.exists(generation):
        os.remove(generation)

# Mistakes, made on purpose

def half_split(weight, heads, begin, width):
    """Rows begin.. of every head, from (0,1)(2,3)… to (0,2,4…)(1,3,5…): what an engine that pairs the other way would need."""
    rows = weight.clone().view(heads, weight.shape[0] // heads, -1)
    turned = torch.cat((torch.arange(0, width, 2), torch.arange(1, width, 2))) + begin
    rows[:, begin : begin + width] = rows[:, turned]
    return rows.view(weight.shape).contiguous()

def pairing(config, read):
    altered = {}
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}.self_attn."
        if "kv_lora_rank" in config:
            query = at + ("q_b_proj.weight" if config.get("q_lora_rank") else "q_proj.weight")
            plain, rope = config["qk_nope_head_dim"], config["qk_rope_head_dim"]
            altered[query] = half_split(read(query), config["num_attention_heads"], plain, rope)
            altered[at + "kv_a_proj_with_mqa.weight"] = half_split(read(at + "kv_a_proj_with_mqa.weight"), 1, config["kv_lora_rank"], rope)
            continue
        width = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
        for part, heads in (("q_proj", config["num_attention_heads"]), ("k_proj", config["num_key_value_heads"])):
            for kind in (".weight", ".bias") if config["model_type"] == "qwen2" else (".weight",):
                altered[at + part + kind] = half_split(read(at + part + kind), heads, 0, width)
    return altered

def norms_exchanged(config, read):
    names = [f"model.layers.{layer}.{{}}_layernorm.weight" for layer in range(config["num_hidden_layers"])]
    return {n.format(a): read(n.format(b)) for n in names for a, b in (("input", "post_attention"), ("post_attention", "input"))}

def bias_zeroed(config, read):
    names = [f"model.layers.{layer}.mlp.gate.e_score_correction_bias" for layer in range(config["first_k_dense_replace"], config["num_hidden_layers"])]
    return {n: torch.zeros_like(read(n)) for n in names}

def rope(**changes):
    """A change of the rotation's numbers; None takes one away."""
    def mutant(config, _read):
        config["rope_parameters"] = {k: v for k, v in {**config["rope_parameters"], **changes}.items() if v is not None}
    return mutant

def not_squared(config, read):
    stretch = math.log(config["rope_parameters"]["factor"]) / 10
    half = (math.sqrt(1 + stretch * config["rope_parameters"]["mscale_all_dim"]) - 1) / stretch
    rope(mscale=half, mscale_all_dim=half)(config, read)

def setting(key, change):
    def mutant(config, _read):
        config[key] = change(config[key])
    return mutant

MUTANTS = {
    "mscale omitted": rope(mscale=None, mscale_all_dim=None, attention_factor=1.0),
    "mscale not squared": not_squared,
    "mscale on cosine and sine": rope(mscale_all_dim=None),
    "YaRN ramp": rope(beta_fast=16.0, beta_slow=2.0),
    "llama3 scaling omitted": rope(rope_type="default", factor=None, low_freq_factor=None, high_freq_factor=None, original_max_position_embeddings=None),
    "pairing": pairing,
    "topk_group": setting("topk_group", lambda n: n + 1),
    "n_group": setting("n_group", lambda n: n // 2),
    "norm_topk_prob": setting("norm_topk_prob", lambda on: not on),
    "correction bias zeroed": bias_zeroed,
    "norms exchanged": norms_exchanged,
}

def mutate(source, target, mutant):
    """The same weights by hard links, with config.json and a few tensors changed."""
    os.makedirs(target)
    with open(os.path.join(source, "config.json")) as file:
        config = json.load(file)
    where = {}
    for name in sorted(f for f in os.listdir(source) if f.endswith(".safetensors")):
        os.link(os.path.join(source, name), os.path.join(target, name))
        with safe_open(os.path.join(source, name), "pt") as file:
            where.update({tensor: name for tensor in file.keys()})
    def read(tensor):
        with safe_open(os.path.join(source, where[tensor]), "pt") as file:
            return file.get_tensor(tensor)
    if altered := mutant(config, read):
        save_file(altered, os.path.join(target, "mutant.safetensors"), metadata={"format": "pt"})
        where.update({tensor: "mutant.safetensors" for tensor in altered})
    with open(os.path.join(target, "model.safetensors.index.json"), "w") as file:
        json.dump({"metadata": {}, "weight_map": where}, file)
    with open(os.path.join(target, "config.json"), "w") as file:
        json.dump(config, file)
