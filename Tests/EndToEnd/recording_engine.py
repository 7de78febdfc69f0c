"""Engines that record what they are asked, byte by byte as it comes, and answer when and as a test says; and a router
in front of them by a configuration of the test's own, its listener included."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable

import wire
from processes import Router, Running, poll


class Call(wire.Connection):
    """One request at the engine, and the connection that it came over. `body` grows while it comes."""

    def __init__(self, engine: RecordingEngine, accepted: socket.socket, rest: bytearray):
        self.socket = accepted
        self._received = rest
        self.trailers = []
        self.engine = engine
        self.head = b""
        self.body = bytearray()
        self.at = 0.0
        # When the gateway's end of the connection was seen; None while it is open.
        self.closed_at: float | None = None

    @property
    def method(self) -> str:
        return self.head.split(b" ", 1)[0].decode()

    @property
    def target(self) -> str:
        return self.head.split(b" ", 2)[1].decode("latin-1")

    def values(self, name: str) -> list[str]:
        """The values of the fields of this name, in their order."""
        fields = (line.partition(b":") for line in self.head.split(b"\r\n")[1:] if line)
        return [value.strip().decode("latin-1") for key, _, value in fields if key.lower() == name.encode()]

    def read_request(self) -> bool:
        """Reads the head; false at the end of the connection."""
        try:
            self.head = self._read_until(b"\r\n\r\n")
        except (EOFError, OSError):
            return False
        self.at = time.monotonic()
        return True

    def read_body(self, limit: int = 1 << 40) -> bytes:
        """Reads the body, or about its first `limit` bytes."""
        if self.values("transfer-encoding") == ["chunked"]:
            while len(self.body) < limit and (part := self.read_chunk()):
                self.body += part
        elif lengths := self.values("content-length"):
            end = min(int(lengths[0]), limit)
            while len(self.body) < end:
                if not self._received:
                    self._receive()
                self.body += self._take(min(len(self._received), end - len(self.body)))
        return bytes(self.body)

    def answer(self, body: bytes | None = None, *fields: str, status: str = "200 OK") -> bool:
        """Answers with JSON, by default with the engine's name."""
        if body is None:
            body = json.dumps({"engine": self.engine.name}).encode()
        lines = [f"HTTP/1.1 {status}", "content-type: application/json", f"content-length: {len(body)}", *fields]
        self.send("\r\n".join([*lines, "", ""]).encode() + (b"" if self.method == "HEAD" else body))
        return True

    def wait_for_close(self) -> bool:
        """Notes when the gateway closes the connection; what it still sends is thrown away."""
        try:
            while self.socket.recv(1 << 16):
                pass
        except OSError:
            pass
        self.closed_at = time.monotonic()
        return False


Script = Callable[[Call], bool]

# What a script sends to begin a stream, and an event of one.
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT = b"a\r\ndata: {}\n\n\r\n"


def answers(call: Call) -> bool:
    """Reads all, and answers."""
    call.read_body()
    return call.answer()


def hangs(call: Call) -> bool:
    """Reads all, and answers nothing."""
    call.read_body()
    return call.wait_for_close()


class Gate:
    """A script that reads all, or a beginning, and goes on to the answer once it is opened."""

    def __init__(self, beginning: int = 1 << 40):
        self.opened = threading.Event()
        self._beginning = beginning

    def __call__(self, call: Call) -> bool:
        call.read_body(self._beginning)
        assert self.opened.wait(20)
        call.read_body()
        return call.answer()


class ListeningEngine:
    """Listens, and serves each connection on a thread of its own, as the class that is made from it says."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        for opened in [self._listener, *self._sockets]:
            try:
                opened.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            opened.close()

    def limit_receive_buffer(self, count: int) -> None:
        """Has the kernel take about `count` bytes at most that the engine does not read, on connections to come."""
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, count)

    def serve(self, accepted: socket.socket, port: int) -> None:
        """Serves a connection to its end; `port` is the gateway's."""
        raise NotImplementedError

    def _accept(self) -> None:
        while True:
            try:
                accepted, (_, port) = self._listener.accept()
            except OSError:
                return
            accepted.settimeout(30)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.append(accepted)
            threading.Thread(target=self.serve, args=(accepted, port), daemon=True).start()


class RecordingEngine(ListeningEngine):
    """Answers probes as engines do, scrapes without metrics, and every other request as its script does, which returns
    whether the connection stays open. The script may be exchanged at any moment."""

    def __init__(self, name: str = "engine", script: Script = answers):
        self.name = name
        self.script = script
        self.calls: list[Call] = []
        # Connections over which nothing has come yet, by the gateway's port.
        self.silent: set[int] = set()
        super().__init__()

    def wait_for_calls(self, count: int) -> list[Call]:
        poll(lambda: len(self.calls) >= count, f"{self.name} has got {count} requests")
        return self.calls

    def serve(self, accepted: socket.socket, port: int) -> None:
        self.silent.add(port)
        rest = bytearray()
        try:
            with accepted:
                while (call := Call(self, accepted, rest)).read_request():
                    if call.target in ("/health", "/v1/models", "/metrics", "/prometheus/metrics"):
                        self.silent.discard(port)
                        call.answer(b'{"object":"list","data":[]}')
                        continue
                    self.calls.append(call)
                    if not self.script(call):
                        return
        except (EOFError, OSError):
            pass
        finally:
            self.silent.discard(port)


class ConfiguredRouter(Router):
    """A router that listens as its configuration says, on a port that the kernel chooses."""

    def __init__(self, *arguments: str, access_log: bool = False):
        log = [] if access_log else ["--no-access-log"]
        Running.__init__(self, "serve", "--management", "127.0.0.1:0", *log, *arguments)
        line = self.wait_for(r"^switchyard listening on http://127\.0\.0\.1:(\d+)$", lambda: self.errors)
        self.port = int(line[1])
        self.wait_for(r"^ready in ", lambda: self.errors)

    def wait_until_idle(self) -> None:
        poll(lambda: self.in_flight() == 0, "no request is counted any more")


def model(name: str, *engines: RecordingEngine | str, weights: list[int] | None = None, **more: object) -> dict:
    """An entry of `providers.models`; `more` are its further keys."""
    references = []
    for index, engine in enumerate(engines):
        address = engine if isinstance(engine, str) else engine.address
        reference: dict = {"name": f"{name}-{index + 1}", "endpoint": address}
        if weights:
            reference["weight"] = weights[index]
        references.append(reference)
    return {"name": name, "backend_refs": references, **more}


def document(*models: dict, listener: dict | None = None, gateway: dict | None = None) -> str:
    """A configuration with these models, of which the first is the default. JSON is YAML too."""
    place = {"name": "http", "address": "127.0.0.1", "port": 0, **(listener or {})}
    text = {
        "version": "v0.3",
        "listeners": [place],
        "providers": {"defaults": {"default_model": models[0]["name"]}, "models": list(models)},
        "routing": {},
    }
    if gateway:
        text["global"] = {"gateway": gateway}
    return json.dumps(text)
