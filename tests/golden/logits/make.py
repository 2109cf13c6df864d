#!/usr/bin/env python3
"""Makes the golden logits of ForwardReference: tiny random checkpoints of every family, and what transformers computes from them.

    python3 make.py OUTPUT_DIRECTORY        (transformers 5.17, torch, safetensors; the CPU is enough, about a minute)

Per model: config.json as transformers 5 saves it, config.v4.json with the same facts as transformers 4 wrote them, the weights, tokens.json
and expected.safetensors with `logits` [positions, vocabulary] in float32.

What makes the goldens worth something:
 * every feature a family has is switched on (biases, groups, shared experts, YaRN with unequal mscales, tied embeddings);
 * 96 positions, because position 0 hides a wrong softmax scale and small positions a wrong YaRN ramp;
 * norms, biases and projections are drawn wide enough that attention is far from uniform and the router far from indifferent;
 * router scores lie above zero, so that masking with 0 (transformers) and with minus infinity (DeepSeek) choose alike;
 * sizes are no multiples of 16 here and there, for the kernels' remainders;
 * weights are rounded to the type they are stored in before transformers computes, in float32, on the CPU.
"""

import json
import math
import os
import sys
import traceback

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, DeepseekV2Config, DeepseekV3Config, LlamaConfig, Qwen2Config

POSITIONS = 96
VOCABULARY = 256

COMMON = dict(
    vocab_size=VOCABULARY,
    hidden_size=64,
    num_attention_heads=4,
    num_hidden_layers=3,
    rms_norm_eps=1e-6,
    bos_token_id=0,
    eos_token_id=1,
    hidden_act="silu",
    use_cache=False,
)

YARN = dict(rope_type="yarn", factor=40.0, original_max_position_embeddings=4096, beta_fast=32.0, beta_slow=1.0, rope_theta=10000.0)

LATENT = dict(
    COMMON,
    num_key_value_heads=4,
    intermediate_size=112,
    moe_intermediate_size=40,
    first_k_dense_replace=1,
    kv_lora_rank=40,
    qk_nope_head_dim=24,
    qk_rope_head_dim=16,
    v_head_dim=20,
    max_position_embeddings=163840,
    tie_word_embeddings=False,
)


def models():
    """name -> (config, storage type, shards)."""
    return {
        "qwen2": (
            Qwen2Config(
                **COMMON,
                num_key_value_heads=2,
                intermediate_size=120,
                max_position_embeddings=4096,
                tie_word_embeddings=True,
                rope_parameters=dict(rope_type="default", rope_theta=1000000.0),
            ),
            torch.float32,
            2,
        ),
        "llama3": (
            LlamaConfig(
                **COMMON,
                num_key_value_heads=1,
                head_dim=24,
                intermediate_size=112,
                max_position_embeddings=512,
                tie_word_embeddings=False,
                attention_bias=True,
                mlp_bias=True,
                rope_parameters=dict(
                    rope_type="llama3",
                    rope_theta=500000.0,
                    factor=8.0,
                    low_freq_factor=1.0,
                    high_freq_factor=4.0,
                    original_max_position_embeddings=64,
                ),
            ),
            torch.float16,
            1,
        ),
        "deepseek_v2_greedy": (
            DeepseekV2Config(
                **LATENT,
                q_lora_rank=None,
                n_routed_experts=8,
                num_experts_per_tok=3,
                n_shared_experts=2,
                topk_method="greedy",
                n_group=1,
                topk_group=1,
                scoring_func="softmax",
                norm_topk_prob=False,
                routed_scaling_factor=1.0,
                moe_layer_freq=1,
                rope_parameters=dict(YARN, mscale=0.707, mscale_all_dim=0.707),
            ),
            torch.float32,
            1,
        ),
        "deepseek_v2_groups": (
            DeepseekV2Config(
                **LATENT,
                q_lora_rank=36,
                attention_bias=True,
                n_routed_experts=16,
                num_experts_per_tok=3,
                n_shared_experts=1,
                topk_method="group_limited_greedy",
                n_group=4,
                topk_group=2,
                scoring_func="softmax",
                norm_topk_prob=False,
                routed_scaling_factor=4.0,
                moe_layer_freq=1,
                rope_parameters=dict(YARN, mscale=1.0, mscale_all_dim=0.707),
            ),
            torch.bfloat16,
            1,
        ),
        "deepseek_v3": (
            DeepseekV3Config(
                **LATENT,
                q_lora_rank=36,
                attention_bias=True,
                n_routed_experts=16,
                num_experts_per_tok=4,
                n_shared_experts=1,
                topk_method="noaux_tc",
                n_group=4,
                topk_group=2,
                scoring_func="sigmoid",
                norm_topk_prob=True,
                routed_scaling_factor=2.5,
                moe_layer_freq=1,
                rope_parameters=dict(YARN, mscale=1.0, mscale_all_dim=1.0),
            ),
            torch.bfloat16,
            2,
        ),
    }


