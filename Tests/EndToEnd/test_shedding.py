"""What the gateway refuses for its own sake: requests and bytes over what it may hold, by priority, and long bodies."""

from __future__ import annotations

import select
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from hyperframe.frame import DataFrame

import http2
import wire
from clients import CHAT, MEBIBYTE, ask
from conftest import Engines, Route
from processes import poll
from recording_engine import ConfiguredRouter, Gate, RecordingEngine, answers, hangs, model


def check_shed(answer: wire.Response, status: int) -> None:
    assert answer.status == status, answer.body
    assert 1 <= int(answer.header("retry-after") or 0) <= 30
    assert answer.header("content-type") == "application/json"
    assert answer.header("x-request-id")
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["code"] == "overloaded"
    assert error["type"] == ("rate_limit_error" if status == 429 else "server_error")


def hold(
    pool: ThreadPoolExecutor, router: ConfiguredRouter, engine: RecordingEngine, count: int, *fields: str
) -> list[Future[wire.Response]]:
    """Sends requests that the engine holds, one after the other."""
    held = []
    for _ in range(count):
        calls = len(engine.calls)
        held.append(pool.submit(wire.chat, router.port, ask(), *fields))
        engine.wait_for_calls(calls + 1)
    return held


@pytest.mark.parametrize("limit, low, normal", [(20, 16, 19), (4, 3, 3)])
def test_load_is_shed_by_priority(engines: Engines, route: Route, limit: int, low: int, normal: int):
    """Low from 80 % on, normal from 95 %, high at the limit."""
    gate = Gate()
    [engine] = engines(gate)
    router = route(model("alpha", engine), gateway={"max_requests": limit})

    def asked(priority: str) -> wire.Response:
        return wire.chat(router.port, ask(), f"X-Request-Priority: {priority}")

    with ThreadPoolExecutor(limit) as pool:
        held = hold(pool, router, engine, low, "X-Request-Priority: low")
        check_shed(asked("low"), 429)
        held += hold(pool, router, engine, normal - low)
        check_shed(asked("low"), 429)
        check_shed(asked("normal"), 429)
        check_shed(asked("whatever"), 429)
        held += hold(pool, router, engine, limit - normal, "x-request-priority: HIGH")
        for priority in ("low", "normal", "high"):
            check_shed(asked(priority), 503)
        # What costs nothing is answered.
        assert wire.get(router.port, "/health").status == 200
        assert len(engine.calls) == limit
        gate.opened.set()
        assert {answer.result().status for answer in held} == {200}
    router.wait_until_idle()
    assert router.metric("switchyard_shed_total") == 7
    # All is given back: as many are let in again.
    gate.opened.clear()
    with ThreadPoolExecutor(limit) as pool:
        held = hold(pool, router, engine, limit, "X-Request-Priority: high")
        check_shed(asked("high"), 503)
        gate.opened.set()
        assert {answer.result().status for answer in held} == {200}


def test_requests_that_ended_badly_are_given_back_too(engines: Engines, route: Route):
    [engine] = engines(hangs)
    router = route(model("alpha", engine), gateway={"max_requests": 4})
    for _ in range(3):
        connections = [wire.Connection(router.port) for _ in range(3)]
        calls = len(engine.calls)
        for connection in connections:
            connection.send(wire.request(CHAT, ask()))
        engine.wait_for_calls(calls + 3)
        check_shed(wire.chat(router.port, ask()), 429)
        for connection in connections:
            connection.reset()
        router.wait_until_idle()
    # Requests that were refused, cut off or answered by the gateway, more than the limit.
    for _ in range(6):
        assert wire.chat(router.port, "[]").status == 400
        assert wire.post(router.port, "/v1/rerank", '{"model":"none"}').status == 400
        with wire.Connection(router.port) as connection:
            connection.send(wire.request(CHAT, ask())[:-10])
        with wire.Connection(router.port) as connection:
            connection.send(wire.request("/v1/rerank", ask(padding=1000))[:-10])
        with wire.Connection(router.port) as connection:
            connection.send(wire.request(CHAT, method="POST", headers=("Transfer-Encoding: chunked",)) + b"zz\r\n")
            assert connection.read().status == 400
    engine.script = answers
    assert poll(lambda: wire.chat(router.port, ask()).status == 200, "requests are served again")


