#!/usr/bin/env python3
"""A 7B model from real files onto one GPU: how fast with which hashes, how soon the first token, and what damage is called.

    python3 tests/box/cuda_loader.py --bin artifacts --out OUT [--scratch DIR] [--layers 28]

Needs one GPU with 20 GB and 16 GB of scratch disk that fit into the page cache as well; nothing but the standard library. Makes a random
checkpoint of DeepSeek-R1-Distill-Qwen-7B's shape (about a minute) and loads it with hashes of blocks, of whole files, and with none, each
three times. Exit 1 when a check failed; every figure is in OUT/cuda-loader.json.
"""
import argparse, json, os, shutil, struct, subprocess, sys, tempfile, time

CONFIG = {
    "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_size": 3584, "intermediate_size": 18944, "num_attention_heads": 28,
    "num_key_value_heads": 4, "num_hidden_layers": 28, "vocab_size": 152064, "max_position_embeddings": 32768, "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0, "tie_word_embeddings": False, "bos_token_id": 151646, "eos_token_id": 151643, "torch_dtype": "bfloat16",
}
checks, figures = [], {}

def check(name, ok, detail=""):
    checks.append({"check": name, "ok": bool(ok), "detail": str(detail)})
    print(("ok    " if ok else "FAILED"), name, detail, flush=True)

def run(program, *words, limit=300):
    begin = time.monotonic()
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=limit)
    return done, time.monotonic() - begin

def tensors(directory):
    """Name → (file, offset, bytes) of every tensor."""
    found = {}
    for name in sorted(os.listdir(directory)):
        if name.endswith(".safetensors"):
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                length, = struct.unpack("<Q", file.read(8))
                header = json.loads(file.read(length))
            for tensor, entry in header.items():
                if tensor != "__metadata__":
                    first, last = entry["data_offsets"]
                    found[tensor] = (path, 8 + length + first, last - first)
    return found

def patch(path, at, new):
    with open(path, "r+b") as file:
        file.seek(at)
        old = file.read(len(new))
        file.seek(at)
        file.write(new)
    return old

def load(program, directory, device, name):
    """The best of three by a bench that hardly computes: a neighbour can only make it slower."""
    best = None
    for _ in range(3):
        done, wall = run(program, "bench", "--model", directory, "--device", device, "--prompt-tokens", "8", "--new-tokens", "2", "--json")
        if done.returncode:
            check(f"{name}: loads", False, done.stderr.strip())
            return
        result = json.loads(done.stdout)
        row = {k: round(result[k], 3) for k in ("load_s", "load_gb_s", "start_to_first_token_s")} | {"wall_s": round(wall, 3)}
        if best is None or row["load_s"] < best["load_s"]:
            best = row
    figures[name] = best
    print(f"       {name}: {best}", flush=True)

def refused(program, directory, device, name, *parts):
    done, _ = run(program, "generate", "--model", directory, "--device", device, "--tokens", "1", "--max-tokens", "1")
    text = done.stderr.strip()
    check(name, done.returncode == 1 and len(text.splitlines()) == 1 and all(p in text for p in parts), text)

def main():
    options = argparse.ArgumentParser()
    options.add_argument("--bin", required=True)
    options.add_argument("--out", required=True)
    options.add_argument("--scratch", default=tempfile.gettempdir())
    options.add_argument("--layers", type=int, default=28)
    options.add_argument("--device", default="cuda:0")
    given = options.parse_args()
    program = os.path.abspath(os.path.join(given.bin, "inference-core"))
    os.makedirs(given.out, exist_ok=True)
    scratch = tempfile.mkdtemp(prefix="loader-", dir=given.scratch)
    try:
        directory, config = os.path.join(scratch, "model"), os.path.join(scratch, "config.json")
        with open(config, "w") as file:
            json.dump(CONFIG | {"num_hidden_layers": given.layers}, file)
        done, wall = run(program, "synth", "--config", config, "--seed", "1", "--out", directory, limit=590)
        check("a checkpoint is made", done.returncode == 0, f"{wall:.0f} s {done.stdout.strip()} {done.stderr.strip()}")
        sums, blocks = os.path.join(directory, "SHA256SUMS"), os.path.join(directory, "SHA256SUMS.blocks")
        with open(sums) as file:
            lines = file.readlines()

        load(program, directory, given.device, "hashes of blocks")
        if "hashes of blocks" in figures and given.layers == 28:
            check("first token within 2.5 s of the start, hashes on", figures["hashes of blocks"]["start_to_first_token_s"] <= 2.5,
                  figures["hashes of blocks"]["start_to_first_token_s"])

        found = tensors(directory)
        name = f"model.layers.{given.layers // 2}.mlp.down_proj.weight"
        path, first, length = found[name]
        at = first + length // 2
        old = patch(path, at, b"\x55")
        refused(program, directory, given.device, "a damaged byte is refused, by tensor, with hashes of blocks", path, name, "SHA-256 is")
        with open(sums, "w") as file:
            file.writelines(line for line in lines if not line.rstrip().endswith(".blocks"))
        refused(program, directory, given.device, "a damaged byte is refused with hashes of files", path, "SHA-256 is")
        patch(path, at, old)
        load(program, directory, given.device, "hashes of files")

        os.remove(sums)
        load(program, directory, given.device, "no hashes")
        at -= (at - first) % 2
        old = patch(path, at, b"\xc0\x7f")
        refused(program, directory, given.device, "a weight that is no number is refused, by tensor and place", name, f"NaN at element {(at - first) // 2}")
        patch(path, at, old)

        size = os.path.getsize(path)
        os.truncate(path, size - 2)
        refused(program, directory, given.device, "a truncated file is refused", path, "truncated")
        with open(path, "ab") as file:
            file.write(b"\0\0")
        with open(os.path.join(directory, "config.json"), "w") as file:
            json.dump(CONFIG | {"num_hidden_layers": given.layers, "intermediate_size": 18880}, file)
        refused(program, directory, given.device, "another shape is refused", "has shape [18944, 3584]", "asks for [18880, 3584]")
        with open(os.path.join(directory, "config.json"), "w") as file:
            json.dump(CONFIG | {"num_hidden_layers": given.layers + 1}, file)
        refused(program, directory, given.device, "a missing tensor is refused", f"tensor 'model.layers.{given.layers}.", "is missing")
        refused(program, directory, "cuda:63", "a device that is not there is refused", "device 'cuda:63' does not exist")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        with open(os.path.join(given.out, "cuda-loader.json"), "w") as file:
            json.dump({"checks": checks, "figures": figures}, file, indent=1)
    failed = sum(not c["ok"] for c in checks)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 0 if checks and not failed else 1

if __name__ == "__main__":
    sys.exit(main())
