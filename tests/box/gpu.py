#!/usr/bin/env python3
"""Real GPUs against this program: everything is read idle and under load and compared with the machine's own nvidia-smi, card by card (with two
cards NVLinks, fabric and peer access too); what watching costs, and what it does to a matrix product, are measured; what the board answered is
written down for replay and played to the rules. At the end the twin's libnvidia-ml is shown to the machine's own nvidia-smi and nvidia-ml-py.

    python3 tests/box/gpu.py --bin artifacts --out OUT
    python3 tests/box/gpu.py --bin artifacts --out OUT --parts effect,memory         # what watching does to a matrix product, and what it holds: 4 minutes

Needs: a GPU with its driver, nvidia-smi, PyTorch; artifacts/{appliance,appliance-probe,boards,nvml-twin}. Under nine minutes. Exit 1
when a check failed; every figure is in OUT/gpu-box.json, the record of the board in OUT/nvml-record.jsonl (names of this board and machine left out).
Nothing of the GPU's settings is changed.
"""
import argparse, json, os, re, shutil, signal, statistics, struct, subprocess, sys, tempfile, threading, time
from gpu_compare import check, checks, compare, compare_links, figures, ours_now, smi_xml
from gpu_twin import Cost, twin

GEMM = r"""
import sys, time, torch
n, path, cards = 8192, sys.argv[1], range(int(sys.argv[2]))
make = lambda card: torch.randn(n, n, device=f"cuda:{card}", dtype=torch.bfloat16)
a, b, c = ([make(card) for card in cards] for _ in range(3))
def some(times):
    for _ in range(times):
        for card in cards: torch.mm(a[card], b[card], out=c[card])
    for card in cards: torch.cuda.synchronize(card)
some(20)
out = open(path, "w", buffering=1)
while True:
    t = time.perf_counter()
    some(40)
    d = time.perf_counter() - t
    out.write(f"{time.time():.4f} {d:.6f}\n")
"""

COPY = r"""
import sys, time, torch
gib = float(sys.argv[1])
a, b = (torch.zeros(1 << 28, dtype=torch.float32, device=f"cuda:{card}") for card in (0, 1))
b.copy_(a); torch.cuda.synchronize(0); torch.cuda.synchronize(1)
print("ready", flush=True)
sys.stdin.readline()
t, times = time.perf_counter(), int(gib)
for _ in range(times): b.copy_(a)
torch.cuda.synchronize(0); torch.cuda.synchronize(1)
print(times / (time.perf_counter() - t) * 1.073741824, flush=True)
sys.stdin.readline()
"""