def test_bytes_of_requests_are_limited_all_together(engines: Engines, route: Route):
    gate = Gate()
    [engine] = engines(gate)
    router = route(model("alpha", engine), gateway={"body_limit": "100K", "max_buffered_bytes": "100K"})
    kibibyte = 1024
    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(wire.chat, router.port, ask(padding=60 * kibibyte))
        engine.wait_for_calls(1)
        # 60 KiB are held: 97 are above 95 %, 105 above all.
        check_shed(wire.chat(router.port, ask(padding=37 * kibibyte)), 429)
        check_shed(wire.chat(router.port, ask(padding=45 * kibibyte)), 503)
        high = pool.submit(wire.chat, router.port, ask(padding=37 * kibibyte), "X-Request-Priority: high")
        engine.wait_for_calls(2)
        # A body in chunks does not say its length before.
        body = ask(padding=50 * kibibyte).encode()
        with wire.Connection(router.port) as connection:
            head = wire.request(CHAT, method="POST", headers=("Transfer-Encoding: chunked", "X-Request-Priority: high"))
            connection.send_as_far_as_taken(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
            check_shed(connection.read(), 503)
        gate.opened.set()
        assert (held.result().status, high.result().status) == (200, 200)
    for _ in range(5):
        assert wire.chat(router.port, ask(padding=90 * kibibyte)).status == 200


def test_bodies_that_are_still_coming_count_as_held(engines: Engines, route: Route):
    [engine] = engines(answers)
    router = route(model("alpha", engine), gateway={"body_limit": "1M", "max_buffered_bytes": "4M"})
    before = router.memory("VmRSS")
    connections = []
    for _ in range(40):
        connections.append(wire.Connection(router.port))
        connections[-1].send_as_far_as_taken(wire.request(CHAT, ask(padding=900 * 1024))[:-1])

    def refused() -> list[wire.Connection]:
        return [connection for connection in connections if select.select([connection.socket], [], [], 0)[0]]

    poll(lambda: len(refused()) == 36, "all are refused but the four that 4 MiB are enough for")
    assert {connection.read_head().status for connection in refused()} <= {429, 503}
    assert router.memory("VmRSS") - before < 16 * MEBIBYTE
    for connection in connections:
        connection.close()
    poll(lambda: wire.chat(router.port, ask(padding=900 * 1024)).status == 200, "all is given back")


@pytest.mark.parametrize("path", [CHAT, "/v1/rerank", "/nowhere"])
def test_a_chunk_that_is_longer_than_a_body_may_be_is_not_waited_for(engines: Engines, route: Route, path: str):
    [engine] = engines(hangs)
    router = route(model("alpha", engine), gateway={"body_limit": "64K", "upload_limit": "64K"})
    head = wire.request(path, method="POST", headers=("Transfer-Encoding: chunked",))
    begun = b"11\r\n" + b'{"model":"alpha",' + b"\r\n"
    for start in (b"10001\r\n", b"fffffffffffffff\r\n", begun + b"fff0\r\n", begun + b"20000\r\n\"x\":"):
        with wire.Connection(router.port, timeout=5) as connection:
            connection.send(head + start)
            answer = connection.read()
            assert answer.status == (404 if path == "/nowhere" else 413)
            assert connection.is_closed_by_peer()
    router.wait_until_idle()


def test_an_upload_over_its_limit_is_a_413(engines: Engines, route: Route):
    ended: list[bool] = []

    def takes(call) -> bool:
        try:
            call.read_body()
            ended.append(True)
            return call.answer()
        except EOFError:
            ended.append(False)
            return False

    [engine] = engines(takes)
    router = route(model("alpha", engine), gateway={"upload_limit": "256K"})

    def body(size: int) -> bytes:
        start, end = b'{"model":"alpha","text":"', b'"}'
        return start + b"x" * (size - len(start) - len(end)) + end

    limit = 256 << 10
    head = wire.request("/v1/rerank", method="POST", headers=("Transfer-Encoding: chunked",))

    def framed(data: bytes) -> bytes:
        pieces = [data[at : at + 10_000] for at in range(0, len(data), 10_000)]
        return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"

    def check_refused(answer: wire.Response) -> None:
        assert answer.status == 413
        assert "262144" in answer.json()["error"]["message"] and "upload_limit" in answer.json()["error"]["message"]

    # What says its length is refused before any of it is sent.
    with wire.Connection(router.port) as connection:
        connection.send(wire.request("/v1/rerank", body(limit + 1))[:500])
        check_refused(connection.read())
    with http2.Connection(router.port) as connection:
        stream = connection.begin([*http2.pseudo("/v1/rerank"), ("content-length", str(limit + 1))])
        answer = connection.read(stream)
        assert answer.status == 413
    assert not engine.calls
    # What does not is cut at the engine.
    with wire.Connection(router.port) as connection:
        connection.send_as_far_as_taken(head + framed(body(limit + 1)))
        check_refused(connection.read())
        assert connection.is_closed_by_peer()
    poll(lambda: ended == [False], "the engine's request is cut")
    with http2.Connection(router.port) as connection:
        stream = connection.begin(http2.pseudo("/v1/rerank"))
        connection.send_data(stream, body(limit + 1), stop_when_answered=True)
        assert connection.read(stream).status == 413
    poll(lambda: ended == [False, False], "the engine's request is cut")
    for data in (wire.request("/v1/rerank", body(limit)), head + framed(body(limit))):
        with wire.Connection(router.port) as connection:
            connection.send(data)
            assert connection.read().status == 200
    router.wait_until_idle()


def test_what_waits_of_http2_uploads_counts_as_held(engines: Engines, route: Route):
    gate = Gate(beginning=1)
    [engine] = engines(gate)
    engine.limit_receive_buffer(4096)
    router = route(model("alpha", engine), gateway={"body_limit": "1M", "max_buffered_bytes": "1M"})
    data = b'{"model":"alpha","text":"' + b"x" * (16 << 20)
    connections = []
    for _ in range(40):
        connection = http2.Connection(router.port, timeout=10)
        connections.append(connection)
        stream = connection.begin(http2.pseudo("/v1/rerank"))
        sent = 0
        # As much as the windows allow, until they stay closed.
        while sent < len(data) and min(connection.windows[0], connection.windows[stream]) > 0:
            count = min(16_384, connection.windows[0], connection.windows[stream])
            connection.windows[0] -= count
            connection.windows[stream] -= count
            connection.send(DataFrame(stream, data[sent : sent + count]))
            sent += count
            connection.ping()
            if connection.streams[stream].ended:
                break
    held = router.metric("switchyard_request_bytes_held")
    statuses = [connection.streams[1].headers.get(":status") for connection in connections]
    assert "503" in statuses or "429" in statuses, statuses
    assert held <= 1 << 20
    for connection in connections:
        connection.close()
    gate.opened.set()
    router.wait_until_idle()
    poll(lambda: router.metric("switchyard_request_bytes_held") == 0, "all is given back")


def test_a_body_over_the_configured_limit_is_a_413(engines: Engines, route: Route):
    [engine] = engines(answers)
    router = route(model("alpha", engine), gateway={"body_limit": "2K"})
    small, large = ask(padding=1500).encode(), ask(padding=3000).encode()
    assert wire.chat(router.port, small).status == 200
    for frames in (False, True):
        with wire.Connection(router.port) as connection:
            if frames:
                head = wire.request(CHAT, method="POST", headers=("Transfer-Encoding: chunked",))
                connection.send_as_far_as_taken(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(large), large))
            else:
                connection.send_as_far_as_taken(wire.request(CHAT, large))
            answer = connection.read()
            assert answer.status == 413
            assert "2048" in answer.json()["error"]["message"]
            assert answer.json()["error"]["type"] == "request_too_large"
    assert len(engine.calls) == 1
    assert wire.chat(router.port, small).status == 200
