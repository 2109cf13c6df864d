#!/usr/bin/env python3
"""Whole random checkpoints in the shape of real ones, with tokenizer and hashes. Used by cuda_serve.py, in a process of its own: what PyTorch
holds of the GPU is free again when it ends.

    python3 serve_checkpoints.py 7b|lite DIRECTORY [--device cuda:0]

Drawn on the GPU and written by several threads in shards of 5 GB, as the format has it: 8 bytes of length, a JSON header, the tensors. Residual
and attention have the sizes that parity_checkpoints.py gives them, so that an answer depends on all that came before; the logits' standard
deviation is 6, at which sampling chooses among few tokens, as a trained model's does.
"""
import argparse, concurrent.futures, ctypes, hashlib, json, math, os, sys, threading, time

SHARD_BYTES, BLOCK_BYTES, HEAD_GAIN = 5 << 30, 4 << 20, 6.0

QWEN_7B = dict(
    architectures=["Qwen2ForCausalLM"], model_type="qwen2", hidden_size=3584, intermediate_size=18944, num_hidden_layers=28, num_attention_heads=28,
    num_key_value_heads=4, vocab_size=152064, max_position_embeddings=131072, rms_norm_eps=1e-6, rope_theta=10000, hidden_act="silu",
    tie_word_embeddings=False, use_sliding_window=False, torch_dtype="bfloat16", bos_token_id=151646, eos_token_id=151643)

V2_LITE = dict(
    architectures=["DeepseekV2ForCausalLM"], model_type="deepseek_v2", hidden_size=2048, intermediate_size=10944, moe_intermediate_size=1408,
    num_hidden_layers=27, num_attention_heads=16, num_key_value_heads=16, q_lora_rank=None, kv_lora_rank=512, qk_nope_head_dim=128, qk_rope_head_dim=64,
    v_head_dim=128, first_k_dense_replace=1, moe_layer_freq=1, n_routed_experts=64, num_experts_per_tok=6, n_shared_experts=2, n_group=1, topk_group=1,
    topk_method="greedy", scoring_func="softmax", norm_topk_prob=False, routed_scaling_factor=1.0, vocab_size=102400, max_position_embeddings=163840,
    rms_norm_eps=1e-6, rope_theta=10000, rope_scaling=dict(type="yarn", factor=40, original_max_position_embeddings=4096, beta_fast=32, beta_slow=1,
                                                           mscale=0.707, mscale_all_dim=0.707),
    hidden_act="silu", attention_bias=False, tie_word_embeddings=False, torch_dtype="bfloat16", bos_token_id=100000, eos_token_id=100001)

SMALL = dict(hidden_size=128, intermediate_size=192, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, vocab_size=3000,
             max_position_embeddings=4096, bos_token_id=0, eos_token_id=1)
SMALL_LITE = dict(SMALL, num_key_value_heads=4, moe_intermediate_size=64, kv_lora_rank=64, qk_nope_head_dim=32, qk_rope_head_dim=16,
                  v_head_dim=32, n_routed_experts=8, num_experts_per_tok=2)

MODELS = {"7b": (QWEN_7B, SMALL), "lite": (V2_LITE, SMALL_LITE)}

def config_of(name, small=False):
    config, changes = MODELS[name]
    return {**config, **(changes if small else {})}

# Which tensors there are, and how large their values: (name, shape, factor); norms are 1 + factor * normal.

def dense(at, width, hidden, down):
    fan = 1 / math.sqrt(hidden)
    return [(at + "gate_proj.weight", (width, hidden), fan), (at + "up_proj.weight", (width, hidden), fan),
            (at + "down_proj.weight", (hidden, width), down / math.sqrt(width))]

