#!/usr/bin/env python3
"""One real GPU against this program: everything is read idle and under load, compared with `nvidia-smi -q -x`, the probe's own cost and
its effect on a matrix product are measured, and what the board answered is written down for replay. At the end the twin's libnvidia-ml
is shown to the machine's own nvidia-smi and nvidia-ml-py.

    python3 tests/box/gpu.py --bin artifacts --out OUT [--seconds 20]

Needs: a GPU with its driver, nvidia-smi, PyTorch; artifacts/appliance, artifacts/boards, artifacts/nvml-twin. About six minutes. Exit 1
when a check failed; every figure is in OUT/gpu-box.json, the record of the board in OUT/nvml-record.jsonl (serial numbers replaced).
"""
import argparse, json, os, re, shutil, statistics, struct, subprocess, sys, tempfile, threading, time
import xml.etree.ElementTree as xml

GEMM = r"""
import sys, time, torch
n, path = 8192, sys.argv[1]
a = torch.randn(n, n, device="cuda", dtype=torch.bfloat16); b = torch.randn(n, n, device="cuda", dtype=torch.bfloat16)
for _ in range(20): a @ b
torch.cuda.synchronize()
out = open(path, "w", buffering=1)
while True:
    t = time.perf_counter()
    for _ in range(40): a @ b
    torch.cuda.synchronize()
    d = time.perf_counter() - t
    out.write(f"{time.time():.3f} {40 * 2 * n ** 3 / d / 1e12:.3f}\n")
"""

checks, figures = [], {}

def check(name, ok, detail=""):
    checks.append({"check": name, "ok": bool(ok), "detail": str(detail)})
    print(("ok    " if ok else "FAILED"), name, detail, flush=True)

