"""What the gateway refuses for its own sake: requests and bytes over what it may hold, by priority, and long bodies."""

from __future__ import annotations

import select
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

import wire
from clients import CHAT, MEBIBYTE, NOT_ALONG, ask
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
        # They leave a time after their requests, as clients do that have lost patience.
        time.sleep(NOT_ALONG)
        for connection in connections:
            connection.close()
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
