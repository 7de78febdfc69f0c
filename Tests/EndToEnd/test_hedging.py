"""A request that is sent a second time, to another replica, when the first is slow."""

from __future__ import annotations

import time

import pytest

import wire
from clients import CHAT, ask
from conftest import Engines, Route
from processes import poll
from recording_engine import STREAM_HEAD, Call, Script, answers, hangs, model


def hangs_behind_its_head(call: Call) -> bool:
    """As engines do that take a stream in at once and are slow to read its prompt."""
    call.read_body()
    call.send(STREAM_HEAD)
    return call.wait_for_close()


@pytest.mark.parametrize("script", [hangs, hangs_behind_its_head])
@pytest.mark.parametrize("more", [{}, {"retry_count": 0}], ids=["with retries", "without"])
def test_a_second_copy_answers_for_a_replica_that_hangs(engines: Engines, route: Route, more: dict, script: Script):
    first, second = engines(answers, answers)
    router = route(model("alpha", first, second, reliability={"hedge_after": "1s"} | more))
    with wire.Connection(router.port) as connection:

        def asked() -> tuple[wire.Response, float]:
            began = time.monotonic()
            connection.send(wire.request(CHAT, ask()))
            return connection.read(), time.monotonic() - began

        # A twentieth of the requests may be sent twice, so that a quiet model has none to spend.
        for _ in range(25):
            assert asked()[0].status == 200
        first.script = script
        calls = len(first.calls)
        # Chance chooses between the two.
        for _ in range(40):
            answer, seconds = asked()
            if len(first.calls) > calls:
                break
    assert answer.json()["engine"] == second.name
    assert 1 <= seconds < 5, f"it was answered after {seconds * 1000:.0f} ms"
    call = first.calls[calls]
    poll(lambda: call.closed_at is not None, "the other copy is given up")
    assert call.closed_at - call.at < 5
    router.wait_until_idle()
    assert router.metric("switchyard_hedges_total") == 1
    assert router.metric("switchyard_retries_total") == 0
