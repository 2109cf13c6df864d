#!/usr/bin/env python3
"""What the box promises, asked of a Debian that boots with its packages: each check breaks something over the serial line and looks
at the registers of the fan chips, the panel or the journal. `checks.py --list` names them; without names the ones that take part in
every run. Prints a line per check with its figures; exits 1 when one failed.

QEMU emulates (no KVM), so that times are several times those of a real machine; limits are the real ones all the same.
"""
import re
import sys
import time

from box import ROTORS, Box, full_after, need

FULL_WITHIN_S = 6.0
API = "curl -sk -o /dev/null -w '%%{http_code}' %s https://127.0.0.1:8080/v1/models"


def power_on(box):
    """PID 1 to cooling in control, and to managed; cooling before the network; every rotor obeys"""
    shell = box.boot()
    box.managed()
    pid1 = box.monotonic("", "UserspaceTimestampMonotonic")
    control = box.monotonic("appliance", "ActiveEnterTimestampMonotonic")
    started = box.monotonic("appliance", "ExecMainStartTimestampMonotonic")
    network = box.monotonic("systemd-networkd", "ExecMainStartTimestampMonotonic")
    managed = max(box.monotonic(unit, "ActiveEnterTimestampMonotonic") for unit in ("bmc-agent", "inference-core"))
    need(0 < control < network, f"cooling was in control at {control:.1f} s, the first network service began at {network:.1f} s")
    box.in_control()
    duties = box.duties()
    need(all(20 <= duties[r] < 255 for r in ROTORS[:6]), f"fans are not driven by temperature: {duties}")
    return (f"PID 1 to cooling in control {control - pid1:.1f} s (exec to READY {control - started:.1f} s), to all planes {managed - pid1:.1f} s; "
            f"network began {network - control:.1f} s after cooling; shell {shell:.0f} s after the power button")


def healthy(box):
    """No unit failed, no alarm, one watchdog armed, the loop in real time, nothing open but the loopback"""
    failed = box.run("systemctl --failed --plain --no-legend")
    need(not failed, f"failed units: {failed}")
    # An emulated machine takes its time until every plane has spoken.
    box.guest.wait_for("appliance status", 300, "the box is well")
    need(box.run("cat /sys/class/watchdog/watchdog0/state") == "active", "the hardware watchdog does not run")
    need("RR 10 thermal-loop" in re.sub(" +", " ", box.run("ps -eLo cls,rtprio,comm")), "the loop has no real-time priority")
    socket = box.run("stat -c '%U:%G %a' /run/appliance-rights.sock")
    need(socket == "appliance:bmc-agent 660", f"the agent cannot reach the privileged helper, or others can: {socket}")
    open_ports = [l for l in box.run("ss -Htln").splitlines() if not re.search(r"\s(127\.0\.0\.1|\[::1\]):|:18000\s|:8080\s", l)]
    need(not open_ports, f"listens beyond the loopback: {open_ports}")
    tls12 = box.run("openssl s_client -connect 127.0.0.1:8883 -tls1_2 </dev/null 2>&1 | grep -c 'alert' ", check=False)
    need(tls12 != "0", "the broker speaks TLS 1.2")
    refused = box.run("mosquitto_sub -V 5 -p 8883 --cafile /etc/appliance/tls/ca.crt -t '#' -C 1 -W 5; echo rc=$?", check=False)
    need("rc=0" not in refused, "the broker serves a client without a certificate")
    rss = {u: sum(map(int, box.run(f"ps -o rss= -p {box.pid(u)}; ps -o rss= --ppid {box.pid(u)} || true").split())) / 1024 for u in ("appliance", "bmc-agent", "inference-core")}
    need(rss["appliance"] <= 60 and rss["bmc-agent"] <= 40, f"resident, the limits are 60 and 40 MB: {rss}")
    return "resident with their children " + ", ".join(f"{u} {mb:.0f} MB" for u, mb in rss.items())