def attention_grouped(c, at):
    hidden, width = c["hidden_size"], c["hidden_size"] // c["num_attention_heads"]
    for part, heads, gain in (("q_proj", c["num_attention_heads"], 1.5), ("k_proj", c["num_key_value_heads"], 1.5), ("v_proj", c["num_key_value_heads"], 1.15)):
        yield at + part + ".weight", (heads * width, hidden), gain / math.sqrt(hidden)
        yield at + part + ".bias", (heads * width,), 0.3
    yield at + "o_proj.weight", (hidden, hidden), 1 / math.sqrt(hidden)

def attention_latent(c, at):
    hidden, heads, latent, rope = c["hidden_size"], c["num_attention_heads"], c["kv_lora_rank"], c["qk_rope_head_dim"]
    plain, value = c["qk_nope_head_dim"], c["v_head_dim"]
    yield at + "q_proj.weight", (heads * (plain + rope), hidden), 1.1 / math.sqrt(hidden)
    yield at + "kv_a_proj_with_mqa.weight", (latent + rope, hidden), 1.5 / math.sqrt(hidden)
    yield at + "kv_a_layernorm.weight", (latent,), 0.3
    yield at + "kv_b_proj.weight", (heads * (plain + value), latent), 1.1 / math.sqrt(latent)
    yield at + "o_proj.weight", (hidden, heads * value), 1 / math.sqrt(heads * value)

def feed_forward(c, at, layer):
    hidden = c["hidden_size"]
    if "n_routed_experts" not in c or layer < c["first_k_dense_replace"]:
        return dense(at, c["intermediate_size"], hidden, 0.8)
    tensors = [(at + "gate.weight", (c["n_routed_experts"], hidden), 1 / math.sqrt(hidden))]
    for expert in range(c["n_routed_experts"]):
        tensors += dense(f"{at}experts.{expert}.", c["moe_intermediate_size"], hidden, 4.0)
    return tensors + dense(at + "shared_experts.", c["n_shared_experts"] * c["moe_intermediate_size"], hidden, 0.5)

def tensors_of(c):
    hidden = c["hidden_size"]
    yield "model.embed_tokens.weight", (c["vocab_size"], hidden), 2.0
    for layer in range(c["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        yield at + "input_layernorm.weight", (hidden,), 0.3
        yield from (attention_latent if "kv_lora_rank" in c else attention_grouped)(c, at + "self_attn.")
        yield at + "post_attention_layernorm.weight", (hidden,), 0.3
        yield from feed_forward(c, at + "mlp.", layer)
    yield "model.norm.weight", (hidden,), 0.3
    yield "lm_head.weight", (c["vocab_size"], hidden), HEAD_GAIN / math.sqrt(hidden)

# Weights

def shards_of(config):
    shards, size = [[]], 0
    for tensor in tensors_of(config):
        bytes_ = 2 * math.prod(tensor[1])
        if size and size + bytes_ > SHARD_BYTES:
            shards.append([])
            size = 0
        shards[-1].append(tensor)
        size += bytes_
    return [(f"model-{i + 1:05}-of-{len(shards):05}.safetensors", shard) for i, shard in enumerate(shards)]

def write_all(file, view):
    while len(view):
        view = view[file.write(view):]

def write_shard(path, tensors, seed, device):
    import torch
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape, _ in tensors:
        bytes_ = 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [offset, offset + bytes_]}
        offset += bytes_
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    random = torch.Generator(device).manual_seed(seed)
    with open(path, "wb", buffering=0) as file:
        write_all(file, memoryview(len(text).to_bytes(8, "little") + text))
        for name, shape, factor in tensors:
            drawn = torch.randn(shape, generator=random, device=device, dtype=torch.bfloat16).mul_(factor)
            if "norm" in name:
                drawn.add_(1)
            host = drawn.cpu().contiguous()
            write_all(file, memoryview((ctypes.c_ubyte * (2 * host.numel())).from_address(host.data_ptr())).cast("B"))

def write_weights(config, directory, device):
    shards = shards_of(config)
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        jobs = [threads.submit(write_shard, os.path.join(directory, name), tensors, 20261126 + i, device) for i, (name, tensors) in enumerate(shards)]
        for job in jobs:
            job.result()
    with open(os.path.join(directory, "model.safetensors.index.json"), "w") as file:
        json.dump({"metadata": {}, "weight_map": {name: shard for shard, tensors in shards for name, _, _ in tensors}}, file)

# Tokenizer: as many entries and merges as a real one, each of them with a text of its own, so that every token is an event and reading it takes as long.

def byte_alphabet():
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    strange = [b for b in range(256) if b not in plain]
    return [chr(b) for b in plain] + [chr(256 + i) for i in range(len(strange))]

def write_tokenizer(directory, vocabulary):
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    tokens, merges = byte_alphabet(), []
    words = list(letters)
    while len(tokens) < vocabulary:
        longer = [(word, letter) for word in words for letter in letters][: vocabulary - len(tokens)]
        merges += [[word, letter] for word, letter in longer]
        words = [word + letter for word, letter in longer]
        tokens += words
    pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}]},
        "post_processor": None, "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": False,
                  "byte_fallback": False, "vocab": {token: id_ for id_, token in enumerate(tokens[:vocabulary])}, "merges": merges}}
    with open(os.path.join(directory, "tokenizer.json"), "w") as file:
        json.dump(tokenizer, file, ensure_ascii=False)
    with open(os.path.join(directory, "tokenizer_config.json"), "w") as file:
        json.dump({"add_bos_token": False, "model_max_length": 131072}, file)

