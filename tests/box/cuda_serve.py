#!/usr/bin/env python3
"""`inference-core serve` on a GPU, over HTTP, with whole models: start, throughput, latency, the same answers, a killed worker, too much asked.

    python3 tests/box/cuda_serve.py --bin artifacts --out OUT [--scratch DIR] [--only 7b,lite] [--parts start,load,same,kill,overload]
    python3 tests/box/cuda_serve.py --bin artifacts --out OUT --device cpu --small       # the test itself, without a GPU and PyTorch

Needs: a GPU with 80 GB, PyTorch, BIN/inference-core, 33 GB of scratch (default /dev/shm where that is large enough). Exit 1 when a check failed;
every figure is in OUT/cuda-serve.json. Random checkpoints in the shape of R1-Distill-Qwen-7B and of DeepSeek-V2-Lite are made and removed.
"""
import argparse, json, math, os, random, shutil, subprocess, sys, tempfile, time, traceback
import serve_checkpoints as checkpoints
import serve_client as client
from serve_process import Serve, kill_when

CHUNKS = {"7b": [256, 384, 512, 768], "lite": [384, 768]}
PARTS = {"7b": ["start", "load", "same", "kill", "overload"], "lite": ["start", "load", "same"]}
TARGETS = {"7b": {"output_throughput": 5000, "start": 2.5}, "lite": {"output_throughput": 3000, "start": None}}
P99_MS, RESUME_S = 25, 5

checks, figures, table = [], {}, []

def check(name, ok, detail=""):
    checks.append({"check": name, "ok": bool(ok), "detail": str(detail)})
    print(("ok    " if ok else "FAILED"), name, detail, flush=True)
    return bool(ok)

def target(name, limit, figure, ok):
    table.append((name, limit, figure, ok))
    check(name, ok, f"{figure} (target {limit})")

def told(name, figure):
    """A figure without a target."""
    table.append((name, "–", figure, None))
    print(f"      {name}: {figure}", flush=True)

class Bench:
    """One model: where it lies, how it is served, and how big the questions are."""
    def __init__(self, name, options, scratch):
        self.name, self.options, self.directory = name, options, os.path.join(scratch, name)
        self.config = checkpoints.config_of(name, options.small)
        self.run_directory = os.path.join(scratch, "run")
        self.found = figures.setdefault(name, {})
        self.streams, self.prompt, self.answer, self.killed = (8, 48, 24, 12) if options.small else (64, 512, 256, 100)
        # How fast a small model is on a processor is nobody's target.
        self.targets = TARGETS[name] if not options.small else {"output_throughput": None, "start": None}
        self.chunk = 48 if options.small else 512

    def serve(self, first=None, **limits):
        return Serve(self.options.bin, self.directory, self.options.device, self.run_directory, first=first,
                     **{"max_running": self.streams, "max_waiting": 64, "prefill_chunk": self.chunk, **limits})

    def tokens(self, seed, count):
        draw = random.Random(f"{self.name}/{seed}")
        return [draw.randrange(self.config["vocab_size"]) for _ in range(count)]

    def body(self, prompt, tokens, **more):
        return {"prompt": prompt, "max_tokens": tokens, "min_tokens": tokens, "ignore_eos": True, "temperature": 0, "stream": True,
                "stream_options": {"include_usage": True}, "return_token_ids": True, **more}

def make(bench):
    since = time.monotonic()
    if bench.options.small:
        config = bench.directory + ".json"
        with open(config, "w") as file:
            json.dump(bench.config, file)
        subprocess.run([os.path.join(bench.options.bin, "inference-core"), "synth", "--config", config, "--seed", "7", "--out", bench.directory], check=True)
        checkpoints.write_tokenizer(bench.directory, bench.config["vocab_size"])
        checkpoints.write_hashes(bench.directory)
    else:
        done = subprocess.run([sys.executable, checkpoints.__file__, bench.name, bench.directory, "--device", bench.options.device],
                              check=True, stdout=subprocess.PIPE, text=True)
        bench.found["checkpoint"] = json.loads(done.stdout.splitlines()[-1])
    bench.found["make_s"] = round(time.monotonic() - since, 1)
    print(f"{bench.name}: made in {bench.found['make_s']} s {bench.found.get('checkpoint', '')}", flush=True)

# 2. Start → first token