def claim(box):
    """A stranger claims the box over a line of 9600 baud, in at most 40 keystrokes and 5 minutes; before that only setup answers; afterwards each role may do what it may"""
    refused = box.run("appliance alarms; echo rc=$?", check=False)
    need("rc=1" in refused and "appliance setup" in refused, f"an unclaimed box answers: {refused}")
    need(box.run(API % "", check=False) == "401", "the API of an unclaimed box answers without a key")
    guest = box.guest
    guest.type("exit")  # to the login, as somebody who comes to the box
    guest.wait_text(rb"login: ", 60)
    strokes, heard, began = 0, guest.heard, time.monotonic()
    guest.pace = 960
    for prompt, answer in ((rb"\[Y/n\] $", ""), (rb"Language.*: $", ""), (rb"Name of the box.*: $", ""), (rb"Network.*: $", ""), (rb"Time servers.*: $", ""), (rb"administrator: $", "ann"),
                           (rb"Password.*: $", "Kupferlat-7e"), (rb"same again: $", "Kupferlat-7e"), (rb"Claim.*: $", "")):
        guest.wait_text(prompt, 60)
        strokes += len(answer) + 1
        guest.type(answer)
    key = guest.wait_text(rb"(sk-box-[\w-]{43})", 120).group(1).decode()
    shown = guest.wait_text(rb"(OK|WARNING|CRITICAL)(?:\x1b\[0m)? +([^\r\n]+)\r?\n", 120)
    verdict = f"{shown.group(1).decode()} {shown.group(2).decode()}"
    took, heard = time.monotonic() - began, guest.heard - heard
    guest.pace = None
    guest.wait_shell(60)
    box.managed()
    need(verdict.startswith("OK "), f"what the stranger sees is not all green: {verdict}")
    need(strokes <= 40 and took <= 300, f"{strokes} keystrokes and {took:.0f} s; the limits are 40 and 300")
    need(box.run(API % f"-H 'Authorization: Bearer {key}'") == "200", "the API does not take the key")
    need(box.run(API % "-H 'Authorization: Bearer sk-box-x'", check=False) == "401", "the API takes any key")
    need(box.run("openssl s_client -connect 127.0.0.1:8080 -tls1_2 </dev/null 2>&1 | grep -c 'alert '", check=False) != "0", "the API speaks TLS 1.2")
    for name, group in (("vera", "viewer"), ("otto", "operator"), ("nora", None)):
        box.run(f"useradd -m {name}" + (f" -G appliance-{group}" if group else ""))
    for who, what, allowed in (("vera", "alarms", True), ("vera", "alarms reset", False), ("otto", "alarms reset", True), ("nora", "alarms", False), ("ann", "alarms reset", True)):
        said = box.run(f"runuser -u {who} -- appliance {what}; echo rc=$?", check=False)
        need(("needs the group appliance-" not in said) == allowed, f"{who}: appliance {what}: {said}")
    for who, code in (("ann:Kupferlat-7e", "200"), ("ann:wrong", "401"), ("vera:x", "401")):
        need(box.run(f"curl -sk -o /dev/null -w '%{{http_code}}' -u {who} https://127.0.0.1:8000/api/snapshot") == code, f"the panel does not answer {who} with {code}")
    return f"{strokes} keystrokes, {took:.0f} s with {heard} bytes over 9600 baud to \"{verdict}\"; viewer, operator, administrator and stranger may what they may"


def panel(box):
    """Telemetry over mutual TLS into the panel, seen through a forwarded port"""
    state = box.guest.panel("/api/snapshot")
    first = state["snapshot"]["thermal"]
    time.sleep(4)
    second = box.guest.panel("/api/snapshot")["snapshot"]["thermal"]
    need(second["tick"] > first["tick"], "the panel's ticks stand still")
    return f"supply {second['coolant_supply_c']:.1f} °C, tick {second['tick']}"


