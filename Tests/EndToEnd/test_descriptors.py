"""A gateway that has no descriptor left: that is its own fault, and no engine's."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import wire
from clients import CHAT, ask
from conftest import Engines, Maker, Route
from processes import poll
from recording_engine import ConfiguredRouter, answers, document, model


@contextmanager
def without_descriptors(router: ConfiguredRouter) -> Iterator[None]:
    """Lets the router open nothing meanwhile: a new descriptor's number must be below the limit."""
    before = resource.prlimit(router.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(router.process.pid, resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        yield
    finally:
        resource.prlimit(router.process.pid, resource.RLIMIT_NOFILE, before)


def test_a_gateway_without_descriptors_blames_no_engine(engines: Engines, route: Route):
    first, second = engines(answers, answers)
    limits = {"health_check_interval": "100ms", "consecutive_5xx": 1, "connection_idle_timeout": "100ms"}
    router = route(model("alpha", first, second, reliability=limits))
    with wire.Connection(router.port) as connection:
        connection.send(wire.request("/health"))
        assert connection.read().status == 200
        with without_descriptors(router):
            end = time.monotonic() + 0.5
            # Over several probes.
            while time.monotonic() < end:
                connection.send(wire.request(CHAT, ask()))
                answer = connection.read()
                assert answer.status == 503, answer
                assert answer.header("retry-after") == "1"
                error = answer.json()["error"]
                assert error["code"] == "upstream_exhausted"
                assert "too many open files" in error["message"]
                time.sleep(0.01)
        assert not first.calls and not second.calls
        assert router.metric("switchyard_replica_ejections") == 0
        assert router.metric("switchyard_replica_ready") == 2
        connection.send(wire.request(CHAT, ask()))
        assert connection.read().status == 200
    assert "failing" not in router.errors and "ejected" not in router.errors


def test_the_limit_of_descriptors_is_raised_and_told_where_it_is_too_small(engines: Engines, make: Maker):
    [engine] = engines(answers)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        routers = [
            make.keep(ConfiguredRouter("-c", str(make.file(document(model("alpha", engine), gateway=gateway)))))
            for gateway in ({"max_connections": hard - 200}, {"max_connections": hard - 50})
        ]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for router in routers:
        assert resource.prlimit(router.process.pid, resource.RLIMIT_NOFILE) == (hard, hard)
    assert "descriptors" not in routers[0].errors
    poll(lambda: f"may open {hard} descriptors, too few for {hard - 50} clients" in routers[1].errors, "it is told")
