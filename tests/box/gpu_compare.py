"""What this program reads of a GPU beside what the machine's own nvidia-smi says, for every card: used by gpu.py."""
import json, re, subprocess, sys
import xml.etree.ElementTree as xml

checks, figures = [], {}

def check(name, ok, detail=""):
    checks.append({"check": name, "ok": bool(ok), "detail": str(detail)})
    print(("ok    " if ok else "FAILED"), name, detail, flush=True)

def smi(*words):
    """What nvidia-smi prints; empty where this machine has no such word."""
    done = subprocess.run(["nvidia-smi", *words], capture_output=True, text=True, timeout=60)
    return done.stdout if done.returncode == 0 else ""

def smi_xml():
    return xml.fromstring(smi("-q", "-x"))

def ours_now(program, env=None):
    done = subprocess.run([program, "gpus", "--nvml", "--json"], capture_output=True, text=True, env=env, timeout=120)
    if done.returncode != 0:
        raise SystemExit(f"appliance gpus --nvml: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)

def number(text):
    found = re.search(r"-?\d+(\.\d+)?", text or "")
    return float(found.group(0)) if found else None

def said(text):
    return text not in (None, "") and "N/A" not in text

def bus(text):
    return (text or "").strip().upper()[-12:]

def compare(phase, ours, theirs):
    """Every value that both tell, of every card; what moves gets a tolerance."""
    nodes = theirs.findall("gpu")
    if len(ours["gpus"]) != len(nodes):
        check(f"{phase}: as many GPUs as nvidia-smi", False, f"{len(ours['gpus'])} and {len(nodes)}")
        return
    check(f"{phase}: driver version", ours["driver"] == theirs.findtext("driver_version"), ours["driver"])
    for gpu, node in zip(ours["gpus"], nodes):
        name = f"{phase}: gpu{gpu['frame']['index']}"
        before = len(checks)
        told(name, gpu["health"], node)
        figures.setdefault("compared", {})[name] = len(checks) - before
        figures.setdefault("refusals", {})[name] = gpu["health"].get("refusals", [])
        figures.setdefault("read_ms", {})[name] = {k: gpu[k] for k in ("read_ms_p50", "read_ms_max", "survey_ms", "survey_whole_ms")}

def told(name, h, node):
    ident, modes, power, heat, clocks, load = (h.get(k, {}) for k in ("identity", "modes", "power", "heat", "clocks", "load"))
    pcie, ecc, remaps, fabric = (h.get(k, {}) for k in ("pcie", "ecc", "row_remaps", "fabric"))
    text = lambda *paths: next((t.strip() for p in paths if said(t := node.findtext(p))), "")
    total = lambda *paths: sum(number(text(p)) or 0 for p in paths) if any(text(p) for p in paths) else None
    on = lambda value: {True: "Enabled", False: "Disabled"}.get(value)
    yes = lambda value: {True: "Yes", False: "No"}.get(value)
    exact = [
        ("name", ident.get("name"), text("product_name")), ("uuid", ident.get("uuid"), text("uuid")), ("serial", ident.get("serial"), text("serial")),
        ("vbios", ident.get("vbios_version"), text("vbios_version")), ("board part", ident.get("board_part_number"), text("board_part_number")),
        ("inforom", ident.get("inforom_image_version"), text("inforom_version/img_version")), ("gsp", ident.get("gsp_firmware_version"), text("gsp_firmware_version")),
        ("bus", bus(ident.get("pci_bus_id")), bus(text("pci/pci_bus_id"))),
        ("persistence", on(modes.get("persistence")), text("persistence_mode")), ("ecc mode", on(modes.get("ecc_enabled")), text("ecc_mode/current_ecc")),
        ("ecc mode after a reset", on(modes.get("ecc_pending")), text("ecc_mode/pending_ecc")),
        ("mig", on(modes.get("mig_enabled")), text("mig_mode/current_mig")),
        ("recovery action", "None" if modes.get("recovery_action") == 0 else "something", text("gpu_recovery_action") and ("None" if text("gpu_recovery_action") == "None" else "something")),
        ("remap pending", yes(remaps.get("pending")), text("remapped_rows/remapped_row_pending")),
        ("remap failed", yes(remaps.get("failed")), text("remapped_rows/remapped_row_failure")),
        ("sram threshold", yes(ecc.get("sram_threshold_exceeded")), text("ecc_errors/aggregate/sram_threshold_exceeded")),
    ]
    for what, mine, other in exact:
        if other:
            check(f"{name} {what}", mine == other, f"{mine} | {other}")
    banks = "remapped_rows/row_remapper_histogram/row_remapper_histogram_"
    near = [
        ("module id", ident.get("module_id"), text("gpu_module_id", "module_id", "platformInfo/module_id"), 0), ("minor", ident.get("minor_number"), text("minor_number"), 0),
        ("die", heat.get("temperature_c"), text("temperature/gpu_temp"), 3), ("hbm", heat.get("memory_temperature_c"), text("temperature/memory_temp"), 3),
        ("margin", heat.get("margin_k"), text("temperature/gpu_temp_tlimit"), 3),
        ("shutdown margin", heat.get("shutdown_margin_k"), text("temperature/gpu_temp_max_tlimit_threshold"), 0),
        ("slowdown margin", heat.get("slowdown_margin_k"), text("temperature/gpu_temp_slow_tlimit_threshold"), 0),
        ("limit", power.get("limit_w"), text("gpu_power_readings/current_power_limit"), 0.1),
        ("default limit", power.get("default_limit_w"), text("gpu_power_readings/default_power_limit"), 0.1),
        ("min limit", power.get("min_limit_w"), text("gpu_power_readings/min_power_limit"), 0.1),
        ("max limit", power.get("max_limit_w"), text("gpu_power_readings/max_power_limit"), 0.1),
        ("power", power.get("average_w"), text("gpu_power_readings/average_power_draw", "gpu_power_readings/power_draw"), 60),
        ("power of the moment", power.get("power_w"), text("gpu_power_readings/instant_power_draw"), 120),
        ("sm max", clocks.get("sm_max_mhz"), text("max_clocks/sm_clock"), 0), ("memory max", clocks.get("memory_max_mhz"), text("max_clocks/mem_clock"), 0),
        ("memory clock", clocks.get("memory_mhz"), text("clocks/mem_clock"), 0), ("performance state", clocks.get("performance_state"), text("performance_state"), 0),
        ("memory total", load.get("memory_total_mib"), text("fb_memory_usage/total"), 1), ("memory reserved", load.get("memory_reserved_mib"), text("fb_memory_usage/reserved"), 2),
        ("memory used", load.get("memory_used_mib"), text("fb_memory_usage/used"), 64),
        ("pcie generation", pcie.get("generation"), text("pci/pci_gpu_link_info/pcie_gen/current_link_gen"), 0),
        ("pcie max generation", pcie.get("max_generation"), text("pci/pci_gpu_link_info/pcie_gen/max_link_gen"), 0),
        ("pcie width", pcie.get("width"), text("pci/pci_gpu_link_info/link_widths/current_link_width"), 0),
        ("pcie max width", pcie.get("max_width"), text("pci/pci_gpu_link_info/link_widths/max_link_width"), 0),
        ("pcie replays", pcie.get("replays"), text("pci/replay_counter"), 5), ("pcie rollovers", pcie.get("replay_rollovers"), text("pci/replay_rollover_counter"), 0),
        ("remaps correctable", remaps.get("correctable"), text("remapped_rows/remapped_row_corr"), 0),
        ("remaps uncorrectable", remaps.get("uncorrectable"), text("remapped_rows/remapped_row_unc"), 0),
        *((f"banks {word}", remaps.get(f"banks_{word}"), text(banks + word), 0) for word in ("max", "high", "partial", "low", "none")),
    ]
    for life in ("volatile", "aggregate"):
        folder = f"ecc_errors/{life}/"
        near += [(f"ecc {life} corrected", ecc.get(f"{life}_corrected"), total(folder + "dram_correctable", folder + "sram_correctable"), 5),
                 (f"ecc {life} uncorrected", ecc.get(f"{life}_uncorrected"),
                  total(folder + "dram_uncorrectable", folder + "sram_uncorrectable_parity", folder + "sram_uncorrectable_secded", folder + "sram_uncorrectable"), 0)]
    for what, mine, other, tolerance in near:
        if (value := number(str(other)) if said(str(other)) and other is not None else None) is not None:
            check(f"{name} {what}", mine is not None and abs(mine - value) <= tolerance, f"{mine} | {other}")
    state = text("fabric/state")
    if state:
        check(f"{name} fabric", fabric.get("state") == state.lower().replace(" ", "_"), f"{fabric.get('state')} | {state}")
        if status := text("fabric/status"):
            check(f"{name} fabric status", (fabric.get("status") == 0) == (status == "Success"), f"{fabric.get('status')} | {status}")
    else:
        check(f"{name} has no fabric, and we invent none", not fabric, fabric)
    # Reasons flicker between two reads; those that mean a fault do not.
    for word, bit in (("hw_slowdown", 8), ("hw_thermal_slowdown", 64), ("hw_power_brake_slowdown", 128)):
        if (active := node.findtext(f"clocks_event_reasons/clocks_event_reason_{word}")) is not None:
            check(f"{name} {word}", bool(clocks.get("event_reasons", 0) & bit) == (active == "Active"), active)

def sections(text):
    """By GPU, the lines that nvidia-smi prints below its name."""
    found, index = {}, None
    for line in text.splitlines():
        if (head := re.match(r"GPU (\d+):", line)):
            index = int(head.group(1))
            found[index] = []
        elif index is not None:
            found[index].append(line.strip())
    return found

def matrix(text):
    """Rows of a table of GPUs by GPUs, as `nvidia-smi topo -p2p` prints it."""
    rows = {}
    for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines():
        words = line.split()
        if words and (head := re.fullmatch(r"GPU(\d+)", words[0])) and len(words) > 1 and not words[1].startswith("GPU"):
            rows[int(head.group(1))] = words[1:]
    return rows

def compare_links(phase, ours):
    """NVLinks, their errors, and who reaches whom, as other words of nvidia-smi tell them."""
    status, errors = sections(smi("nvlink", "-s")), sections(smi("nvlink", "-e"))
    read, nvlink = matrix(smi("topo", "-p2p", "r")), matrix(smi("topo", "-p2p", "n"))
    near = smi("topo", "-m")
    for gpu in ours["gpus"]:
        index, name = gpu["frame"]["index"], f"{phase}: gpu{gpu['frame']['index']}"
        links = gpu["health"].get("nvlinks", {}).get("links", [])
        speeds = {int(m.group(1)): float(m.group(2)) for line in status.get(index, []) if (m := re.match(r"Link (\d+): ([\d.]+) GB/s", line))}
        up = {l["link"] for l in links if l.get("up")}
        check(f"{name} NVLinks up", up == set(speeds), f"{len(up)} | {len(speeds)}")
        check(f"{name} NVLink speeds", all(abs((l.get("speed_mb_s") or 0) / 1000 - speeds[l["link"]]) < 0.01 for l in links if l["link"] in speeds),
              f"{sorted({l.get('speed_mb_s') for l in links if l.get('up')})} | {sorted(set(speeds.values()))}")
        for word, key in (("Replay", "replays"), ("Recovery", "recoveries"), ("CRC", "crc_errors")):
            theirs = {int(m.group(1)): int(m.group(2)) for line in errors.get(index, []) if (m := re.match(rf"Link (\d+): {word} Errors: (\d+)", line))}
            if theirs and links:
                check(f"{name} NVLink {key}", all((l.get(key) or 0) == theirs.get(l["link"], 0) for l in links), f"{sum(l.get(key) or 0 for l in links)} | {sum(theirs.values())}")
        topology = gpu["health"].get("topology", {})
        for what, rows, mine in (("reads", read, topology.get("p2p_read", [])), ("NVLink", nvlink, topology.get("p2p_nvlink", []))):
            for peer, word in enumerate(rows.get(index, [])):
                if peer != index and peer < len(mine):
                    check(f"{name} reaches gpu{peer} ({what})", (mine[peer] == 0) == (word == "OK"), f"{mine[peer]} | {word}")
        row = next((l for l in re.sub(r"\x1b\[[0-9;]*m", "", near).splitlines() if re.match(rf"GPU{index}\s", l)), "")
        if (cpus := topology.get("cpu_affinity")) and re.search(r"\d+-\d+", row):
            check(f"{name} CPUs beside it", cpus in row, f"{cpus} | {' '.join(row.split()[-4:])}")

if __name__ == "__main__":
    sys.exit("This is a part of gpu.py.")
