"""What one client, or many, may take of the gateway: connections, and bodies that nobody wants."""

from __future__ import annotations

import socket

import pytest

import wire
from conftest import Engines, Route
from processes import poll
from recording_engine import answers, model

HEALTH = wire.request("/health")


def refused(port: int) -> bool:
    """Whether a new connection is closed without an answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        try:
            client.sendall(HEALTH)
            return client.recv(64) == b""
        except ConnectionError:
            return True


def test_connections_above_the_limit_are_closed_and_take_no_place(engines: Engines, route: Route):
    router = route(model("alpha", *engines(answers)), gateway={"max_connections": 4})
    kept = [wire.Connection(router.port) for _ in range(4)]
    for client in kept:
        client.send(HEALTH)
        assert client.read().status == 200
    assert all(refused(router.port) for _ in range(8))
    for client in kept:
        client.close()
    poll(lambda: not refused(router.port), "the places of those that left can be taken")
    assert router.metric("switchyard_connections_refused_total") >= 8


@pytest.mark.parametrize("line", ["POST /v1/nothing", "PUT /v1/chat/completions", "POST /health", "DELETE /v1/rerank"])
@pytest.mark.parametrize("framing", ["Content-Length: 10000000000", "Transfer-Encoding: chunked"])
def test_a_body_that_nobody_wants_is_not_waited_for(engines: Engines, route: Route, line: str, framing: str):
    router = route(model("alpha", *engines(answers)))
    with wire.Connection(router.port, timeout=5) as client:
        # The beginning of a body that never ends; of chunks nobody knows how many come, so some are read.
        client.send(f"{line} HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n".encode() + b"fffffff\r\n" + b"x" * (128 << 10))
        answer = client.read_head()
        assert answer.status in (404, 405)
        assert answer.header("connection") == "close"
