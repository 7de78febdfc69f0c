"""CORS: what browsers are told, by the listener's policy or without one."""

from __future__ import annotations

import pytest

import wire
from clients import CHAT, ask
from conftest import Engines, Route
from recording_engine import answers, model

ORIGIN = "https://app.example.com"


def access(answer: wire.Response) -> dict[str, str]:
    """The fields of an answer that CORS is about."""
    return {name: value for name, value in answer.headers if name.startswith("access-control-")}


def preflight(port: int, path: str = CHAT, origin: str = ORIGIN) -> wire.Response:
    fields = (
        f"Origin: {origin}",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: authorization, content-type",
    )
    with wire.Connection(port) as connection:
        connection.send(wire.request(path, method="OPTIONS", headers=fields))
        answer = connection.read()
        # 204 has no body, so the connection serves on.
        connection.send(wire.request("/health"))
        assert connection.read().status == 200
        return answer


def test_a_preflight_says_what_the_policy_allows(engines: Engines, route: Route):
    [engine] = engines(answers)
    cors = {
        "allow_origins": [ORIGIN, "http://localhost:3000"],
        "allow_methods": ["GET", "POST"],
        "allow_headers": ["authorization", "content-type"],
        "max_age": "1h",
    }
    router = route(model("alpha", engine), listener={"cors": cors})
    for path in (CHAT, "/v1/rerank", "/v1/models"):
        answer = preflight(router.port, path)
        assert answer.status == 204
        assert access(answer) == {
            "access-control-allow-origin": ORIGIN,
            "access-control-allow-methods": "GET, POST",
            "access-control-allow-headers": "authorization, content-type",
            "access-control-expose-headers": "*",
            "access-control-max-age": "3600",
        }
        assert answer.header("vary") == "origin"
    second = preflight(router.port, origin="http://localhost:3000")
    assert access(second)["access-control-allow-origin"] == "http://localhost:3000"
    assert not engine.calls, "preflights are the gateway's"


def test_an_answer_can_be_read_by_an_allowed_origin_and_by_no_other(engines: Engines, route: Route):
    [engine] = engines(answers)
    router = route(model("alpha", engine), listener={"cors": {"allow_origins": [ORIGIN]}})
    for path, body in ((CHAT, ask()), ("/v1/rerank", '{"model":"alpha"}'), (CHAT, "[]"), ("/v1/unknown", "{}")):
        answer = wire.post(router.port, path, body, f"Origin: {ORIGIN}")
        assert access(answer)["access-control-allow-origin"] == ORIGIN, f"{path} answered {answer.status}"
        assert answer.header("vary") == "origin"
        for origin in ("https://evil.example.com", "null", ORIGIN + ".evil.com", "http://app.example.com"):
            answer = wire.post(router.port, path, body, f"Origin: {origin}")
            assert access(answer) == {}
            assert answer.header("vary") == "origin", "a cache must not give the answer to another origin"
        assert access(wire.post(router.port, path, body)) == {}
    denied = preflight(router.port, origin="https://evil.example.com")
    assert denied.status == 204 and access(denied) == {}


def test_with_credentials_nothing_is_a_star(engines: Engines, route: Route):
    """Browsers take a star for a name there, so what is asked for and what may be read is named."""
    [engine] = engines(answers)
    router = route(
        model("alpha", engine), listener={"cors": {"allow_origins": [ORIGIN], "allow_credentials": True}}
    )
    answer = preflight(router.port)
    assert access(answer)["access-control-allow-credentials"] == "true"
    assert access(answer)["access-control-allow-headers"] == "authorization, content-type"
    assert access(answer)["access-control-allow-origin"] == ORIGIN
    assert "*" not in access(answer).values()
    answer = wire.chat(router.port, ask(), f"Origin: {ORIGIN}")
    assert access(answer)["access-control-allow-credentials"] == "true"
    assert "x-request-id" in access(answer)["access-control-expose-headers"].split(", ")
    assert access(wire.chat(router.port, ask(), "Origin: https://evil.example.com")) == {}


def test_every_origin_is_a_star(engines: Engines, route: Route):
    [engine] = engines(answers)
    router = route(model("alpha", engine), listener={"cors": {"allow_origins": ["*"]}})
    answer = wire.chat(router.port, ask(), "Origin: https://anyone.example")
    assert access(answer) == {"access-control-allow-origin": "*", "access-control-expose-headers": "*"}
    assert answer.header("vary") is None
    assert access(preflight(router.port))["access-control-allow-headers"] == "authorization, content-type"


def test_the_engines_own_cors_fields_are_replaced_where_the_listener_has_a_policy(engines: Engines, route: Route):
    fields = ("Access-Control-Allow-Origin: https://engine.example", "Access-Control-Expose-Headers: x-engine")
    [engine] = engines(lambda call: bool(call.read_body()) and call.answer(None, *fields))
    replaced = route(model("alpha", engine), listener={"cors": {"allow_origins": [ORIGIN]}})
    answer = wire.chat(replaced.port, ask(), f"Origin: {ORIGIN}")
    assert [value for name, value in answer.headers if name == "access-control-allow-origin"] == [ORIGIN]
    assert access(answer)["access-control-expose-headers"] == "*"
    assert access(wire.chat(replaced.port, ask())) == {}
    passed = route(model("alpha", engine))
    assert access(wire.chat(passed.port, ask())) == {
        "access-control-allow-origin": "https://engine.example",
        "access-control-expose-headers": "x-engine",
    }


def test_without_a_policy_no_cors_field_is_written(engines: Engines, route: Route):
    [engine] = engines(answers)
    router = route(model("alpha", engine))
    answer = preflight(router.port)
    assert (answer.status, access(answer)) == (204, {})
    assert access(wire.chat(router.port, ask(), f"Origin: {ORIGIN}")) == {}


@pytest.mark.parametrize(
    "path, allow",
    [
        (CHAT, "POST, OPTIONS"),
        ("/v1/models", "GET, HEAD, OPTIONS"),
        ("/v1/rerank", "POST, OPTIONS"),
        ("/v1/files", "GET, HEAD, POST, OPTIONS"),
        ("/v1/files/f", "GET, HEAD, DELETE, OPTIONS"),
        ("*", "GET, HEAD, POST, OPTIONS"),
    ],
)
def test_options_says_which_methods_a_path_has(engines: Engines, route: Route, path: str, allow: str):
    [engine] = engines(answers)
    router = route(model("alpha", engine))
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(path, method="OPTIONS"))
        answer = connection.read()
        assert (answer.status, answer.header("allow")) == (204, allow)
        connection.send(wire.request("/v1/unknown", method="OPTIONS"))
        assert connection.read().status == 404
    assert not engine.calls
