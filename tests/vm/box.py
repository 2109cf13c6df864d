"""The box in QEMU and what the checks ask of it again and again."""
import base64
import gzip
import json
import os
import re
import subprocess
import time

from guest import VM, Guest

ROTORS = ["fan1", "fan2", "fan3", "fan4", "fan5", "fan6", "pump1", "pump2"]
WATCH = "/run/duties.log"


class Box:
    """The virtual machine, on a copy of the disk that was built."""

    def __init__(self):
        self.disk = f"{VM}/box.raw"
        subprocess.run(["cp", "--sparse=always", f"{VM}/disk.raw", self.disk], check=True)
        self.guest = Guest(self.disk, int(os.environ.get("VM_PANEL_PORT", "18321")), f"{VM}/serial.log")
        self.run = self.guest.run

    def boot(self):
        began = time.monotonic()
        self.guest.power_on()
        self.guest.wait_shell(300)
        return time.monotonic() - began

    def managed(self):
        """Waits until all three planes are up and the box is well."""
        self.guest.wait_for("systemctl is-active -q appliance bmc-agent inference-core mosquitto", 240, "three planes and the broker active")
        self.guest.wait_for("test $(curl -sk -o /dev/null -w '%{http_code}' https://127.0.0.1:8080/ready) = 200", 240, "the model has produced a token")

    def claimed(self):
        """Claims the box from a file, for the checks that are about something else."""
        self.run("test -e /etc/appliance/claimed.json || echo '{\"administrator\":{\"name\":\"ann\",\"password\":\"Kupferlat-7e\"}}' | appliance setup --file - --json", 180)
        self.managed()

    def in_control(self):
        """Waits until the loop drives the fans by temperature, off the full speed of every start."""
        self.guest.wait_for("/usr/lib/appliance-vm/chips.py duties | grep -qv 'fan1=255'", 300, "fans below full, driven by temperature")

    def duties(self):
        return {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", self.run("/usr/lib/appliance-vm/chips.py duties"))}

    def watch(self):
        self.run(f"/usr/lib/appliance-vm/chips.py watch > {WATCH} & sleep 2")

    def watched(self):
        """What was seen since `watch`: (uptime, duties) a few times a second; ends the watching."""
        self.run("kill %1; wait", check=False)
        rows = []
        # Packed: a minute of it in plain text keeps the emulated line busy for longer than a minute.
        packed = self.run(f"gzip -9c {WATCH} | base64", 180)
        for line in gzip.decompress(base64.b64decode(packed)).decode().splitlines():
            uptime, *pairs = line.split()
            rows.append((float(uptime), {k: int(v) for k, v in (p.split("=") for p in pairs)}))
        return rows

    def uptime(self):
        return float(self.run("cat /proc/uptime").split()[0])

    def monotonic(self, unit, what):
        text = self.run(f"systemctl show -p {what} --value {unit}")
        return int(text or 0) / 1e6

    def pid(self, unit="appliance"):
        return int(self.run(f"systemctl show -p MainPID --value {unit}"))

    def alarms(self):
        return {(a["code"], a.get("target")) for a in json.loads(self.run("appliance alarms --json", check=False))}

    def last_event(self):
        return self.guest.panel("/api/snapshot")["events_last_id"]


def need(condition, what):
    if not condition:
        raise AssertionError(what)


def full_after(rows, moment):
    """Seconds from the moment to the first sight of every rotor at full."""
    for uptime, duties in rows:
        if uptime >= moment and all(duties[r] == 255 for r in ROTORS):
            return uptime - moment
    raise AssertionError(f"rotors never at full after {moment}: {rows[-3:]}")
