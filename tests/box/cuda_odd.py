#!/usr/bin/env python3
"""The CUDA engine against ForwardReference at odd shapes: widths, heads, experts, vocabularies and row counts that fill no tile.

    python3 tests/box/cuda_odd.py --bin artifacts --out OUT [--device cuda:0] [--only llama-heads-of-128]
    python3 tests/box/cuda_odd.py --bin artifacts --out OUT --device cpu            # the test itself, without a GPU

Needs BIN/inference-core and one GPU; nothing but the standard library. Exit 1 when a check failed; every figure is in OUT/cuda-odd.json.

Per shape a random checkpoint of three layers from `inference-core synth`. The reference's rows are computed once, on the processor in float32; causal, so that
the first N of them are what a prompt of N tokens must give. The engine takes each N as one step of N rows, then several prompts beside each other in pieces.
A row holds when its relative error is at most 2e-2 and its likeliest token is the reference's wherever the reference's lead exceeds a tenth of the row's root
mean square. Routers know clusters of tokens (as in parity_checkpoints.py), so that who is chosen is no coin toss.
Mutants: the same weights with what lies past the last whole tile left out, given to the engine; each must fail, or the comparison sees nothing.
"""
import argparse, array, json, math, os, random, shutil, struct, subprocess, sys, tempfile

ROWS = [1, 2, 3, 7, 9, 15, 17, 31, 33, 63, 65, 127, 129]
BESIDE = ([1, 2, 3, 7, 9, 15, 17, 31, 33], 17)  # prompts of these lengths in pieces of so many tokens
LIMIT, LEAD, CLUSTERS = 2e-2, 0.1, 5

COMMON = dict(num_hidden_layers=3, max_position_embeddings=1024, rms_norm_eps=1e-6, hidden_act="silu", tie_word_embeddings=False, bos_token_id=0, eos_token_id=1, rope_theta=10000.0)
WIDE, NARROW = dict(kv_lora_rank=512, qk_rope_head_dim=64), dict(kv_lora_rank=64, qk_rope_head_dim=16)
LATENT = dict(COMMON, moe_intermediate_size=64, first_k_dense_replace=1, moe_layer_freq=1)
SHAPES = {
    "qwen-heads-of-64": dict(COMMON, model_type="qwen2", hidden_size=192, intermediate_size=328, num_attention_heads=3, num_key_value_heads=1, vocab_size=331, tie_word_embeddings=True),
    "llama-heads-of-64": dict(COMMON, model_type="llama", hidden_size=200, intermediate_size=264, num_attention_heads=5, num_key_value_heads=5, head_dim=64, vocab_size=257),
    "llama-heads-of-128": dict(COMMON, model_type="llama", hidden_size=264, intermediate_size=712, num_attention_heads=7, num_key_value_heads=1, head_dim=128, vocab_size=509),
    "llama-narrow": dict(COMMON, model_type="llama", hidden_size=8, intermediate_size=24, num_attention_heads=1, num_key_value_heads=1, head_dim=64, vocab_size=33),
    "v2-five-experts": dict(LATENT, **WIDE, model_type="deepseek_v2", hidden_size=200, intermediate_size=328, num_attention_heads=3, num_key_value_heads=3, q_lora_rank=None,
        qk_nope_head_dim=48, v_head_dim=80, n_routed_experts=5, num_experts_per_tok=3, n_shared_experts=1, topk_method="greedy", scoring_func="softmax",
        norm_topk_prob=False, routed_scaling_factor=1.0, vocab_size=257),
    "v2-three-groups": dict(LATENT, **WIDE, model_type="deepseek_v2", hidden_size=136, intermediate_size=264, num_attention_heads=5, num_key_value_heads=5, q_lora_rank=72,
        qk_nope_head_dim=16, v_head_dim=112, n_routed_experts=9, num_experts_per_tok=4, n_shared_experts=3, topk_method="group_limited_greedy", scoring_func="softmax",
        n_group=3, topk_group=2, norm_topk_prob=False, routed_scaling_factor=2.0, vocab_size=331),
    "v3-five-groups": dict(LATENT, **WIDE, model_type="deepseek_v3", hidden_size=264, intermediate_size=520, num_attention_heads=1, num_key_value_heads=1, q_lora_rank=40,
        qk_nope_head_dim=112, v_head_dim=16, n_routed_experts=15, num_experts_per_tok=5, n_shared_experts=1, topk_method="noaux_tc", scoring_func="sigmoid",
        n_group=5, topk_group=3, norm_topk_prob=True, routed_scaling_factor=1.5, vocab_size=509),
    "v2-narrow-latents": dict(LATENT, **NARROW, model_type="deepseek_v2", hidden_size=136, intermediate_size=264, num_attention_heads=3, num_key_value_heads=3, q_lora_rank=None,
        qk_nope_head_dim=48, v_head_dim=80, n_routed_experts=5, num_experts_per_tok=2, n_shared_experts=1, topk_method="greedy", scoring_func="softmax",
        norm_topk_prob=False, routed_scaling_factor=1.0, vocab_size=257),
    "v3-narrow-latents": dict(LATENT, **NARROW, model_type="deepseek_v3", hidden_size=264, intermediate_size=520, num_attention_heads=8, num_key_value_heads=8, q_lora_rank=128,
        qk_nope_head_dim=32, v_head_dim=32, n_routed_experts=8, num_experts_per_tok=2, n_shared_experts=1, topk_method="noaux_tc", scoring_func="sigmoid",
        n_group=2, topk_group=1, norm_topk_prob=True, routed_scaling_factor=1.5, vocab_size=509),
}
checks, figures = [], {}

