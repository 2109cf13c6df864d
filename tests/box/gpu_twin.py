"""What processes take, and the twin's eight GPUs as the machine's own tools see them: used by gpu.py."""
import json, os, re, shutil, subprocess, sys, tempfile, time
import xml.etree.ElementTree as xml
from gpu_compare import check, figures

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

    def pss_mb(self):
        """What others share counted by halves, thirds and so on."""
        return next(int(line.split()[1]) / 1024 for line in open(f"/proc/{self.pid}/smaps_rollup") if line.startswith("Pss:"))

    def by_mapping_mb(self):
        """Where the resident memory is: files by name, what is no file by the way it was asked for."""
        held, name = {}, ""
        for line in open(f"/proc/{self.pid}/smaps"):
            if (head := re.match(r"[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ \S+ *(.*)", line)):
                file = head.group(2)
                name = f"{os.path.basename(file)} {head.group(1)}" if file.startswith("/") else file or "anonymous"
            elif line.startswith("Rss:"):
                held[name] = held.get(name, 0) + int(line.split()[1]) / 1024
        return {n: round(v, 2) for n, v in sorted(held.items(), key=lambda i: -i[1]) if v >= 0.1}

def show(env, out):
    """What nvidia-smi and nvidia-ml-py make of it."""
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

def twin(binaries, out, tools=True):
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
        if tools:
            show(env, out)
        time.sleep(max(0, at + 45 - time.time())) # it has given back what only its start had used, and taken again what it needs
        children = [int(pid) for task in os.listdir(f"/proc/{daemon.pid}/task") for pid in open(f"/proc/{daemon.pid}/task/{task}/children").read().split()]
        figures["daemon_on_the_twin"] = {"cpu_percent_of_core_cooling_at_10_hz_included": round((of.cpu() - before) / (time.time() - at) * 100, 2), "rss_mb": round(of.rss_mb(), 1),
                                         "pss_mb": round(of.pss_mb(), 1), "its_probe_of_eight_gpus_mb": round(sum(Cost(child).rss_mb() for child in children), 1)}
    finally:
        for one in (daemon, process):
            if one is not None:
                one.terminate()
                one.wait(15)
        shutil.rmtree(run, ignore_errors=True)

if __name__ == "__main__":
    sys.exit("This is a part of gpu.py.")