def _struck(box, signal):
    box.in_control()
    box.watch()
    pid = box.pid()
    moment = box.uptime()
    box.run(f"kill -{signal} {pid}")
    box.guest.wait_for(f"test $(systemctl show -p MainPID --value appliance) != {pid} && systemctl is-active -q appliance", 60, "restarted and READY")
    ready = box.monotonic("appliance", "ActiveEnterTimestampMonotonic") - moment
    took = full_after(box.watched(), moment)
    need(took <= FULL_WITHIN_S, f"full duty after {took:.1f} s; the limit is {FULL_WITHIN_S} s")
    return f"all rotors at full after {took:.1f} s, READY again after {ready:.1f} s"


def killed(box):
    """SIGKILL of the daemon: full duty in the registers within 6 s, restart"""
    return _struck(box, "KILL")


def stopped(box):
    """SIGSTOP of the daemon: the same"""
    return _struck(box, "STOP")


def cannot_die(box):
    """A daemon in uninterruptible sleep (a disk that hangs): full duty all the same, and cooling comes back when the disk does"""
    box.in_control()
    box.run("fallocate -l 64M /root/hung.img && mkfs.ext4 -q /root/hung.img && mkdir -p /mnt/hung && mount -o loop /root/hung.img /mnt/hung "
            "&& cp -a /var/lib/appliance/. /mnt/hung/ && systemctl stop appliance && mount --bind /mnt/hung /var/lib/appliance && systemctl start appliance", 120)
    box.in_control()
    box.watch()
    pid = box.pid()
    box.run("fsfreeze -f /mnt/hung")
    box.guest.wait_for(f"grep -ls '^State:.D' /proc/{pid}/task/*/status", 120, "a thread of the daemon hangs in the disk")
    box.in_control()
    moment = box.uptime()
    box.run(f"kill -STOP {pid}")
    time.sleep(12)
    rows = box.watched()
    need(any(d["fan1"] < 255 for t, d in rows if moment - 3 < t <= moment + 0.5), "the fans were at full before the daemon was stopped: nothing was tested")
    took = full_after(rows, moment)
    alive = box.run(f"test -d /proc/{pid}; echo $?")
    box.run("fsfreeze -u /mnt/hung")
    need(alive == "0", "the daemon did die: nothing was tested")
    need(took <= FULL_WITHIN_S, f"full duty after {took:.1f} s; the limit is {FULL_WITHIN_S} s")
    box.guest.wait_for("systemctl is-active -q appliance", 60, "cooling in control again")
    # A moment after its start a stop takes longest: killed or not, it must not leave a timer that resets the box.
    box.run("systemctl stop appliance", 60)
    need(box.run("cat /sys/class/watchdog/watchdog0/state") == "inactive", "the hardware watchdog still runs after a stop on purpose")
    # The panel's agent keeps events of its own there while there is no daemon; the probe ends when it sees its daemon gone.
    box.run("systemctl stop bmc-agent", 60)
    box.guest.wait_for("umount /var/lib/appliance", 10, "nobody uses the disk any more")
    box.run("umount /mnt/hung && systemctl start appliance bmc-agent", 120)
    box.managed()
    return f"all rotors at full after {took:.1f} s while process {pid} could not die"


def frozen(box):
    """PID 1 and all our services frozen: the hardware watchdog resets the machine, which then cools itself again"""
    box.in_control()
    before = box.run("cat /proc/sys/kernel/random/boot_id")
    began = time.monotonic()
    box.guest.type("for g in system.slice/{appliance,appliance-rights,appliance-login,bmc-agent,inference-core}.service init.scope; do [ ! -d /sys/fs/cgroup/$g ] || echo 1 > /sys/fs/cgroup/$g/cgroup.freeze; done; echo frozen")
    box.guest.wait_text(rb"frozen\r\n", 30)
    box.guest.wait_text(rb"login: ", 400)  # of the next boot: this one's shell goes on until the reset
    box.guest.wait_shell(400)
    took = time.monotonic() - began
    need(box.run("cat /proc/sys/kernel/random/boot_id") != before, "the machine was not reset")
    box.managed()
    box.in_control()
    return f"frozen to shell again {took:.0f} s, the watchdog's 15 s and the boot"


