"""A running `inference-core serve`: its start seen by the clock, its log, its worker. Used by cuda_serve.py."""
import asyncio, http.client, json, os, re, signal, socket, subprocess, threading, time
import serve_client

class ServeFailed(Exception):
    pass

def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

class Serve:
    """`with Serve(...) as serve:` starts it and waits for /ready; phases holds seconds since the start of the process."""
    def __init__(self, binaries, model, device, run_directory, patience=120, first=None, **limits):
        self.port, self.lines, self.phases = free_port(), [], {}
        command = [os.path.join(binaries, "inference-core"), "serve", "--model", model, "--device", device, "--name", "m",
                   "--listen", f"http://127.0.0.1:{self.port}", "--run-dir", run_directory]
        for name, value in limits.items():
            command += ["--" + name.replace("_", "-"), str(value)]
        self.command, self.first = command, first
        self.started = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self._wait(patience)
        except BaseException:
            self.stop()
            raise

    def _read(self):
        for line in self.process.stdout:
            self.lines.append((round(time.perf_counter() - self.started, 3), line.rstrip()))

    def _phase(self, name):
        self.phases.setdefault(name, round(time.perf_counter() - self.started, 3))

    def _wait(self, patience):
        """Until /ready, and then until the first token of a request that was asked for as soon as that."""
        until = self.started + patience
        while True:
            if self.process.poll() is not None:
                time.sleep(0.1)
                raise ServeFailed(f"ended with exit code {self.process.returncode}: {[line for _, line in self.lines[-3:]]}")
            if time.perf_counter() > until:
                raise ServeFailed(f"not ready within {patience} s: {[line for _, line in self.lines[-3:]]}")
            try:
                status, _ = self.get("/ready")
                self._phase("listening")
                if status == 200:
                    break
            except OSError:
                pass
            if "worker" not in self.phases and self.workers():
                self._phase("worker")
            time.sleep(0.004)
        self._phase("ready")
        if self.first is not None:
            answer = serve_client.ask(self.port, [self.first])[0]
            if not answer.events:
                raise ServeFailed(f"no first token: {answer.why()}")
            self.phases["first_token"] = round(answer.events[0] - self.started, 3)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def metric(self, name):
        found = re.search(rf"^{re.escape(name)}(?:{{[^}}]*}})? (\S+)$", self.get("/metrics")[1], re.MULTILINE)
        return float(found.group(1)) if found else None

    def state(self):
        return json.loads(self.get("/ready")[1]).get("state")

    def workers(self):
        """Process ids of the children that compute."""
        found = []
        for task in os.listdir(f"/proc/{self.process.pid}/task") if self.process.poll() is None else []:
            try:
                with open(f"/proc/{self.process.pid}/task/{task}/children") as file:
                    children = file.read().split()
                for child in children:
                    with open(f"/proc/{child}/cmdline", "rb") as file:
                        if b"\0worker\0" in file.read():
                            found.append(int(child))
            except OSError:
                pass  # It has gone meanwhile.
        return found

    def cache_tokens(self):
        """What the log says that it has."""
        found = [re.search(r"cache (\d+) tokens", line) for _, line in list(self.lines)]
        return next((int(f.group(1)) for f in found if f), None)

    def log(self):
        return [f"{when:8.3f} {line}" for when, line in list(self.lines)]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

async def kill_when(serve, connections, tokens, noted):
    """Kills the worker once every answer has so many tokens; notes when."""
    while any(c.seen < tokens for c in connections):
        if any(c.closed.done() for c in connections):
            return  # An answer has ended before: nothing would be shown.
        await asyncio.sleep(0.002)
    workers = serve.workers()
    if len(workers) != 1:
        noted["workers"] = workers
        return
    os.kill(workers[0], signal.SIGKILL)
    noted["killed"] = time.perf_counter()
