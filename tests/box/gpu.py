#!/usr/bin/env python3
"""Real GPUs against this program: everything is read idle and under load and compared with the machine's own nvidia-smi, card by card (with two
cards NVLinks, fabric and peer access too); what watching costs, and what it does to a matrix product, are measured; what the board answered is
written down for replay and played to the rules. At the end the twin's libnvidia-ml is shown to the machine's own nvidia-smi and nvidia-ml-py.

    python3 tests/box/gpu.py --bin artifacts --out OUT

Needs: a GPU with its driver, nvidia-smi, PyTorch; artifacts/appliance, artifacts/boards, artifacts/nvml-twin. Under six minutes. Exit 1
when a check failed; every figure is in OUT/gpu-box.json, the record of the board in OUT/nvml-record.jsonl (names of this board and machine left out).
Nothing of the GPU's settings is changed.
"""
import argparse, json, os, re, shutil, statistics, struct, subprocess, sys, tempfile, threading, time
import xml.etree.ElementTree as xml
from gpu_compare import check, checks, compare, compare_links, figures, ours_now, smi_xml

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
    out.write(f"{time.time():.3f} {40 * 2 * n ** 3 / d / 1e12:.3f}\n")
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

class Cost:
    """What a process takes of a processor, as the scheduler counts it: ticks are too coarse for calls of a few microseconds."""
    def __init__(self, pid):
        self.pid = pid

    def cpu(self):
        total = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            try:
                total += int(open(f"/proc/{self.pid}/task/{task}/schedstat").read().split()[0])
            except OSError:
                pass
        return total / 1e9

    def rss_mb(self):
        return next(int(line.split()[1]) / 1024 for line in open(f"/proc/{self.pid}/status") if line.startswith("VmRSS"))

    def own_mb(self):
        """What nobody else shares; with the resident memory of one process this is what two of the same program hold."""
        return sum(int(line.split()[1]) for line in open(f"/proc/{self.pid}/smaps_rollup") if line.startswith("Private_")) / 1024