def bad_configuration(box):
    """A broken configuration file at a start: all planes run on the last good one and an alarm says so"""
    box.run("cp -p /etc/appliance/appliance.json /root/good.json && sed -i 's/\"node\"/\"nodde\"/' /etc/appliance/appliance.json "
            "&& systemctl restart appliance bmc-agent inference-core", 120)
    box.guest.wait_for("appliance alarms --json | grep -q config_invalid", 60, "an alarm about the configuration")
    box.managed()
    need(("config_invalid", "config") in {(a["code"], a["target"]) for a in box.guest.panel("/api/snapshot")["snapshot"]["alarms"]}, "the panel does not show it")
    box.in_control()
    text = box.run("appliance alarms", check=False)
    box.run("cp -p /root/good.json /etc/appliance/appliance.json && systemctl reload appliance")
    box.guest.wait_for("! appliance alarms --json | grep -q config_invalid", 60, "the alarm goes with the fault")
    return next(line.strip() for line in text.splitlines() if "config" in line)


def settings(box):
    """Network on trial goes back by itself and stays when confirmed; backup and restore; certificates; the engine restarted; who may"""
    def addresses():
        return box.run("ip -4 -o addr show eth0")
    before = addresses()
    box.run("appliance network set eth0 10.0.2.77/24 10.0.2.2 --within 30")
    box.guest.wait_for("ip -4 -o addr show eth0 | grep -q 10.0.2.77", 25, "the address on trial")
    box.guest.wait_for("! ip -4 -o addr show eth0 | grep -q 10.0.2.77", 90, "the address goes back by itself")
    box.guest.wait_for("ip -4 -o addr show eth0 | grep -q 10.0.2.15", 60, f"what was before: {before}")
    box.run("appliance network set eth0 10.0.2.77/24 10.0.2.2 --within 60 && appliance network confirm", 60)
    time.sleep(70)
    need("10.0.2.77" in addresses(), f"confirmed, and yet: {addresses()}")
    box.run("appliance network set eth0 dhcp && appliance network confirm", 60)
    box.guest.wait_for("ip -4 -o addr show eth0 | grep -q 10.0.2.15", 60, "by DHCP again")

    box.run("printf 'three lamps at night\\nthree lamps at night\\n' | appliance config backup --keys --output /root/box.tar.gz", 120)
    need("PRIVATE KEY" not in box.run("zcat /root/box.tar.gz | strings 2>/dev/null || zcat /root/box.tar.gz | tr -cd '[:print:]'"), "a private key in the clear")
    owners = box.run("stat -c '%U:%G:%a %n' /etc/appliance /etc/appliance/*.json /etc/appliance/tls/*")
    box.run("sed -i 's/\"box1\"/\"box-lost\"/' /etc/appliance/appliance.json && rm /etc/appliance/tls/api.key")
    pid = box.pid()
    box.run("printf 'three lamps at night\\n' | appliance config restore --yes /root/box.tar.gz", 180)
    need("box1" in box.run("cat /etc/appliance/appliance.json"), "the configuration did not come back")
    now = box.run("stat -c '%U:%G:%a %n' /etc/appliance /etc/appliance/*.json /etc/appliance/tls/*")
    need(now == owners, f"owners and modes before:\n{owners}\nafter:\n{now}")
    box.managed()
    need(box.pid() != pid, "with new keys the control plane comes to the broker anew")
    box.run("appliance certificates")
    box.run("appliance model restart", 60)
    box.managed()
    need("field-guide" in box.run("echo Kupferlat-7e | runuser -u ann -- sudo -S -p '' appliance model"), "the administrator may not look at the models by sudo")
    need("root" in box.run("runuser -u ann -- appliance network revert", check=False), "an administrator without sudo is root")
    need("rc=0" not in box.run("runuser -u bmc-agent -- sudo -n appliance model; echo rc=$?", check=False), "a service may use sudo")
    return "went back after 30 s, stayed when confirmed; restored with keys, owners as before"


