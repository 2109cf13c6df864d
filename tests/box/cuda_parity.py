#!/usr/bin/env python3
"""The inference core on a GPU against transformers, at the real width of every family: logits, their mistakes, and their repeatability.

    python3 tests/box/cuda_parity.py --bin artifacts --out OUT [--only qwen2-7b,deepseek-v3] [--device cuda:0] [--small]

Needs: a GPU, PyTorch, transformers 5, safetensors, BIN/inference-core; 8 GB of scratch disk and 40 GB of GPU memory. About a minute and a
half a family. Exit 1 when a check failed; every figure is in OUT/cuda-parity.json. --small --device cpu shows the test itself without a GPU.

Per family a random checkpoint of four layers (bfloat16, real width) is made; then:
 * reference: transformers in float32 (no TF32, eager), and in bfloat16 for its own noise; a prompt of 2048 tokens and one of 37;
 * ours: `inference-core logits` on the same files. Relative error per position at most 2e-2, top-1 equal wherever the reference's margin
   is over twice its own bfloat16 noise;
 * mutants: the engine gets the same weights with one mistake made on purpose, and the comparison must fail;
 * invariance: alone, in a crowd, in pieces and token by token the rows are the same, bit for bit.

What makes the checkpoints worth something:
 * scores of attention have a standard deviation of 2.4, so that it is far from uniform (entropy is printed);
 * norms are drawn, not ones; every bias is drawn; the residual stays between 2 and 4 (printed);
 * the router's choice is no coin toss. With free weights the sixth and seventh expert of one token in twenty lie closer than bfloat16 can
   tell, and every right engine would differ there. So token embeddings come in clusters, and each layer's router knows the clusters: who is
   chosen is drawn per cluster and layer with a gap, and outside the chosen groups stands one expert that would be chosen without groups;
 * biased scores lie above zero, so that masking with 0 (transformers) and with minus infinity (DeepSeek) choose alike.
"""
import argparse, json, math, os, shutil, subprocess, sys, tempfile, time, traceback
import torch, transformers
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, DeepseekV2Config, DeepseekV3Config, LlamaConfig, Qwen2Config

LIMIT = 2e-2
CLUSTERS, CENTRE, SPREAD = 16, 1.6, 1.2
POSITIONS = [0, 1, 2, 7, 15, 16, 17, 31, 32, 35, 36, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 1023, 1024, 1535, 2046, 2047]
LONG, SHORT, DECODED = 2048, 37, 320

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

checks, figures = [], {}

def check(name, ok, detail=""):
    checks.append({"check": name, "ok": bool(ok), "detail": str(detail)})
    print(("ok    " if ok else "FAILED"), name, detail, flush=True)
    return bool(ok)

class Timer:
    """`with timer("load"):` adds the seconds to the family's figures."""
    def __init__(self, into):
        self.into = into
    def __call__(self, name):
        self.name = name
        return self
    def __enter__(self):
        self.since = time.monotonic()
    def __exit__(self, *_):
        self.into[self.name] = round(self.into.get(self.name, 0) + time.monotonic() - self.since, 2)

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

# The reference

def watch(model, seen):
    """Hooks that note how far from uniform attention is, the residual's size, and who was chosen."""
    def attention(_module, _inputs, outputs):
        p = outputs[1][0].float()
        entropy = -(p * p.clamp_min(1e-30).log()).sum(-1)[:, 32:].mean(0)
        seen["entropy"].append((entropy / torch.arange(33, p.shape[-1] + 1, device=p.device).log()).mean().item())
    def layer(_module, _inputs, output):
        seen["residual_rms"].append((output[0] if isinstance(output, tuple) else output).float().pow(2).mean().sqrt().item())
    def experts(_module, inputs, named):
        seen["chosen"].append((inputs[1] if len(inputs) > 1 else named["top_k_index"]).sort(-1).values)
    hooks = []
    for block in model.model.layers:
        hooks += [block.self_attn.register_forward_hook(attention), block.register_forward_hook(layer)]
        if hasattr(block.mlp, "experts"):
            hooks.append(block.mlp.experts.register_forward_pre_hook(experts, with_kwargs=True))
    return hooks

def reference(model, prompts, device):
    """Per prompt the logits of the positions that it has [rows, V], and what was seen underway."""
    seen = {"entropy": [], "residual_rms": [], "chosen": []}
    hooks = watch(model, seen)
    with torch.no_grad():
        logits = [model(input_ids=torch.tensor([p], device=device)).logits[0, positions_of(p)].float().cpu() for p in prompts]
    for hook in hooks:
        hook.remove()
    return logits, seen

def positions_of(prompt):
    return [p for p in POSITIONS if p < len(prompt)]

# Ours

class EngineFailed(Exception):
    pass

