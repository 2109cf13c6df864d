"""A QEMU guest driven over its serial line, as an engineer with a null-modem cable would."""
import base64
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
# The administrator that the checks claim the box with.
PERSON = "ann:Kupferlat-7e"
VM = os.path.join(HERE, "..", "..", "artifacts", "vm")


def priority():
    """An emulated box has real time-outs to keep: VM_NICE=-5 puts it before what else the host does."""
    return ["nice", "-n", os.environ["VM_NICE"]] if "VM_NICE" in os.environ else []


class Guest:
    """One virtual machine on one disk. `run` types a command at the root shell and returns what it printed."""

    def __init__(self, disk, panel_port, log, verbose=False):
        self.disk, self.panel_port, self.verbose = disk, panel_port, verbose
        self.log = open(log, "ab")
        self.buffer = b""
        self.heard = 0
        self.news = threading.Condition()
        self.pace = None  # bytes a second that are read of the line: 960 is 9600 baud
        self.process = self.line = self.monitor = None

    # -- power

    def power_on(self):
        serial, monitor = (os.path.join("/tmp", f"vm-{os.getpid()}-{name}.sock") for name in ("serial", "monitor"))
        for path in (serial, monitor):
            if os.path.exists(path):
                os.unlink(path)
        self.process = subprocess.Popen([
            *priority(), "setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1536", "-machine", "pc",
            "-display", "none", "-nodefaults",
            "-kernel", f"{VM}/vmlinuz", "-initrd", f"{VM}/initrd",
            "-append", "root=/dev/vda rw console=ttyS0,115200 quiet loglevel=1 systemd.show_status=0 net.ifnames=0 panic=0",
            # What the guest has handed over lies in the host's page cache, flushed or not, and outlives a killed QEMU; what it has not is lost. A raw
            # file, because a format with tables of its own in QEMU's memory would be torn as no disk is.
            "-drive", f"file={self.disk},if=virtio,format=raw,cache=unsafe",
            "-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self.panel_port}-:18000", "-device", "virtio-net-pci,netdev=net",
            "-device", "i6300esb", "-action", "watchdog=reset",
            "-chardev", f"socket,id=line,path={serial},server=on,wait=off", "-serial", "chardev:line",
            "-qmp", f"unix:{monitor},server=on,wait=off",
        ])
        self.line = self._connect(serial)
        self.buffer = b""
        threading.Thread(target=self._listen, args=(self.line,), daemon=True).start()
        self.monitor = monitor

    def cut_power(self):
        """What a pulled plug does, as far as the guest can tell: no goodbye, nothing written that was not yet."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.line.close()

    def press_power_button(self):
        with self._connect(self.monitor) as monitor:
            channel = monitor.makefile("rw")
            channel.readline()
            for command in ("qmp_capabilities", "system_powerdown"):
                channel.write(json.dumps({"execute": command}) + "\n")
                channel.flush()
                channel.readline()

    def wait_off(self, seconds):
        self.process.wait(timeout=seconds)
        self.line.close()

    # -- the serial line

    def wait_shell(self, seconds):
        """The prompt of the root shell, not now to claiming the box first; then a shell that is easy to talk to."""
        if self._wait(rb"(root@box1:~# |\[Y/n\] )$", seconds).group(1).startswith(b"["):
            self.type("n")
            self._wait(rb"root@box1:~# $", seconds)
        self._send("stty -echo; PS1=; PS2=; export TERM=dumb PAGER=cat; bind 'set enable-bracketed-paste off' 2>/dev/null; unset PROMPT_COMMAND")
        time.sleep(0.3)
        self.run("true", 30)

    def run(self, command, seconds=60, check=True):
        mark = f"mark{time.monotonic_ns()}"
        with self.news:
            self.buffer = b""
        self._send(f"{{ {command}\n}} </dev/null 2>&1; echo \"{mark[:4]}\"\"{mark[4:]} $?\"")
        match = self._wait(rb"(.*?)" + mark.encode() + rb" (\d+)\r?\n", seconds)
        text, status = match.group(1).decode(errors="replace").replace("\r", "").strip("\n"), int(match.group(2))
        if check and status:
            raise AssertionError(f"`{command}` ended with {status}:\n{text}")
        return text

    def wait_for(self, command, seconds, what):
        """Until the command succeeds."""
        end = time.monotonic() + seconds
        while True:
            try:
                return self.run(command)
            except AssertionError as failure:
                if time.monotonic() > end:
                    raise AssertionError(f"{what}: not within {seconds} s; last: {failure}") from None
            time.sleep(1)

    # -- the network

    def panel(self, path):
        request = urllib.request.Request(f"https://127.0.0.1:{self.panel_port}{path}", headers={"Authorization": "Basic " + base64.b64encode(PERSON.encode()).decode()})
        with urllib.request.urlopen(request, timeout=20, context=ssl._create_unverified_context()) as answer:
            return json.load(answer)

    def _connect(self, path):
        for _ in range(200):
            try:
                line = socket.socket(socket.AF_UNIX)
                line.connect(path)
                return line
            except OSError:
                line.close()
                time.sleep(0.05)
        raise RuntimeError(f"QEMU does not open {path}")

    def _listen(self, line):
        while True:
            try:
                chunk = line.recv(96 if self.pace else 4096)
            except OSError:
                chunk = b""
            if not chunk:
                return
            self.log.write(chunk)
            self.log.flush()
            with self.news:
                self.buffer += chunk
                self.heard += len(chunk)
                self.news.notify_all()
            if self.pace:
                time.sleep(len(chunk) / self.pace)

    def _send(self, text):
        for at in range(0, len(text), 200):  # a 16550 has a FIFO of 16 bytes, and the guest is slow
            self.line.sendall(text[at:at + 200].encode())
            time.sleep(0.02)
        self.line.sendall(b"\n")

    def _wait(self, pattern, seconds):
        compiled = re.compile(pattern, re.DOTALL)
        end = time.monotonic() + seconds
        with self.news:
            while True:
                match = compiled.search(self.buffer)
                if match:
                    return match
                left = end - time.monotonic()
                if left <= 0 or self.process.poll() is not None:
                    tail = self.buffer[-1500:].decode(errors="replace")
                    raise AssertionError(f"nothing like {pattern!r} on the serial line within {seconds} s; the end of it:\n{tail}")
                self.news.wait(min(left, 1))

    def type(self, text):
        with self.news:
            self.buffer = b""
        self._send(text)

    def wait_text(self, pattern, seconds):
        return self._wait(pattern, seconds)