def disk_full(box):
    """A full disk: cooling and alarms go on, and afterwards nothing is broken"""
    box.in_control()
    pid = box.pid()
    box.run("fallocate -l $(( $(df --output=avail -B1 / | tail -1) )) /root/fill 2>/dev/null; cat /dev/zero > /root/fill2 2>/dev/null; df /", 120, check=False)
    need(box.run("echo x > /var/lib/probe 2>/dev/null; test -s /var/lib/probe; echo $?") != "0", "the disk is not full")
    box.run("appliance inject fan_dead fan3 --run-dir /run/twin")
    box.guest.wait_for("appliance alarms --json | grep -q fan3", 90, "an alarm about fan3 while the disk is full")
    box.guest.wait_for("curl -sk -u ann:Kupferlat-7e https://127.0.0.1:8000/api/snapshot | grep -q fan3", 60, "the panel shows it")
    need(box.pid() == pid, "the daemon was restarted")
    said = box.run("appliance health; journalctl -b --no-pager -o cat -u appliance -u bmc-agent | tail -n 20", check=False)
    box.run("rm -f /root/fill /root/fill2 /var/lib/probe; appliance inject clear --run-dir /run/twin")
    box.guest.wait_for("! appliance alarms --json | grep -q fan3", 120, "the alarm clears after the repair")
    need("space" in said.lower(), f"nothing says that the disk is full:\n{said}")
    return "alarm raised and cleared, daemon not restarted"


def upgrade(box):
    """Upgrade and downgrade by dpkg: configuration kept, fans never out of control"""
    box.in_control()
    box.run("sed -i 's/\"box1\"/\"box-kept\"/' /etc/appliance/appliance.json")
    box.watch()
    figures = []
    for pattern, version in (("+1", "+1"), ("", "")):
        before = box.run("dpkg-query -W -f '${Version}' appliance")
        wanted = before.split("+")[0] + version
        box.run(f"DEBIAN_FRONTEND=noninteractive dpkg -i /root/debs/*_{wanted}_amd64.deb", 900)
        need(box.run("dpkg-query -W -f '${Version}' appliance") == wanted, f"version is not {wanted}")
        box.guest.wait_for("systemctl is-active -q appliance bmc-agent inference-core", 240, f"all planes active with {wanted}")
        figures.append(f"{before} to {wanted}")
    rows = box.watched()
    lowest = min(min(d[r] for r in ROTORS[:6]) for _, d in rows)
    need(lowest >= 20, f"a fan stood at {lowest} of 255")
    need("box-kept" in box.run("cat /etc/appliance/appliance.json"), "the configuration was replaced")
    box.run("sed -i 's/\"box-kept\"/\"box1\"/' /etc/appliance/appliance.json && systemctl restart appliance bmc-agent inference-core", 120)
    box.managed()
    return f"{' and '.join(figures)}; no fan below {lowest} of 255 in {len(rows)} looks"


def power_button(box):
    """The power button: a graceful shutdown that leaves the fans at full; the next boot knows of no crash"""
    box.in_control()
    box.guest.press_power_button()
    box.guest.wait_off(180)
    box.boot()
    box.managed()
    text = box.run("journalctl -b -1 --no-pager -o cat -t appliance-safe -t systemd | grep -E 'at full|Stopped appliance.service' | tail -n 3")
    need("8 fans and pumps at full" in text, f"the last words of the last boot: {text}")
    return "8 fans and pumps at full before the power went"


def commissioned(box):
    """An administrator proves rotors and safe state with the control plane stopped meanwhile, by sudo; others may not; the control plane comes back (after claim)"""
    box.in_control()
    before = box.pid()
    refused = box.run("runuser -u otto -- sh -c 'echo x | sudo -S appliance commission --stop-control' 2>&1; echo rc=$?", 60, check=False)
    need("rc=0" not in refused and box.pid() == before, f"an operator may stop the control plane: {refused}")
    said = box.run("runuser -u ann -- sh -c 'echo Kupferlat-7e | sudo -S -p \"\" appliance commission --stop-control' 2>&1; echo rc=$?", 900, check=False)
    need("rc=0" in said, f"commissioning ends with: {said[-600:]}")
    box.guest.wait_for("systemctl is-active -q appliance", 60, "the control plane is back")
    need(box.pid() != before, "the control plane was not stopped")
    box.in_control()
    box.guest.wait_for("systemctl is-active -q bmc-agent inference-core", 120, "the other planes are there")
    proven = sum(": ok, " in line for line in said.splitlines())
    need(proven == len(ROTORS), f"{proven} of {len(ROTORS)} rotors obey: {said}")
    return f"{proven} rotors and the safe state proven"