def ours(options, directory, scratch, prompts, step=None):
    """Per prompt the engine's logits of the positions that it has [rows, V]."""
    tokens, rows = os.path.join(scratch, "tokens.txt"), os.path.join(scratch, "rows.bin")
    with open(tokens, "w") as file:
        file.writelines(",".join(map(str, p)) + "\n" for p in prompts)
    wanted = positions_of(max(prompts, key=len))
    command = [os.path.join(options.bin, "inference-core"), "logits", "--model", directory, "--device", options.device, "--tokens-file", tokens,
               "--positions", ",".join(map(str, wanted)), "--output", rows] + (["--step-tokens", str(step)] if step else [])
    if os.path.exists(rows):
        os.remove(rows)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    except subprocess.TimeoutExpired:
        raise EngineFailed("no answer within 240 s")
    if done.returncode != 0:
        raise EngineFailed(f"exit {done.returncode}: {(done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]}")
    counts = [len(positions_of(p)) for p in prompts]
    with open(rows, "rb") as file:
        values = torch.frombuffer(bytearray(file.read()), dtype=torch.float32)
    if values.numel() % sum(counts) != 0:
        raise EngineFailed(f"{values.numel()} values are not {sum(counts)} rows")
    return list(values.view(sum(counts), -1).split(counts))

