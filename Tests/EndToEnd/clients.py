"""What clients send: prompts, and uploads in a form or in chunks; and how long they wait before they leave."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import wire
from processes import poll

CHAT = "/v1/chat/completions"
TRANSCRIPTIONS = "/v1/audio/transcriptions"
MEBIBYTE = 1 << 20
# A client that closes its side less than 5 ms behind its request is taken for one that still reads; one that waits for
# these seconds, which are part of what it does, is not.
NOT_ALONG = 0.02


def ask(name: str = "alpha", padding: int = 0, stream: bool = False) -> str:
    """The body of a request to chat; its prompt is `padding` bytes longer than it must be."""
    body = f'{{"model":"{name}","messages":[{{"role":"user","content":"Hi{"!" * padding}"}}]'
    return body + (',"stream":true}' if stream else "}")


def form(model: str | None, file: bytes, first: bool = True) -> tuple[bytes, str]:
    """A multipart form with a file, and the line that says so. The model stands before the file, or behind it."""
    boundary = "----boundary7MA4YWxkTrZu0gW"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    named = f'{part}model"\r\n\r\n{model}\r\n'.encode() if model else b""
    content = f'{part}file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'.encode() + file + b"\r\n"
    body = (named + content if first else content + named) + f"--{boundary}--\r\n".encode()
    return body, f"Content-Type: multipart/form-data; boundary={boundary}"


def upload_head(path: str, kind: str, length: int | None) -> bytes:
    """The head of an upload, whose body comes in chunks when its length is None."""
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"POST {path} HTTP/1.1\r\nHost: switchyard.test\r\n{kind}\r\n{framing}\r\n\r\n".encode()


def chunked(body: bytes, size: int = 30_000) -> bytes:
    """The body in chunks that fit no buffer's size."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def send_in_background(connection: wire.Connection, data: bytes) -> tuple[threading.Thread, list[int]]:
    """Sends on a thread; the list holds the bytes that were taken so far."""
    taken = [0]

    def send() -> None:
        view = memoryview(data)
        try:
            while taken[0] < len(data):
                taken[0] += connection.socket.send(view[taken[0] : taken[0] + (1 << 16)])
        except OSError:
            pass

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread, taken


def on_its_way(end: socket.socket) -> int:
    """How much of what went out at this end of a connection the gateway has not read, by the kernel's table: what this side
    did not get rid of, and what waits at the gateway's side, where the end of the sending counts as a byte too."""
    own, peer = (f"0100007F:{name()[1]:04X}" for name in (end.getsockname, end.getpeername))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    queues = {tuple(row[1:3]): [int(count, 16) for count in row[4].split(":")] for row in rows[1:]}
    return queues.get((own, peer), [0, 0])[0] + queues.get((peer, own), [0, 0])[1]


def wait_until_read(end: socket.socket) -> None:
    """Waits until the gateway has read all that went out at this end."""
    poll(lambda: on_its_way(end) == 0, "the gateway has read it")


def wait_for_standstill(read: Callable[[], int], what: str, seconds: float = 0.3) -> int:
    """Waits until a figure has not changed for `seconds`, and returns it."""
    last = (time.monotonic(), read())

    def stands() -> bool:
        nonlocal last
        if (figure := read()) != last[1]:
            last = (time.monotonic(), figure)
        return time.monotonic() - last[0] > seconds

    poll(stands, what)
    return last[1]
