"""Malformed and odd HTTP from clients and from engines, as the files in malformed/ list it (malformed/README.md)."""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

import wire
from conftest import Maker
from faulty_engine import FaultyEngine, RawAnswer
from processes import MODEL, REPOSITORY, Router, configuration, poll
from test_faults import stream_end

FOLDER = Path(__file__).resolve().parent / "malformed"
CHAT = "/v1/chat/completions"
BODY = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"Hi"}}],"max_tokens":4}}'
STREAM = BODY[:-1] + ',"stream":true}'
GOOD = f"POST {CHAT} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}"
CHUNKS = f"{len(BODY):x}\r\n{BODY}\r\n0\r\n\r\n"
POST = f"POST {CHAT} HTTP/1.1\r\nHost: a\r\n"
TEXTS = {
    "CHAT": CHAT,
    "BODY": BODY,
    "LEN": str(len(BODY)),
    "HEX": f"{len(BODY):x}",
    "POST": POST,
    "CHUNKED": POST + "Transfer-Encoding: chunked\r\n\r\n",
    "CHUNKS": CHUNKS,
    "GOOD": GOOD,
    "GOODLEN": str(len(GOOD)),
    "GOODHEX": f"{len(GOOD):x}",
}
CLOSING = {400, 408, 413, 414, 431, 501, 505}
ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}


def unescape(text: str) -> bytes:
    """The bytes that a text of a file stands for."""

    def escape(match: re.Match[bytes]) -> bytes:
        if match[1].startswith(b"x"):
            return bytes([int(match[1][1:], 16)])
        return ESCAPES[match[1].decode()]

    def replace(match: re.Match[bytes]) -> bytes:
        name = match[1].decode()
        if name.startswith("REPEAT:"):
            part, count = name.removeprefix("REPEAT:").rsplit(":", 1)
            return unescape(part) * int(count)
        return TEXTS[name].encode()

    data = re.sub(rb"\\(x[0-9a-f]{2}|[rnt\\])", escape, text.encode())
    return re.sub(rb"\$\{([^}]*)\}", replace, data)


@dataclass(frozen=True)
class Message:
    """A client's bytes and what they lead to."""

    name: str
    data: bytes
    # What the first answer may be; None stands for no answer.
    allowed: list[int | None]
    # Statuses of all answers, where there are several.
    answers: list[int] | None
    then: str | None
    reaches: int | None
    end: str | None
    tail: bool
    method: str
    line: str | None
    absent: list[str] = field(default_factory=list)


def read(file: str) -> list[dict]:
    return yaml.safe_load((FOLDER / file).read_text())


def messages(file: str) -> list[Message]:
    found = []
    for entry in read(file):
        expect = entry.pop("expect", [])
        expect = expect if isinstance(expect, list) else [expect]
        data = entry.pop("bytes")
        line = entry.pop("line", None)
        end = entry.pop("end", None)
        found.append(
            Message(
                name=entry.pop("name"),
                data=unescape("".join(data) if isinstance(data, list) else data),
                allowed=[None if status == "close" else status for status in expect],
                answers=entry.pop("answers", None),
                then=entry.pop("then", None),
                reaches=entry.pop("reaches", None),
                end=end,
                tail=entry.pop("tail", True) and end is None,
                method=entry.pop("method", "POST"),
                line=unescape(line).decode() if line else None,
                absent=entry.pop("absent", []),
            )
        )
        assert not entry, f"{file}: {found[-1].name}: unknown keys {sorted(entry)}"
        assert found[-1].allowed or found[-1].answers, f"{file}: {found[-1].name}: nothing is expected"
    return found


FILES = sorted(path.name for path in FOLDER.glob("*.yaml") if path.name != "answers.yaml")
CASES = [pytest.param(message, id=f"{file}: {message.name}") for file in FILES for message in messages(file)]
ANSWERS = [pytest.param(entry, id=entry["name"]) for entry in read("answers.yaml")]


@dataclass
class Recorded:
    """A gateway before an engine that keeps every byte."""

    router: Router
    engine: FaultyEngine


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    with ExitStack() as stack:
        engine = stack.enter_context(FaultyEngine("recorder"))
        maker = Maker(tmp_path_factory.mktemp("malformed"), stack)
        router = maker.router("-c", str(maker.file(configuration([engine.address]))), "--no-access-log")
        yield Recorded(router, engine)
        assert router.process.poll() is None, f"the router ended: {router.errors}"


def test_the_corpus_is_as_large_as_it_says():
    page = " ".join((REPOSITORY / "docs" / "reliability.md").read_text().split())
    assert f"{len(CASES)} messages of clients and {len(ANSWERS)} answers of engines" in page
    names = [case.id for case in CASES]
    assert len(set(names)) == len(names)


def forget(recorded: Recorded) -> None:
    """Begins with an engine that has seen nothing; what an earlier test left on its way is waited for."""
    poll(lambda: recorded.router.in_flight() == 0, "the router counts no request on the engine")
    recorded.engine.forget()


def send_and_end(connection: wire.Connection, message: Message) -> None:
    if message.end == "half-close":
        # The end leaves with the last bytes: one that comes 5 ms later is a departure.
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    connection.send_as_far_as_taken(message.data + (GOOD.encode() if message.tail else b""))
    if message.end == "half-close":
        connection.socket.shutdown(socket.SHUT_WR)
    elif message.end == "reset":
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if message.end in ("close", "reset"):
        connection.close()