class Probe:
    """The probe as the daemon would run it: its frames are read and kept."""
    def __init__(self, program, gpus, read_ms, whole=False):
        self.lock = tempfile.mkdtemp(prefix="probe-")
        self.process = subprocess.Popen([program, "probe", "--gpus", str(gpus), "--sysroot", "/", "--lock-dir", self.lock, "--read-ms", str(read_ms)] + ["--whole"] * whole,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.frames, self.last = [], {}
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

    def cpu(self):
        """Seconds on a processor, as the scheduler counts them: ticks are too coarse for calls of a few microseconds."""
        total = 0
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            try:
                total += int(open(f"/proc/{self.process.pid}/task/{task}/schedstat").read().split()[0])
            except OSError:
                pass
        return total / 1e9

    def rss_mib(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024

    def cost(self, seconds):
        asked = lambda name: self.last.get("p", {}).get(name, 0)
        before, count, at = self.cpu(), len(self.frames), time.time()
        calls, values = asked("driver_calls"), asked("field_values")
        time.sleep(seconds)
        span = time.time() - at
        reads = sum(1 for f in self.frames[count:] if f[1] == "r")
        return {"cpu_percent_of_core": round((self.cpu() - before) / span * 100, 3), "rss_mib": round(self.rss_mib(), 1), "reads_per_s": round(reads / span, 1),
                "nvml_calls_per_s": round((asked("driver_calls") - calls) / span, 1), "field_values_per_s": round((asked("field_values") - values) / span, 1)}

    def stop(self):
        at = time.time()
        self.process.stdin.close()
        self.process.wait(30)
        shutil.rmtree(self.lock, ignore_errors=True)
        return time.time() - at

def smi():
    return xml.fromstring(subprocess.run(["nvidia-smi", "-q", "-x"], capture_output=True, text=True, check=True).stdout)

def number(text):
    found = re.search(r"-?\d+(\.\d+)?", text or "")
    return float(found.group(0)) if found else None

def local(program, env=None):
    done = subprocess.run([program, "gpus", "--nvml", "--json"], capture_output=True, text=True, env=env)
    if done.returncode != 0:
        raise SystemExit(f"appliance gpus --nvml: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)

def compare(phase, ours, theirs):
    """Every value that both tell; what moves gets a tolerance."""
    if len(ours["gpus"]) != len(theirs.findall("gpu")):
        check(f"{phase}: as many GPUs as nvidia-smi", False, f"{len(ours['gpus'])} and {len(theirs.findall('gpu'))}")
        return
    check(f"{phase}: driver version", ours["driver"] == theirs.findtext("driver_version"), ours["driver"])
    for gpu, node in zip(ours["gpus"], theirs.findall("gpu")):
        h = gpu["health"]
        ident, modes, power, heat, clocks, load = (h.get(k, {}) for k in ("identity", "modes", "power", "heat", "clocks", "load"))
        pcie, ecc, remaps, links, fabric = (h.get(k, {}) for k in ("pcie", "ecc", "row_remaps", "nvlinks", "fabric"))
        text = lambda path: (node.findtext(path) or "").strip()
        exact = [
            ("name", ident.get("name"), text("product_name")), ("uuid", ident.get("uuid"), text("uuid")), ("serial", ident.get("serial"), text("serial")),
            ("vbios", ident.get("vbios_version"), text("vbios_version")), ("board part", ident.get("board_part_number"), text("board_part_number")),
            ("inforom", ident.get("inforom_image_version"), text("inforom_version/img_version")), ("gsp", ident.get("gsp_firmware_version"), text("gsp_firmware_version")),
            ("bus", ident.get("pci_bus_id", "").upper(), text("pci/pci_bus_id").upper()),
            ("persistence", "Enabled" if modes.get("persistence") else "Disabled", text("persistence_mode")),
            ("ecc mode", "Enabled" if modes.get("ecc_enabled") else "Disabled", text("ecc_mode/current_ecc")),
            ("mig", "Enabled" if modes.get("mig_enabled") else "Disabled", text("mig_mode/current_mig")),
        ]
        for name, mine, other in exact:
            if other and other != "N/A":
                check(f"{phase}: gpu{gpu['frame']['index']} {name}", mine == other, f"{mine} | {other}")
        near = [
            ("module id", ident.get("module_id"), text("module_id") or text("platformInfo/module_id"), 0),
            ("minor", ident.get("minor_number"), text("minor_number"), 0),
            ("die", heat.get("temperature_c"), text("temperature/gpu_temp"), 3), ("hbm", heat.get("memory_temperature_c"), text("temperature/memory_temp"), 3),
            ("margin", heat.get("margin_k"), text("temperature/gpu_temp_tlimit"), 3),
            ("shutdown margin", heat.get("shutdown_margin_k"), text("temperature/gpu_temp_max_tlimit_threshold"), 0),
            ("slowdown margin", heat.get("slowdown_margin_k"), text("temperature/gpu_temp_slow_tlimit_threshold"), 0),
            ("limit", power.get("limit_w"), text("gpu_power_readings/current_power_limit"), 0.1),
            ("default limit", power.get("default_limit_w"), text("gpu_power_readings/default_power_limit"), 0.1),
            ("min limit", power.get("min_limit_w"), text("gpu_power_readings/min_power_limit"), 0.1),
            ("max limit", power.get("max_limit_w"), text("gpu_power_readings/max_power_limit"), 0.1),
            ("power", power.get("average_w"), text("gpu_power_readings/average_power_draw") or text("gpu_power_readings/power_draw"), 60),
            ("sm max", clocks.get("sm_max_mhz"), text("max_clocks/sm_clock"), 0), ("memory max", clocks.get("memory_max_mhz"), text("max_clocks/mem_clock"), 0),
            ("memory clock", clocks.get("memory_mhz"), text("clocks/mem_clock"), 0),
            ("memory total", load.get("memory_total_mib"), text("fb_memory_usage/total"), 1), ("memory reserved", load.get("memory_reserved_mib"), text("fb_memory_usage/reserved"), 2),
            ("memory used", load.get("memory_used_mib"), text("fb_memory_usage/used"), 64),
            ("pcie generation", pcie.get("generation"), text("pci/pci_gpu_link_info/pcie_gen/current_link_gen"), 0),
            ("pcie max generation", pcie.get("max_generation"), text("pci/pci_gpu_link_info/pcie_gen/max_link_gen"), 0),
            ("pcie width", pcie.get("width"), text("pci/pci_gpu_link_info/link_widths/current_link_width"), 0),
            ("pcie replays", pcie.get("replays"), text("pci/replay_counter"), 5),
            ("remaps correctable", remaps.get("correctable"), text("remapped_rows/remapped_row_corr"), 0),
            ("remaps uncorrectable", remaps.get("uncorrectable"), text("remapped_rows/remapped_row_unc"), 0),
            ("banks max", remaps.get("banks_max"), text("remapped_rows/row_remapper_histogram/row_remapper_histogram_max"), 0),
            ("ecc dram corrected", ecc.get("volatile_corrected"), text("ecc_errors/volatile/dram_correctable"), 5),
            ("ecc dram uncorrected", ecc.get("volatile_uncorrected"), text("ecc_errors/volatile/dram_uncorrectable"), 0),
        ]
        for name, mine, other, tolerance in near:
            if (value := number(other)) is not None and "N/A" not in other:
                check(f"{phase}: gpu{gpu['frame']['index']} {name}", mine is not None and abs(mine - value) <= tolerance, f"{mine} | {other}")
        state = text("fabric/state")
        if state and state != "N/A":
            check(f"{phase}: gpu{gpu['frame']['index']} fabric", fabric.get("state") == state.lower().replace(" ", "_"), f"{fabric.get('state')} | {state}")
        else:
            check(f"{phase}: gpu{gpu['frame']['index']} has no fabric, and we invent none", not fabric, fabric)
        reasons = node.find("clocks_event_reasons")
        if reasons is not None:
            bits = {"gpu_idle": 1, "applications_clocks_setting": 2, "sw_power_cap": 4, "hw_slowdown": 8, "sync_boost": 16, "sw_thermal_slowdown": 32,
                    "hw_thermal_slowdown": 64, "hw_power_brake_slowdown": 128}
            # Reasons flicker between two reads; those that mean a fault do not.
            for word, bit in bits.items():
                if bit in (8, 64, 128) and (e := reasons.findtext(f"clocks_event_reason_{word}")) is not None:
                    check(f"{phase}: gpu{gpu['frame']['index']} {word}", bool(clocks.get("event_reasons", 0) & bit) == (e == "Active"), e)
        check(f"{phase}: gpu{gpu['frame']['index']} links", not links or all(l.get("up") is not None for l in links.get("links", [])), f"{links.get('fitted')} links")
        figures.setdefault("refusals", {})[phase] = h.get("refusals", [])
        figures.setdefault("read_ms", {})[phase] = {k: gpu[k] for k in ("read_ms_p50", "read_ms_max", "survey_ms", "survey_whole_ms")}

def power_w():
    out = subprocess.run(["nvidia-smi", "--query-gpu=power.draw.instant", "--format=csv,noheader,nounits", "-i", "0"], capture_output=True, text=True).stdout
    return float(out.strip().splitlines()[0])

def idle_power(seconds):
    values = []
    until = time.time() + seconds
    while time.time() < until:
        values.append(power_w())
        time.sleep(1)
    return round(statistics.median(values), 2)

def tflops(path, since, until):
    rows = [tuple(map(float, l.split())) for l in open(path) if l.count(" ") == 1 and l.endswith("\n")]
    return [v for t, v in rows if since + 0.5 <= t <= until - 0.1]

def recorded(program, gpus, seconds):
    """Looks at the board, each whole: what a record for replay is made of."""
    probe = Probe(program, gpus, 100, whole=True)
    time.sleep(seconds + 1)
    probe.stop()
    return [f for f in probe.frames if f[1] != "r"]

def redacted(value):
    if isinstance(value, dict):
        return {k: ("0" * len(v) if k == "serial" else "GPU-00000000-0000-0000-0000-000000000000" if k == "uuid" and v.startswith("GPU-") else redacted(v))
                if isinstance(v, str) else redacted(v) for k, v in value.items()}
    return [redacted(v) for v in value] if isinstance(value, list) else value

def twin(binaries, out):
    """The machine's own tools on the twin's eight GPUs."""
    run = tempfile.mkdtemp(prefix="twin-")
    process = subprocess.Popen([f"{binaries}/appliance", "twin", "--run-dir", run], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    env = dict(os.environ, LD_LIBRARY_PATH=f"{binaries}/nvml-twin", APPLIANCE_TWIN_SYSROOT=f"{run}/sysfs")
    try:
        time.sleep(3)
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
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(run, ignore_errors=True)

def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", default="artifacts")
    arguments.add_argument("--out", default="gpu-box")
    arguments.add_argument("--seconds", type=float, default=20)
    arguments.add_argument("--rounds", type=int, default=8)
    options = arguments.parse_args()
    options.bin = os.path.abspath(options.bin)
    program = os.path.join(options.bin, "appliance")
    os.makedirs(options.out, exist_ok=True)

    figures["idle_power_w_without_probe"] = idle_power(options.seconds)
    ours = local(program)
    figures["driver"], figures["missing_functions"] = ours["driver"], ours["missing"]
    count = len(ours["gpus"])
    compare("idle", ours, smi())
    json.dump(redacted(ours), open(os.path.join(options.out, "nvml-idle.json"), "w"), indent=1)

    probe = Probe(program, count, 100)
    time.sleep(3)
    figures["probe_idle_10hz"] = probe.cost(options.seconds)
    figures["idle_power_w_with_probe"] = idle_power(options.seconds)
    figures["probe_end_s"] = round(probe.stop(), 2)
    slow = Probe(program, count, 1000)
    time.sleep(12)  # the first look reads everything, the InfoROM too
    figures["probe_idle_1hz"] = slow.cost(max(options.seconds, 60))  # what is read twice a minute belongs to it
    slow.stop()
    record = recorded(program, count, options.seconds)

    log = os.path.join(options.out, "gemm.txt")
    gemm = subprocess.Popen([sys.executable, "-c", GEMM, log])
    try:
        while not os.path.exists(log) or os.path.getsize(log) < 200:
            time.sleep(0.5)
            if gemm.poll() is not None:
                raise SystemExit("the matrix product ended")
        time.sleep(10)
        loaded = local(program)
        compare("load", loaded, smi())
        json.dump(redacted(loaded), open(os.path.join(options.out, "nvml-load.json"), "w"), indent=1)

        probe = Probe(program, count, 100)
        time.sleep(3)
        figures["probe_load_10hz"] = probe.cost(options.seconds)
        probe.stop()
        slow = Probe(program, count, 1000)
        time.sleep(12)
        figures["probe_load_1hz"] = slow.cost(max(options.seconds, 60))
        slow.stop()
        record += recorded(program, count, options.seconds)

        # A and B in turn, each pair beside each other: heat and clocks drift slowly.
        pairs = []
        for _ in range(options.rounds):
            t0 = time.time(); time.sleep(6); t1 = time.time()
            probe = Probe(program, count, 100); time.sleep(1.5)
            t2 = time.time(); time.sleep(6); t3 = time.time()
            probe.stop()
            a, b = tflops(log, t0, t1), tflops(log, t2, t3)
            if a and b:
                pairs.append((statistics.mean(a), statistics.mean(b)))
        effects = [(b / a - 1) * 100 for a, b in pairs]
        spread = statistics.stdev(effects) / len(effects) ** 0.5 if len(effects) > 1 else None
        figures["gemm"] = {"tflops_without": round(statistics.mean(a for a, _ in pairs), 2), "tflops_with": round(statistics.mean(b for _, b in pairs), 2),
                           "effect_percent": round(statistics.mean(effects), 3), "standard_error_percent": round(spread, 3) if spread else None, "pairs": len(pairs)}
    finally:
        gemm.kill()
        gemm.wait()

    with open(os.path.join(options.out, "nvml-record.jsonl"), "w") as file:
        for at, kind, body in record:
            if kind in "gphe":
                file.write(json.dumps({"t": round(at - record[0][0], 3), "kind": kind, "body": redacted(body)}) + "\n")

    for phase in ("probe_idle_1hz", "probe_load_1hz"):
        check(f"{phase}: at most 0.5 % of a core for the {count} GPU(s) here", figures[phase]["cpu_percent_of_core"] <= 0.5, figures[phase])
    check("probe: at most 60 MB", figures["probe_load_10hz"]["rss_mib"] <= 60, figures["probe_load_10hz"]["rss_mib"])
    effect = figures["gemm"]
    check("no effect on the matrix product beyond its own scatter (or 0.1 %)", abs(effect["effect_percent"]) <= max(0.1, 2 * (effect["standard_error_percent"] or 0)), effect)
    check("idle power no more than 1 W up", figures["idle_power_w_with_probe"] - figures["idle_power_w_without_probe"] <= 1,
          f"{figures['idle_power_w_without_probe']} -> {figures['idle_power_w_with_probe']}")
    twin(options.bin, options.out)

    failed = [c for c in checks if not c["ok"]]
    json.dump({"figures": figures, "failed": failed, "checks": checks}, open(os.path.join(options.out, "gpu-box.json"), "w"), indent=1)
    print(json.dumps(figures, indent=1))
    print(f"{len(checks) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0

sys.exit(main())