def compare(mine, exact, rough):
    """What every position says; holds is the verdict."""
    rows = []
    for prompt, (m, e, r) in enumerate(zip(mine, exact, rough)):
        if m.shape != e.shape:
            raise EngineFailed(f"rows {tuple(m.shape)}, the reference has {tuple(e.shape)}")
        best = e.topk(2, dim=-1).values
        for i in range(len(e)):
            margin, noise = (best[i, 0] - best[i, 1]).item(), (r[i] - e[i]).abs().max().item()
            rows.append({"prompt": prompt, "position": POSITIONS[i], "error": ((m[i] - e[i]).norm() / e[i].norm()).item(),
                         "reference_bf16_error": ((r[i] - e[i]).norm() / e[i].norm()).item(), "margin": margin, "noise": noise,
                         "decisive": margin > 2 * noise, "top1": bool(m[i].argmax() == e[i].argmax())})
    worst = max(rows, key=lambda row: row["error"] if math.isfinite(row["error"]) else math.inf)
    wrong = [row for row in rows if row["decisive"] and not row["top1"]]
    return {"holds": all(row["error"] <= LIMIT for row in rows) and not wrong, "worst": worst["error"], "worst_at": [worst["prompt"], worst["position"]],
            "median": sorted(row["error"] for row in rows)[len(rows) // 2], "reference_bf16_worst": max(row["reference_bf16_error"] for row in rows),
            "decisive": sum(row["decisive"] for row in rows), "decisive_wrong": len(wrong), "positions": rows}

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

# A family

def family(name, options, scratch):
    make, gains, mutants = families()[name]
    found = figures[name] = {"seconds": {}}
    timer, config, directory = Timer(found["seconds"]), make(options.small), os.path.join(scratch, name)
    random = torch.Generator().manual_seed(5)
    draw = lambda n: torch.randint(2, config.vocab_size, (n,), generator=random).tolist()
    prompts = [draw(LONG), draw(SHORT)]

    with timer("make"):
        model = build(config, options.device)
        fill(model, config, gains, options.device)
    with timer("reference_float32"):
        exact, seen = reference(model, prompts, options.device)
    with timer("save"):
        save(model, directory)
    with timer("reference_bfloat16"):
        rough, rounded = reference(model, prompts, options.device)
    del model
    if options.device.startswith("cuda"):
        torch.cuda.empty_cache()

    found["gb"] = round(sum(os.path.getsize(os.path.join(directory, f)) for f in os.listdir(directory)) / 1e9, 2)
    found["attention_entropy_of_uniform"], found["residual_rms"] = ([round(v, 3) for v in seen[k]] for k in ("entropy", "residual_rms"))
    pairs = list(zip(seen["chosen"], rounded["chosen"]))
    found["routed"], found["routed_otherwise_in_bf16"] = sum(len(a) for a, _ in pairs), sum((a != b).any(-1).sum().item() for a, b in pairs)
    check(f"{name}: attention is far from uniform (entropy at most 0.85 of log n)", max(seen["entropy"]) <= 0.85, found["attention_entropy_of_uniform"])
    check(f"{name}: the residual stays sane", all(0.5 < v < 10 for v in seen["residual_rms"]), found["residual_rms"])
    if pairs:
        check(f"{name}: the router's choice is no coin toss (bfloat16 chooses otherwise at most once in 1000)",
              found["routed_otherwise_in_bf16"] * 1000 <= found["routed"], f"{found['routed_otherwise_in_bf16']} of {found['routed']}")

    try:
        with timer("ours"):
            base = ours(options, directory, scratch, prompts)
        found["parity"] = compare(base, exact, rough)
    except EngineFailed as e:
        check(f"{name}: parity", False, e)
        return
    parity = found["parity"]
    check(f"{name}: logits within {LIMIT} of float32", parity["worst"] <= LIMIT,
          f"worst {parity['worst']:.2e} at {parity['worst_at']}, median {parity['median']:.2e}; transformers in bfloat16 worst {parity['reference_bf16_worst']:.2e}")
    check(f"{name}: top-1 where it is decided", parity["decisive_wrong"] == 0 and parity["decisive"] > 0,
          f"{parity['decisive'] - parity['decisive_wrong']} of {parity['decisive']} decided, {len(parity['positions'])} positions")

    with timer("invariance"):
        invariance(name, options, directory, scratch, prompts, base, draw)
    found["mutants"] = {}
    with timer("mutants"):
        for mutant in mutants:
            run_mutant(name, mutant, options, directory, scratch, prompts, exact, rough)

def invariance(name, options, directory, scratch, prompts, base, draw):
    """Each way of computing the long prompt gives the rows of the first run, bit for bit."""
    crowd = [draw(n) for n in (1, 63, 64, 65, 300, 777)]
    ways = {"alone": ([prompts[0]], None), "in pieces of 100": ([prompts[0]], 100), "token by token": ([prompts[0][:DECODED]], 1),
            "among eight, in pieces of 64": ([*crowd[:3], prompts[0], *crowd[3:], prompts[1]], 64)}
    for way, (sequences, step) in ways.items():
        try:
            rows = ours(options, directory, scratch, sequences, step)
            pairs = [(rows[i], base[k]) for k, prompt in enumerate(prompts) for i, s in enumerate(sequences) if s == prompt[: len(s)]]
            different = sum((a.view(torch.int32) != b[: len(a)].view(torch.int32)).any(-1).sum().item() for a, b in pairs)
            check(f"{name}: {way}: the same bits", different == 0, f"{different} of {sum(len(a) for a, _ in pairs)} rows differ")
        except EngineFailed as e:
            check(f"{name}: {way}: the same bits", False, e)

def run_mutant(name, mutant, options, directory, scratch, prompts, exact, rough):
    target = os.path.join(scratch, "mutant")
    try:
        mutate(directory, target, MUTANTS[mutant])
        verdict = compare(ours(options, target, scratch, prompts), exact, rough)
        outcome = "MISSED" if verdict["holds"] else "caught"
        detail = f"worst error {verdict['worst']:.2e}, {verdict['decisive_wrong']} decided top-1 wrong"
    except EngineFailed as e:
        outcome, detail = "not run", str(e)
    finally:
        shutil.rmtree(target, ignore_errors=True)
    figures[name]["mutants"][mutant] = outcome
    check(f"{name}: mutant {mutant}: {outcome}", outcome == "caught", detail)

def table(names):
    print(f"\n{'family':18}{'GB':>6}{'worst':>10}{'median':>10}{'bf16 ref':>10}{'top-1':>9}{'mutants':>9}  seconds")
    for name in names:
        found = figures.get(name, {})
        parity, caught = found.get("parity"), list(found.get("mutants", {}).values())
        numbers = f"{parity['worst']:10.2e}{parity['median']:10.2e}{parity['reference_bf16_worst']:10.2e}{parity['decisive'] - parity['decisive_wrong']:>5}/{parity['decisive']:<3}" \
            if parity else f"{'none':>10}{'':29}"
        print(f"{name:18}{found.get('gb', 0):6.2f}{numbers}{caught.count('caught'):>6}/{len(caught):<2}  {found.get('seconds', {})}")

def main():
    global LONG, POSITIONS, DECODED
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", default="artifacts")
    arguments.add_argument("--out", default="cuda-parity")
    arguments.add_argument("--only", default=",".join(families()))
    arguments.add_argument("--device", default="cuda:0")
    arguments.add_argument("--scratch", help="where checkpoints are made and removed; default the system's")
    arguments.add_argument("--small", action="store_true")
    options = arguments.parse_args()
    names = options.only.split(",")
    if unknown := set(names) - set(families()):
        arguments.error(f"--only: {', '.join(sorted(unknown))} is no family; right would be of {', '.join(families())}")
    options.bin = os.path.abspath(options.bin)
    os.makedirs(options.out, exist_ok=True)
    if options.small:
        LONG, DECODED = 400, 80
        POSITIONS = [p for p in POSITIONS if p < LONG]
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    figures["environment"] = {"torch": torch.__version__, "transformers": transformers.__version__,
                              "gpu": torch.cuda.get_device_name(options.device) if options.device.startswith("cuda") else None, "small": options.small}
    print(figures["environment"], flush=True)

    for name in names:
        scratch = tempfile.mkdtemp(prefix="parity-", dir=options.scratch)
        try:
            family(name, options, scratch)
        except Exception as e:  # one family's failure must not hide the others
            traceback.print_exc()
            check(f"{name}: ran to its end", False, f"{type(e).__name__}: {e}")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            failed = [c for c in checks if not c["ok"]]
            with open(os.path.join(options.out, "cuda-parity.json"), "w") as file:
                json.dump({"figures": figures, "failed": failed, "checks": checks}, file, indent=1)

    table(names)
    print(f"{len(checks) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0

if __name__ == "__main__":
    sys.exit(main())
