#!/usr/bin/env python3
"""The inference core on a GPU against transformers, at the real width of every family: logits, their mistakes, and their repeatability.

    python3 tests/box/cuda_parity.py --bin artifacts --out OUT [--only qwen2-7b,deepseek-v3] [--device cuda:0] [--small]

Needs: a GPU with 40 GB, PyTorch, transformers 5.17 or later (its deepseek_v2 has mscale squared), safetensors, BIN/inference-core, 8 GB of
scratch disk. Exit 1 when a check failed; every figure is in OUT/cuda-parity.json. --small --device cpu shows the test itself without a GPU.

Per family a random checkpoint of four layers (bfloat16, real width) is made; then:
 * reference: transformers in float32 (no TF32, eager), and in bfloat16 for its own noise; a prompt of 2048 tokens and one of 37;
 * ours: `inference-core logits` on the same files. Relative error per position at most 2e-2, top-1 equal wherever the reference's margin
   is over twice its own bfloat16 noise;
 * invariance: alone, in a crowd, in pieces and token by token the rows are the same, bit for bit;
 * mutants: the engine gets the same weights with one mistake made on purpose, and the comparison must fail.
"""
import argparse, gc, json, math, os, shutil, subprocess, sys, tempfile, time, traceback
import torch, transformers
import parity_checkpoints as checkpoints

LIMIT = 2e-2
POSITIONS = [0, 1, 2, 7, 15, 16, 17, 31, 32, 35, 36, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 1023, 1024, 1535, 2046, 2047]
LONG, SHORT, DECODED = 2048, 37, 320

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

# A family

def family(name, options, scratch):
    make, gains, mutants = checkpoints.families()[name]
    found = figures[name] = {"seconds": {}}
    timer, config, directory = Timer(found["seconds"]), make(options.small), os.path.join(scratch, name)
    random = torch.Generator().manual_seed(5)
    draw = lambda n: torch.randint(2, config.vocab_size, (n,), generator=random).tolist()
    prompts = [draw(400 if options.small else LONG), draw(SHORT)]

    with timer("make"):
        model = checkpoints.build(config, options.device)
        checkpoints.fill(model, config, gains, options.device)
    with timer("reference_float32"):
        exact, seen = reference(model, prompts, options.device)
    with timer("save"):
        checkpoints.save(model, directory)
    with timer("reference_bfloat16"):
        rough, rounded = reference(model, prompts, options.device)
    del model
    gc.collect()  # the engine needs the memory
    if options.device.startswith("cuda"):
        torch.cuda.empty_cache()

    found["gb"] = round(sum(os.path.getsize(os.path.join(directory, f)) for f in os.listdir(directory)) / 1e9, 2)
    found["attention_entropy_of_uniform"], found["residual_rms"] = ([round(v, 3) for v in seen[k]] for k in ("entropy", "residual_rms"))
    pairs = list(zip(seen["chosen"], rounded["chosen"]))
    found["routed"], found["routed_otherwise_in_bf16"] = sum(len(a) for a, _ in pairs), sum((a != b).any(-1).sum().item() for a, b in pairs)
    check(f"{name}: attention is far from uniform (entropy at most 0.85 of log n)", max(seen["entropy"]) <= 0.85, found["attention_entropy_of_uniform"])
    check(f"{name}: the residual stays sane", all(0.5 < v < 10 for v in seen["residual_rms"]), found["residual_rms"])
    if pairs and not options.small:  # narrow embeddings do not keep clusters apart
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
    found["mutants"] = dict.fromkeys(mutants, "not run")
    if not parity["holds"]:
        check(f"{name}: mutants", False, "not run: a comparison that fails without a mistake catches none")
        return
    with timer("mutants"):
        for mutant in mutants:
            run_mutant(name, mutant, options, directory, scratch, prompts, exact, rough)

def invariance(name, options, directory, scratch, prompts, base, draw):
    """Each way of computing the long prompt gives the rows of the first run, bit for bit."""
    crowd = [draw(n) for n in (1, 63, 64, 65, 300, 777)]
    ways = {"alone, in one piece": ([prompts[0]], LONG), "in pieces of 100": ([prompts[0]], 100), "token by token": ([prompts[0][:DECODED]], 1),
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
        checkpoints.mutate(directory, target, checkpoints.MUTANTS[mutant])
        verdict = compare(ours(options, target, scratch, prompts), exact, rough)
        outcome = "MISSED" if verdict["holds"] else "caught" if math.isfinite(verdict["worst"]) else "not finite"
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
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", default="artifacts")
    arguments.add_argument("--out", default="cuda-parity")
    arguments.add_argument("--only", default=",".join(checkpoints.families()))
    arguments.add_argument("--device", default="cuda:0")
    arguments.add_argument("--scratch", help="where checkpoints are made and removed; default the system's")
    arguments.add_argument("--small", action="store_true")
    options = arguments.parse_args()
    names = options.only.split(",")
    if unknown := set(names) - set(checkpoints.families()):
        arguments.error(f"--only: {', '.join(sorted(unknown))} is no family; right would be of {', '.join(checkpoints.families())}")
    options.bin = os.path.abspath(options.bin)
    os.makedirs(options.out, exist_ok=True)
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