def purge(box):
    """Purge: no file, user, group or unit is left"""
    box.run("rm -rf /var/lib/appliance/models; DEBIAN_FRONTEND=noninteractive dpkg --purge inference-core bmc-agent appliance", 300)
    left = box.run("find / -xdev \\( -path /root -o -path /proc -o -path /sys -o -path /usr/lib/appliance-vm -o -path /var/log/journal \\) -prune -o "
                   "\\( -iname '*appliance*' -o -iname '*bmc-agent*' -o -iname '*inference-core*' \\) -print; "
                   "getent passwd; getent group", check=False)
    rest = [l for l in left.splitlines() if re.search("appliance|bmc-agent|inference-core", l) and "appliance-vm" not in l]
    need(not rest, f"left behind: {rest}")
    return "nothing left"


def _cuts(box, times):
    """Power cuts while events are written: every one boots, no event that the panel had shown is lost."""
    lost = 0
    for n in range(times):
        box.run("(while true; do appliance inject fan_dead fan3 --run-dir /run/twin; sleep 6; appliance inject clear --run-dir /run/twin; sleep 6; done) >/dev/null 2>&1 &")
        time.sleep(15 + 3 * (n % 4))
        events = box.guest.panel("/api/events?limit=50")["events"]
        box.guest.cut_power()
        box.boot()
        box.managed()
        need("ro," not in box.run("grep ' / ' /proc/mounts"), "the root is read-only")
        now = {(e["id"], e["text"]) for e in box.guest.panel("/api/events?limit=1000")["events"]}
        missing = [e for e in events if (e["id"], e["text"]) not in now]
        need(not missing, f"cut {n + 1}: shown before it and gone after it: {missing[:3]}")
        box.in_control()
    return f"{times} cuts, 0 events lost"


def power_cut(box):
    """Five power cuts while events are written: each boots, and no event that the panel had shown is lost"""
    return _cuts(box, 5)


def power_cuts_20(box):
    """Twenty of them"""
    return _cuts(box, 20)


EVERY_RUN = [power_on, claim, healthy, panel, killed, stopped, frozen, bad_configuration, settings, disk_full, upgrade, power_cut, power_button, purge]
ON_DEMAND = [cannot_die, commissioned, power_cuts_20]


def main():
    if sys.argv[1:] == ["--list"]:
        for check in EVERY_RUN + ON_DEMAND:
            print(f"{check.__name__:20} {check.__doc__}")
        return
    known = {check.__name__: check for check in EVERY_RUN + ON_DEMAND}
    unknown = [name for name in sys.argv[1:] if name not in known]
    if unknown:
        sys.exit(f"checks.py: {unknown[0]} is no check; known: {', '.join(known)}")
    checks = sorted((known[name] for name in sys.argv[1:]), key=lambda check: check is purge) or EVERY_RUN  # nothing is left to check after it
    box, passed, failed = Box(), 0, 0
    if checks[0] is not power_on:
        box.boot()
        box.managed()
    if claim not in checks:
        if checks[0] is power_on:
            sys.exit("checks.py: power_on boots an unclaimed box; name claim after it, or leave power_on out")
        box.claimed()
    for check in checks:
        began = time.monotonic()
        try:
            figures = check(box)
            passed += 1
            print(f"ok      {check.__name__}: {figures} ({time.monotonic() - began:.0f} s)", flush=True)
        except Exception as failure:  # the edge: one check that broke must not hide the others
            failed += 1
            print(f"FAILED  {check.__name__}: {check.__doc__}\n        {failure}", flush=True)
    if box.guest.process.poll() is None:
        box.guest.cut_power()
    print(f"\n{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
