"""HTTP/1.1 on a bare socket: sends exactly the bytes that a test gives and shows exactly what came back."""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import dataclass


@dataclass
class Response:
    """One response as it stood on the wire. `body` is without chunk framing."""

    version: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The value of the only field of that name; None if there is none."""
        values = [value for key, value in self.headers if key == name]
        assert len(values) <= 1, f"the header {name} is there {len(values)} times: {values}"
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)


class Connection:
    """A client's connection. Every wait ends after `timeout` seconds."""

    def __init__(self, port: int, timeout: float = 15):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        # Those behind the last chunk that was read.
        self.trailers: list[bytes] = []

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Closes with RST, as no client does that still reads."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_as_far_as_taken(self, data: bytes) -> None:
        """Sends until the peer takes no more: a server may refuse a request before its end."""
        try:
            self.socket.sendall(data)
        except OSError:
            pass

    def read_head(self) -> Response:
        """Reads a start line and its fields; the body stays unread."""
        head = self._read_until(b"\r\n\r\n").decode("latin-1")
        start, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        version, status, _ = (start + " ").split(" ", 2)
        fields = [line.split(":", 1) for line in lines]
        return Response(version, int(status), [(name.lower(), value.strip()) for name, value in fields])

    def read(self, method: str = "GET") -> Response:
        """Reads a whole response, interim ones skipped."""
        response = self.read_head()
        while response.status < 200:
            response = self.read_head()
        length = response.header("content-length")
        if method == "HEAD" or response.status in (204, 304):
            pass
        elif response.header("transfer-encoding") == "chunked":
            assert length is None, "a response has both a length and chunks"
            while chunk := self.read_chunk():
                response.body += chunk
            assert not self.trailers, f"the answer has trailers: {self.trailers}"
        elif length is not None:
            response.body = self.read_exactly(int(length))
        else:
            response.body = self.read_to_end()
        return response

    def read_chunk(self) -> bytes:
        """Reads one chunk of a body; empty for the last, whose fields are `trailers`."""
        size = int(self._read_until(b"\r\n").split(b";")[0], 16)
        data = self.read_exactly(size)
        if size:
            assert self.read_exactly(2) == b"\r\n", "a chunk does not end in CRLF"
        else:
            self.trailers = []
            while (line := self._read_until(b"\r\n")) != b"\r\n":
                self.trailers.append(line[:-2])
        return data

    def read_to_end(self) -> bytes:
        """Reads until the peer closes."""
        while part := self.socket.recv(1 << 16):
            self._received += part
        return self._take(len(self._received))

    def is_closed_by_peer(self) -> bool:
        """Waits for the peer to close; false when it sends something instead."""
        if self._received:
            return False
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _read_until(self, end: bytes) -> bytes:
        while end not in self._received:
            self._receive()
        return self._take(self._received.index(end) + len(end))

    def read_exactly(self, count: int) -> bytes:
        while len(self._received) < count:
            self._receive()
        return self._take(count)

    def _take(self, count: int) -> bytes:
        data = bytes(self._received[:count])
        del self._received[:count]
        return data

    def _receive(self) -> None:
        part = self.socket.recv(1 << 16)
        if not part:
            raise EOFError(f"the connection closed after {bytes(self._received[:200])!r}")
        self._received += part


def request(
    path: str,
    body: bytes | str | None = None,
    *,
    method: str | None = None,
    headers: tuple[str, ...] = (),
    version: str = "1.1",
) -> bytes:
    """The bytes of a request. With a body it is a POST with its length."""
    if isinstance(body, str):
        body = body.encode()
    lines = [f"{method or ('GET' if body is None else 'POST')} {path} HTTP/{version}", "Host: switchyard.test"]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + (body or b"")


def get(port: int, path: str) -> Response:
    with Connection(port) as connection:
        connection.send(request(path))
        return connection.read()


def post(port: int, path: str, body: bytes | str, *headers: str) -> Response:
    with Connection(port) as connection:
        connection.send(request(path, body, headers=headers))
        return connection.read()


def chat(port: int, body: bytes | str, *headers: str) -> Response:
    return post(port, "/v1/chat/completions", body, *headers)