def check(name, ok, detail=""):
    checks.append({"check": name, "ok": bool(ok), "detail": str(detail)})
    print(("ok    " if ok else "FAILED"), name, detail, flush=True)

def run(options, *words):
    done = subprocess.run([os.path.join(options.bin, "inference-core"), *map(str, words)], capture_output=True, text=True, timeout=240)
    if done.returncode:
        raise RuntimeError(f"{words[0]}: exit {done.returncode}: {(done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]}")

# The checkpoint, edited in place: bfloat16 is the upper half of a float32

class Weights:
    def __init__(self, directory):
        self.path = os.path.join(directory, "model.safetensors")
        with open(self.path, "rb") as file:
            length, = struct.unpack("<Q", file.read(8))
            self.entries, self.begin = json.loads(file.read(length)), 8 + length

    def edit(self, name, change):
        """change(values, rows, columns) alters a list of floats in place."""
        entry, shape = self.entries[name], self.entries[name]["shape"]
        wide = {"BF16": 2, "F32": 4}[entry["dtype"]]
        first, last = entry["data_offsets"]
        with open(self.path, "r+b") as file:
            file.seek(self.begin + first)
            raw = file.read(last - first)
            values = array.array("f", raw) if wide == 4 else array.array("f", b"".join(b"\0\0" + raw[i:i + 2] for i in range(0, len(raw), 2)))
            change(values, shape[0], shape[1] if len(shape) > 1 else 1)
            new = values.tobytes()
            file.seek(self.begin + first)
            file.write(new if wide == 4 else b"".join(new[i + 2:i + 4] for i in range(0, len(new), 4)))

def hashed(options, directory):
    """The hashes of what was edited: the loader compares them."""
    for name in os.listdir(directory):
        if "sum" in name.lower():
            os.remove(os.path.join(directory, name))
    run(options, "verify", "--model", directory, "--write-hashes")

def clusters(directory, config):
    """Embeddings come in clusters, each layer's router knows them: the chosen experts of a cluster stand far above the others."""
    draw, weights = random.Random(20261126), Weights(directory)
    hidden, experts, groups = config["hidden_size"], config["n_routed_experts"], config.get("n_group") or 1
    centres = [[draw.choice((-1.0, 1.0)) for _ in range(hidden)] for _ in range(CLUSTERS)]

    def embed(values, rows, columns):
        for token in range(rows):
            for i, c in enumerate(centres[token % CLUSTERS]):
                values[token * columns + i] += 1.5 * c

    def route(values, rows, columns):
        size, wanted = experts // groups, []
        for cluster in range(CLUSTERS):
            kept = draw.sample(range(groups), config.get("topk_group") or 1)
            if cluster == 0 and groups - 1 not in kept:
                kept[0] = groups - 1
            # One of each kept group, so that it is kept; and the last expert of all is somebody's.
            sure = [experts - 1 if cluster == 0 and g == groups - 1 else g * size + draw.randrange(size) for g in kept]
            free = [e for g in kept for e in range(g * size, (g + 1) * size) if e not in sure]
            chosen = set(sure + draw.sample(free, config["num_experts_per_tok"] - len(sure)))
            wanted.append([1.0 if e in chosen else -1.0 for e in range(experts)])
        for expert in range(rows):
            for i in range(columns):
                values[expert * columns + i] = sum(2 * wanted[c][expert] * centres[c][i] for c in range(CLUSTERS)) / hidden

    weights.edit("model.embed_tokens.weight", embed)
    for layer in range(config["first_k_dense_replace"], config["num_hidden_layers"]):
        weights.edit(f"model.layers.{layer}.mlp.gate.weight", route)

def cut_columns(values, rows, columns):
    for row in range(rows):
        for column in range(columns - 8, columns):
            values[row * columns + column] = 0.0

def cut_rows(values, rows, columns):
    for at in range((rows - 8) * columns, rows * columns):
        values[at] = 0.0

def cut_all(values, rows, columns):
    for at in range(len(values)):
        values[at] = 0.0

def mutants(config):
    """What an engine would compute that stopped at the last whole tile."""
    yield "last columns of the dense down projection", "model.layers.0.mlp.down_proj.weight", cut_columns
    yield "last rows of the dense up projection", "model.layers.0.mlp.up_proj.weight", cut_rows
    yield "last columns of attention's output", "model.layers.1.self_attn.o_proj.weight", cut_columns
    if "n_routed_experts" in config:
        yield "the last expert", f"model.layers.1.mlp.experts.{config['n_routed_experts'] - 1}.down_proj.weight", cut_all

