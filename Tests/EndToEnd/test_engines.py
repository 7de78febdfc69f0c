"""Engines that behave oddly: scripted ones on bare sockets, which answer what a test says, byte for byte."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest

import wire
from clients import wait_for_standstill
from conftest import Maker
from processes import MODEL, Router, configuration
from recording_engine import ListeningEngine

CHAT = "/v1/chat/completions"
BODY = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"Hi"}}]}}'
MODELS = b'{"object":"list","data":[{"id":"%s","object":"model"}]}' % MODEL.encode()
JSON = '{"object":"chat.completion"}'
PLAIN = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(JSON)}\r\n\r\n{JSON}".encode()


class ScriptedEngine(ListeningEngine):
    """Answers /health and /v1/models as engines do, has no metrics, and answers every POST as its script does, which
    writes to the socket that it is given and returns whether the connection stays open."""

    def __init__(self, script: Callable[[socket.socket, int], bool]):
        self._script = script
        self.requests: list[bytes] = []
        self.connections = 0
        super().__init__()

    @staticmethod
    def _read_head(reader: BinaryIO) -> bytes:
        """The lines before the empty one; nothing at the end of the connection."""
        head = b""
        while (line := reader.readline()) not in (b"", b"\r\n"):
            head += line
        return head

    def serve(self, accepted: socket.socket, port: int) -> None:
        try:
            with accepted, accepted.makefile("rb") as reader:
                asked = False
                while head := self._read_head(reader):
                    fields = [line.split(b":", 1) for line in head.lower().splitlines()[1:]]
                    length = next((int(value) for name, value in fields if name == b"content-length"), 0)
                    body = reader.read(length)
                    if head.startswith(b"GET /health"):
                        accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                        continue
                    if head.startswith((b"GET /metrics", b"GET /prometheus/metrics")):
                        accepted.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                        continue
                    if head.startswith(b"GET /v1/models"):
                        accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(MODELS), MODELS))
                        continue
                    self.connections += not asked
                    asked = True
                    self.requests.append(head + b"\r\n" + body)
                    if not self._script(accepted, len(self.requests)):
                        return
        except OSError:
            pass


@pytest.fixture
def behind(make: Maker) -> Iterator[Callable[..., tuple[Router, list[ScriptedEngine]]]]:
    """Starts a router in front of one engine for each script."""
    engines: list[ScriptedEngine] = []

    def start(*scripts: Callable[[socket.socket, int], bool]) -> tuple[Router, list[ScriptedEngine]]:
        engines.extend(ScriptedEngine(script) for script in scripts)
        file = make.file(configuration([engine.address for engine in engines]))
        return make.router("-c", str(file)), engines

    yield start
    for engine in engines:
        engine.close()


def says(data: bytes, stays: bool = True) -> Callable[[socket.socket, int], bool]:
    def script(connection: socket.socket, _: int) -> bool:
        connection.sendall(data)
        return stays

    return script


def test_an_answer_passes_byte_for_byte(behind):
    router, [engine] = behind(
        says(
            b"HTTP/1.1 207 Odd Words\r\nX-Engine: a\r\nX-Engine: b\r\nSet-Cookie: c=d\r\n"
            b"Content-Type: text/odd\r\nContent-Length: 5\r\n\r\n\x00\xff\r\n!"
        )
    )
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(CHAT, BODY))
        answer = connection.read()
    assert (answer.status, answer.body) == (207, b"\x00\xff\r\n!")
    assert [value for name, value in answer.headers if name == "x-engine"] == ["a", "b"]
    assert (answer.header("set-cookie"), answer.header("content-type")) == ("c=d", "text/odd")


def test_an_engine_cannot_pass_for_the_router(behind):
    router, _ = behind(says(PLAIN.replace(b"\r\n\r\n", b"\r\nX-Vsr-Selected-Model: lie\r\nX-Request-Id: lie\r\n\r\n")))
    answer = wire.chat(router.port, BODY, "X-Request-Id: mine")
    assert answer.header("x-vsr-selected-model") == MODEL
    assert answer.header("x-request-id") == "mine"


def test_an_engines_request_id_does_not_stand_beside_ours(behind):
    router, _ = behind(says(PLAIN.replace(b"\r\n\r\n", b"\r\nRequest-Id: theirs\r\n\r\n")))
    answer = wire.chat(router.port, BODY)
    # The header is there once: a second one fails here.
    assert answer.header("request-id") not in (None, "theirs")


def test_a_connection_to_an_engine_is_used_again(behind):
    router, [engine] = behind(says(PLAIN))
    for _ in range(10):
        assert wire.chat(router.port, BODY).status == 200
    assert (len(engine.requests), engine.connections) == (10, 1)


def test_an_engine_that_closes_without_a_word_after_each_answer_costs_no_request(behind):
    router, [engine] = behind(says(PLAIN, stays=False))
    for _ in range(30):
        answer = wire.chat(router.port, BODY)
        assert (answer.status, answer.body.decode()) == (200, JSON)
    assert len(engine.requests) == 30
    assert wire.get(router.port, "/ready").status == 200


def test_an_engine_that_says_close_is_connected_to_anew(behind):
    router, [engine] = behind(says(PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), stays=False))
    for _ in range(5):
        answer = wire.chat(router.port, BODY)
        assert answer.status == 200
        assert answer.header("connection") is None
    assert engine.connections == 5


def test_an_answer_that_ends_with_its_connection_reaches_the_client_in_chunks(behind):
    events = b"data: 1\n\ndata: 2\n\n"
    router, _ = behind(says(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + events, stays=False))
    with wire.Connection(router.port) as connection:
        for _ in range(2):
            connection.send(wire.request(CHAT, BODY))
            answer = connection.read()
            assert answer.header("transfer-encoding") == "chunked"
            assert answer.body == events


def test_an_engine_of_http_1_0_is_understood(behind):
    router, _ = behind(says(PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"), stays=False))
    for _ in range(3):
        answer = wire.chat(router.port, BODY)
        assert (answer.version, answer.status, answer.body.decode()) == ("HTTP/1.1", 200, JSON)


def test_interim_answers_of_an_engine_are_skipped(behind):
    router, _ = behind(says(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + PLAIN))
    answer = wire.chat(router.port, BODY)
    assert (answer.status, answer.body.decode()) == (200, JSON)
    assert answer.header("link") is None


@pytest.mark.parametrize("length", [b"", b"Content-Length: 5\r\n"], ids=["no length", "a length"])
def test_an_answer_without_content_has_none(behind, length: bytes):
    router, _ = behind(says(b"HTTP/1.1 204 No Content\r\n%s\r\n" % length))
    with wire.Connection(router.port) as connection:
        for _ in range(2):
            connection.send(wire.request(CHAT, BODY))
            answer = connection.read()
            assert answer.status == 204
            assert answer.header("content-length") is None


def test_an_answer_that_comes_byte_by_byte_is_passed_on(behind):
    def script(connection: socket.socket, _: int) -> bool:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chunks = b"3\r\nabc\r\n10;x=y\r\n0123456789abcdef\r\n0\r\n\r\n"
        for byte in b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks:
            connection.sendall(bytes([byte]))
        return True

    router, _ = behind(script)
    for _ in range(2):
        assert wire.chat(router.port, BODY).body == b"abc0123456789abcdef"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200",
        b"not HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"a" * (80 << 10) + b"\r\n\r\n",
    ],
    ids=["nothing", "half a line", "no HTTP", "bare LF", "two lengths", "no length", "gzip", "a long head"],
)
def test_an_engine_that_answers_no_http_is_a_bad_gateway(behind, data: bytes):
    router, _ = behind(says(data, stays=False))
    answer = wire.chat(router.port, BODY)
    assert answer.status in (502, 503)
    assert answer.json()["error"]["type"] == "server_error"
    assert router.in_flight() == 0


def test_another_engine_answers_for_one_that_breaks_off(behind):
    router, [broken, whole] = behind(says(b"HTTP/1.1 20", stays=False), says(PLAIN))
    for _ in range(20):
        assert wire.chat(router.port, BODY).status == 200
    assert broken.requests, "chance never chose the broken one"
    assert len(whole.requests) == 20


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX",
    ],
    ids=["a length", "chunks", "a bad chunk"],
)
def test_a_broken_answer_never_looks_whole(behind, data: bytes):
    router, _ = behind(says(data, stays=False))
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(CHAT, BODY))
        assert connection.read_head().status == 200
        rest = connection.read_to_end()
    assert len(rest) < 10 and b"0\r\n\r\n" not in rest
    assert router.in_flight() == 0


def test_an_answer_that_comes_before_the_body_was_taken_is_passed_on(behind):
    """An engine may refuse a body by its head; what it said must not be lost."""

    def script(connection: socket.socket, _: int) -> bool:
        connection.sendall(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}")
        return False

    router, _ = behind(script)
    answer = wire.chat(router.port, BODY)
    assert (answer.status, answer.header("retry-after")) == (429, "7")
    assert answer.json()["error"]["type"] == "rate_limit_error"


# What an engine says in an error, how it frames it, and the message that the client is told; None for a body that is
# OpenAI's already.
OPENAI = b'{"error": {"message": "too long", "type": "BadRequestError", "param": null, "code": 400}}'
ERRORS = {
    "OpenAI's": (400, OPENAI, None),
    "text": (500, b"Internal Server Error", "Internal Server Error"),
    "FastAPI": (404, b'{"detail":"Not Found"}', "Not Found"),
    "flat": (400, b'{"object":"error","message":"too long","code":400}', "too long"),
    "nothing": (502, b"", "the engine answered 502 and did not say why"),
    "long": (503, b"x" * 70_000, None),
}


def framed(status: int, body: bytes, framing: str) -> bytes:
    head = b"HTTP/1.1 %d Odd\r\nContent-Type: text/plain\r\n" % status
    if framing == "length":
        return head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    if framing == "chunks":
        parts = [body[start : start + 9_000] for start in range(0, len(body), 9_000)]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
        return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    return head + b"Connection: close\r\n\r\n" + body


@pytest.mark.parametrize("framing", ["length", "chunks", "the connection's end"])
@pytest.mark.parametrize("path", [CHAT, "/v1/rerank"])
def test_an_engines_error_reaches_the_client_in_openais_shape(behind, path: str, framing: str):
    said = list(ERRORS.values())
    closes = framing == "the connection's end"

    def script(connection: socket.socket, count: int) -> bool:
        status, body, _ = said[count - 1]
        connection.sendall(framed(status, body, framing))
        return not closes

    router, _ = behind(script)
    with wire.Connection(router.port) as connection:
        for status, body, message in said:
            connection.send(wire.request(path, BODY))
            answer = connection.read()
            assert answer.status == status
            assert answer.header("x-request-id")
            if message is None:
                assert answer.body == body
                assert answer.header("content-type") == "text/plain"
            else:
                error = answer.json()["error"]
                assert error["message"] == message
                assert {"type", "param", "code"} <= set(error)
                assert answer.header("content-type") == "application/json"
    assert router.in_flight() == 0


def test_an_error_that_breaks_off_keeps_its_status(behind):
    router, _ = behind(says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 50\r\n\r\nthe prompt is", stays=False))
    answer = wire.chat(router.port, BODY)
    assert answer.status == 400
    assert answer.json()["error"]["message"] == "the prompt is"
    assert router.in_flight() == 0


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_openais_error_that_breaks_off_has_the_length_that_came(behind, framing: str):
    head = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
    if framing == "length":
        said = head + b"Content-Length: %d\r\n\r\n%s" % (len(OPENAI) + 1, OPENAI)
    else:
        said = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(OPENAI), OPENAI)
    router, _ = behind(says(said, stays=False))
    with wire.Connection(router.port) as connection:
        for _ in range(2):
            connection.send(wire.request(CHAT, BODY))
            answer = connection.read()
            assert (answer.status, answer.body) == (400, OPENAI)
            framings = [answer.header(name) for name in ("content-length", "transfer-encoding")]
            assert framings == [str(len(OPENAI)), None]
    assert router.in_flight() == 0


def test_an_error_to_a_client_of_http_1_0_has_its_shape_too(behind):
    router, _ = behind(says(framed(500, b"no", "chunks")))
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(CHAT, BODY, version="1.0"))
        answer = connection.read()
    assert (answer.status, answer.json()["error"]["message"]) == (500, "no")


def test_a_slow_client_slows_its_engine_and_loses_nothing(behind):
    part = bytes(range(256)) * 256
    total = 1024
    sent = [0]

    def script(connection: socket.socket, _: int) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (total * len(part)))
        for index in range(total):
            connection.sendall(part)
            sent[0] = (index + 1) * len(part)
        return True

    router, _ = behind(script)
    with wire.Connection(router.port) as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        connection.send(wire.request(CHAT, BODY))
        assert connection.read_head().status == 200
        count = wait_for_standstill(lambda: sent[0], "the engine waits")
        assert count < 56 << 20, "more is on its way than sockets hold"
        # Others are served meanwhile.
        assert wire.get(router.port, "/health").status == 200
        received = connection.read_exactly(total * len(part))
    assert received == part * total
