"""What the gateway does by its configuration: CORS, forwarding, shedding, circuit limits, hedging and timeouts. And what
becomes of a request whose client closes its side, or leaves."""

from __future__ import annotations

import json
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import wire
from conftest import Maker
from processes import poll
from recording_engine import Call, ConfiguredRouter, RecordingEngine, Script, answers, document, hangs, model

CHAT = "/v1/chat/completions"
ORIGIN = "https://app.example.com"
EVENT = b"a\r\ndata: {}\n\n\r\n"
# A client that closes its side sooner after its request is taken for one that still reads.
NOT_ALONG = 0.02
COUNTED = "no request is counted any more"


def ask(name: str = "alpha", padding: int = 0, stream: bool = False) -> str:
    """The body of a request."""
    body = f'{{"model":"{name}","messages":[{{"role":"user","content":"Hi{"!" * padding}"}}]'
    return body + (',"stream":true}' if stream else "}")


class Gate:
    """A script that answers once it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __call__(self, call: Call) -> bool:
        call.read_body()
        assert self.opened.wait(20)
        return call.answer()


Start = Callable[..., ConfiguredRouter]


@pytest.fixture
def engines() -> Iterator[Callable[..., list[RecordingEngine]]]:
    """Starts an engine for each script."""
    started: list[RecordingEngine] = []

    def start(*scripts: Script) -> list[RecordingEngine]:
        new = [RecordingEngine(f"engine-{len(started) + index}", script) for index, script in enumerate(scripts, 1)]
        started.extend(new)
        return new

    yield start
    for engine in started:
        engine.close()


@pytest.fixture
def route(make: Maker) -> Start:
    """Starts a router in front of models."""
    return lambda *models, **more: make.keep(ConfiguredRouter("-c", str(make.file(document(*models, **more)))))


def access(answer: wire.Response) -> dict[str, str]:
    """The fields of an answer that CORS is about."""
    return {name: value for name, value in answer.headers if name.startswith("access-control-")}


def preflight(port: int, path: str = CHAT, origin: str = ORIGIN) -> wire.Response:
    fields = (
        f"Origin: {origin}",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: authorization, content-type",
    )
    with wire.Connection(port) as connection:
        connection.send(wire.request(path, method="OPTIONS", headers=fields))
        answer = connection.read()
        # 204 has no body, so the connection serves on.
        connection.send(wire.request("/health"))
        assert connection.read().status == 200
        return answer


# CORS


def test_a_preflight_says_what_the_policy_allows(engines, route: Start):
    [engine] = engines(answers)
    cors = {
        "allow_origins": [ORIGIN, "http://localhost:3000"],
        "allow_methods": ["GET", "POST"],
        "allow_headers": ["authorization", "content-type"],
        "max_age": "1h",
    }
    router = route(model("alpha", engine), listener={"cors": cors})
    for path in (CHAT, "/v1/rerank", "/v1/models"):
        answer = preflight(router.port, path)
        assert answer.status == 204
        assert access(answer) == {
            "access-control-allow-origin": ORIGIN,
            "access-control-allow-methods": "GET, POST",
            "access-control-allow-headers": "authorization, content-type",
            "access-control-expose-headers": "*",
            "access-control-max-age": "3600",
        }
        assert answer.header("vary") == "origin"
    second = preflight(router.port, origin="http://localhost:3000")
    assert access(second)["access-control-allow-origin"] == "http://localhost:3000"
    assert not engine.calls, "preflights are the gateway's"


def test_an_answer_can_be_read_by_an_allowed_origin_and_by_no_other(engines, route: Start):
    [engine] = engines(answers)
    router = route(model("alpha", engine), listener={"cors": {"allow_origins": [ORIGIN]}})
    for path, body in ((CHAT, ask()), ("/v1/rerank", '{"model":"alpha"}'), (CHAT, "[]"), ("/v1/unknown", "{}")):
        answer = wire.post(router.port, path, body, f"Origin: {ORIGIN}")
        assert access(answer)["access-control-allow-origin"] == ORIGIN, f"{path} answered {answer.status}"
        assert answer.header("vary") == "origin"
        for origin in ("https://evil.example.com", "null", ORIGIN + ".evil.com", "http://app.example.com"):
            answer = wire.post(router.port, path, body, f"Origin: {origin}")
            assert access(answer) == {}
            assert answer.header("vary") == "origin", "a cache must not give the answer to another origin"
        assert access(wire.post(router.port, path, body)) == {}
    denied = preflight(router.port, origin="https://evil.example.com")
    assert denied.status == 204 and access(denied) == {}


def test_with_credentials_nothing_is_a_star(engines, route: Start):
    """Browsers take a star for a name there, so what is asked for and what may be read is named."""
    [engine] = engines(answers)
    router = route(
        model("alpha", engine), listener={"cors": {"allow_origins": [ORIGIN], "allow_credentials": True}}
    )
    answer = preflight(router.port)
    assert access(answer)["access-control-allow-credentials"] == "true"
    assert access(answer)["access-control-allow-headers"] == "authorization, content-type"
    assert access(answer)["access-control-allow-origin"] == ORIGIN
    assert "*" not in access(answer).values()
    answer = wire.chat(router.port, ask(), f"Origin: {ORIGIN}")
    assert access(answer)["access-control-allow-credentials"] == "true"
    assert "x-request-id" in access(answer)["access-control-expose-headers"].split(", ")
    assert access(wire.chat(router.port, ask(), "Origin: https://evil.example.com")) == {}


def test_every_origin_is_a_star(engines, route: Start):
    [engine] = engines(answers)
    router = route(model("alpha", engine), listener={"cors": {"allow_origins": ["*"]}})
    answer = wire.chat(router.port, ask(), "Origin: https://anyone.example")
    assert access(answer) == {"access-control-allow-origin": "*", "access-control-expose-headers": "*"}
    assert answer.header("vary") is None
    assert access(preflight(router.port))["access-control-allow-headers"] == "authorization, content-type"


def test_the_engines_own_cors_fields_are_replaced_where_the_listener_has_a_policy(engines, route: Start):
    fields = ("Access-Control-Allow-Origin: https://engine.example", "Access-Control-Expose-Headers: x-engine")
    [engine] = engines(lambda call: bool(call.read_body()) and call.answer(None, *fields))
    replaced = route(model("alpha", engine), listener={"cors": {"allow_origins": [ORIGIN]}})
    answer = wire.chat(replaced.port, ask(), f"Origin: {ORIGIN}")
    assert [value for name, value in answer.headers if name == "access-control-allow-origin"] == [ORIGIN]
    assert access(answer)["access-control-expose-headers"] == "*"
    assert access(wire.chat(replaced.port, ask())) == {}
    passed = route(model("alpha", engine))
    assert access(wire.chat(passed.port, ask())) == {
        "access-control-allow-origin": "https://engine.example",
        "access-control-expose-headers": "x-engine",
    }


def test_without_a_policy_no_cors_field_is_written(engines, route: Start):
    [engine] = engines(answers)
    router = route(model("alpha", engine))
    answer = preflight(router.port)
    assert (answer.status, access(answer)) == (204, {})
    assert access(wire.chat(router.port, ask(), f"Origin: {ORIGIN}")) == {}


@pytest.mark.parametrize(
    "path, allow",
    [
        (CHAT, "POST, OPTIONS"),
        ("/v1/models", "GET, HEAD, OPTIONS"),
        ("/v1/rerank", "POST, OPTIONS"),
        ("/v1/files", "GET, HEAD, POST, OPTIONS"),
        ("/v1/files/f", "GET, HEAD, DELETE, OPTIONS"),
        ("*", "GET, HEAD, POST, OPTIONS"),
    ],
)
def test_options_says_which_methods_a_path_has(engines, route: Start, path: str, allow: str):
    [engine] = engines(answers)
    router = route(model("alpha", engine))
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(path, method="OPTIONS"))
        answer = connection.read()
        assert (answer.status, answer.header("allow")) == (204, allow)
        connection.send(wire.request("/v1/unknown", method="OPTIONS"))
        assert connection.read().status == 404
    assert not engine.calls


# Forwarding

CLAIMS = (
    "X-Forwarded-For: 203.0.113.9",
    "X-Forwarded-For: 203.0.113.10",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: api.example.com",
    "Forwarded: for=203.0.113.9;proto=https",
)


def forwarding(call: Call) -> dict[str, list[str]]:
    names = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded")
    return {name: call.values(name) for name in names}


OURS = {
    "x-forwarded-for": ["127.0.0.1"],
    "x-forwarded-proto": ["http"],
    "x-forwarded-host": ["switchyard.test"],
    "forwarded": ['for=127.0.0.1;proto=http;host="switchyard.test"'],
}


@pytest.mark.parametrize("path", [CHAT, "/v1/rerank"])
def test_an_engine_is_told_for_whom_it_works_and_no_claim_of_a_client(engines, route: Start, path: str):
    [engine] = engines(answers)
    router = route(model("alpha", engine))
    for fields in ((), CLAIMS, ("Connection: x-forwarded-for, forwarded", *CLAIMS)):
        assert wire.post(router.port, path, ask(), *fields).status == 200
        assert forwarding(engine.calls[-1]) == OURS


@pytest.mark.parametrize("path", [CHAT, "/v1/rerank"])
def test_behind_a_trusted_proxy_its_claims_are_kept_and_added_to(engines, route: Start, path: str):
    [engine] = engines(answers)
    router = route(model("alpha", engine), listener={"trust_forwarded": True})
    assert wire.post(router.port, path, ask(), *CLAIMS).status == 200
    assert forwarding(engine.calls[-1]) == {
        "x-forwarded-for": ["203.0.113.9, 203.0.113.10, 127.0.0.1"],
        "x-forwarded-proto": ["https"],
        "x-forwarded-host": ["api.example.com"],
        "forwarded": ['for=203.0.113.9;proto=https, for=127.0.0.1;proto=http;host="switchyard.test"'],
    }
    assert wire.post(router.port, path, ask()).status == 200
    assert forwarding(engine.calls[-1]) == OURS


@pytest.mark.parametrize("path", [CHAT, "/v1/rerank"])
def test_fields_of_one_hop_pass_in_neither_direction(engines, route: Start, path: str):
    back = ("Connection: keep-alive, x-engine-hop", "Keep-Alive: timeout=9", "X-Engine-Hop: 1", "X-Engine-End: 1")
    [engine] = engines(lambda call: bool(call.read_body()) and call.answer(None, *back))
    router = route(model("alpha", engine))
    fields = ("Connection: keep-alive, X-Hop", "Keep-Alive: timeout=5", "X-Hop: 1", "TE: trailers", "X-End: 1")
    answer = wire.post(router.port, path, ask(), "Upgrade: h2c", "Proxy-Connection: keep-alive", *fields)
    assert answer.status == 200
    call = engine.calls[-1]
    for name in ("connection", "keep-alive", "x-hop", "te", "upgrade", "proxy-connection", "expect"):
        assert call.values(name) == [], name
    assert call.values("x-end") == ["1"]
    assert call.values("host") == [engine.address]
    assert (answer.header("keep-alive"), answer.header("x-engine-hop")) == (None, None)
    assert answer.header("x-engine-end") == "1"


# Shedding


def check_shed(answer: wire.Response, status: int) -> None:
    assert answer.status == status, answer.body
    assert 1 <= int(answer.header("retry-after") or 0) <= 30
    assert answer.header("content-type") == "application/json"
    assert answer.header("x-request-id")
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["code"] == "overloaded"
    assert error["type"] == ("rate_limit_error" if status == 429 else "server_error")


def hold(pool: ThreadPoolExecutor, router: ConfiguredRouter, engine: RecordingEngine, count: int, *fields: str) -> list:
    """Sends requests that the engine holds, one after the other."""
    held = []
    for _ in range(count):
        calls = len(engine.calls)
        held.append(pool.submit(wire.chat, router.port, ask(), *fields))
        engine.wait_for_calls(calls + 1)
    return held


@pytest.mark.parametrize("limit, low, normal", [(20, 16, 19), (4, 3, 3)])
def test_load_is_shed_by_priority(engines, route: Start, limit: int, low: int, normal: int):
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
    poll(lambda: router.in_flight() == 0, COUNTED)
    assert router.metric("switchyard_shed_total") == 7
    # All is given back: as many are let in again.
    gate.opened.clear()
    with ThreadPoolExecutor(limit) as pool:
        held = hold(pool, router, engine, limit, "X-Request-Priority: high")
        check_shed(asked("high"), 503)
        gate.opened.set()
        assert {answer.result().status for answer in held} == {200}


def test_requests_that_ended_badly_are_given_back_too(engines, route: Start):
    [engine] = engines(hangs)
    router = route(model("alpha", engine), gateway={"max_requests": 4})
    for _ in range(3):
        connections = [wire.Connection(router.port) for _ in range(3)]
        calls = len(engine.calls)
        for connection in connections:
            connection.send(wire.request(CHAT, ask()))
        engine.wait_for_calls(calls + 3)
        check_shed(wire.chat(router.port, ask()), 429)
        time.sleep(NOT_ALONG)
        for connection in connections:
            connection.close()
        poll(lambda: router.in_flight() == 0, COUNTED)
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


def test_bytes_of_requests_are_limited_all_together(engines, route: Start):
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


def test_a_body_over_the_configured_limit_is_a_413(engines, route: Start):
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


# Circuit limits


def test_a_replica_gets_no_more_requests_than_it_may_work_on(engines, route: Start):
    gate = Gate()
    first, second = engines(gate, gate)
    router = route(model("alpha", first, second, reliability={"max_requests": 1}))
    with ThreadPoolExecutor(2) as pool:
        held = [pool.submit(wire.chat, router.port, ask()) for _ in range(2)]
        poll(lambda: (len(first.calls), len(second.calls)) == (1, 1), "each has one")
        answer = wire.chat(router.port, ask())
        assert answer.status == 503
        assert answer.json()["error"]["code"] == "overloaded"
        assert 1 <= int(answer.header("retry-after") or 0) <= 30
        assert answer.json()["error"]["type"] == "server_error"
        gate.opened.set()
        assert {answer.result().status for answer in held} == {200}
    assert wire.chat(router.port, ask()).status == 200
    poll(lambda: router.in_flight() == 0, COUNTED)


def test_a_request_without_a_connection_waits_and_one_too_many_is_refused(engines, route: Start):
    gate = Gate()
    [engine] = engines(gate)
    router = route(model("alpha", engine, reliability={"max_connections": 1, "max_pending": 1}))
    with ThreadPoolExecutor(2) as pool:
        held = [pool.submit(wire.chat, router.port, ask())]
        engine.wait_for_calls(1)
        held.append(pool.submit(wire.chat, router.port, ask()))
        poll(lambda: router.in_flight() == 2, "the second waits")
        answer = wire.chat(router.port, ask())
        assert answer.status == 503
        assert answer.json()["error"]["type"] == "server_error"
        assert answer.json()["error"]["code"] == "upstream_overflow"
        assert len(engine.calls) == 1
        gate.opened.set()
        assert [answer.result().status for answer in held] == [200, 200]
    assert len(engine.calls) == 2
    poll(lambda: router.in_flight() == 0, COUNTED)


def test_a_request_too_many_for_one_replica_goes_to_another(engines, route: Start):
    gates = Gate(), Gate()
    large, small = engines(*gates)
    limits = {"max_connections": 1, "max_pending": 1}
    router = route(model("alpha", large, small, weights=[100, 1], reliability=limits))
    with ThreadPoolExecutor(4) as pool:
        held = []
        # One on either; one more that waits at the large one, which has less to do for its weight; and one too many.
        for count in range(1, 5):
            held.append(pool.submit(wire.chat, router.port, ask()))
            poll(lambda: router.in_flight() == count, f"{count} run or wait")
        assert (len(large.calls), len(small.calls)) == (1, 1)
        gates[1].opened.set()
        poll(lambda: sum(answer.done() for answer in held) == 2, "the small one serves what came to it")
        gates[0].opened.set()
        assert {answer.result().status for answer in held} == {200}
    assert (len(large.calls), len(small.calls)) == (2, 2)
    assert router.metric("switchyard_retries_total") == 1
    # Our own limits say nothing against a replica.
    assert router.metric("switchyard_replica_ready") == 2
    poll(lambda: router.in_flight() == 0, COUNTED)


def test_a_client_that_leaves_while_it_waits_for_a_connection_is_not_served(engines, route: Start):
    gate = Gate()
    [engine] = engines(gate)
    router = route(model("alpha", engine, reliability={"max_connections": 1, "max_pending": 1}))
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(wire.chat, router.port, ask())
        engine.wait_for_calls(1)
        with wire.Connection(router.port) as connection:
            connection.send(wire.request(CHAT, ask()))
            poll(lambda: router.in_flight() == 2, "the second waits")
            time.sleep(NOT_ALONG)
        poll(lambda: router.in_flight() == 1, "it has left")
        gate.opened.set()
        assert held.result().status == 200
    assert wire.chat(router.port, ask()).status == 200
    assert len(engine.calls) == 2


# Hedging and timeouts


def test_a_second_copy_answers_for_a_replica_that_hangs(engines, route: Start):
    first, second = engines(answers, answers)
    router = route(model("alpha", first, second, reliability={"hedge_after": "100ms"}))
    with wire.Connection(router.port) as connection:

        def asked() -> tuple[wire.Response, float]:
            began = time.monotonic()
            connection.send(wire.request(CHAT, ask()))
            return connection.read(), time.monotonic() - began

        # A twentieth of the requests may be sent twice, so that a quiet model has none to spend.
        for _ in range(25):
            assert asked()[0].status == 200
        first.script = hangs
        calls = len(first.calls)
        while len(first.calls) == calls:
            answer, seconds = asked()
    assert answer.json()["engine"] == second.name
    assert 0.1 <= seconds < 0.3, f"it was answered after {seconds * 1000:.0f} ms"
    call = first.calls[calls]
    poll(lambda: call.closed_at is not None, "the other copy is given up")
    assert call.closed_at - call.at < 0.3
    poll(lambda: router.in_flight() == 0, COUNTED)
    assert router.metric("switchyard_hedges_total") == 1
    assert router.metric("switchyard_retries_total") == 0


def test_times_are_bounded_by_model(engines, route: Start):
    gate = Gate()
    slow, other = engines(hangs, gate)
    router = route(
        model("first-byte", slow, reliability={"first_byte_timeout": "300ms"}),
        model("total", slow, reliability={"total_timeout": "300ms"}),
        model("free", other),
    )
    with ThreadPoolExecutor(1) as pool:
        free = pool.submit(wire.chat, router.port, ask("free"))
        for name, code in (("first-byte", "upstream_first_byte_timeout"), ("total", "request_timeout")):
            began = time.monotonic()
            answer = wire.chat(router.port, ask(name))
            seconds = time.monotonic() - began
            assert answer.status == 504
            assert answer.json()["error"]["code"] == code
            assert answer.json()["error"]["type"] == "server_error"
            # A sweep each 100 ms, and a busy machine.
            assert 0.3 <= seconds < 0.6, f"{name}: after {seconds:.2f} s"
            call = slow.calls[-1]
            poll(lambda: call.closed_at is not None, "the engine's connection is closed")
        gate.opened.set()
        assert free.result().status == 200, "a model without limits waits"
    poll(lambda: router.in_flight() == 0, COUNTED)


def test_a_stream_over_its_total_time_ends_with_an_event_that_says_so(engines, route: Start):
    def drips(call: Call) -> bool:
        call.read_body()
        call.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while True:
                call.send(EVENT)
                time.sleep(0.02)
        except OSError:
            call.closed_at = time.monotonic()
        return False

    [engine] = engines(drips)
    router = route(model("alpha", engine, reliability={"total_timeout": "400ms", "idle_timeout": "300ms"}))
    with wire.Connection(router.port) as connection:
        began = time.monotonic()
        connection.send(wire.request(CHAT, ask(stream=True)))
        answer = connection.read()
        seconds = time.monotonic() - began
        assert 0.4 <= seconds < 0.8, f"it ended after {seconds:.2f} s"
        last = answer.body.strip().rpartition(b"data: ")[2]
        assert json.loads(last)["error"]["code"] == "upstream_request_timeout"
        assert b"[DONE]" not in answer.body
        connection.send(wire.request("/health"))
        assert connection.read().status == 200
    poll(lambda: engine.calls[0].closed_at is not None, "the engine's connection is closed")
    assert router.metric("switchyard_broken_answers_total") == 1
    poll(lambda: router.in_flight() == 0, COUNTED)


def test_connections_are_opened_before_they_are_needed(engines, route: Start):
    first, second = engines(answers, answers)
    router = route(
        model("alpha", first, reliability={"min_idle_connections": 3}),
        model("beta", second),
    )
    poll(lambda: len(first.silent) == 3, "three connections are open before any request", within=5)
    ahead = set(first.silent)
    assert not second.silent
    with wire.Connection(router.port) as connection:
        for _ in range(5):
            connection.send(wire.request(CHAT, ask()))
            assert connection.read().status == 200
    assert {call.socket.getpeername()[1] for call in first.calls} <= ahead, "requests use what was opened ahead"


# Clients that close their side, or leave


def test_a_client_that_closes_its_side_with_its_request_gets_its_answer(engines, route: Start):
    def later(call: Call) -> bool:
        call.read_body()
        time.sleep(0.03)
        return call.answer()

    [engine] = engines(later)
    router = route(model("alpha", engine))
    requests = [
        (wire.request(CHAT, ask()), 1),
        (wire.request(CHAT, ask(padding=60_000)), 1),
        (wire.request(CHAT, ask()) * 3, 3),
        (wire.request("/v1/rerank", ask()), 1),
        (wire.request("/health"), 1),
    ]
    for data, count in requests:
        for _ in range(5):
            with wire.Connection(router.port) as connection:
                # The last bytes wait for what follows, so that they leave along with the end.
                connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
                connection.send(data)
                connection.socket.shutdown(socket.SHUT_WR)
                assert [connection.read().status for _ in range(count)] == [200] * count
                assert connection.is_closed_by_peer()
    poll(lambda: router.in_flight() == 0, COUNTED)
    assert router.metric("switchyard_clients_gone_total") == 0


def test_a_request_that_its_client_did_not_end_is_not_served(engines, route: Start):
    [engine] = engines(answers)
    router = route(model("alpha", engine))
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(CHAT, ask())[:-1])
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.is_closed_by_peer()
    assert not engine.calls


def streams(call: Call) -> bool:
    """Begins to answer, and goes on only when the client has left."""
    call.read_body()
    call.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    call.send(EVENT)
    return call.wait_for_close()


@pytest.mark.parametrize("script", [hangs, streams], ids=["before the head", "within a stream"])
@pytest.mark.parametrize("resets", [False, True], ids=["closes", "resets"])
def test_a_client_that_leaves_frees_its_engine_at_once(engines, route: Start, script: Script, resets: bool):
    [engine] = engines(script)
    router = route(model("alpha", engine))
    times = []
    for index in range(20):
        connection = wire.Connection(router.port)
        connection.send(wire.request(CHAT, ask(stream=True)))
        call = engine.wait_for_calls(index + 1)[index]
        if script is streams:
            assert connection.read_head().status == 200
            connection.read_chunk()
        else:
            time.sleep(NOT_ALONG)
        if resets:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        left = time.monotonic()
        connection.close()
        poll(lambda: call.closed_at is not None, "the engine's connection is closed")
        times.append((call.closed_at - left) * 1000)
    print(f"an engine is free {statistics.median(times):.2f} ms after its client left, {max(times):.2f} ms at most")
    assert max(times) < 50
    poll(lambda: router.in_flight() == 0, COUNTED)
    assert router.metric("switchyard_clients_gone_total") == 20