class Probe:
    """The probe as the daemon would run it: its frames are read and kept. Never killed: its input ends, and it goes."""
    def __init__(self, program, gpus, read_ms, whole=False):
        self.lock = tempfile.mkdtemp(prefix="probe-")
        self.process = subprocess.Popen([program + "-probe", "--gpus", str(gpus), "--sysroot", "/", "--lock-dir", self.lock, "--read-ms", str(read_ms)] + ["--whole"] * whole,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.began, self.of, self.frames, self.last = time.time(), Cost(self.process.pid), [], {}
        threading.Thread(target=self.drain, daemon=True).start()

    def drain(self):
        pipe = self.process.stdout
        while len(head := pipe.read(5)) == 5:
            body = pipe.read(struct.unpack("<i", head[1:])[0])
            kind = chr(head[0])
            if kind != "r":
                self.last[kind] = json.loads(body)
                self.frames.append((time.time(), kind, self.last[kind]))
            else:
                self.frames.append((time.time(), kind, None))

    def want_profile(self):
        """As the daemon does when somebody asks for profiling metrics."""
        self.process.stdin.write(b"q" + struct.pack("<ii", 4, 60))
        self.process.stdin.flush()

    def asked(self):
        said = self.last.get("p", {})
        return said.get("driver_calls", 0), said.get("field_values", 0)

    def cost(self, seconds):
        (calls, values), before, count, at = self.asked(), self.of.cpu(), len(self.frames), time.time()
        time.sleep(seconds)
        span, spent = time.time() - at, self.of.cpu() - before
        reads = sum(1 for f in self.frames[count:] if f[1] == "r")
        now_calls, now_values = self.asked()
        return {"cpu_percent_of_core": round(spent / span * 100, 3), "rss_mb": round(self.of.rss_mb(), 1), "pss_mb": round(self.of.pss_mb(), 1),
                "reads_per_s": round(reads / span, 1), "nvml_calls_per_s": round((now_calls - calls) / span, 1), "field_values_per_s": round((now_values - values) / span, 1)}

    def pause(self, paused):
        """A paused probe makes no call, and none is cut off: a call into the driver returns before the signal is looked at."""
        self.process.send_signal(signal.SIGSTOP if paused else signal.SIGCONT)

    def stop(self):
        at = time.time()
        self.pause(False)
        self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            check("the probe ends with its input", False, "it still waits for the driver after 60 s; it is left alone")
        shutil.rmtree(self.lock, ignore_errors=True)
        return time.time() - at

def power_w():
    out = subprocess.run(["nvidia-smi", "--query-gpu=power.draw.instant", "--format=csv,noheader,nounits", "-i", "0"], capture_output=True, text=True).stdout
    return float(out.strip().splitlines()[0])

def idle_power(seconds):
    values, until = [], time.time() + seconds
    while time.time() < until:
        values.append(power_w())
        time.sleep(0.7)
    return round(statistics.median(values), 2)

def once_a_second(program, count, phase):
    """What is read twice a minute, or once, belongs to the cost; the first look, which reads everything, does not."""
    probe = Probe(program, count, 1000)
    time.sleep(6)
    figures[phase] = probe.cost(61)
    figures[phase + "_end_s"] = round(probe.stop(), 2)

def tflops(path, since, until):
    """Of the products that began and ended between two moments."""
    rows = [tuple(map(float, l.split())) for l in open(path) if l.count(" ") == 1 and l.endswith("\n")]
    times = [d for t, d in rows if since <= t - d and t <= until]
    return 40 * 2 * 8192 ** 3 * len(times) / sum(times) / 1e12 if times else None

# Two-sided 95 % of Student's t, by degrees of freedom.
STUDENT = {1: 12.71, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201, 12: 2.179, 13: 2.160, 14: 2.145, 15: 2.131}
BLOCK_S = 5

def effect(program, count, log, rounds):
    """
    One probe, paused (A) and not (B), in blocks of five seconds A B B A: what drifts with heat and clocks cancels within each four, and nothing is
    started or ended in between. The two B stand beside each other, so that what a probe reads every ten seconds is read in them at least as often as
    it would be: a subject that came due while it was paused is read at once, and that is counted too.
    """
    probe, fours, cut = Probe(program, count, 100), [], 0.1
    try:
        time.sleep(25) # its start, and what it gives back twenty seconds after
        for _ in range(rounds):
            blocks = []
            for paused in (True, False, False, True):
                probe.pause(paused)
                began = time.time() + (cut if paused else 0)
                time.sleep(BLOCK_S)
                blocks.append(tflops(log, began, time.time()))
            if None not in blocks:
                fours.append(((blocks[0] + blocks[3]) / 2, (blocks[1] + blocks[2]) / 2))
        probe.pause(False)
        time.sleep(2)
        figures["probe_load_10hz"] = probe.cost(10)
        figures["probe_load_mb_by_mapping"] = probe.of.by_mapping_mb()
    finally:
        probe.stop()
    percent = [(b / a - 1) * 100 for a, b in fours]
    error = statistics.stdev(percent) / len(percent) ** 0.5
    within = STUDENT[min(len(percent) - 1, max(STUDENT))] * error
    figures["gemm"] = {"tflops_without": round(statistics.mean(a for a, _ in fours), 2), "tflops_with": round(statistics.mean(b for _, b in fours), 2),
                       "effect_percent": round(statistics.mean(percent), 3), "standard_error_percent": round(error, 3), "plus_minus_percent_at_95": round(within, 3),
                       "fours": [round(p, 3) for p in percent]}

# What would name this board or this machine, and what is no part of a board at all.
LEFT_OUT = {"boot_id", "kernel_version", "node_guid", "chassis_serial_number", "pid", "manager_pid"}
BOARD_PARTS = {"at", "fabric"}

def redacted(value, index=0):
    if isinstance(value, dict):
        index = value.get("index", index) if isinstance(value.get("index", 0), int) else index
        names = {"serial": lambda v: str(index).rjust(len(v), "0"), "uuid": lambda v: f"GPU-00000000-0000-0000-0000-{index:012}" if v.startswith("GPU-") else "0"}
        return {k: names[k](v) if k in names and isinstance(v, str) else redacted(v, index) for k, v in value.items() if k not in LEFT_OUT}
    return [redacted(v, index) for v in value] if isinstance(value, list) else value

def recorded(program, gpus, seconds, profile=False):
    """Looks at the board, each whole: what a record for replay is made of."""
    probe = Probe(program, gpus, 100, whole=True)
    if profile:
        probe.want_profile()
    time.sleep(seconds + 1)
    probe.stop()
    return [f for f in probe.frames if f[1] in "gphe"]

def write_record(record, path):
    with open(path, "w") as file:
        for at, kind, body in record:
            if kind == "h":
                body = {k: v for k, v in body.items() if k in BOARD_PARTS}
                if "fabric" not in body:
                    continue
            file.write(json.dumps({"t": round(at - record[0][0], 3), "kind": kind, "body": redacted(body)}, separators=(",", ":")) + "\n")

def replay(program, path, looks):
    done = subprocess.run([program, "explain", "--board", path], capture_output=True, text=True, timeout=60)
    told = done.stdout.splitlines()
    check("the record can be replayed", done.returncode == 0 and told and told[-1] == f"{looks} looks.", (told or [done.stderr])[-1])
    check("a healthy board raises nothing when it is replayed", len(told) == 1, "; ".join(told[:-1]))

def moved(program):
    """The NVLink counters against a copy whose size is known."""
    gib = 64
    copy = subprocess.Popen([sys.executable, "-c", COPY, str(gib)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if copy.stdout.readline().strip() != "ready":
            check("copy from gpu0 to gpu1", False, "it did not start")
            return
        traffic = lambda look: [(n.get("sent_kib"), n.get("received_kib")) for g in look["gpus"] if (n := g["health"].get("nvlinks", {})) is not None]
        before = traffic(ours_now(program))
        copy.stdin.write("go\n"); copy.stdin.flush()
        figures["copy_gb_s"] = round(float(copy.stdout.readline()), 1)
        after = traffic(ours_now(program))
    finally:
        copy.stdin.close()
        copy.wait(30)
    if before[0][0] is None:
        check("NVLink counters tell a copy between two GPUs", False, before)
        return
    grown = [[(y - x) / 2**20 for x, y in zip(b, a)] for b, a in zip(before, after)]
    figures["nvlink_gib_for_a_copy_of_64_gib"] = {"gpu0_sent": round(grown[0][0], 2), "gpu1_received": round(grown[1][1], 2), "gpu0_received": round(grown[0][1], 2), "gpu1_sent": round(grown[1][0], 2)}
    check("gpu0 sent what gpu1 received, and it is what was copied (within 5 %)",
          abs(grown[0][0] / gib - 1) < 0.05 and abs(grown[1][1] / gib - 1) < 0.05, figures["nvlink_gib_for_a_copy_of_64_gib"])

def memory(program, count, meanwhile=lambda: None):
    """As shipped, after what only the start had used was given back."""
    probe = Probe(program, count, 100)
    time.sleep(5)
    figures["probe_idle_at_5_s_mb_by_mapping"] = probe.of.by_mapping_mb()
    meanwhile()
    time.sleep(max(0, 40 - (time.time() - probe.began)))
    figures["probe_idle_10hz"] = probe.cost(10)
    figures["probe_idle_mb_by_mapping"] = probe.of.by_mapping_mb()
    figures["probe_end_s"] = round(probe.stop(), 2)

def idle(program, out):
    figures["idle_power_w_without_probe"] = idle_power(8)
    ours = ours_now(program)
    figures["driver"], figures["missing_functions"] = ours["driver"], ours["missing"]
    count = figures["gpus"] = len(ours["gpus"])
    compare("idle", ours, smi_xml())
    json.dump(redacted({"gpus": ours["gpus"]}), open(os.path.join(out, "nvml-idle.json"), "w"), indent=1)
    memory(program, count, lambda: figures.update(idle_power_w_with_probe=idle_power(8)))
    once_a_second(program, count, "probe_idle_1hz")
    return count, recorded(program, count, 10)

def under_load(program, out, count, rounds, record):
    log = os.path.join(out, "gemm.txt")
    if os.path.exists(log):
        os.remove(log)
    gemm = subprocess.Popen([sys.executable, "-c", GEMM, log, str(count)])
    try:
        while not os.path.exists(log) or os.path.getsize(log) < 100:
            time.sleep(0.5)
            if gemm.poll() is not None:
                raise SystemExit("the matrix product ended")
        time.sleep(8)
        if record is None:
            effect(program, count, log, rounds)
            return
        loaded = ours_now(program)
        compare("load", loaded, smi_xml())
        json.dump(redacted({"gpus": loaded["gpus"]}), open(os.path.join(out, "nvml-load.json"), "w"), indent=1)
        once_a_second(program, count, "probe_load_1hz")
        busy = recorded(program, count, 12, profile=True)
        record += busy
        profiles = {body["index"]: body["profile"] for _, kind, body in busy if kind == "g" and "profile" in body}
        figures["profile_under_load"] = profiles
        check("profiling counters see the tensor cores at work", len(profiles) == count and all(p.get("tensor_active", 0) > 0.3 for p in profiles.values()),
              {i: p.get("tensor_active") for i, p in profiles.items()})

        effect(program, count, log, rounds)
    finally:
        gemm.kill()
        gemm.wait()

def judge(count):
    for phase in ("probe_idle_1hz", "probe_load_1hz"):
        if phase in figures:
            check(f"{phase}: at most 0.5 % of a core for the {count} GPU(s) here", figures[phase]["cpu_percent_of_core"] <= 0.5, figures[phase])
    for phase in ("probe_idle_1hz", "probe_idle_10hz", "probe_load_10hz"):
        if phase in figures and "daemon_on_the_twin" in figures:
            both = figures["daemon_on_the_twin"]["rss_mb"] + figures[phase]["rss_mb"]
            check(f"{phase}: the daemon (on the twin) and this probe hold at most 60 MB", both <= 60, f"{both:.1f}")
    if "gemm" in figures:
        found, within = figures["gemm"]["effect_percent"], figures["gemm"]["plus_minus_percent_at_95"]
        verdict = "none that can be measured" if abs(found) + within <= 0.1 else "an effect" if abs(found) > within else "not told apart from none, and not to 0.1 % either: more --rounds"
        check("effect on the matrix product within 0.1 % either way, at 95 %", abs(found) + within <= 0.1, f"{found:+.3f} % ± {within:.3f} %: {verdict}")
    if "idle_power_w_with_probe" in figures:
        check("idle power no more than 1 W up", figures["idle_power_w_with_probe"] - figures["idle_power_w_without_probe"] <= 1,
              f"{figures['idle_power_w_without_probe']} -> {figures['idle_power_w_with_probe']}")

def everything(program, options):
    count, record = idle(program, options.out)
    under_load(program, options.out, count, options.rounds, record)
    if count > 1:
        compare_links("after load", ours_now(program))
        moved(program)
    path = os.path.join(options.out, "nvml-record.jsonl")
    write_record(record, path)
    replay(program, path, sum(1 for _ in open(path)))
    twin(options.bin, options.out)
    return count

def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", default="artifacts")
    arguments.add_argument("--out", default="gpu-box")
    arguments.add_argument("--rounds", type=int, default=8, help="fours of blocks of five seconds: with the probe and without")
    arguments.add_argument("--parts", default="all", help="all, or of: effect, memory")
    options = arguments.parse_args()
    options.bin = os.path.abspath(options.bin)
    program = os.path.join(options.bin, "appliance")
    os.makedirs(options.out, exist_ok=True)
    began = time.time()

    if options.parts == "all":
        count = everything(program, options)
    else:
        count = figures["gpus"] = len(ours_now(program)["gpus"])
        if "memory" in options.parts:
            memory(program, count)
            twin(options.bin, options.out, tools=False)
        if "effect" in options.parts:
            under_load(program, options.out, count, options.rounds, record=None)
    judge(count)

    figures["took_s"] = round(time.time() - began)
    failed = [c for c in checks if not c["ok"]]
    json.dump({"figures": figures, "failed": failed, "checks": checks}, open(os.path.join(options.out, "gpu-box.json"), "w"), indent=1)
    print(json.dumps(figures, indent=1))
    print(f"{len(checks) - len(failed)} passed, {len(failed)} failed")
    for one in failed:
        print("FAILED", one["check"], one["detail"])
    return 1 if failed else 0

if __name__ == "__main__":
    sys.exit(main())