def start(bench):
    runs = []
    for number in range(1 + bench.options.starts):
        with bench.serve(first=bench.body(bench.tokens("first", 16), 2)) as serve:
            runs.append(serve.phases)
            print(f"      start {number}: {serve.phases}{' (kernels may be compiled)' if number == 0 else ''}", flush=True)
            log = serve.log()
    ordered = sorted(runs[1:], key=lambda run: run["first_token"])
    median = ordered[len(ordered) // 2]
    bench.found["start"] = {"first": runs[0], "runs": runs[1:], "median": median, "log": log, "loading": loading(bench)}
    print("".join(f"      {line}\n" for line in log), end="")
    print(f"      of `inference-core bench`: {bench.found['start']['loading']}", flush=True)
    name, limit = f"{bench.name}: start → first token, s", bench.targets["start"]
    if limit is None:
        told(name, median["first_token"])
    else:
        target(name, f"≤ {limit}", median["first_token"], median["first_token"] <= limit)

def loading(bench):
    """What of a start is loading, as the engine itself says."""
    done = subprocess.run([os.path.join(bench.options.bin, "inference-core"), "bench", "--model", bench.directory, "--device", bench.options.device,
                           "--prompt-tokens", "16", "--new-tokens", "8", "--json"], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        return done.stderr.strip()
    return {k: v for k, v in json.loads(done.stdout).items() if k in ("start_to_first_token_s", "load_s", "load_gb_s", "ttft_ms", "hbm_read_gb_s")}

# 3. Throughput and latency

COLUMNS = ["output_throughput", "duration", "median_ttft_ms", "p99_ttft_ms", "median_tpot_ms", "median_itl_ms", "p99_itl_ms", "max_itl_ms", "median_steady_itl_ms",
           "p99_steady_itl_ms", "tokens_per_event"]

def flood(bench, serve, run, tokens, **more):
    bodies = [bench.body(bench.tokens(f"{run}/{i}", bench.prompt), tokens, **{k: v(i) if callable(v) else v for k, v in more.items()})
              for i in range(bench.streams)]
    answers = client.ask(serve.port, bodies)
    result = client.bench(answers, bench.streams * bench.prompt)
    result["distinct_tokens"] = len({t for a in answers for t in a.tokens})
    if wrong := [a.why() for a in answers if not a.ok(tokens)]:
        result["wrong"] = wrong[:5]
    check(f"{bench.name}: {run}: all {bench.streams} answers whole", not wrong, wrong[:2] or f"{result['distinct_tokens']} different tokens")
    return result

def row(head, result):
    print(f"      {head:24}" + "".join(f"{result.get(c, float('nan')):>12.2f}" for c in COLUMNS), flush=True)

def load(bench):
    results = bench.found["load"] = {}
    chunks = bench.options.chunks or CHUNKS[bench.name]
    print(f"      {'prefill chunk':24}" + "".join(f"{c.removesuffix('_ms').replace('throughput', 'tok/s')[:11]:>12}" for c in COLUMNS))
    for chunk in chunks:
        with bench.serve(prefill_chunk=chunk) as serve:
            flood(bench, serve, f"warm-up {chunk}", min(32, bench.answer))
            results[chunk] = [flood(bench, serve, f"chunk {chunk} run {i}", bench.answer) for i in range(bench.options.repeats)]
            for i, result in enumerate(results[chunk]):
                row(f"{chunk} run {i}", result)
            results[f"{chunk} steps"] = {m: serve.metric(m) for m in ("inference_steps_total", "vllm:num_preemptions_total", "vllm:prefix_cache_hits_total")}
    worst = {c: (min(r["output_throughput"] for r in results[c]), max(r["p99_itl_ms"] for r in results[c])) for c in chunks}
    limit = bench.targets["output_throughput"]
    # The chunk with which both hold, else the one with most tokens: both figures are of the same runs, and the worse run counts.
    best = max(chunks, key=lambda c: (worst[c][0] >= (limit or 0) and worst[c][1] <= P99_MS, worst[c][0]))
    bench.chunk = bench.found["chunk"] = best
    names = (f"{bench.name}: {bench.streams} × {bench.prompt} + {bench.answer}, chunk {best}, output tok/s", f"{bench.name}: p99 inter-token, chunk {best}, ms")
    if limit is None:
        for name, figure in zip(names, worst[best]):
            told(name, figure)
    else:
        target(names[0], f"≥ {limit}", worst[best][0], worst[best][0] >= limit)
        target(names[1], f"≤ {P99_MS}", worst[best][1], worst[best][1] <= P99_MS)

    with bench.serve() as serve:
        sampled = dict(temperature=1.0, top_p=0.95, seed=lambda i: i)
        flood(bench, serve, "warm-up sampled", min(32, bench.answer), **sampled)
        result = results["sampled"] = flood(bench, serve, "sampled", bench.answer, **sampled)
    row("temperature 1, top-p .95", result)
    told(f"{bench.name}: the same with temperature 1, top_p 0.95, output tok/s", result["output_throughput"])

# 4. The same answer, however it is computed

def same(bench):
    tokens, probe = bench.answer // 2, bench.tokens("probe", bench.prompt - 7)
    ask = lambda serve, prompt, **more: client.ask(serve.port, [bench.body(prompt, tokens, logprobs=1, **more)])[0]
    # Log probabilities of a prompt are only there when it is computed: echo takes nothing from the cache.
    computed = dict(echo=True)
    with bench.serve() as serve:
        draw = random.Random(4)
        crowd = [bench.body(bench.tokens(f"crowd {i}", draw.randrange(1, bench.prompt * 5 // 4)), draw.randrange(bench.answer // 4, bench.answer))
                 for i in range(bench.streams - 1)]
        crowd.insert(bench.streams // 2, bench.body(probe, tokens, logprobs=1))
        among = client.ask(serve.port, crowd)[bench.streams // 2]
        second = probe + among.tokens + bench.tokens("second turn", 37)
        ways = {"alone, from the cache": ask(serve, probe), "alone, computed": ask(serve, probe, **computed)}
        turn = ask(serve, second)
        turns = {"computed": ask(serve, second, **computed)}
    with bench.serve(prefill_chunk=max(16, bench.chunk // 3)) as serve:
        turns["in a new process, other pieces, nothing cached"] = fresh = ask(serve, second)
        ways["in a new process, other pieces, alone"] = ask(serve, probe, **computed)

    hits = {"probe": ways["alone, from the cache"].cached(), "turn": turn.cached(), "fresh": fresh.cached()}
    found = bench.found["same"] = {"distinct_tokens": len(set(among.tokens)), "cached": hits}
    check(f"{bench.name}: the answers are worth comparing", among.ok(tokens) and turn.ok(tokens) and found["distinct_tokens"] >= tokens // 4, found)
    check(f"{bench.name}: the cache was hit where it should be", hits == {"probe": len(probe) - 1, "turn": len(probe) + tokens - 1, "fresh": 0}, hits)
    different = []
    for what, base, others in (("among the others", among, ways), ("second turn from the cache", turn, turns)):
        for way, answer in others.items():
            # echo's text has the prompt before it, and its first log probabilities are the prompt's.
            equal = (answer.ok(tokens) and answer.tokens == base.tokens and answer.text.endswith(base.text)
                     and len(base.logprobs) == tokens and answer.logprobs[-tokens:] == base.logprobs)
            if not check(f"{bench.name}: {what} = {way}: tokens, text and log probabilities", equal, "" if equal else answer.why()):
                different.append(f"{what}: {way}")
    count = len(ways) + len(turns)
    target(f"{bench.name}: the same answers in a batch, alone, cached, elsewhere", "all", f"{count - len(different)}/{count}", not different)

# 5. The worker is killed

def kill(bench):
    count, tokens = bench.killed, bench.answer
    sampling = lambda i: dict(temperature=0.8, top_p=0.9, seed=i) if i % 5 == 0 else {}
    bodies = [bench.body(bench.tokens(f"killed {i}", 16 + i), tokens, **sampling(i)) for i in range(count)]
    noted = {}
    with bench.serve(max_running=128) as serve:
        answers = client.ask(serve.port, bodies, lambda connections: kill_when(serve, connections, tokens // 8, noted))
        starts, log = serve.metric("inference_worker_starts_total"), serve.log()
        after = client.ask(serve.port, bodies[:1])[0]
    with bench.serve(max_running=128) as serve:
        calm = client.ask(serve.port, bodies)
    found = bench.found["kill"] = {"streams": count, "log": log, "noted": noted, "worker_starts": starts}
    if not check(f"{bench.name}: a worker was killed under {count} streams, and one took its place", "killed" in noted and starts == 2, {**noted, "starts": starts}):
        return
    killed = noted["killed"]
    broken = [a.why() for a in answers if not a.ok(tokens)]
    different = sum(a.tokens != c.tokens or a.text != c.text for a, c in zip(answers, calm))
    gaps, back = [], []
    for answer in answers:
        around = [(b - a, b) for a, b in zip(answer.events, answer.events[1:]) if b > killed]
        if around:
            gap, end = max(around)
            gaps.append(gap)
            back.append(end - killed)
    found |= {"broken": broken[:5], "different": different, "worst_gap_s": round(max(gaps, default=float("inf")), 3),
              "median_gap_s": round(client.percentile(gaps, 50), 3), "all_streaming_again_s": round(max(back, default=float("inf")), 3),
              "streams_across": len(gaps)}
    check(f"{bench.name}: the undisturbed run is whole", all(c.ok(tokens) for c in calm), [c.why() for c in calm if not c.ok(tokens)][:2])
    check(f"{bench.name}: asked again afterwards", after.ok(tokens) and after.tokens == calm[0].tokens, after.why())
    target(f"{bench.name}: worker killed under {count} streams: errors", "0", len(broken), not broken)
    target(f"{bench.name}: answers with lost, doubled or different tokens", "0", different, different == 0)
    again = found["all_streaming_again_s"]
    target(f"{bench.name}: all streaming again, s", f"≤ {RESUME_S}", again, len(gaps) == count and again <= RESUME_S)
    print("".join(f"      {line}\n" for line in log if "worker" in line), end="")
    print(f"      worst gap {found['worst_gap_s']} s, median {found['median_gap_s']} s", flush=True)

# 6. Too much, and nonsense

def overload(bench):
    tokens, room = bench.answer // 4, 8192 if not bench.options.small else 512
    found, before = bench.found.setdefault("overload", {}), len(checks)
    vocabulary = bench.config["vocab_size"]
    with bench.serve(cache_tokens=room, max_waiting=bench.streams) as serve:
        worker = serve.workers()
        bodies = [bench.body(bench.tokens(f"much {i}", bench.prompt), tokens, logprobs=1) for i in range(3 * bench.streams + 8)]
        answers = client.ask(serve.port, bodies)
        refused = [a for a in answers if a.status == 503]
        whole = [a for a in answers if a.ok(tokens)]
        found |= {"asked": len(answers), "whole": len(whole), "refused": len(refused), "preemptions": serve.metric("vllm:num_preemptions_total")}
        check(f"{bench.name}: {len(answers)} requests where memory holds {room} tokens: each is answered whole, or refused with 503 and Retry-After",
              len(whole) + len(refused) == len(answers) and len(whole) >= bench.streams and refused and all("retry-after" in a.headers for a in refused),
              found if len(whole) + len(refused) == len(answers) else [a.why() for a in answers if a.status != 503 and not a.ok(tokens)][:3])
        nonsense = {"a token outside of the vocabulary": (dict(prompt=[vocabulary]), 400), "a negative token": (dict(prompt=[-1]), 400),
                    "no token": (dict(prompt=[]), 400), "no prompt": ({}, 400), "longer than the memory": (dict(prompt=[5] * (room + 1)), 400),
                    "temperature 3": (dict(prompt=[1], temperature=3), 400), "another model": (dict(prompt=[1], model="x"), 404),
                    "a word": (b"{\"prompt\": nonsense}", 400)}
        got = client.ask(serve.port, [body for body, _ in nonsense.values()])
        wrong = {what: answer.status for (what, (_, status)), answer in zip(nonsense.items(), got) if answer.status != status}
        check(f"{bench.name}: nonsense is refused as such", not wrong, wrong or f"{len(nonsense)} kinds")
        good = client.ask(serve.port, [bench.body(bench.tokens("much 0", bench.prompt), tokens)])[0]
        check(f"{bench.name}: after that the same worker answers, as before",
              good.ok(tokens) and serve.workers() == worker and serve.metric("inference_worker_starts_total") == 1 and serve.state() == "ready"
              and (answers[0] not in whole or good.tokens == answers[0].tokens), f"{good.why()}, worker {worker}, now {serve.workers()}")
    asked = 1 << 30
    with bench.serve(cache_tokens=asked) as serve:
        pairs = [(body, answer) for body, answer in zip(bodies, answers) if answer in whole]
        again = [a for i in range(0, len(pairs), 8) for a in client.ask(serve.port, [body for body, _ in pairs[i:i + 8]])]
        different = sum(not (b.ok(tokens) and (a.tokens, a.text, a.logprobs) == (b.tokens, b.text, b.logprobs)) for (_, a), b in zip(pairs, again))
        check(f"{bench.name}: answers that were preempted and computed anew are those of an engine with room for all: tokens, text, log probabilities",
              found["preemptions"] > 0 and different == 0 and serve.metric("vllm:num_preemptions_total") == 0,
              f"{len(pairs)} answers, {found['preemptions']:.0f} preemptions, {different} different")
        result = flood(bench, serve, "more cache asked for than there is", tokens)
        given = found["cache_tokens_of_all"] = serve.cache_tokens()
        check(f"{bench.name}: more cache is asked for than the device has: it takes what there is, and lives",
              result["failed"] == 0 and serve.metric("inference_worker_starts_total") == 1 and given is not None
              and (bench.options.device == "cpu" or given < asked), f"{given} tokens")
    holds = all(c["ok"] for c in checks[before:])
    table.append((f"{bench.name}: too much and nonsense: refused, and the worker lives", "yes", "yes" if holds else "no", holds))

def environment(options):
    about = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cpus": os.cpu_count(), "small": options.small}
    if options.device != "cpu":
        query = subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version,memory.total,memory.used", "--format=csv,noheader"], capture_output=True, text=True)
        about["gpu"] = query.stdout.strip()
    return about

def scratch_in(options, name):
    needed = (1 << 29) + 2 * sum(math.prod(shape) for _, shape, _ in checkpoints.tensors_of(checkpoints.config_of(name, options.small)))
    if options.scratch:
        return options.scratch
    fits = [place for place in ("/dev/shm", tempfile.gettempdir()) if os.path.isdir(place) and shutil.disk_usage(place).free > needed]
    return fits[0] if fits else tempfile.gettempdir()

def write(options):
    with open(os.path.join(options.out, "cuda-serve.json"), "w") as file:
        json.dump({"figures": figures, "table": table, "failed": [c for c in checks if not c["ok"]], "checks": checks}, file, indent=1)

def model(name, options):
    scratch = tempfile.mkdtemp(prefix="serve-", dir=scratch_in(options, name))
    print(f"{name}: in {scratch}", flush=True)
    bench = Bench(name, options, scratch)
    try:
        make(bench)
        for part in options.parts or PARTS[name]:
            since = time.monotonic()
            try:
                {"start": start, "load": load, "same": same, "kill": kill, "overload": overload}[part](bench)
            except Exception as e:  # one part's failure must not hide the others
                traceback.print_exc()
                check(f"{name}: {part} ran to its end", False, f"{type(e).__name__}: {e}")
            bench.found.setdefault("seconds", {})[part] = round(time.monotonic() - since, 1)
            print(f"      {part}: {bench.found['seconds'][part]} s", flush=True)
            write(options)
    except (OSError, subprocess.CalledProcessError) as e:
        check(f"{name}: the checkpoint was made", False, e)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)

def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", default="artifacts")
    arguments.add_argument("--out", default="cuda-serve")
    arguments.add_argument("--scratch", help="where checkpoints are made and removed")
    arguments.add_argument("--only", default="7b,lite")
    arguments.add_argument("--parts", type=lambda v: v.split(","), help="of start,load,same,kill,overload; default all for 7b, the first three for lite")
    arguments.add_argument("--chunks", type=lambda v: [int(c) for c in v.split(",")], help="prefill chunks that load tries")
    arguments.add_argument("--starts", type=int, default=5)
    arguments.add_argument("--repeats", type=int, default=2)
    arguments.add_argument("--device", default="cuda:0")
    arguments.add_argument("--small", action="store_true")
    options = arguments.parse_args()
    options.bin, names = os.path.abspath(options.bin), options.only.split(",")
    if unknown := set(names) - set(PARTS) or set(options.parts or []) - set(PARTS["7b"]):
        arguments.error(f"{', '.join(sorted(unknown))} is not known; right would be of {', '.join(PARTS)} and of {', '.join(PARTS['7b'])}")
    os.makedirs(options.out, exist_ok=True)
    figures["environment"] = environment(options)
    print(figures["environment"], flush=True)
    for name in names:
        model(name, options)

    print(f"\n{'what':82}{'target':>12}{'measured':>14}")
    for what, limit, figure, ok in table:
        print(f"{what:82}{limit:>12}{figure:>14}  {'' if ok is None else 'ok' if ok else 'MISSED'}")
    failed = [c for c in checks if not c["ok"]]
    write(options)
    print(f"{len(checks) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0

if __name__ == "__main__":
    sys.exit(main())
