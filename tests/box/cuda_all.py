#!/usr/bin/env python3
"""Everything that the engine must show on a GPU, one after the other.

    python3 tests/box/cuda_all.py --bin artifacts --out OUT [--scratch DIR] [--only parity,flips]

Each part is a program of this folder that can be run alone (README.md says what it shows), or `inference-core selfcheck`. About twelve minutes on an H100.
A part that fails does not keep the next from running; exit 1 when one did. What each said is in OUT/<part>/said.txt.
"""
import argparse, json, os, subprocess, sys, tempfile, time
import serve_checkpoints as checkpoints

HERE = os.path.dirname(os.path.abspath(__file__))
SCRATCH = ["parity", "loader", "speed", "same"]

def parts(options, models):
    script = lambda name, *more: [sys.executable, os.path.join(HERE, name), "--bin", options.bin, "--device", options.device, *more]
    flips = lambda name: [os.path.join(options.bin, "inference-core"), "selfcheck", "--model", os.path.join(models, name), "--device", options.device,
                          "--flips", "1000", "--seed", "1", "--random-weights"]
    return {
        "parity": script("cuda_parity.py"),
        "odd": script("cuda_odd.py"),
        "loader": script("cuda_loader.py"),
        "guide": [os.path.join(options.bin, "inference-core"), "verify", "--model", os.path.join(options.bin, "models", "field-guide"), "--device", options.device],
        "flips": flips("7b"),
        "flips-lite": flips("lite"),
        "speed": script("cuda_speed.py"),
        "same": script("cuda_serve.py", "--parts", "same,overload"),
        "sanitize": script("cuda_sanitize.py"),
    }

def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", default="artifacts")
    arguments.add_argument("--out", default="cuda-all")
    arguments.add_argument("--scratch", help="33 GB; default the parts' own")
    arguments.add_argument("--device", default="cuda:0")
    arguments.add_argument("--only", default="")
    options = arguments.parse_args()
    options.bin = os.path.abspath(options.bin)
    with tempfile.TemporaryDirectory() as models:
        for name in ("7b", "lite"):
            os.mkdir(os.path.join(models, name))
            with open(os.path.join(models, name, "config.json"), "w") as file:
                json.dump(checkpoints.config_of(name, False), file)
        known = parts(options, models)
        names = options.only.split(",") if options.only else list(known)
        if unknown := [n for n in names if n not in known]:
            sys.exit(f"cuda_all: no part is called {unknown[0]}; there are {', '.join(known)}")
        failed = []
        for name in names:
            out, began = os.path.join(options.out, name), time.monotonic()
            os.makedirs(out, exist_ok=True)
            words = known[name] + (["--out", out] if known[name][0] == sys.executable else []) + (["--scratch", options.scratch] if options.scratch and name in SCRATCH else [])
            with open(os.path.join(out, "said.txt"), "w") as file:
                status = subprocess.run(words, stdout=file, stderr=subprocess.STDOUT).returncode
            with open(os.path.join(out, "said.txt")) as file:
                last = ([line.strip() for line in file if line.strip()] or ["nothing"])[-1]
            print(f"{'ok    ' if status == 0 else 'FAILED'} {name:10} {last} ({time.monotonic() - began:.0f} s)", flush=True)
            if status:
                failed.append(name)
    print(f"{len(names) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0

if __name__ == "__main__":
    sys.exit(main())
