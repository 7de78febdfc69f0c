"""An engine on a raw socket that misbehaves on demand, and records every byte that it was asked.

It needs nothing but Python, so that the soak (scripts/soak.sh) uses it as well as the tests. Health probes and the
list of models are answered well whatever its fault is: only what it generates goes wrong.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass
from enum import Enum


# How long after its last bytes an engine resets, in seconds. It is part of the fault: a reset that comes at once may
# have the kernel throw away what the gateway has not read, which is another fault.
RESETS_AFTER = 0.02


class Fault(Enum):
    """How it answers a request to generate. The value is the name that tables print."""

    NONE = "none"
    REFUSES = "refuses connections"
    CLOSES_BEFORE_HEAD = "closes without an answer"
    RESETS_BEFORE_HEAD = "resets without an answer"
    HANGS_BEFORE_HEAD = "hangs before the head"
    HANGS_AFTER_HEAD = "hangs after the head"
    HANGS_MIDWAY = "hangs midway"
    RESETS_MIDWAY = "resets midway, between two chunks"
    RESETS_WITHIN_CHUNK = "resets midway, within a chunk"
    GARBAGE = "garbage instead of HTTP"
    SLOW_DRIP = "a byte each 50 ms, complete"
    ANSWERS_500 = "answers 500"
    ANSWERS_503 = "answers 503"
    LENGTH_TOO_LONG = "promises more than it sends"
    LENGTH_TOO_SHORT = "sends more than it promised"
    ENDLESS_FIELDS = "endless header fields, fast"
    ENDLESS_FIELDS_STEADY = "endless header fields, one each 100 ms"
    ENDLESS_FIELDS_SLOW = "endless header fields, one each 700 ms"


@dataclass(frozen=True)
class Received:
    """A request to generate as it came in."""

    at: float
    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n", 1)[0].decode("latin-1")

    def values(self, name: str) -> list[str]:
        """The values of the fields of this name, in their order."""
        fields = (line.partition(b":") for line in self.head.split(b"\r\n")[1:] if line)
        return [value.strip().decode("latin-1") for key, _, value in fields if key.lower() == name.encode()]


@dataclass(frozen=True)
class RawAnswer:
    """Bytes to answer with, whatever they mean."""

    data: bytes
    closes: bool = False
    resets: bool = False


def event(content: str | None, finish: str | None = None) -> bytes:
    delta = {} if content is None else {"content": content}
    chunk = {
        "id": "chatcmpl-faulty",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "faulty",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


COMPLETION = json.dumps(
    {
        "id": "chatcmpl-faulty",
        "object": "chat.completion",
        "created": 1,
        "model": "faulty",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "good"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
).encode()


class FaultyEngine:
    """Serves on a thread of its own. The fault may be switched at any moment from any thread; an answer that has begun
    ends as it began. Records at most `record_limit` requests."""

    def __init__(
        self, pod: str = "faulty", events: int = 4, interval: float = 0.0, record_limit: int = 100_000, port: int = 0
    ):
        self.pod = pod
        self.events = events
        self.interval = interval
        self.received: list[Received] = []
        self.count = 0
        # What came in that was no request as HTTP/1.1 has it: never empty when something was smuggled in.
        self.stray: list[bytes] = []
        self.raw: RawAnswer | None = None
        self._record_limit = record_limit
        self._fault = Fault.NONE
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"engine {pod}", daemon=True)
        self._thread.start()
        self.port = port
        self._call(self._listen())

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def fault(self) -> Fault:
        return self._fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        if fault is Fault.REFUSES and self._server is not None:
            self._call(self._refuse())
        self._fault = fault
        if fault is not Fault.REFUSES and self._server is None:
            self._call(self._listen())

    def forget(self) -> None:
        self.received.clear()
        self.stray.clear()

    def close(self) -> None:
        if self._thread.is_alive():
            self._call(self._refuse())
            self._call(self._end_tasks())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)

    def __enter__(self) -> FaultyEngine:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    # The loop

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _call(self, work) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _listen(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port), backlog=1024)
        self.port = listener.getsockname()[1]
        self._server = await asyncio.start_server(self._serve, sock=listener, limit=1 << 26)

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()

    async def _end_tasks(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # The peer has gone, or the engine ends: in either case this connection does.
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    # A request

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Reads one request and answers it; whether the connection goes on."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                self.stray.append(error.partial)
            return False
        request = Received(time.monotonic(), head, b"")
        words = request.line.split(" ")
        if len(words) != 3 or words[2] != "HTTP/1.1":
            self.stray.append(head)
            return False
        if words[0] in ("GET", "HEAD"):
            return await self._answer_probe(words[1], writer)
        body = await self._body(request, reader)
        if body is None:
            self.stray.append(head)
            return False
        self.count += 1
        if len(self.received) < self._record_limit:
            self.received.append(Received(request.at, head, body))
        streams = b'"stream":true' in body.replace(b" ", b"")
        if self.raw is not None:
            return await self._answer_raw(self.raw, writer)
        return await self._answer(self._fault, streams, reader, writer)

    @staticmethod
    async def _body(request: Received, reader: asyncio.StreamReader) -> bytes | None:
        lengths, codings = request.values("content-length"), request.values("transfer-encoding")
        if len(lengths) + len(codings) > 1:
            return None
        if lengths:
            return await reader.readexactly(int(lengths[0])) if lengths[0].isdigit() else None
        body = bytearray()
        while codings:
            if codings != ["chunked"]:
                return None
            size = int(await reader.readuntil(b"\r\n"), 16)
            if size == 0:
                # The end, and trailers before it.
                while await reader.readuntil(b"\r\n") != b"\r\n":
                    pass
                break
            body += await reader.readexactly(size)
            if await reader.readexactly(2) != b"\r\n":
                return None
        return bytes(body)

    async def _answer_probe(self, target: str, writer: asyncio.StreamWriter) -> bool:
        if target.startswith("/v1/models"):
            body = b'{"object":"list","data":[]}'
        else:
            body = b'{"status":"ok"}'
        writer.write(self._head(len(body), "application/json") + body)
        await writer.drain()
        return True

    @staticmethod
    async def _answer_raw(answer: RawAnswer, writer: asyncio.StreamWriter) -> bool:
        writer.write(answer.data)
        await writer.drain()
        if answer.resets:
            await asyncio.sleep(RESETS_AFTER)
            reset(writer)
        return not (answer.closes or answer.resets)

    # Answers

    def _head(self, length: int | None, kind: str, status: str = "200 OK") -> bytes:
        framing = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
        return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nx-inference-pod: {self.pod}\r\n{framing}\r\n\r\n".encode()

    async def _answer_well(self, streams: bool, writer: asyncio.StreamWriter) -> bool:
        if not streams:
            writer.write(self._head(len(COMPLETION), "application/json") + COMPLETION)
            await writer.drain()
            return True
        writer.write(self._head(None, "text/event-stream"))
        for number in range(self.events):
            writer.write(chunk(event(f"w{number} ")))
            await writer.drain()
            # The pace of its tokens.
            if self.interval:
                await asyncio.sleep(self.interval)
        writer.write(chunk(event(None, "stop") + b"data: [DONE]\n\n") + b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _answer(
        self, fault: Fault, streams: bool, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answers with the fault; whether the connection goes on."""
        kind = "text/event-stream" if streams else "application/json"
        head = self._head(None if streams else len(COMPLETION), kind)
        half = chunk(event("half")) if streams else COMPLETION[: len(COMPLETION) // 2]
        match fault:
            case Fault.NONE:
                return await self._answer_well(streams, writer)
            case Fault.REFUSES | Fault.CLOSES_BEFORE_HEAD:
                return False
            case Fault.RESETS_BEFORE_HEAD:
                reset(writer)
                return False
            case Fault.HANGS_BEFORE_HEAD:
                await reader.read()
                return False
            case Fault.HANGS_AFTER_HEAD:
                return await self._send_and_hang(head, reader, writer)
            case Fault.HANGS_MIDWAY:
                return await self._send_and_hang(head + half, reader, writer)
            case Fault.RESETS_MIDWAY:
                writer.write(head + half)
            case Fault.RESETS_WITHIN_CHUNK:
                writer.write(head + half + (chunk(event("cut within"))[:60] if streams else b""))
            case Fault.GARBAGE:
                writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is not HTTP\r\n\r\n" * 8)
                await writer.drain()
                return False
            case Fault.SLOW_DRIP:
                body = b'{"choices":[]}' if not streams else b"data: [DONE]\n\n"
                writer.write(self._head(len(body), kind))
                for byte in body:
                    await asyncio.sleep(0.05)
                    writer.write(bytes([byte]))
                return True
            case Fault.ANSWERS_500 | Fault.ANSWERS_503:
                status = "500 Internal Server Error" if fault is Fault.ANSWERS_500 else "503 Service Unavailable"
                body = b'{"error":{"message":"the engine is broken","type":"server_error","param":null,"code":null}}'
                writer.write(self._head(len(body), "application/json", status) + body)
                await writer.drain()
                return True
            case Fault.LENGTH_TOO_LONG:
                body = b"ffff\r\n" + event("short") if streams else COMPLETION
                writer.write(self._head(None if streams else len(COMPLETION) + 1000, kind) + body)
                await writer.drain()
                return False
            case Fault.LENGTH_TOO_SHORT:
                body = b"5\r\n" + event("longer than five bytes") if streams else COMPLETION
                writer.write(self._head(None if streams else len(COMPLETION) - 10, kind) + body)
                await writer.drain()
                return True
            case Fault.ENDLESS_FIELDS:
                return await self._send_fields(0, 1 << 10, reader, writer)
            case Fault.ENDLESS_FIELDS_STEADY:
                return await self._send_fields(0.1, 20, reader, writer)
            case Fault.ENDLESS_FIELDS_SLOW:
                return await self._send_fields(0.7, 20, reader, writer)
        await writer.drain()
        await asyncio.sleep(RESETS_AFTER)
        reset(writer)
        return False

    @staticmethod
    async def _send_and_hang(data: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(data)
        await writer.drain()
        await reader.read()
        return False

    @staticmethod
    async def _send_fields(
        pause: float, size: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Header fields until the peer closes."""
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
        gone = asyncio.ensure_future(reader.read())
        number = 0
        try:
            while not gone.done() and not writer.transport.is_closing():
                number += 1
                writer.write(b"x-field-%d: %s\r\n" % (number, b"v" * size))
                await writer.drain()
                await asyncio.sleep(pause)
        finally:
            gone.cancel()
        return False


def reset(writer: asyncio.StreamWriter) -> None:
    """Closes with RST rather than FIN."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
