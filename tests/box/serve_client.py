"""Many streams of /v1/completions at once, seen by the clock. Used by cuda_serve.py.

Raw sockets under asyncio: while a run lasts a piece of an answer costs its reader a timestamp and nothing else; it is taken apart afterwards. The
names of the figures are those of `vllm bench serve`: a token's latency is the time between two events of an answer.
"""
import asyncio, gc, json, time

class Answer:
    """What came back for one request. times[i] is when the event with tokens[i] came."""
    def __init__(self):
        self.sent = self.ended = 0.0
        self.status, self.headers, self.body = 0, {}, b""
        self.text, self.tokens, self.times, self.logprobs = "", [], [], []
        self.events, self.finish, self.usage, self.done, self.error = [], None, None, False, None

    def ok(self, tokens):
        """Whole: so many tokens, and nothing went wrong."""
        return self.status == 200 and self.error is None and self.done and len(self.tokens) == tokens

    def cached(self):
        return self.usage["prompt_tokens_details"]["cached_tokens"] if self.usage else None

    def why(self):
        return f"status {self.status}, {len(self.tokens)} tokens, finish {self.finish}, error {self.error or (None if self.events else self.body[:200])}"

class Connection(asyncio.Protocol):
    def __init__(self, payload):
        self.payload, self.pieces, self.seen, self.sent, self.ended = payload, [], 0, 0.0, None
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport, self.sent = transport, time.perf_counter()
        transport.write(self.payload)

    def data_received(self, data):
        self.pieces.append((time.perf_counter(), data))
        self.seen += data.count(b'"token_ids":[')

    def connection_lost(self, problem):
        self.ended = time.perf_counter()
        if not self.closed.done():
            self.closed.set_result(problem)

def encode(port, body, path="/v1/completions"):
    content = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    return (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            "Connection: close\r\n\r\n").encode() + content

def take_apart(connection):
    answer = Answer()
    answer.sent, answer.ended = connection.sent, connection.ended or time.perf_counter()
    raw, ends, at = bytearray(), [], 0
    for when, data in connection.pieces:
        raw += data
        ends.append((len(raw), when))
    raw = bytes(raw)
    head, _, rest = raw.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/1.1 "):
        answer.error = f"no answer: {lines[0][:100]!r}"
        return answer
    answer.status = int(lines[0].split(" ")[1])
    answer.headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    offset, body, place = len(head) + 4, bytearray(), []  # place: (end in the body, end in raw)
    if answer.headers.get("transfer-encoding") == "chunked":
        while (line := raw.find(b"\r\n", offset)) >= 0 and (size := int(raw[offset:line].split(b";")[0], 16)) > 0:
            body += raw[line + 2 : line + 2 + size]
            offset = line + 2 + size + 2
            place.append((len(body), offset - 2))
    else:
        body += rest
        place.append((len(body), len(raw)))
    answer.body = bytes(body)
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        take_events(answer, place, ends)
    elif answer.status == 200:
        answer.done = True
    return answer

def take_events(answer, place, ends):
    begin, p, e = 0, 0, 0
    while (end := answer.body.find(b"\n\n", begin)) >= 0:
        event, begin = answer.body[begin:end], end + 2
        while place[p][0] < begin and p + 1 < len(place):
            p += 1
        # Within a chunk its end is what counts: the gateway flushes after each event it has.
        while ends[e][0] < min(place[p][1], ends[-1][0]):
            e += 1
        if event == b"data: [DONE]":
            answer.done = True
            continue
        data = json.loads(event[6:])
        if "error" in data:
            answer.error = data["error"]
        answer.usage = data.get("usage") or answer.usage
        for choice in data.get("choices", []):
            answer.text += choice["text"]
            tokens = choice.get("token_ids", [])
            answer.tokens += tokens
            answer.times += [ends[e][1]] * len(tokens)
            answer.logprobs += (choice.get("logprobs") or {}).get("token_logprobs", [])
            answer.finish = choice["finish_reason"] or answer.finish
            if tokens:
                answer.events.append(ends[e][1])

async def run(port, bodies, watch=None, patience=120):
    """All bodies at once; watch(connections) runs beside them. One answer for each body."""
    loop, payloads = asyncio.get_running_loop(), [encode(port, body) for body in bodies]
    connections = [Connection(payload) for payload in payloads]
    gc.collect()
    gc.disable()  # a pause here would look like a late token
    try:
        await asyncio.gather(*(loop.create_connection(lambda c=c: c, "127.0.0.1", port) for c in connections))
        beside = asyncio.ensure_future(watch(connections)) if watch else None
        _, late = await asyncio.wait([c.closed for c in connections], timeout=patience)
        if beside:
            beside.cancel() if late else await beside
    finally:
        gc.enable()
    for connection in connections:
        if not connection.closed.done():
            connection.transport.abort()
    return [take_apart(connection) for connection in connections]

def ask(port, bodies, watch=None, patience=120):
    return asyncio.run(run(port, bodies, watch, patience))

def percentile(values, percent):
    """As numpy's: linear between neighbours."""
    if not values:
        return float("nan")
    ordered, at = sorted(values), (len(values) - 1) * percent / 100
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)

def mean(values):
    return sum(values) / len(values) if values else float("nan")

def bench(answers, prompt_tokens):
    """The figures of `vllm bench serve`."""
    whole = [a for a in answers if a.status == 200 and a.done and a.error is None and a.events]
    if not whole:
        return {"completed": 0, "failed": len(answers), "output_throughput": 0.0, "p99_itl_ms": float("inf")}
    begin, end = min(a.sent for a in answers), max(a.events[-1] for a in whole)
    output = sum(len(a.tokens) for a in whole)
    ttft = [1e3 * (a.events[0] - a.sent) for a in whole]
    tpot = [1e3 * (a.events[-1] - a.events[0]) / max(1, len(a.tokens) - 1) for a in whole]
    itl = [1e3 * (b - a) for answer in whole for a, b in zip(answer.events, answer.events[1:])]
    # Since when every answer has begun nobody's prompt is in the way.
    alone = max(a.events[0] for a in whole)
    steady = [1e3 * (b - a) for answer in whole for a, b in zip(answer.events, answer.events[1:]) if a >= alone]
    figures = {"completed": len(whole), "failed": len(answers) - len(whole), "duration": end - begin, "total_input_tokens": prompt_tokens,
               "total_output_tokens": output, "request_throughput": len(whole) / (end - begin), "output_throughput": output / (end - begin),
               "total_token_throughput": (output + prompt_tokens) / (end - begin), "tokens_per_event": output / sum(len(a.events) for a in whole)}
    for name, values in (("ttft", ttft), ("tpot", tpot), ("itl", itl), ("steady_itl", steady)):
        figures |= {f"mean_{name}_ms": mean(values), f"median_{name}_ms": percentile(values, 50), f"p90_{name}_ms": percentile(values, 90),
                    f"p99_{name}_ms": percentile(values, 99), f"max_{name}_ms": max(values, default=float("nan"))}
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in figures.items()}
