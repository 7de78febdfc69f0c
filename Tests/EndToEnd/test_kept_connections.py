"""How long idle connections to engines are kept: less than engines keep theirs."""

from __future__ import annotations

import time

import pytest

import wire
from clients import ask
from conftest import Engines, Route
from recording_engine import Call, model


class Keeper:
    """Answers, with a field where one is given, and notes when the gateway closes the idle connection."""

    def __init__(self, *fields: str):
        self._fields = fields
        self.spans: list[float] = []

    def __call__(self, call: Call) -> bool:
        call.read_body()
        call.answer(None, *self._fields)
        began = time.monotonic()
        call.wait_for_close()
        self.spans.append(time.monotonic() - began)
        return False


@pytest.mark.parametrize(
    "reliability, fields, span",
    [
        ({"connection_idle_timeout": "300ms"}, (), 0.3),
        ({"connection_idle_timeout": "300ms"}, ("Keep-Alive: timeout=75",), 0.3),
        ({"connection_idle_timeout": "30s"}, ("Keep-Alive: timeout=2, max=9",), 1),
        ({}, ("keep-alive: timeout=2",), 1),
        ({}, (), 4),
    ],
    ids=["set", "set below the engine's", "set above the engine's", "the engine's", "usual"],
)
def test_an_idle_connection_ends_before_the_engine_ends_it(
    engines: Engines, route: Route, reliability: dict, fields: tuple[str, ...], span: float
):
    keeper = Keeper(*fields)
    [engine] = engines(keeper)
    router = route(model("alpha", engine, reliability=reliability))
    assert wire.chat(router.port, ask()).status == 200
    end = time.monotonic() + span + 2
    while not keeper.spans and time.monotonic() < end:
        time.sleep(0.02)
    assert keeper.spans and span - 0.05 <= keeper.spans[0] < span + 0.9, keeper.spans