class Probe:
    """The probe as the daemon would run it: its frames are read and kept. Never killed: its input ends, and it goes."""
    def __init__(self, program, gpus, read_ms, whole=False):
        self.lock = tempfile.mkdtemp(prefix="probe-")
        self.process = subprocess.Popen([program, "probe", "--gpus", str(gpus), "--sysroot", "/", "--lock-dir", self.lock, "--read-ms", str(read_ms)] + ["--whole"] * whole,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.of, self.frames, self.last = Cost(self.process.pid), [], {}
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
        return {"cpu_percent_of_core": round(spent / span * 100, 3), "rss_mb": round(self.of.rss_mb(), 1), "own_mb": round(self.of.own_mb(), 1),
                "reads_per_s": round(reads / span, 1), "nvml_calls_per_s": round((now_calls - calls) / span, 1), "field_values_per_s": round((now_values - values) / span, 1)}

    def stop(self):
        at = time.time()
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
    rows = [tuple(map(float, l.split())) for l in open(path) if l.count(" ") == 1 and l.endswith("\n")]
    return [v for t, v in rows if since + 0.7 <= t <= until - 0.1]

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

def twin(binaries, out):
    """The machine's own tools on the twin's eight GPUs, and what daemon and probe take there."""
    run = tempfile.mkdtemp(prefix="twin-")
    config = os.path.join(run, "appliance.json")
    json.dump({"daemon": {"metrics_port": 39400}, "bus": {"port": 31883}, "bmc_agent": {"port": 38000}, "inference_core": {"port": 38080}}, open(config, "w"))
    start = lambda *words: subprocess.Popen([f"{binaries}/appliance", *words, "--run-dir", run, "--config", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process, daemon = start("twin"), None
    env = dict(os.environ, LD_LIBRARY_PATH=f"{binaries}/nvml-twin", APPLIANCE_TWIN_SYSROOT=f"{run}/sysfs")
    try:
        time.sleep(3)
        daemon = start("daemon", "--simulated")
        time.sleep(9)
        of = Cost(daemon.pid)
        before, at = of.cpu(), time.time()
        for words in (["-L"], [], ["-q", "-x"], ["topo", "-m"], ["nvlink", "-s"], ["--query-gpu=index,name,uuid,power.draw,temperature.gpu,pcie.link.gen.current", "--format=csv"]):
            done = subprocess.run(["nvidia-smi", *words], capture_output=True, text=True, env=env, timeout=60)
            name = "twin-nvidia-smi" + "".join("_" + re.sub(r"\W", "", w)[:12] for w in words) + ".txt"
            open(os.path.join(out, name), "w").write(done.stdout + done.stderr)
            if words == ["-L"]:
                check("twin: nvidia-smi -L lists eight H100", done.returncode == 0 and done.stdout.count("NVIDIA H100 80GB HBM3 (UUID: GPU-7717b0c5") == 8, done.stdout[:200] + done.stderr[:200])
            elif words == ["-q", "-x"]:
                try:
                    gpus = xml.fromstring(done.stdout).findall("gpu")
                    check("twin: nvidia-smi -q -x names eight healthy GPUs", len(gpus) == 8 and all(g.findtext("ecc_errors/volatile/dram_uncorrectable") in ("0", None, "N/A") for g in gpus), len(gpus))
                except xml.ParseError as e:
                    check("twin: nvidia-smi -q -x", False, e)
            else:
                check(f"twin: nvidia-smi {' '.join(words)}", done.returncode == 0, (done.stdout + done.stderr)[-160:].replace("\n", " ") if done.returncode else "")
        script = "import pynvml as n; n.nvmlInit(); c=n.nvmlDeviceGetCount(); print(c, [(n.nvmlDeviceGetName(h), n.nvmlDeviceGetUUID(h)[-4:], n.nvmlDeviceGetPowerUsage(h), " \
                 "n.nvmlDeviceGetTemperature(h, 0), n.nvmlDeviceGetNvLinkState(h, 17), n.nvmlDeviceGetRemappedRows(h), n.nvmlDeviceGetMemoryInfo(h).total>>30) " \
                 "for h in map(n.nvmlDeviceGetHandleByIndex, range(c))]); n.nvmlShutdown()"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, timeout=60)
        if "No module named" in done.stderr:
            print("      nvidia-ml-py is not installed here: not shown to it", flush=True)
            figures["pynvml"] = "not installed"
        else:
            check("twin: nvidia-ml-py lists eight H100", done.returncode == 0 and done.stdout.startswith("8 "), done.stdout[:160] + done.stderr[-200:])
        time.sleep(max(0, at + 15 - time.time()))
        children = [int(pid) for task in os.listdir(f"/proc/{daemon.pid}/task") for pid in open(f"/proc/{daemon.pid}/task/{task}/children").read().split()]
        figures["daemon_on_the_twin"] = {"cpu_percent_of_core_cooling_at_10_hz_included": round((of.cpu() - before) / (time.time() - at) * 100, 2), "rss_mb": round(of.rss_mb(), 1),
                                         "its_probe_of_eight_gpus_own_mb": round(sum(Cost(child).own_mb() for child in children), 1)}
    finally:
        for one in (daemon, process):
            if one is not None:
                one.terminate()
                one.wait(15)
        shutil.rmtree(run, ignore_errors=True)

def idle(program, out):
    figures["idle_power_w_without_probe"] = idle_power(8)
    ours = ours_now(program)
    figures["driver"], figures["missing_functions"] = ours["driver"], ours["missing"]
    count = figures["gpus"] = len(ours["gpus"])
    compare("idle", ours, smi_xml())
    json.dump(redacted({"gpus": ours["gpus"]}), open(os.path.join(out, "nvml-idle.json"), "w"), indent=1)
    probe = Probe(program, count, 100)
    time.sleep(3)
    figures["probe_idle_10hz"] = probe.cost(10)
    figures["idle_power_w_with_probe"] = idle_power(8)
    figures["probe_end_s"] = round(probe.stop(), 2)
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

        # A and B in turn, each pair beside each other: heat and clocks drift slowly.
        pairs, costs = [], []
        for _ in range(rounds):
            t0 = time.time(); time.sleep(6); t1 = time.time()
            probe = Probe(program, count, 100); time.sleep(1.5)
            t2 = time.time(); costs.append(probe.cost(6)); t3 = time.time()
            probe.stop()
            a, b = tflops(log, t0, t1), tflops(log, t2, t3)
            if a and b:
                pairs.append((statistics.mean(a), statistics.mean(b)))
    finally:
        gemm.kill()
        gemm.wait()
    figures["probe_load_10hz"] = {key: round(statistics.median(c[key] for c in costs), 3) for key in costs[0]}
    effects = [(b / a - 1) * 100 for a, b in pairs]
    spread = statistics.stdev(effects) / len(effects) ** 0.5 if len(effects) > 1 else None
    figures["gemm"] = {"tflops_without": round(statistics.mean(a for a, _ in pairs), 2), "tflops_with": round(statistics.mean(b for _, b in pairs), 2),
                       "effect_percent": round(statistics.mean(effects), 3), "standard_error_percent": round(spread, 3) if spread else None, "pairs": len(pairs)}

def judge(count):
    for phase in ("probe_idle_1hz", "probe_load_1hz"):
        check(f"{phase}: at most 0.5 % of a core for the {count} GPU(s) here", figures[phase]["cpu_percent_of_core"] <= 0.5, figures[phase])
    daemon = figures["daemon_on_the_twin"]
    for phase in ("probe_idle_1hz", "probe_load_10hz"):
        both = daemon["rss_mb"] + figures[phase]["own_mb"]
        check(f"{phase}: the daemon (on the twin) and this probe hold at most 60 MB", both <= 60, f"{both:.1f}")
    effect = figures["gemm"]
    check("no effect on the matrix product beyond its own scatter (or 0.1 %)", abs(effect["effect_percent"]) <= max(0.1, 2 * (effect["standard_error_percent"] or 0)), effect)
    check("idle power no more than 1 W up", figures["idle_power_w_with_probe"] - figures["idle_power_w_without_probe"] <= 1,
          f"{figures['idle_power_w_without_probe']} -> {figures['idle_power_w_with_probe']}")

def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", default="artifacts")
    arguments.add_argument("--out", default="gpu-box")
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    options.bin = os.path.abspath(options.bin)
    program = os.path.join(options.bin, "appliance")
    os.makedirs(options.out, exist_ok=True)
    began = time.time()

    count, record = idle(program, options.out)
    under_load(program, options.out, count, options.rounds, record)
    if count > 1:
        compare_links("after load", ours_now(program))
        moved(program)
    path = os.path.join(options.out, "nvml-record.jsonl")
    write_record(record, path)
    replay(program, path, sum(1 for _ in open(path)))
    twin(options.bin, options.out)
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
