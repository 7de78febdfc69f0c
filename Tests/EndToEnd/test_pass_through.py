"""Paths that are not routed by their prompt go to the replicas of the model that the body, the form or the query names,
as they come: nothing but the model's name changes, and nothing is held but what finding it needs."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import wire
from conftest import Maker
from processes import free_port, poll
from recording_engine import Call, ConfiguredRouter, RecordingEngine, Script, answers, document, model

MEBIBYTE = 1 << 20
FILE = 20 * MEBIBYTE
# What the gateway may hold of an upload of any length: its own buffers, and what a debug build's allocator keeps.
HELD = 8 * MEBIBYTE
TRANSCRIPTIONS = "/v1/audio/transcriptions"
PATHS = [
    *["/v1/rerank", "/rerank", "/v2/rerank", "/v1/score", "/score", "/v1/classify", "/classify", "/tokenize"],
    *["/detokenize", "/v1/pooling", "/v1/moderations", "/v1/responses", "/v1/messages", "/v1/audio/speech"],
    *["/v1/images/generations", "/v1/batches"],
]


class Site:
    """A router in front of engines that record: two models with two and one replicas, the first the default."""

    def __init__(self, make: Maker, alpha: list[RecordingEngine], beta: RecordingEngine):
        self.alpha, self.beta = alpha, beta
        text = document(model("alpha", *alpha), model("beta", beta, provider_model_id="org/beta-8b"))
        self.router: ConfiguredRouter = make.keep(ConfiguredRouter("-c", str(make.file(text))))

    @property
    def port(self) -> int:
        return self.router.port

    def last(self) -> Call:
        """The last request that any engine got."""
        return max((call for engine in [*self.alpha, self.beta] for call in engine.calls), key=lambda call: call.at)


@pytest.fixture
def site(make: Maker) -> Iterator[Callable[..., Site]]:
    """Starts a site; its engines answer, or do as their scripts say."""
    engines: list[RecordingEngine] = []

    def start(alpha: list[Script] | None = None, beta: Script = answers) -> Site:
        first = [RecordingEngine(f"alpha-{index}", script) for index, script in enumerate(alpha or [answers] * 2, 1)]
        engines.extend([*first, second := RecordingEngine("beta-1", beta)])
        return Site(make, first, second)

    yield start
    for engine in engines:
        engine.close()


def form(model: str | None, file: bytes, first: bool = True) -> tuple[bytes, str]:
    """A multipart form with a file, and the line that says so."""
    boundary = "----boundary7MA4YWxkTrZu0gW"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    named = f'{part}model"\r\n\r\n{model}\r\n'.encode() if model else b""
    content = f'{part}file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'.encode() + file + b"\r\n"
    body = (named + content if first else content + named) + f"--{boundary}--\r\n".encode()
    return body, f"Content-Type: multipart/form-data; boundary={boundary}"


def upload_head(path: str, kind: str, length: int | None) -> bytes:
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"POST {path} HTTP/1.1\r\nHost: switchyard.test\r\n{kind}\r\n{framing}\r\n\r\n".encode()


def chunked(body: bytes, size: int = 30_000) -> bytes:
    """The body in chunks that fit no buffer's size."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def memory(router: ConfiguredRouter, key: str) -> int:
    """A figure of the process, in bytes: VmRSS, or VmHWM for the largest it was."""
    lines = Path(f"/proc/{router.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(key + ":"))


def check_refused(answer: wire.Response, status: int, code: str | None, kind: str = "invalid_request_error") -> dict:
    assert answer.status == status, answer.body
    assert answer.header("content-type") == "application/json"
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["code"]) == (kind, code)
    return error


