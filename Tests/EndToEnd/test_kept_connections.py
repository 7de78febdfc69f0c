"""How long idle connections to engines are kept: less than engines keep theirs."""

from __future__ import annotations

import threading
import time

import pytest

import wire
from clients import CHAT, MEBIBYTE, TRANSCRIPTIONS, ask, chunked, form, upload_head
from conftest import Engines, Route
from processes import poll
from recording_engine import Call, Script, answers, model


def keeps(*fields: str) -> Script:
    """Answers, with these fields, and waits for the gateway to close the idle connection."""

    def script(call: Call) -> bool:
        call.read_body()
        call.answer(None, *fields)
        return call.wait_for_close()

    return script


@pytest.mark.parametrize(
    "reliability, fields, span, most",
    [
        ({"connection_idle_timeout": "300ms"}, (), 0.3, 5),
        ({"connection_idle_timeout": "300ms"}, ("Keep-Alive: timeout=75",), 0.3, 5),
        # Engines close a second later than the span.
        ({"connection_idle_timeout": "30s"}, ("Keep-Alive: timeout=2, max=9",), 1, 1.9),
        ({}, ("keep-alive: timeout=2",), 1, 1.9),
        ({}, (), 4, 4.9),
    ],
    ids=["set", "set below the engine's", "set above the engine's", "the engine's", "usual"],
)
def test_an_idle_connection_ends_before_the_engine_ends_it(
    engines: Engines, route: Route, reliability: dict, fields: tuple[str, ...], span: float, most: float
):
    [engine] = engines(keeps(*fields))
    router = route(model("alpha", engine, reliability=reliability))
    assert wire.chat(router.port, ask()).status == 200
    [call] = engine.calls
    poll(lambda: call.closed_at is not None, "the idle connection is closed")
    assert span <= call.closed_at - call.at < most


def test_a_connection_whose_request_did_not_leave_is_not_used_again(engines: Engines, route: Route):
    over = threading.Event()

    def early(call: Call) -> bool:
        if len(call.values("content-length")[0]) < 7:
            call.read_body()
            return call.answer()
        # Refused unread, and kept: what the engine has not taken, and never takes, stands before whatever comes next.
        call.answer(b'{"error":{"message":"too long"}}', status="413 Payload Too Large")
        over.wait(20)
        return False

    [engine] = engines(early)
    engine.limit_receive_buffer(1 << 16)
    limits = {"connection_idle_timeout": "30s", "first_byte_timeout": "2s"}
    router = route(model("alpha", engine, reliability=limits))
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(CHAT, ask(padding=20 * MEBIBYTE)))
        assert connection.read().status == 413
        for _ in range(2):
            connection.send(wire.request(CHAT, ask()))
            assert connection.read().status == 200
    over.set()
    # A request that has left leaves its connection to the next.
    assert len({call.socket.getpeername()[1] for call in engine.calls[1:]}) == 1


def test_a_long_request_that_has_left_leaves_its_connection_to_the_next(engines: Engines, route: Route):
    [engine] = engines(answers)
    router = route(model("alpha", engine, reliability={"connection_idle_timeout": "30s"}))
    body, kind = form("alpha", b"x" * MEBIBYTE)
    with wire.Connection(router.port) as connection:
        for _ in range(3):
            connection.send(wire.request(CHAT, ask(padding=MEBIBYTE)))
            assert connection.read().status == 200
            connection.send(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
            assert connection.read().status == 200
            connection.send(upload_head(TRANSCRIPTIONS, kind, None) + chunked(body))
            assert connection.read().status == 200
    assert len(engine.calls) == 9
    assert len({call.socket.getpeername()[1] for call in engine.calls}) == 1


def test_an_engine_that_dies_long_after_its_request_came_has_failed_at_it(engines: Engines, route: Route):
    def dies(call: Call) -> bool:
        call.read_body()
        time.sleep(1.2)
        return False

    [engine] = engines(answers)
    limits = {"retry_budget_percent": 0, "connection_idle_timeout": "30s", "consecutive_5xx": 1}
    router = route(model("alpha", engine, reliability=limits))
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(CHAT, ask()))
        assert connection.read().status == 200
        engine.script = dies
        connection.send(wire.request(CHAT, ask()))
        answer = connection.read()
    assert (answer.status, answer.json()["error"]["code"]) == (502, "upstream_closed")
    assert len(engine.calls) == 2, "it was not sent to the same engine again"
    assert router.metric("switchyard_replica_ejections") == 1