def draw(name, tensor, generator):
    """A random tensor of this shape, wide enough for its role."""
    noise = torch.randn(tensor.shape, generator=generator)
    if "e_score_correction_bias" in name:
        return 0.4 * torch.rand(tensor.shape, generator=generator)
    if tensor.ndim == 1:
        return 1 + 0.3 * noise if "norm" in name else 0.3 * noise
    if "embed_tokens" in name:
        return noise
    gain = 1.0
    if any(part in name for part in ("q_proj", "k_proj", "q_b_proj", "kv_a_proj", "kv_b_proj", "mlp.gate.weight", "lm_head")):
        gain = 1.6
    return gain / math.sqrt(tensor.shape[-1]) * noise


def fill(model, storage, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in sorted(model.state_dict().items()):
            if "rotary" in name:
                continue
            kept = torch.float32 if "e_score_correction_bias" in name else storage
            tensor.copy_(draw(name, tensor, generator).to(kept).float())
        model.tie_weights()


def build(config):
    for arguments in (dict(attn_implementation="eager", experts_implementation="eager"), dict(attn_implementation="eager")):
        try:
            return AutoModelForCausalLM.from_config(config, dtype=torch.float32, **arguments).eval()
        except TypeError as error:
            print("  without", arguments, ":", error)
    raise SystemExit("transformers takes neither form of from_config")


def save_weights(directory, storage, shards):
    """Rewrites what save_pretrained left as `shards` files in the storage type."""
    tensors = {}
    for file in sorted(os.listdir(directory)):
        if file.endswith(".safetensors"):
            tensors.update(load_file(os.path.join(directory, file)))
            os.remove(os.path.join(directory, file))
    index = os.path.join(directory, "model.safetensors.index.json")
    if os.path.exists(index):
        os.remove(index)
    tensors = {n: t if "e_score_correction_bias" in n else t.to(storage) for n, t in sorted(tensors.items())}
    names = list(tensors)
    if shards == 1:
        save_file(tensors, os.path.join(directory, "model.safetensors"), metadata={"format": "pt"})
        return names
    weight_map = {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = {n: tensors[n] for n in names[shard * len(names) // shards : (shard + 1) * len(names) // shards]}
        save_file(part, os.path.join(directory, file), metadata={"format": "pt"})
        weight_map.update({n: file for n in part})
    total = sum(t.numel() * t.element_size() for t in tensors.values())
    with open(index, "w") as out:
        json.dump({"metadata": {"total_size": total}, "weight_map": weight_map}, out, indent=2)
    return names


def save_configs(directory, storage):
    """config.json as saved, with the type the weights have; and the same in transformers 4's words."""
    path = os.path.join(directory, "config.json")
    with open(path) as file:
        config = json.load(file)
    config["dtype"] = str(storage).removeprefix("torch.")
    with open(path, "w") as out:
        json.dump(config, out, indent=2, sort_keys=True)

    old = dict(config, torch_dtype=config["dtype"], transformers_version="4.51.0")
    del old["dtype"]
    rope = old.pop("rope_parameters")
    old["rope_theta"] = rope.pop("rope_theta")
    kind = rope.pop("rope_type")
    # Published DeepSeek checkpoints say "type", Llama 3.1 says "rope_type".
    old["rope_scaling"] = None if kind == "default" else dict(rope, **{"rope_type" if kind == "llama3" else "type": kind})
    with open(os.path.join(directory, "config.v4.json"), "w") as out:
        json.dump(old, out, indent=2, sort_keys=True)


def make(output, name, seed, config, storage, shards):
    directory = os.path.join(output, name)
    os.makedirs(directory, exist_ok=True)
    model = build(config)
    fill(model, storage, seed)
    tokens = torch.randint(0, VOCABULARY, (1, POSITIONS), generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        result = model(input_ids=tokens, output_attentions=True, output_hidden_states=True)
    logits = result.logits[0].float()
    peaks = [round(a[0, :, 1:].max(-1).values.mean().item(), 2) for a in result.attentions] if result.attentions else "unknown"

    model.save_pretrained(directory)
    if os.path.exists(os.path.join(directory, "generation_config.json")):
        os.remove(os.path.join(directory, "generation_config.json"))
    names = save_weights(directory, storage, shards)
    save_configs(directory, storage)
    with open(os.path.join(directory, "tokens.json"), "w") as out:
        json.dump(tokens[0].tolist(), out)
    save_file({"logits": logits.contiguous()}, os.path.join(directory, "expected.safetensors"))
    if "--hidden" in sys.argv:
        hidden = {f"hidden.{i}": h[0].float().contiguous().clone() for i, h in enumerate(result.hidden_states)}
        save_file(hidden, os.path.join(output, name + ".hidden.safetensors"))
    size = sum(os.path.getsize(os.path.join(directory, f)) for f in os.listdir(directory))
    print(f"{name}: {len(names)} tensors, {size} bytes, logits std {logits.std():.3f}, attention peaks {peaks}")
    print("   ", names[:2], [n for n in names if "expert" in n][:3], [n for n in names if "gate." in n][:3])


def main():
    output = sys.argv[1]
    torch.set_num_threads(8)
    print("torch", torch.__version__, "transformers", transformers.__version__)
    failed = 0
    for seed, (name, (config, storage, shards)) in enumerate(models().items(), start=20261123):
        try:
            make(output, name, seed, config, storage, shards)
        except Exception:
            traceback.print_exc()
            failed += 1
    sys.exit(failed)


if __name__ == "__main__":
    main()
