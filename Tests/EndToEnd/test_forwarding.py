"""What an engine is told of the client, and the fields that one hop keeps to itself."""

from __future__ import annotations

import pytest

import wire
from clients import CHAT, ask
from conftest import Engines, Route
from recording_engine import Call, answers, model

CLAIMS = (
    "X-Forwarded-For: 203.0.113.9",
    "X-Forwarded-For: 203.0.113.10",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: api.example.com",
    "Forwarded: for=203.0.113.9;proto=https",
)
OURS = {
    "x-forwarded-for": ["127.0.0.1"],
    "x-forwarded-proto": ["http"],
    "x-forwarded-host": ["switchyard.test"],
    "forwarded": ['for=127.0.0.1;proto=http;host="switchyard.test"'],
}


def forwarding(call: Call) -> dict[str, list[str]]:
    names = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded")
    return {name: call.values(name) for name in names}


@pytest.mark.parametrize("path", [CHAT, "/v1/rerank"])
def test_an_engine_is_told_for_whom_it_works_and_no_claim_of_a_client(engines: Engines, route: Route, path: str):
    [engine] = engines(answers)
    router = route(model("alpha", engine))
    for fields in ((), CLAIMS, ("Connection: x-forwarded-for, forwarded", *CLAIMS)):
        assert wire.post(router.port, path, ask(), *fields).status == 200
        assert forwarding(engine.calls[-1]) == OURS


UNKNOWN_CLAIMS = ("X-Forwarded-Client-Cert: By=x", "X-Forwarded-Port: 1", "X-Real-Ip: 203.0.113.9", "X-Forwarded: 1")


@pytest.mark.parametrize("path", [CHAT, "/v1/rerank"])
@pytest.mark.parametrize("is_believed", [False, True])
def test_further_claims_pass_only_from_a_trusted_proxy(engines: Engines, route: Route, path: str, is_believed: bool):
    [engine] = engines(answers)
    router = route(model("alpha", engine), listener={"trust_forwarded": is_believed})
    assert wire.post(router.port, path, ask(), *UNKNOWN_CLAIMS).status == 200
    for claim in UNKNOWN_CLAIMS[:3]:
        name, _, value = claim.lower().partition(": ")
        values = [value.lower() for value in engine.calls[-1].values(name)]
        assert values == ([value] if is_believed else []), name
    # No proxy's field.
    assert engine.calls[-1].values("x-forwarded") == ["1"]


def test_every_name_of_a_long_connection_field_stays_with_its_hop(engines: Engines, route: Route):
    [engine] = engines(answers)
    router = route(model("alpha", engine))
    names = ",".join(f"x{number:x}" for number in range(9_000))
    assert wire.post(router.port, CHAT, ask(), f"Connection: {names}", "X1: 1", "Y1: 1").status == 200
    assert engine.calls[-1].values("x1") == [] and engine.calls[-1].values("y1") == ["1"]


@pytest.mark.parametrize("path", [CHAT, "/v1/rerank"])
def test_behind_a_trusted_proxy_its_claims_are_kept_and_added_to(engines: Engines, route: Route, path: str):
    [engine] = engines(answers)
    router = route(model("alpha", engine), listener={"trust_forwarded": True})
    assert wire.post(router.port, path, ask(), *CLAIMS).status == 200
    assert forwarding(engine.calls[-1]) == {
        "x-forwarded-for": ["203.0.113.9, 203.0.113.10, 127.0.0.1"],
        "x-forwarded-proto": ["https"],
        "x-forwarded-host": ["api.example.com"],
        "forwarded": ['for=203.0.113.9;proto=https, for=127.0.0.1;proto=http;host="switchyard.test"'],
    }
    assert wire.post(router.port, path, ask()).status == 200
    assert forwarding(engine.calls[-1]) == OURS


@pytest.mark.parametrize("path", [CHAT, "/v1/rerank"])
def test_an_engine_is_told_by_which_proxies_a_request_came(engines: Engines, route: Route, path: str):
    [engine] = engines(answers)
    router = route(model("alpha", engine))
    assert wire.post(router.port, path, ask()).status == 200
    assert engine.calls[-1].values("via") == ["1.1 switchyard"]
    assert wire.post(router.port, path, ask(), "Via: 2 first, 1.1 second").status == 200
    assert engine.calls[-1].values("via") == ["2 first, 1.1 second", "1.1 switchyard"]


@pytest.mark.parametrize("path", [CHAT, "/v1/rerank"])
def test_fields_of_one_hop_pass_in_neither_direction(engines: Engines, route: Route, path: str):
    back = ("Connection: keep-alive, x-engine-hop", "Keep-Alive: timeout=9", "X-Engine-Hop: 1", "X-Engine-End: 1")
    [engine] = engines(lambda call: bool(call.read_body()) and call.answer(None, *back))
    router = route(model("alpha", engine))
    fields = ("Connection: keep-alive, X-Hop", "Keep-Alive: timeout=5", "X-Hop: 1", "TE: trailers", "X-End: 1")
    answer = wire.post(router.port, path, ask(), "Upgrade: h2c", "Proxy-Connection: keep-alive", *fields)
    assert answer.status == 200
    call = engine.calls[-1]
    for name in ("connection", "keep-alive", "x-hop", "te", "upgrade", "proxy-connection", "expect"):
        assert call.values(name) == [], name
    assert call.values("x-end") == ["1"]
    assert call.values("host") == [engine.address]
    assert (answer.header("keep-alive"), answer.header("x-engine-hop")) == (None, None)
    assert answer.header("x-engine-end") == "1"
