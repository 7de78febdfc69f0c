"""Engines that send the events of a stream back to back: the gateway listens to them by moments, and loses nothing."""

from __future__ import annotations

import statistics
import time

import wire
from clients import CHAT, ask
from conftest import Engines, Route
from processes import poll
from recording_engine import EVENT, STREAM_HEAD, Call, model

LAST = b"0\r\n\r\n"


def event(number: int) -> bytes:
    return b'data: {"number":%d}\n\n' % number


class Bursts:
    """A script that sends so many events, each by a call of its own and as fast as they are taken, and then `last`."""

    def __init__(self, count: int, last: bytes):
        self.count = count
        self.last = last
        # How long the sending took, in seconds, by call.
        self.spans: list[float] = []

    def __call__(self, call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD)
        begun = time.monotonic()
        for number in range(self.count):
            part = event(number)
            call.send(b"%x\r\n%s\r\n" % (len(part), part))
        self.spans.append(time.monotonic() - begun)
        call.send(self.last)
        # Without an end, nothing comes behind the events either.
        return self.last == LAST if self.last else call.wait_for_close()


class CountingConnection(wire.Connection):
    """Counts the pieces in which bytes come."""

    def __init__(self, port: int):
        super().__init__(port)
        self.pieces = 0

    def _receive(self) -> None:
        super()._receive()
        self.pieces += 1


def test_bursts_are_gathered_and_arrive_whole_over_a_kept_connection(engines: Engines, route: Route):
    bursts = Bursts(2_000, LAST)
    [engine] = engines(bursts)
    router = route(model("alpha", engine))
    pieces = []
    with CountingConnection(router.port) as connection:
        for _ in range(7):
            connection.pieces = 0
            connection.send(wire.request(CHAT, ask()))
            assert connection.read().body == b"".join(event(number) for number in range(2_000))
            pieces.append(connection.pieces)
    assert len({call.socket.getpeername()[1] for call in engine.calls}) == 1
    # Bytes that come sooner than 125 us after others wait for a pause of 250 us, whatever the machine's pace.
    assert statistics.median(span / count for span, count in zip(bursts.spans, pieces)) > 120e-6


def test_a_burst_that_breaks_off_loses_none_of_its_events(engines: Engines, route: Route):
    [engine] = engines(Bursts(500, b"5\r\ndat"))
    router = route(model("alpha", engine))
    sent = b"".join(event(number) for number in range(500))
    for _ in range(5):
        answer = wire.chat(router.port, ask())
        assert answer.body.startswith(sent)
        assert b"upstream_closed" in answer.body[len(sent) :]
    router.wait_until_idle()


def test_the_events_of_a_burst_are_not_held_until_the_next_one(engines: Engines, route: Route):
    [engine] = engines(Bursts(200, b""))
    router = route(model("alpha", engine))
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(CHAT, ask()))
        connection.read_head()
        events = [connection.read_chunk() for _ in range(200)]
    assert events == [event(number) for number in range(200)]


def test_a_client_that_leaves_in_a_burst_ends_it(engines: Engines, route: Route):
    gone: list[Call] = []

    def endless(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD)
        try:
            while True:
                call.send(EVENT)
        except OSError:
            gone.append(call)
        return False

    [engine] = engines(endless)
    router = route(model("alpha", engine))
    for count in range(1, 11):
        with wire.Connection(router.port) as connection:
            connection.send(wire.request(CHAT, ask()))
            connection.read_head()
            for _ in range(20):
                connection.read_chunk()
        poll(lambda: len(gone) == count, "the engine's stream is closed")
    router.wait_until_idle()