# Hashes, as engine/HashList.cs reads them

def hash_block(path, offset):
    with open(path, "rb", buffering=0) as file:
        return hashlib.sha256(os.pread(file.fileno(), BLOCK_BYTES, offset)).hexdigest()

def hash_file(path):
    with open(path, "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

def write_hashes(directory):
    names = sorted(n for n in os.listdir(directory) if not n.startswith("SHA256SUMS"))
    at = lambda name: os.path.join(directory, name)
    blocks = [(name, offset) for name in names if name.endswith(".safetensors") for offset in range(0, os.path.getsize(at(name)), BLOCK_BYTES)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 4) as threads:
        files = {name: threads.submit(hash_file, at(name)) for name in names}
        hashes = list(threads.map(lambda b: hash_block(at(b[0]), b[1]), blocks))
        with open(at("SHA256SUMS.blocks"), "w") as file:
            file.writelines(f"{hash_}  {name}@{offset}\n" for hash_, (name, offset) in zip(hashes, blocks))
        with open(at("SHA256SUMS"), "w") as file:
            file.writelines(f"{files[name].result()}  {name}\n" for name in names)
            file.write(f"{hash_file(at('SHA256SUMS.blocks'))}  SHA256SUMS.blocks\n")

def make(name, directory, device):
    seconds, config = {}, config_of(name)
    os.makedirs(directory)
    with open(os.path.join(directory, "config.json"), "w") as file:
        json.dump(config, file, indent=1)
    tokenizer = threading.Thread(target=write_tokenizer, args=(directory, config["vocab_size"]))
    tokenizer.start()
    since = time.monotonic()
    write_weights(config, directory, device)
    seconds["weights"] = round(time.monotonic() - since, 1)
    tokenizer.join()
    since = time.monotonic()
    write_hashes(directory)
    seconds["hashes"] = round(time.monotonic() - since, 1)
    size = sum(os.path.getsize(os.path.join(directory, f)) for f in os.listdir(directory))
    print(json.dumps({"gb": round(size / 1e9, 2), "seconds": seconds}), flush=True)

def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("model", choices=list(MODELS))
    arguments.add_argument("directory")
    arguments.add_argument("--device", default="cuda:0")
    options = arguments.parse_args()
    make(options.model, options.directory, options.device)
    return 0

if __name__ == "__main__":
    sys.exit(main())
