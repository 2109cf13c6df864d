#!/usr/bin/env python3
"""Every kernel of the engine under NVIDIA's compute-sanitizer: no access outside its memory (memcheck), no race in shared memory (racecheck).

    python3 tests/box/cuda_sanitize.py --bin artifacts --out OUT [--only qwen2-7b] [--tools memcheck,racecheck] [--device cuda:0]

Needs: a GPU, PyTorch, transformers 5.17 or later, safetensors, the CUDA toolkit's compute-sanitizer, BIN/inference-core. Exit 1 when a check failed.

Per family a random checkpoint of two narrow layers, with heads, latents and experts as wide as the kernels want them; then `inference-core logits` with one row
a step, twelve, seventy, and pieces of prompts beside each other: few rows and many take different kernels. The dense layers are wide enough for the
product of gate and up to end its blocks in neighbouring thread blocks. The guide that ships (BIN/models/field-guide) is asked the same; its latents are
narrow and have kernels of their own. What the tool says about a kernel is left whole in OUT.
"""
import argparse, json, os, shutil, subprocess, sys, tempfile, time
import torch
import parity_checkpoints as checkpoints
from cuda_parity import check, checks

TOOL = next((p for p in (shutil.which("compute-sanitizer"), "/usr/local/cuda/bin/compute-sanitizer", "/usr/local/cuda-13.0/bin/compute-sanitizer") if p and os.path.exists(p)), None)
NARROW = dict(num_hidden_layers=2, vocab_size=512, hidden_size=384, intermediate_size=12800)
NARROW_LATENT = dict(NARROW, num_attention_heads=4, num_key_value_heads=4, moe_intermediate_size=192, n_routed_experts=16)
CONFIGS = {
    "qwen2-7b": dict(NARROW, num_attention_heads=3, num_key_value_heads=1),
    "deepseek-v2-lite": NARROW_LATENT,
    "deepseek-v3": dict(NARROW_LATENT, q_lora_rank=128),
}
GUIDE = "field-guide"
# How the rows of a step come about: (lengths of the prompts, tokens of a step)
WAYS = {"one row a step": ([5], 1), "twelve rows": ([12], 12), "seventy rows": ([70], 70), "pieces beside each other": ([30, 7, 50], 24)}
ERRORS = 9
# Racecheck stands still in one of twenty runs, while weights are loaded in fifteen streams at once; without the tool nothing ever did.
PATIENCE_S = 90

def make(name, directory, device):
    wide = checkpoints.families()[name][0](False)
    config = type(wide)(**{key: value for key, value in wide.to_dict().items() if key != "layer_types"} | CONFIGS[name])  # one type for each layer it had
    model = checkpoints.build(config, device)
    checkpoints.fill(model, config, checkpoints.families()[name][1], device)
    checkpoints.save(model, directory)

def within(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        return done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired as e:
        return (e.stdout or b"").decode(errors="replace"), None

def run(options, tool, name, way, directory, scratch):
    lengths, step = WAYS[way]
    random = torch.Generator().manual_seed(7)
    tokens = os.path.join(scratch, "tokens.txt")
    with open(tokens, "w") as file:
        for length in lengths:
            file.write(",".join(map(str, torch.randint(2, NARROW["vocab_size"], (length,), generator=random).tolist())) + "\n")
    command = [TOOL, "--tool", tool, "--error-exitcode", str(ERRORS), "--print-limit", "50", os.path.join(options.bin, "inference-core"), "logits",
               "--model", directory, "--device", options.device, "--tokens-file", tokens, "--positions", str(min(lengths) - 1),
               "--output", os.path.join(scratch, "rows.bin"), "--step-tokens", str(step)]
    began = time.monotonic()
    said, status = within(command)
    if status is None:
        print(f"      {name}: {tool}, {way}: no end within {PATIENCE_S} s; once more", flush=True)
        said, status = within(command)
    summary = next((line.strip("= ") for line in reversed(said.splitlines()) if "SUMMARY" in line), "no summary")
    clean = status == 0 and ("ERROR SUMMARY: 0 errors" in summary or "0 hazards" in summary)
    if not clean:
        with open(os.path.join(options.out, f"{name}-{tool}-{way.replace(' ', '-')}.txt"), "w") as file:
            file.write(said)
    check(f"{name}: {tool}, {way}", clean, f"{summary}; exit {'none' if status is None else status}, {time.monotonic() - began:.0f} s")

def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", default="artifacts")
    arguments.add_argument("--out", default="cuda-sanitize")
    arguments.add_argument("--only", default=",".join([*CONFIGS, GUIDE]))
    arguments.add_argument("--tools", default="memcheck,racecheck")
    arguments.add_argument("--device", default="cuda:0")
    options = arguments.parse_args()
    if TOOL is None:
        sys.exit("cuda_sanitize: there is no compute-sanitizer on this machine; it comes with the CUDA toolkit")
    names = options.only.split(",")
    if unknown := [n for n in names if n not in [*CONFIGS, GUIDE]]:
        sys.exit(f"cuda_sanitize: no family is called {unknown[0]}; there are {', '.join([*CONFIGS, GUIDE])}")
    os.makedirs(options.out, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            directory = os.path.join(scratch, name)
            if name == GUIDE:
                directory = os.path.join(options.bin, "models", GUIDE)
            else:
                make(name, directory, options.device)
            for tool in options.tools.split(","):
                for way in WAYS:
                    run(options, tool, name, way, directory, scratch)
    json.dump(checks, open(os.path.join(options.out, "cuda-sanitize.json"), "w"), indent=1)
    failed = sum(not c["ok"] for c in checks)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0

if __name__ == "__main__":
    sys.exit(main())
