#!/usr/bin/env python3
"""How fast the engine is beside what it must reach and what the memory allows: every figure of one GPU, in one run.

    python3 tests/box/cuda_speed.py --bin artifacts --out OUT [--scratch DIR]

Needs: a GPU with 80 GB, PyTorch, BIN/inference-core, 33 GB of scratch (default /dev/shm where that is large enough). About five minutes.
Exit 1 when a figure misses; all of them are in OUT/cuda-speed.json. Whole models over HTTP are asked by cuda_serve.py, which prints its own table on the way.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile
import serve_checkpoints as checkpoints

HERE = os.path.dirname(os.path.abspath(__file__))
CHUNK, STREAMS, PROMPT, ANSWER = 768, 64, 512, 256
rows = []

def row(what, must, seen, unit, ok, note=""):
    rows.append({"what": what, "must": must, "seen": seen, "unit": unit, "ok": bool(ok), "note": note})
    print(f"{'ok    ' if ok else 'MISSED'} {what:58} {must:>9} {seen:>10.5g} {unit:8} {note}", flush=True)

def engine(options, *words):
    done = subprocess.run([os.path.join(options.bin, "inference-core"), *map(str, words)], capture_output=True, text=True, timeout=300)
    if done.returncode:
        sys.exit(f"cuda_speed: inference-core {words[0]}: exit {done.returncode}: {done.stderr.strip()[-400:]}")
    return done.stdout

def bench(options, directory, prompt, answer, batch, times=3):
    runs = [json.loads(engine(options, "bench", "--model", directory, "--device", options.device, "--random-weights", "--json", "--prompt-tokens", prompt,
                   "--new-tokens", answer, "--batch", batch)) for _ in range(times)]
    return {key: statistics.median(r[key] for r in runs) for key in runs[0] if isinstance(runs[0][key], (int, float))}

def flops_of_token(c, prompt):
    """Of one token of a prompt: two for each weight of the layers, and scores and values over half the prompt. The head sees one token of a prompt."""
    layers, hidden, heads, keys = c["num_hidden_layers"], c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"]
    head = hidden // heads
    weights = layers * (hidden * head * (2 * heads + 2 * keys) + 3 * hidden * c["intermediate_size"])
    return 2 * weights + layers * 4 * heads * head * prompt / 2

def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", default="artifacts")
    arguments.add_argument("--out", default="cuda-speed")
    arguments.add_argument("--scratch")
    arguments.add_argument("--device", default="cuda:0")
    options = arguments.parse_args()
    os.makedirs(options.out, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        models = {}
        for name in ("7b", "lite"):
            models[name] = os.path.join(made, name)
            os.mkdir(models[name])
            with open(os.path.join(models[name], "config.json"), "w") as file:
                json.dump(checkpoints.config_of(name, False), file)
        one = bench(options, models["7b"], 128, 256, 1)
        row("7B, one request, 128 + 256", "≥ 195", one["decode_tok_s"], "tok/s", one["decode_tok_s"] >= 195, f"copy {one['hbm_copy_gb_s']:.0f}, read {one['hbm_read_gb_s']:.0f} GB/s")
        row("  of what reading allows", "≥ 89", 100 * one["hbm_fraction"], "%", one["hbm_fraction"] >= .89)
        lite = bench(options, models["lite"], 128, 256, 1, 5)
        row("V2-Lite, one request, 128 + 256", "≥ 430", lite["decode_tok_s"], "tok/s", lite["decode_tok_s"] >= 430, f"{lite['hbm_fraction']:.1%} of reading")
        long = bench(options, models["7b"], 32000, 64, 1)
        row("7B, one request at 32 000 tokens, of weights and keys", "≥ 85", 100 * long["hbm_fraction"], "%", long["hbm_fraction"] >= .85, f"{long['decode_tok_s']:.1f} tok/s")
        wide = bench(options, models["7b"], 2048, 16, 8)
        tera = wide["prefill_tok_s"] * flops_of_token(checkpoints.config_of("7b", False), 2048) / 1e12
        row("7B, prefill of 8 × 2048", "≥ 400", tera, "TFLOP/s", tera >= 400, f"{wide['prefill_tok_s']:.0f} tok/s")
        told = engine(options, "products", "--model", models["7b"], "--device", options.device, "--rows", f"{STREAMS},{CHUNK}").splitlines()[1:]
        beyond = {int(rows): float(ours) - float(library) for rows, ours, library, _ in map(str.split, told)}  # ms, ours less cuBLASLt's
    words = [sys.executable, os.path.join(HERE, "cuda_serve.py"), "--bin", options.bin, "--out", options.out, "--device", options.device,
             "--parts", "start,load,kill", "--chunks", f"{CHUNK},2048", *(["--scratch", options.scratch] if options.scratch else [])]
    if subprocess.run(words).returncode:
        print("cuda_serve.py says that something does not hold; see above")
    with open(os.path.join(options.out, "cuda-serve.json")) as file:
        served = json.load(file)
    for what, must, seen, ok in served["table"]:
        if ok is not None:
            row(what, must, float(seen), "", ok)
    # Pieces of prompts cost more than the library's products, steps of answers less; nothing else differs between the two engines.
    pieces = -(-STREAMS * PROMPT // CHUNK)
    more = (pieces * beyond[CHUNK] + ANSWER * beyond[STREAMS]) / 1000
    whole = max(run["duration"] for run in served["figures"]["7b"]["load"][str(CHUNK)])
    row(f"invariance, {STREAMS} × {PROMPT} + {ANSWER}, computed from the products", "≤ 5", 100 * more / whole, "%", more / whole <= .05, f"{1000 * more:.0f} ms of {whole:.2f} s")
    with open(os.path.join(options.out, "cuda-speed.json"), "w") as file:
        json.dump(rows, file, indent=1)
    missed = sum(not r["ok"] for r in rows)
    print(f"{len(rows) - missed} of {len(rows)} figures reach what they must")
    return 1 if missed else 0

if __name__ == "__main__":
    sys.exit(main())