# Which model


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for tests that leave it as they found it."""
    engines = [RecordingEngine(name) for name in ("alpha-1", "alpha-2", "beta-1")]
    with ExitStack() as stack:
        yield Site(Maker(tmp_path_factory.mktemp("pass"), stack), engines[:2], engines[2])
    for engine in engines:
        engine.close()


@pytest.mark.parametrize("path", PATHS)
def test_a_request_goes_to_the_replicas_of_the_model_that_it_names(shared: Site, path: str):
    for name in ("alpha", "beta"):
        body = b'{"model":"%s","query":"q","documents":["a","b"]}' % name.encode()
        answer = wire.post(shared.port, path + "?user=7", body)
        assert answer.status == 200
        assert answer.json()["engine"].startswith(name)
        assert answer.header("x-vsr-selected-model") == name
        call = shared.last()
        assert (call.method, call.target) == ("POST", path + "?user=7")
        assert call.body == body.replace(b'"beta"', b'"org/beta-8b"')


@pytest.mark.parametrize("frames", [False, True], ids=["length", "chunked"])
def test_of_a_json_body_nothing_but_the_models_name_changes(shared: Site, frames: bool):
    before = b'\r\n{ "x" : {"model":"alpha"},"text":"\\u00e9 \xc3\xa9 \\/","big":1e400,"a":[ ],\t"mod\\u0065l" :\n'
    after = b' ,"model2":"beta", "query":"beta" } \n'
    body = before + b'"b\\u0065ta"' + after
    with wire.Connection(shared.port) as connection:
        head = upload_head("/v1/rerank", "Content-Type: application/json", None if frames else len(body))
        connection.send(head + (chunked(body, 7) if frames else body))
        assert connection.read().json()["engine"] == "beta-1"
    assert shared.last().body == before + b'"org/beta-8b"' + after


def test_of_a_form_nothing_but_the_models_name_changes(shared: Site):
    file = bytes(range(256)) * 40
    for first in (True, False):
        body, kind = form("beta", file, first)
        with wire.Connection(shared.port) as connection:
            connection.send(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
            assert connection.read().json()["engine"] == "beta-1"
        call = shared.last()
        assert call.body == form("org/beta-8b", file, first)[0]
        assert call.values("content-type") == [kind.partition(": ")[2]]


@pytest.mark.parametrize("name", ["MoM", None], ids=["auto", "none"])
def test_a_request_that_leaves_the_model_open_goes_to_the_default(shared: Site, name: str | None):
    body = json.dumps({"model": name, "input": "a"} if name else {"input": "a"})
    answer = wire.post(shared.port, "/tokenize", body)
    assert answer.status == 200
    assert answer.header("x-vsr-selected-model") == "alpha"
    # The engine knows no automatic model.
    assert json.loads(shared.last().body) == ({"model": "alpha", "input": "a"} if name else {"input": "a"})
    form_body, kind = form(name, b"sound")
    with wire.Connection(shared.port) as connection:
        connection.send(upload_head(TRANSCRIPTIONS, kind, len(form_body)) + form_body)
        assert connection.read().header("x-vsr-selected-model") == "alpha"
    assert shared.last().body == form("alpha" if name else None, b"sound")[0]


def test_a_model_that_is_not_there_is_refused(shared: Site):
    calls = sum(len(engine.calls) for engine in [*shared.alpha, shared.beta])
    error = check_refused(wire.post(shared.port, "/v1/rerank", '{"model":"gamma"}'), 400, "model_not_found")
    assert "gamma" in error["message"] and error["param"] == "model"
    body, kind = form("gamma", b"sound")
    with wire.Connection(shared.port) as connection:
        connection.send(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
        check_refused(connection.read(), 400, "model_not_found")
        # The connection serves on.
        connection.send(wire.request("/v1/rerank", '{"model":"alpha"}'))
        assert connection.read().status == 200
    check_refused(wire.get(shared.port, "/v1/files/f?model=gamma"), 400, "model_not_found")
    assert sum(len(engine.calls) for engine in [*shared.alpha, shared.beta]) == calls + 1


@pytest.mark.parametrize("body", ["[1]", '{"model":7}', '{"model":"alpha', '{"model":""}', " ", "model=alpha"])
def test_a_body_whose_model_cannot_be_read_is_a_400(shared: Site, body: str):
    answer = wire.post(shared.port, "/v1/rerank", body)
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_model_behind_a_large_file_is_asked_to_stand_first(shared: Site):
    body, kind = form("alpha", bytes(3 * MEBIBYTE), first=False)
    with wire.Connection(shared.port) as connection:
        connection.send_as_far_as_taken(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
        check_refused(connection.read(), 413, "model_too_far")


# Files, methods and paths


def test_files_are_passed_on_with_their_method_and_query(shared: Site):
    for method in ("GET", "DELETE"):
        for name in ("alpha", "beta"):
            target = f"/v1/files/file-7.a_b~c?model={name}&after=%41"
            with wire.Connection(shared.port) as connection:
                connection.send(wire.request(target, method=method))
                assert connection.read().json()["engine"].startswith(name)
            assert (shared.last().method, shared.last().target) == (method, target)
            assert shared.last().body == b""
    assert wire.get(shared.port, "/v1/files/file-7").json()["engine"].startswith("alpha")


def test_a_file_goes_to_the_model_of_the_query(shared: Site):
    body, kind = form(None, b"\x00\xff" * 5000)
    with wire.Connection(shared.port) as connection:
        connection.send(upload_head("/v1/files?model=beta", kind, len(body)) + body)
        assert connection.read().json()["engine"] == "beta-1"
    assert shared.last().body == body


def test_an_answer_to_head_has_the_length_and_no_body(site: Callable[..., Site]):
    place = site(alpha=[lambda call: call.answer(b"x" * 1234, "x-kept: yes")])
    with wire.Connection(place.port) as connection:
        for _ in range(3):
            connection.send(wire.request("/v1/files/f/content", method="HEAD"))
            answer = connection.read("HEAD")
            assert (answer.status, answer.header("content-length"), answer.header("x-kept")) == (200, "1234", "yes")
        connection.send(wire.request("/v1/files/f/content"))
        assert connection.read().body == b"x" * 1234
    assert [call.method for call in place.alpha[0].calls] == ["HEAD", "HEAD", "HEAD", "GET"]


@pytest.mark.parametrize(
    "path",
    ["/v1/unknown", "/", "/v1", "/V1/rerank", "/v1/files/a/b", "/v1/files/../health", "/v1/files/..", "/v1/files/a%2Fb"],
)
def test_no_path_of_an_engine_is_reached_but_those_listed(shared: Site, path: str):
    for method in ("GET", "POST", "DELETE"):
        with wire.Connection(shared.port) as connection:
            connection.send(wire.request(path, "{}" if method == "POST" else None, method=method))
            check_refused(connection.read(), 404, None, "not_found_error")


@pytest.mark.parametrize(
    "method, path, allow",
    [
        ("GET", "/v1/rerank", "POST"),
        ("PUT", "/tokenize", "POST"),
        ("GET", "/v1/chat/completions", "POST"),
        ("DELETE", "/v1/files", "GET, HEAD, POST"),
        ("POST", "/v1/files/f", "GET, HEAD, DELETE"),
        ("PATCH", "/v1/batches", "GET, HEAD, POST"),
        ("POST", "/v1/models", "GET, HEAD"),
    ],
)
def test_another_method_is_a_405_that_says_which(shared: Site, method: str, path: str, allow: str):
    with wire.Connection(shared.port) as connection:
        connection.send(wire.request(path, "{}" if method in ("POST", "PUT", "PATCH") else None, method=method))
        answer = connection.read()
        assert answer.status == 405
        assert answer.header("allow") == allow
        assert answer.json()["error"]["type"] == "invalid_request_error"
        connection.send(wire.request("/health"))
        assert connection.read().status == 200


# Large uploads


class Gate:
    """A script that reads a beginning, and the rest once it is opened."""

    def __init__(self, beginning: int = 1):
        self.opened = threading.Event()
        self._beginning = beginning

    def __call__(self, call: Call) -> bool:
        call.read_body(self._beginning)
        assert self.opened.wait(20)
        call.read_body()
        return call.answer()


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


@pytest.mark.parametrize("frames", [False, True], ids=["length", "chunked"])
def test_a_file_of_20_mebibytes_is_streamed_in_flat_memory(site: Callable[..., Site], frames: bool):
    gate = Gate()
    place = site(alpha=[gate])
    warm, kind = form("alpha", b"sound")
    gate.opened.set()
    for _ in range(2):
        with wire.Connection(place.port) as connection:
            connection.send(upload_head(TRANSCRIPTIONS, kind, len(warm)) + warm)
            assert connection.read().status == 200
    gate.opened.clear()
    before = memory(place.router, "VmRSS")
    body, kind = form("alpha", bytes(FILE))
    data = upload_head(TRANSCRIPTIONS, kind, None if frames else len(body)) + (chunked(body) if frames else body)
    with wire.Connection(place.port, timeout=30) as connection:
        thread, taken = send_in_background(connection, data)
        call = place.alpha[0].wait_for_calls(3)[2]
        poll(lambda: len(call.body) > 0, "the engine receives before the client has sent all")

        def stalls() -> bool:
            # The sockets' buffers are full: for a while nothing more is taken.
            count = taken[0]
            threading.Event().wait(0.3)
            return taken[0] == count

        poll(stalls, "a client is slowed by its engine")
        assert taken[0] < len(data), "an engine that reads nothing must not have the gateway read everything"
        gate.opened.set()
        answer = connection.read()
        thread.join(10)
    assert answer.status == 200
    assert bytes(call.body) == body
    grown = memory(place.router, "VmHWM") - before
    print(f"20 MiB passed through: the gateway grew by {grown / MEBIBYTE:.1f} MiB at most")
    assert grown < HELD, f"the gateway grew by {grown} bytes"
    poll(lambda: place.router.in_flight() == 0, "no request is counted any more")


def test_a_small_upload_goes_to_another_replica_when_the_first_fails(site: Callable[..., Site]):
    def closes(call: Call) -> bool:
        call.read_body()
        return False

    place = site(alpha=[closes, answers])
    body, kind = form("alpha", bytes(range(256)) * 100)
    for _ in range(8):
        with wire.Connection(place.port) as connection:
            connection.send(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
            assert connection.read().json()["engine"] == "alpha-2"
    assert place.alpha[0].calls, "the failing replica was tried"
    assert {bytes(call.body) for call in place.alpha[1].calls} == {body}
    assert place.router.metric("switchyard_retries_total") == len(place.alpha[0].calls)
    poll(lambda: place.router.in_flight() == 0, "no request is counted any more")


def test_an_upload_goes_to_another_replica_when_the_first_refuses_connections(make: Maker):
    engine = RecordingEngine("alpha-2")
    file = make.file(document(model("alpha", f"127.0.0.1:{free_port()}", engine)))
    router = make.keep(ConfiguredRouter("-c", str(file)))
    # What was not begun to be sent is sent elsewhere whatever its length.
    body, kind = form("alpha", bytes(2 * MEBIBYTE))
    for _ in range(4):
        with wire.Connection(router.port) as connection:
            connection.send(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
            assert connection.read().json()["engine"] == "alpha-2"
    assert {len(call.body) for call in engine.calls} == {len(body)}
    poll(lambda: router.in_flight() == 0, "no request is counted any more")
    engine.close()


def test_an_upload_that_was_passed_on_and_is_gone_is_not_tried_again(site: Callable[..., Site]):
    def closes(call: Call) -> bool:
        call.read_body(MEBIBYTE)
        return False

    place = site(alpha=[closes, closes])
    body, kind = form("alpha", bytes(8 * MEBIBYTE))
    with wire.Connection(place.port) as connection:
        connection.send_as_far_as_taken(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
        answer = connection.read()
        assert answer.status == 502
        assert answer.json()["error"]["code"] == "upstream_closed"
        assert connection.is_closed_by_peer()
    assert sum(len(engine.calls) for engine in place.alpha) == 1
    poll(lambda: place.router.in_flight() == 0, "no request is counted any more")


@pytest.mark.parametrize("frames", [False, True], ids=["length", "chunked"])
def test_an_engines_413_before_the_end_of_the_upload_reaches_the_client(site: Callable[..., Site], frames: bool):
    text = b'{"error":{"message":"too large","type":"invalid_request_error","param":null,"code":null}}'

    def refuses(call: Call) -> bool:
        call.read_body(100_000)
        call.answer(text, "connection: close", status="413 Payload Too Large")
        call.socket.shutdown(socket.SHUT_WR)
        return call.wait_for_close()

    place = site(alpha=[refuses])
    body, kind = form("alpha", bytes(FILE))
    data = upload_head(TRANSCRIPTIONS, kind, None if frames else len(body)) + (chunked(body) if frames else body)
    with wire.Connection(place.port) as connection:
        send_in_background(connection, data)
        answer = connection.read()
        assert answer.status == 413
        assert answer.body == text
        assert answer.header("connection") == "close"
        assert connection.is_closed_by_peer()
    poll(lambda: place.router.in_flight() == 0, "no request is counted any more")


@pytest.mark.parametrize("frames", [False, True], ids=["length", "chunked"])
def test_a_client_that_leaves_within_its_upload_ends_it_at_the_engine(site: Callable[..., Site], frames: bool):
    place = site(alpha=[lambda call: bool(call.read_body(MEBIBYTE)) and call.wait_for_close()])
    body, kind = form("alpha", bytes(FILE))
    data = upload_head(TRANSCRIPTIONS, kind, None if frames else len(body)) + (chunked(body) if frames else body)
    with wire.Connection(place.port) as connection:
        connection.send(data[: 2 * MEBIBYTE])
        call = place.alpha[0].wait_for_calls(1)[0]
        poll(lambda: len(call.body) >= MEBIBYTE, "the engine has a part of it")
        left = time.monotonic()
    poll(lambda: call.closed_at is not None, "the engine's connection is closed")
    assert call.closed_at - left < 0.05, f"it was closed after {(call.closed_at - left) * 1000:.1f} ms"
    poll(lambda: place.router.in_flight() == 0, "no request is counted any more")
    assert place.router.metric("switchyard_clients_gone_total") == 1


def test_a_client_that_waits_for_continue_may_send_its_upload(site: Callable[..., Site]):
    place = site(alpha=[answers])
    body, kind = form("alpha", bytes(MEBIBYTE))
    with wire.Connection(place.port) as connection:
        connection.send(upload_head(TRANSCRIPTIONS, f"{kind}\r\nExpect: 100-continue", len(body)))
        assert connection.read_head().status == 100
        connection.send(body)
        assert connection.read().status == 200
    assert place.alpha[0].calls[0].body == body
    assert place.alpha[0].calls[0].values("expect") == []


def test_a_kept_connection_that_the_engine_closes_costs_no_upload(site: Callable[..., Site]):
    served: set[int] = set()

    def once(call: Call) -> bool:
        """Answers one request on each connection, and closes at the next without a word."""
        if call.socket.fileno() in served:
            served.discard(call.socket.fileno())
            return False
        served.add(call.socket.fileno())
        return answers(call)

    place = site(alpha=[once])
    body, kind = form("alpha", bytes(range(256)) * 100)
    for _ in range(10):
        with wire.Connection(place.port) as connection:
            connection.send(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
            assert connection.read().status == 200
    assert len([call for call in place.alpha[0].calls if call.body == body]) == 10
    # It is sent to the same replica at once, which is no retry.
    assert place.router.metric("switchyard_retries_total") == 0
    poll(lambda: place.router.in_flight() == 0, "no request is counted any more")


@pytest.mark.parametrize("sent", [100, MEBIBYTE], ids=["before the model", "behind it"])
def test_an_upload_that_stops_is_a_408(make: Maker, sent: int):
    engine = RecordingEngine("alpha-1")
    text = document(model("alpha", engine), gateway={"request_read_timeout": "300ms"})
    router = make.keep(ConfiguredRouter("-c", str(make.file(text))))
    body, kind = form("alpha", bytes(4 * MEBIBYTE))
    with wire.Connection(router.port) as connection:
        connection.send((upload_head(TRANSCRIPTIONS, kind, len(body)) + body)[:sent])
        answer = connection.read()
        assert answer.status == 408
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert connection.is_closed_by_peer()
    poll(lambda: router.in_flight() == 0, "no request is counted any more")
    engine.close()


@pytest.mark.parametrize("frames", [False, True], ids=["length", "chunked"])
def test_an_upload_that_is_still_coming_goes_to_another_replica_whole(site: Callable[..., Site], frames: bool):
    """The first says that it cannot serve when it has a part; what it was sent is still held."""

    def busy(call: Call) -> bool:
        call.read_body(1000)
        call.answer(b"{}", "connection: close", status="503 Service Unavailable")
        return call.wait_for_close()

    place = site(alpha=[busy, answers])
    for size in (60_000, 2 * MEBIBYTE):
        body, kind = form("alpha", bytes(range(256)) * (size // 256))
        data = chunked(body) if frames else body
        for _ in range(4):
            before = len(place.alpha[0].calls), len(place.alpha[1].calls)
            with wire.Connection(place.port) as connection:
                connection.send(upload_head(TRANSCRIPTIONS, kind, None if frames else len(body)) + data[:20_000])
                now = poll(
                    lambda: (counts := (len(place.alpha[0].calls), len(place.alpha[1].calls))) != before and counts,
                    "it is on its way",
                )
                if now[0] > before[0]:
                    poll(lambda: place.alpha[0].calls[-1].closed_at, "the first has refused it")
                connection.send(data[20_000:])
                assert connection.read().json()["engine"] == "alpha-2"
            assert place.alpha[1].calls[-1].body == body
    poll(lambda: place.router.in_flight() == 0, "no request is counted any more")


def test_an_answer_that_comes_before_the_upload_was_sent_ends_the_connection(site: Callable[..., Site]):
    place = site(alpha=[lambda call: call.answer()])
    body, kind = form("alpha", bytes(MEBIBYTE))
    for length in (len(body), None):
        with wire.Connection(place.port) as connection:
            connection.send(upload_head(TRANSCRIPTIONS, kind, length))
            connection.send(body[:1000] if length else b"3e8\r\n" + body[:1000] + b"\r\n")
            answer = connection.read()
            assert (answer.status, answer.header("connection")) == (200, "close")
            assert connection.is_closed_by_peer()
    poll(lambda: place.router.in_flight() == 0, "no request is counted any more")


def test_a_connection_carries_uploads_and_other_requests_one_after_the_other(site: Callable[..., Site]):
    place = site(alpha=[answers])
    body = b'{"model":"alpha"}'
    head = upload_head("/v1/rerank", "Content-Type: application/json", None)
    trailed = head + b"%x\r\n%s\r\n0\r\nx-trailer: 1\r\n\r\n" % (len(body), body)
    parts = [
        wire.request("/v1/files/f"),
        trailed,
        wire.request("/v1/rerank", body),
        wire.request("/health"),
        wire.request("/v1/chat/completions", b'{"model":"alpha","messages":[]}'),
        wire.request("/v1/files/f", b"{}", method="GET"),
        trailed,
    ]
    with wire.Connection(place.port) as connection:
        connection.send(b"".join(parts))
        assert [connection.read().status for _ in parts] == [200] * len(parts)
    got = [(call.method, bytes(call.body)) for call in place.alpha[0].calls]
    chat = ("POST", b'{"model":"alpha","messages":[]}')
    assert got == [("GET", b""), ("POST", body), ("POST", body), chat, ("GET", b"{}"), ("POST", body)]


def test_a_malformed_chunk_within_an_upload_ends_it_on_both_sides(site: Callable[..., Site]):
    place = site(alpha=[lambda call: bool(call.read_body(1000)) and call.wait_for_close()])
    body, kind = form("alpha", bytes(90_000))
    with wire.Connection(place.port) as connection:
        connection.send(upload_head(TRANSCRIPTIONS, kind, None) + chunked(body)[:-5])
        call = place.alpha[0].wait_for_calls(1)[0]
        connection.send(b"zz\r\n")
        answer = connection.read()
        assert (answer.status, answer.header("connection")) == (400, "close")
        assert connection.is_closed_by_peer()
    poll(lambda: call.closed_at is not None, "the engine's connection is closed")
    poll(lambda: place.router.in_flight() == 0, "no request is counted any more")