# The comparison

def rows_of(options, directory, device, prompts, step, scratch):
    tokens, output = os.path.join(scratch, "tokens.txt"), os.path.join(scratch, "rows.bin")
    with open(tokens, "w") as file:
        file.writelines(",".join(map(str, p)) + "\n" for p in prompts)
    run(options, "logits", "--model", directory, "--device", device, "--tokens-file", tokens, "--output", output, "--step-tokens", step)
    values = array.array("f")
    with open(output, "rb") as file:
        values.frombytes(file.read())
    count = sum(map(len, prompts))
    width = len(values) // count
    if width * count != len(values):
        raise RuntimeError(f"{len(values)} values are not {count} rows")
    return [values[i * width:(i + 1) * width] for i in range(count)]

def compare(mine, exact):
    """(worst relative error, wrong likeliest tokens, decisive rows)."""
    worst, wrong, decisive = 0.0, 0, 0
    for m, e in zip(mine, exact):
        if len(m) != len(e):
            raise RuntimeError(f"a row of {len(m)}, the reference has {len(e)}")
        size = math.sqrt(sum(v * v for v in e))
        error = math.sqrt(sum((a - b) ** 2 for a, b in zip(m, e))) / size
        worst = max(worst, error if math.isfinite(error) else math.inf)
        best, second = sorted(e)[-1], sorted(e)[-2]
        if best - second > LEAD * size / math.sqrt(len(e)):
            decisive += 1
            wrong += max(range(len(m)), key=m.__getitem__) != max(range(len(e)), key=e.__getitem__)
    return worst, wrong, decisive

def shape(name, options, scratch):
    config, directory = SHAPES[name], os.path.join(scratch, name)
    written = os.path.join(scratch, "config.json")
    with open(written, "w") as file:
        json.dump(config, file)
    run(options, "synth", "--config", written, "--seed", 5, "--out", directory)
    if "n_routed_experts" in config:
        clusters(directory, config)
        hashed(options, directory)
    draw = random.Random(7)
    tokens = [draw.randrange(2, config["vocab_size"]) for _ in range(max(ROWS))]
    exact = rows_of(options, directory, "cpu", [tokens], 512, scratch)
    found = figures[name] = {"rows": {}, "mutants": {}}
    for count in ROWS:
        worst, wrong, decisive = compare(rows_of(options, directory, options.device, [tokens[:count]], count, scratch), exact[:count])
        found["rows"][count] = {"worst": worst, "wrong": wrong, "decisive": decisive}
    bad = [count for count, f in found["rows"].items() if not (f["worst"] <= LIMIT and f["wrong"] == 0)]
    check(f"{name}: steps of {', '.join(map(str, ROWS))} rows", not bad,
          f"worst error {max(f['worst'] for f in found['rows'].values()):.2e} (limit {LIMIT:g}), decisive rows {found['rows'][max(ROWS)]['decisive']} of {max(ROWS)}"
          + (f", not with {bad}" if bad else ""))
    lengths, step = BESIDE
    beside = rows_of(options, directory, options.device, [tokens[:n] for n in lengths], step, scratch)
    worst, wrong, _ = compare(beside, [row for n in lengths for row in exact[:n]])
    check(f"{name}: prompts beside each other in pieces of {step}", worst <= LIMIT and wrong == 0, f"worst error {worst:.2e}, {wrong} wrong")
    for what, tensor, change in mutants(config):
        twin = os.path.join(scratch, "mutant")
        shutil.copytree(directory, twin)
        Weights(twin).edit(tensor, change)
        hashed(options, twin)
        worst, wrong, _ = compare(rows_of(options, twin, options.device, [tokens], 512, scratch), exact)
        shutil.rmtree(twin)
        found["mutants"][what] = worst
        check(f"{name}: found without {what}", worst > LIMIT, f"error {worst:.2e}")

def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", default="artifacts")
    arguments.add_argument("--out", default="cuda-odd")
    arguments.add_argument("--device", default="cuda:0")
    arguments.add_argument("--only", default=",".join(SHAPES))
    options = arguments.parse_args()
    names = options.only.split(",")
    if unknown := [n for n in names if n not in SHAPES]:
        sys.exit(f"cuda_odd: no shape is called {unknown[0]}; there are {', '.join(SHAPES)}")
    os.makedirs(options.out, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            try:
                shape(name, options, scratch)
            except (RuntimeError, subprocess.TimeoutExpired) as e:
                check(f"{name}: runs", False, e)
    with open(os.path.join(options.out, "cuda-odd.json"), "w") as file:
        json.dump({"device": options.device, "checks": checks, "figures": figures}, file, indent=1)
    failed = sum(not c["ok"] for c in checks)
    print(f"{len(checks) - failed} of {len(checks)} checks hold")
    sys.exit(1 if failed else 0)

if __name__ == "__main__":
    main()
