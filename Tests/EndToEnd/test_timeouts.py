"""The times that a model may take, and what a client is told when they are over."""

from __future__ import annotations

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

import wire
from clients import CHAT, MEBIBYTE, TRANSCRIPTIONS, ask, form, send_in_background, upload_head
from conftest import Engines, Route
from processes import poll
from recording_engine import EVENT, STREAM_HEAD, Call, Gate, hangs, model


def test_times_are_bounded_by_model(engines: Engines, route: Route):
    gate = Gate()
    slow, other = engines(hangs, gate)
    router = route(
        model("first-byte", slow, reliability={"first_byte_timeout": "300ms"}),
        model("total", slow, reliability={"total_timeout": "300ms"}),
        model("free", other),
    )
    with ThreadPoolExecutor(1) as pool:
        free = pool.submit(wire.chat, router.port, ask("free"))
        codes = {"first-byte": "upstream_first_byte_timeout", "total": "request_timeout"}
        for number, (name, code) in enumerate(codes.items(), 1):
            began = time.monotonic()
            answer = wire.chat(router.port, ask(name))
            seconds = time.monotonic() - began
            assert answer.status == 504
            assert answer.json()["error"]["code"] == code
            assert answer.json()["error"]["type"] == "server_error"
            # A sweep each 100 ms, and a busy machine.
            assert 0.3 <= seconds < 4, f"{name}: after {seconds:.2f} s"
            call = slow.wait_for_calls(number)[number - 1]
            poll(lambda: call.closed_at is not None, "the engine's connection is closed")
        gate.opened.set()
        assert free.result().status == 200, "a model without limits waits"
    router.wait_until_idle()


def test_a_stream_over_its_total_time_ends_with_an_event_that_says_so(engines: Engines, route: Route):
    def drips(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD)
        try:
            while True:
                call.send(EVENT)
                # The pace of the stream, so that it is never idle for as long as it may be.
                time.sleep(0.02)
        except OSError:
            call.closed_at = time.monotonic()
        return False

    [engine] = engines(drips)
    router = route(model("alpha", engine, reliability={"total_timeout": "2s", "idle_timeout": "1800ms"}))
    with wire.Connection(router.port) as connection:
        began = time.monotonic()
        connection.send(wire.request(CHAT, ask(stream=True)))
        answer = connection.read()
        seconds = time.monotonic() - began
        assert 2 <= seconds < 4, f"it ended after {seconds:.2f} s"
        last = answer.body.strip().rpartition(b"data: ")[2]
        assert json.loads(last)["error"]["code"] == "upstream_request_timeout"
        assert b"[DONE]" not in answer.body
        connection.send(wire.request("/health"))
        assert connection.read().status == 200
    poll(lambda: engine.calls[0].closed_at is not None, "the engine's connection is closed")
    assert router.metric("switchyard_broken_answers_total") == 1
    router.wait_until_idle()


@pytest.mark.parametrize("taken", [1, MEBIBYTE])
def test_an_engine_that_stops_taking_an_upload_is_given_up(engines: Engines, route: Route, taken: int):
    answered = threading.Event()

    def stops(call: Call) -> bool:
        call.read_body(taken)
        assert answered.wait(20)
        return call.wait_for_close()

    [engine] = engines(stops)
    router = route(model("alpha", engine, reliability={"first_byte_timeout": "500ms", "idle_timeout": "500ms"}))
    body, kind = form("alpha", bytes(20 * MEBIBYTE))
    with wire.Connection(router.port, timeout=4) as connection:
        send_in_background(connection, upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
        assert connection.read().status == 504
    router.wait_until_idle()
    answered.set()
    poll(lambda: engine.calls[0].closed_at is not None, "the engine's connection is closed")


def test_a_stream_over_its_total_time_within_a_chunk_is_cut(engines: Engines, route: Route):
    """An event that tells the error has no place in the middle of an engine's chunk."""

    def stops(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD + b"%x\r\ndata: " % (1 << 20) + b"x" * (256 << 10))
        return call.wait_for_close()

    router = route(model("alpha", *engines(stops), reliability={"total_timeout": "2s"}))
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(CHAT, ask("alpha", stream=True)))
        assert connection.read_head().status == 200
        rest = connection.read_to_end()
    assert len(rest) > 256 << 10
    assert b"error" not in rest
    router.wait_until_idle()


def test_a_handshake_with_an_engine_takes_no_longer_than_connecting_may(route: Route):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        silently = {"name": "s", "endpoint": f"127.0.0.1:{port}", "protocol": "https"}
        router = route(
            {"name": "alpha", "backend_refs": [silently], "reliability": {"connect_timeout": "300ms", "retry_count": 0}}
        )
        began = time.monotonic()
        answer = wire.chat(router.port, ask("alpha"))
        seconds = time.monotonic() - began
    assert answer.status == 502
    assert answer.json()["error"]["code"] == "upstream_connect"
    assert seconds < 4


def test_a_replica_that_cannot_be_reached_has_failed_however_short_the_first_byte_may_take(route: Route):
    """A request waits for a connection no longer than for a first byte, which is often less than connecting may take."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as stack:
        # With its queue full the kernel answers nobody.
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        times = {"connect_timeout": "10s", "first_byte_timeout": "300ms", "retry_count": 0, "consecutive_5xx": 1,
                 "health_check_interval": "1h", "health_check_timeout": "1h"}  # fmt: skip
        router = route(model("alpha", f"127.0.0.1:{full.getsockname()[1]}", reliability=times))
        began = time.monotonic()
        answer = wire.chat(router.port, ask("alpha"))
        seconds = time.monotonic() - began
        assert answer.status == 502
        assert answer.json()["error"]["code"] == "upstream_connect"
        assert 0.3 <= seconds < 4, f"after {seconds:.2f} s"
        assert router.metric("switchyard_replica_ejections") == 1
        router.wait_until_idle()


def test_a_last_answer_is_not_cut_while_its_client_pauses(engines: Engines, route: Route):
    """Whatever of it waits in the gateway when the sockets are full: too little for it to count as full, or more."""
    whole = bytes(range(256)) * (16 << 10)
    sizes = range(200 << 10, len(whole), 50 << 10)

    def script(call: Call) -> bool:
        call.read_body()
        return call.answer(whole[: int(call.values("x-size")[0])])

    router = route(model("alpha", *engines(script)))
    with ExitStack() as stack:
        clients = []
        for size in sizes:
            connection = stack.enter_context(wire.Connection(router.port))
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)
            connection.send(wire.request(CHAT, ask(), headers=("Connection: close", f"x-size: {size}")))
            clients.append(connection)
        # Longer than a client is given to notice the end of what it has taken.
        time.sleep(3)
        for size, connection in zip(sizes, clients, strict=True):
            assert connection.read().body == whole[:size]
    router.wait_until_idle()
