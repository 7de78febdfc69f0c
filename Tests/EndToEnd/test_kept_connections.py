"""How long idle connections to engines are kept: less than engines keep theirs."""

from __future__ import annotations

import pytest

import wire
from clients import ask
from conftest import Engines, Route
from processes import poll
from recording_engine import Call, Script, model


def keeps(*fields: str) -> Script:
    """Answers, with these fields, and waits for the gateway to close the idle connection."""

    def script(call: Call) -> bool:
        call.read_body()
        call.answer(None, *fields)
        return call.wait_for_close()

    return script


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
    [engine] = engines(keeps(*fields))
    router = route(model("alpha", engine, reliability=reliability))
    assert wire.chat(router.port, ask()).status == 200
    [call] = engine.calls
    poll(lambda: call.closed_at is not None, "the idle connection is closed", within=span + 2)
    # The engine's own limit is a second above the span where it tells one.
    assert span <= call.closed_at - call.at < span + 0.9