def next_answer(connection: wire.Connection, method: str = "POST") -> wire.Response | None:
    """The next answer; None when the connection ends instead."""
    try:
        return connection.read(method)
    except (EOFError, ConnectionResetError):
        return None


@pytest.mark.parametrize("message", CASES)
def test_a_message_has_its_verdict(recorded: Recorded, message: Message):
    forget(recorded)
    reached = check_answers(recorded, message)
    poll(lambda: recorded.router.in_flight() == 0, "the router counts no request on the engine")
    received = list(recorded.engine.received)
    assert not recorded.engine.stray, f"the engine got what is no request: {recorded.engine.stray[0][:200]!r}"
    assert len(received) == reached, f"the engine got {len(received)} requests: {[one.line for one in received]}"
    for request in received:
        assert request.body == BODY.encode()
        assert len(request.values("host")) == 1
        assert request.line.startswith(f"POST {CHAT}")
    if received and reached:
        assert message.line is None or received[0].line == message.line
        present = [name for name in message.absent if received[0].values(name)]
        assert not present, f"the engine got {present}"
    assert wire.chat(recorded.router.port, BODY).status == 200, "a good request afterwards"


def check_answers(recorded: Recorded, message: Message) -> int:
    """Sends it and checks what comes back; how many requests must have reached the engine."""
    with wire.Connection(recorded.router.port, timeout=5) as connection:
        send_and_end(connection, message)
        if message.end in ("close", "reset"):
            return 0
        if message.answers:
            statuses = [answer.status if (answer := next_answer(connection)) else None for _ in message.answers]
            assert statuses == message.answers
            first = statuses[-1]
            reached = message.reaches or 0
        else:
            answer = next_answer(connection, message.method)
            first = answer.status if answer else None
            assert first in message.allowed, f"the answer is {answer}"
            reached = int(first == 200) if message.reaches is None else message.reaches
        return reached + check_end(connection, message, first)


def check_end(connection: wire.Connection, message: Message, last: int | None) -> int:
    """Checks what becomes of the connection; whether the good request that follows reached the engine."""
    then = message.then or ("close" if last is None or last in CLOSING or message.end else "open")
    if not message.tail:
        assert then != "close" or next_answer(connection) is None
        return 0
    answer = next_answer(connection)
    if then == "close" or (then == "either" and answer is None):
        assert answer is None, f"a request behind a refused one is answered {answer.status}"
        return 0
    assert answer is not None, "the connection ended, and the request behind was lost"
    assert answer.status == 200
    return 1


@pytest.mark.parametrize("entry", ANSWERS)
def test_an_answer_has_its_verdict(recorded: Recorded, entry: dict):
    engine, port = recorded.engine, recorded.router.port
    forget(recorded)
    errors = recorded.router.metric("llm_request_errors_total")
    streams = entry.get("streams", False)
    engine.raw = RawAnswer(unescape(entry["bytes"]), entry.get("closes", False), entry.get("resets", False))
    try:
        with wire.Connection(port, timeout=5) as connection:
            connection.send(wire.request(CHAT, STREAM if streams else BODY))
            verdict, answer = verdict_of(connection, streams)
            engine.raw = None
            assert verdict == entry["expect"], f"{verdict}: {answer}"
            assert b"evil" not in answer.body
            if verdict == "whole":
                assert (answer.status, answer.body) == (entry.get("status", 200), entry["body"].encode())
            elif verdict == "refused":
                assert answer.json()["error"]["code"].startswith("upstream_")
            if verdict != "cut" and answer.header("connection") != "close":
                connection.send(wire.request(CHAT, BODY))
                assert connection.read().status == 200, "the next request of the same client"
    finally:
        engine.raw = None
    assert recorded.router.metric("llm_request_errors_total") - errors == (verdict != "whole")
    assert wire.chat(port, BODY).json()["choices"], "a good request afterwards"
    poll(lambda: recorded.router.in_flight() == 0, "the router counts no request on the engine")
    assert not engine.stray


def verdict_of(connection: wire.Connection, streams: bool) -> tuple[str, wire.Response]:
    answer = connection.read_head()
    if answer.status in (502, 504):
        length = answer.header("content-length")
        assert length is not None
        answer.body = connection.read_exactly(int(length))
        return "refused", answer
    try:
        read_into(connection, answer)
    except (EOFError, ConnectionResetError):
        return ("a stream without its end" if streams else "cut"), answer
    if streams:
        return ("cut" if stream_end(answer.body) == "error event" else "a stream without its error"), answer
    return "whole", answer


def read_into(connection: wire.Connection, answer: wire.Response) -> None:
    """Reads a body as far as it comes."""
    if answer.status in (204, 304):
        return
    if answer.header("transfer-encoding") == "chunked":
        while size := int(read_line(connection).split(b";")[0], 16):
            answer.body += connection.read_exactly(size)
            assert connection.read_exactly(2) == b"\r\n"
        while read_line(connection) != b"\r\n":
            pass
    elif (length := answer.header("content-length")) is not None:
        answer.body = connection.read_exactly(int(length))
    else:
        answer.body = connection.read_to_end()


def read_line(connection: wire.Connection) -> bytes:
    line = b""
    while not line.endswith(b"\r\n"):
        line += connection.read_exactly(1)
    return line
