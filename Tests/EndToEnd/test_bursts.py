"""Engines that send the events of a stream back to back: the gateway listens to them by moments, and loses nothing."""

from __future__ import annotations

import time

import wire
from clients import CHAT, ask
from conftest import Engines, Route
from processes import poll
from recording_engine import STREAM_HEAD, Call, Script, model

LAST = b"0\r\n\r\n"


def event(number: int) -> bytes:
    return b'data: {"number":%d}\n\n' % number


def bursts(count: int, last: bytes) -> Script:
    """Sends so many events, each by a call of its own and as fast as they are taken, and then `last`."""

    def script(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD)
        for number in range(count):
            part = event(number)
            call.send(b"%x\r\n%s\r\n" % (len(part), part))
        call.send(last)
        return last == LAST

    return script


def test_bursts_arrive_whole_and_in_order_over_a_kept_connection(engines: Engines, route: Route):
    [engine] = engines(bursts(2_000, LAST))
    router = route(model("alpha", engine))
    with wire.Connection(router.port) as connection:
        for _ in range(5):
            connection.send(wire.request(CHAT, ask()))
            assert connection.read().body == b"".join(event(number) for number in range(2_000))
    assert len({call.socket.getpeername()[1] for call in engine.calls}) == 1


def test_a_burst_that_breaks_off_loses_none_of_its_events(engines: Engines, route: Route):
    [engine] = engines(bursts(500, b"5\r\ndat"))
    router = route(model("alpha", engine))
    sent = b"".join(event(number) for number in range(500))
    for _ in range(5):
        answer = wire.chat(router.port, ask())
        assert answer.body.startswith(sent)
        assert b"upstream_closed" in answer.body[len(sent) :]
    router.wait_until_idle()


def test_the_events_of_a_burst_are_not_held_until_the_next_one(engines: Engines, route: Route):
    def script(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD)
        for number in range(5):
            part = event(number)
            call.send(b"%x\r\n%s\r\n" % (len(part), part))
        return call.wait_for_close()

    [engine] = engines(script)
    router = route(model("alpha", engine))
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(CHAT, ask()))
        connection.read_head()
        assert b"".join(connection.read_chunk() for _ in range(5)) == b"".join(event(number) for number in range(5))


def test_a_client_that_leaves_in_a_burst_ends_it(engines: Engines, route: Route):
    def endless(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD)
        try:
            while True:
                call.send(b"10\r\ndata: {\"a\": 1}\n\n\r\n")
                time.sleep(2e-5)
        except OSError:
            call.closed_at = time.monotonic()
        return False

    [engine] = engines(endless)
    router = route(model("alpha", engine))
    for count in range(1, 11):
        with wire.Connection(router.port) as connection:
            connection.send(wire.request(CHAT, ask()))
            connection.read_head()
            for _ in range(20):
                connection.read_chunk()
        left = time.monotonic()
        call = engine.wait_for_calls(count)[-1]
        poll(lambda: call.closed_at is not None, "the engine's stream is closed")
        assert call.closed_at - left < 0.1
    router.wait_until_idle()
