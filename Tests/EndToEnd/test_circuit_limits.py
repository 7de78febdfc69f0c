"""How much a replica is given at once, requests and connections, and what becomes of more."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import wire
from clients import CHAT, NOT_ALONG, ask, wait_for_standstill
from conftest import Engines, Maker, Route
from processes import poll
from recording_engine import Call, ConfiguredRouter, Gate, answers, document, model


def test_a_replica_gets_no_more_requests_than_it_may_work_on(engines: Engines, route: Route):
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
    router.wait_until_idle()


def test_a_request_without_a_connection_waits_and_one_too_many_is_refused(engines: Engines, route: Route):
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
        assert answer.header("retry-after") == "1"
        assert len(engine.calls) == 1
        gate.opened.set()
        assert [answer.result().status for answer in held] == [200, 200]
    assert len(engine.calls) == 2
    router.wait_until_idle()


def test_a_request_that_no_connection_comes_free_for_is_told_so(engines: Engines, route: Route):
    gate = Gate()
    [engine] = engines(gate)
    limits = {"max_connections": 1, "first_byte_timeout": "500ms", "retry_count": 0}
    router = route(
        model("alpha", engine, reliability=limits | {"first_byte_timeout": "20s"}),
        model("beta", engine, reliability=limits),
    )
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(wire.chat, router.port, ask())
        engine.wait_for_calls(1)
        answer = wire.chat(router.port, ask("beta"))
        gate.opened.set()
        assert held.result().status == 200
    assert (answer.status, answer.header("retry-after")) == (503, "1")
    error = answer.json()["error"]
    assert error["code"] == "upstream_wait_timeout" and "no connection to it became free in time" in error["message"]
    assert len(engine.calls) == 1
    assert router.metric("switchyard_replica_ready") == 1, "its own limit says nothing against a replica"
    router.wait_until_idle()


def test_a_request_too_many_for_one_replica_goes_to_another(engines: Engines, route: Route):
    gates = Gate(), Gate()
    large, small = engines(*gates)
    limits = {"max_connections": 1, "max_pending": 1}
    router = route(
        model("alpha", large, small, weights=[100, 1], reliability=limits, balancing={"strategy": "least-request"})
    )
    with ThreadPoolExecutor(4) as pool:
        held = []
        # One on either; one more that waits at the large one, which has less to do for its weight; and one too many.
        for count in range(1, 5):
            held.append(pool.submit(wire.chat, router.port, ask()))
            poll(lambda: router.in_flight() == count, f"{count} run or wait")
        poll(lambda: (len(large.calls), len(small.calls)) == (1, 1), "either has got one")
        gates[1].opened.set()
        poll(lambda: sum(answer.done() for answer in held) == 2, "the small one serves what came to it")
        gates[0].opened.set()
        assert {answer.result().status for answer in held} == {200}
    assert (len(large.calls), len(small.calls)) == (2, 2)
    assert router.metric("switchyard_retries_total") == 1
    # Our own limits say nothing against a replica.
    assert router.metric("switchyard_replica_ready") == 2
    router.wait_until_idle()


def test_a_client_that_leaves_while_it_waits_for_a_connection_is_not_served(engines: Engines, route: Route):
    gate = Gate()
    [engine] = engines(gate)
    router = route(model("alpha", engine, reliability={"max_connections": 1, "max_pending": 1}))
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(wire.chat, router.port, ask())
        engine.wait_for_calls(1)
        with wire.Connection(router.port) as connection:
            connection.send(wire.request(CHAT, ask()))
            poll(lambda: router.in_flight() == 2, "the second waits")
            # It leaves a time after its request, as one does that has lost patience.
            time.sleep(NOT_ALONG)
        poll(lambda: router.in_flight() == 1, "it has left")
        gate.opened.set()
        assert held.result().status == 200
    assert wire.chat(router.port, ask()).status == 200
    assert len(engine.calls) == 2


def test_connections_are_opened_before_they_are_needed(engines: Engines, route: Route):
    first, second = engines(answers, answers)
    router = route(
        # While one of three is in use another would be opened, and be the newest: those are used first.
        model("alpha", first, reliability={"min_idle_connections": 3, "max_connections": 3}),
        model("beta", second),
    )
    # A probe's connection is silent too, until the probe is read.
    poll(
        lambda: len(first.silent) == 3 and wait_for_standstill(lambda: len(first.silent), "no more are opened") == 3,
        "three connections are open before any request",
    )
    ahead = set(first.silent)
    poll(lambda: not second.silent, "none is open to an engine without such a minimum")
    with wire.Connection(router.port) as connection:
        for _ in range(5):
            connection.send(wire.request(CHAT, ask()))
            assert connection.read().status == 200
    assert {call.socket.getpeername()[1] for call in first.calls} <= ahead, "requests use what was opened ahead"


def test_an_engine_that_ends_a_connection_opened_ahead_has_not_failed(engines: Engines, route: Route):
    def ends_those_opened_ahead(call: Call) -> bool:
        call.read_body()
        return call.socket.getpeername()[1] not in ahead and call.answer()

    [engine] = engines(ends_those_opened_ahead)
    limits = {"min_idle_connections": 3, "retry_budget_percent": 0, "consecutive_5xx": 1}
    router = route(model("alpha", engine, reliability=limits))
    poll(lambda: len(engine.silent) == 3, "three connections are open before any request", within=5)
    wait_for_standstill(lambda: len(engine.silent), "no more are opened")
    ahead = set(engine.silent)
    assert wire.chat(router.port, ask()).status == 200
    assert len(engine.calls) == 2
    assert router.metric("switchyard_replica_ejections") == 0
    assert router.metric("switchyard_retries_total") == 0


def test_going_on_from_a_full_replica_takes_nothing_of_the_retry_budget(engines: Engines, route: Route):
    gate = Gate()
    replicas = engines(gate, gate)
    # No budget but its reserve of ten, and all ask for the same replica first.
    limits = {"max_connections": 1, "max_pending": 30, "retry_budget_percent": 0}
    router = route(model("alpha", *replicas, reliability=limits, balancing={"strategy": "session-affinity"}))
    with ThreadPoolExecutor(62) as pool:
        held = [pool.submit(wire.chat, router.port, ask(), "x-session-id: k") for _ in range(62)]
        poll(lambda: router.in_flight() == 62, "one works and 30 wait on either")
        assert router.metric("switchyard_retries_total") > 20
        assert router.metric("switchyard_retries_withheld_total") == 0
        gate.opened.set()
        assert {answer.result().status for answer in held} == {200}
    router.wait_until_idle()


def test_clients_are_counted_over_all_event_loops(engines: Engines, make: Maker):
    [engine] = engines(answers)
    file = make.file(document(model("alpha", engine), gateway={"max_connections": 4}))
    router = make.keep(ConfiguredRouter("-c", str(file), "--loops", "3"))

    def connect() -> wire.Connection | None:
        connection = wire.Connection(router.port)
        try:
            connection.send(wire.request("/health"))
            assert connection.read().status == 200
            return connection
        except (EOFError, ConnectionError):
            connection.close()
            return None

    held = [connect() for _ in range(4)]
    assert all(held), "as many as may be, whichever loop they come to"
    for _ in range(3):
        assert connect() is None, "one too many"
    for connection in held[:2]:
        connection.close()
    for _ in range(2):
        held.append(poll(connect, "the places that were left are taken again"))
    assert connect() is None
    for connection in held[2:]:
        connection.close()
