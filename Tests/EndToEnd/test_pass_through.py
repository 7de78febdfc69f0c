"""Paths that are not routed by their prompt go to the replicas of the model that the body, the form or the query names,
as they come: nothing but the model's name changes, and nothing is held but what finding it needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import anthropic
import pytest

import wire
from clients import MEBIBYTE, TRANSCRIPTIONS, chunked, form, upload_head
from conftest import Engines, Maker, Route, Site, Sites
from recording_engine import STREAM_HEAD, Call, RecordingEngine, answers, model

PATHS = [
    *["/v1/rerank", "/rerank", "/v2/rerank", "/v1/score", "/score", "/v1/classify", "/classify", "/tokenize"],
    *["/detokenize", "/v1/pooling", "/v1/moderations", "/v1/responses", "/v1/messages", "/v1/audio/speech"],
    *["/v1/images/generations", "/v1/batches"],
]


def check_refused(answer: wire.Response, status: int, code: str | None, kind: str = "invalid_request_error") -> dict:
    assert answer.status == status, answer.body
    assert answer.header("content-type") == "application/json"
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["code"]) == (kind, code)
    return error


# Which model


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for tests that leave it as they found it."""
    engines = [RecordingEngine(name) for name in ("alpha-1", "alpha-2", "beta-1")]
    with ExitStack() as stack:
        yield Site(Maker(tmp_path_factory.mktemp("pass"), stack), engines[:2], engines[2])
    for engine in engines:
        engine.close()


@pytest.mark.parametrize("path", PATHS)
def test_a_request_goes_to_the_replicas_of_the_model_that_it_names(shared: Site, path: str):
    for name in ("alpha", "beta"):
        body = b'{"model":"%s","query":"q","documents":["a","b"]}' % name.encode()
        answer = wire.post(shared.port, path + "?user=7", body)
        assert answer.status == 200
        assert answer.json()["engine"].startswith(name)
        assert answer.header("x-vsr-selected-model") == name
        call = shared.last()
        assert (call.method, call.target) == ("POST", path + "?user=7")
        assert call.body == body.replace(b'"beta"', b'"org/beta-8b"')


@pytest.mark.parametrize("frames", [False, True], ids=["length", "chunked"])
def test_of_a_json_body_nothing_but_the_models_name_changes(shared: Site, frames: bool):
    before = b'\r\n{ "x" : {"model":"alpha"},"text":"\\u00e9 \xc3\xa9 \\/","big":1e400,"a":[ ],\t"mod\\u0065l" :\n'
    after = b' ,"model2":"beta", "query":"beta" } \n'
    body = before + b'"b\\u0065ta"' + after
    with wire.Connection(shared.port) as connection:
        head = upload_head("/v1/rerank", "Content-Type: application/json", None if frames else len(body))
        connection.send(head + (chunked(body, 7) if frames else body))
        assert connection.read().json()["engine"] == "beta-1"
    assert shared.last().body == before + b'"org/beta-8b"' + after


def test_of_a_form_nothing_but_the_models_name_changes(shared: Site):
    file = bytes(range(256)) * 40
    for first in (True, False):
        body, kind = form("beta", file, first)
        with wire.Connection(shared.port) as connection:
            connection.send(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
            assert connection.read().json()["engine"] == "beta-1"
        call = shared.last()
        assert call.body == form("org/beta-8b", file, first)[0]
        assert call.values("content-type") == [kind.partition(": ")[2]]


@pytest.mark.parametrize("name", ["MoM", None], ids=["auto", "none"])
def test_a_request_that_leaves_the_model_open_goes_to_the_default(shared: Site, name: str | None):
    body = json.dumps({"model": name, "input": "a"} if name else {"input": "a"})
    answer = wire.post(shared.port, "/tokenize", body)
    assert answer.status == 200
    assert answer.header("x-vsr-selected-model") == "alpha"
    # The engine knows no automatic model.
    assert json.loads(shared.last().body) == ({"model": "alpha", "input": "a"} if name else {"input": "a"})
    form_body, kind = form(name, b"sound")
    with wire.Connection(shared.port) as connection:
        connection.send(upload_head(TRANSCRIPTIONS, kind, len(form_body)) + form_body)
        assert connection.read().header("x-vsr-selected-model") == "alpha"
    assert shared.last().body == form("alpha" if name else None, b"sound")[0]


def test_a_model_that_is_not_there_is_refused(shared: Site):
    calls = sum(len(engine.calls) for engine in [*shared.alpha, shared.beta])
    error = check_refused(wire.post(shared.port, "/v1/rerank", '{"model":"gamma"}'), 400, "model_not_found")
    assert "gamma" in error["message"] and error["param"] == "model"
    body, kind = form("gamma", b"sound")
    with wire.Connection(shared.port) as connection:
        connection.send(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
        check_refused(connection.read(), 400, "model_not_found")
        # The connection serves on.
        connection.send(wire.request("/v1/rerank", '{"model":"alpha"}'))
        assert connection.read().status == 200
    check_refused(wire.get(shared.port, "/v1/files/f?model=gamma"), 400, "model_not_found")
    assert sum(len(engine.calls) for engine in [*shared.alpha, shared.beta]) == calls + 1


@pytest.mark.parametrize("body", ["[1]", '{"model":7}', '{"model":"alpha', '{"model":""}', " ", "model=alpha"])
def test_a_body_whose_model_cannot_be_read_is_a_400(shared: Site, body: str):
    answer = wire.post(shared.port, "/v1/rerank", body)
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("frames", [False, True], ids=["length", "chunked"])
def test_a_model_behind_what_is_large_is_found(shared: Site, frames: bool):
    file, kind = form("beta", bytes(3 * MEBIBYTE), first=False)
    # As the Anthropic SDK orders its fields.
    text = b"a" * 9 * MEBIBYTE
    message = b'{"max_tokens":1,"messages":[{"role":"user","content":"' + text + b'"}],"model":"beta"}'
    json_kind = "Content-Type: application/json"
    for target, type_, body in [(TRANSCRIPTIONS, kind, file), ("/v1/messages", json_kind, message)]:
        with wire.Connection(shared.port) as connection:
            head = upload_head(target, type_, None if frames else len(body))
            connection.send(head + (chunked(body) if frames else body))
            answer = connection.read().json()
        assert answer.get("engine") == "beta-1", answer
        assert shared.last().body == body.replace(b'"model":"beta"', b'"model":"org/beta-8b"').replace(
            b'name="model"\r\n\r\nbeta', b'name="model"\r\n\r\norg/beta-8b'
        )


def test_a_model_farther_than_a_body_may_be_long_is_asked_to_stand_first(engines: Engines, route: Route):
    [engine] = engines(answers)
    router = route(model("alpha", engine), gateway={"body_limit": "2M"})
    body, kind = form("alpha", bytes(3 * MEBIBYTE), first=False)
    with wire.Connection(router.port) as connection:
        connection.send_as_far_as_taken(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
        check_refused(connection.read(), 413, "model_too_far")
    router.wait_until_idle()
    assert not engine.calls


# Files, methods and paths


def test_files_are_passed_on_with_their_method_and_query(shared: Site):
    for method in ("GET", "DELETE"):
        for name in ("alpha", "beta"):
            target = f"/v1/files/file-7.a_b~c?model={name}&after=%41"
            with wire.Connection(shared.port) as connection:
                connection.send(wire.request(target, method=method))
                assert connection.read().json()["engine"].startswith(name)
            assert (shared.last().method, shared.last().target) == (method, target)
            assert shared.last().body == b""
    assert wire.get(shared.port, "/v1/files/file-7").json()["engine"].startswith("alpha")


def test_a_file_goes_to_the_model_of_the_query(shared: Site):
    body, kind = form(None, b"\x00\xff" * 5000)
    with wire.Connection(shared.port) as connection:
        connection.send(upload_head("/v1/files?model=beta", kind, len(body)) + body)
        assert connection.read().json()["engine"] == "beta-1"
    assert shared.last().body == body


def test_an_answer_to_head_has_the_length_and_no_body(site: Sites):
    place = site(alpha=[lambda call: call.answer(b"x" * 1234, "x-kept: yes")])
    with wire.Connection(place.port) as connection:
        for _ in range(3):
            connection.send(wire.request("/v1/files/f/content", method="HEAD"))
            answer = connection.read("HEAD")
            assert (answer.status, answer.header("content-length"), answer.header("x-kept")) == (200, "1234", "yes")
        connection.send(wire.request("/v1/files/f/content"))
        assert connection.read().body == b"x" * 1234
    assert [call.method for call in place.alpha[0].calls] == ["HEAD", "HEAD", "HEAD", "GET"]


@pytest.mark.parametrize(
    "path",
    [
        *["/v1/unknown", "/", "/v1", "/V1/rerank"],
        *["/v1/files/a/b", "/v1/files/../health", "/v1/files/..", "/v1/files/a%2Fb"],
    ],
)
def test_no_path_of_an_engine_is_reached_but_those_listed(shared: Site, path: str):
    for method in ("GET", "POST", "DELETE"):
        with wire.Connection(shared.port) as connection:
            connection.send(wire.request(path, "{}" if method == "POST" else None, method=method))
            check_refused(connection.read(), 404, None, "not_found_error")


@pytest.mark.parametrize(
    "method, path, allow",
    [
        ("GET", "/v1/rerank", "POST"),
        ("PUT", "/tokenize", "POST"),
        ("GET", "/v1/chat/completions", "POST"),
        ("DELETE", "/v1/files", "GET, HEAD, POST"),
        ("POST", "/v1/files/f", "GET, HEAD, DELETE"),
        ("PATCH", "/v1/batches", "GET, HEAD, POST"),
        ("POST", "/v1/models", "GET, HEAD"),
    ],
)
def test_another_method_is_a_405_that_says_which(shared: Site, method: str, path: str, allow: str):
    with wire.Connection(shared.port) as connection:
        connection.send(wire.request(path, "{}" if method in ("POST", "PUT", "PATCH") else None, method=method))
        answer = connection.read()
        assert answer.status == 405
        assert answer.header("allow") == allow
        assert answer.json()["error"]["type"] == "invalid_request_error"
        connection.send(wire.request("/health"))
        assert connection.read().status == 200


def test_a_stream_of_messages_that_dies_raises_in_anthropics_sdk(engines: Engines, route: Route):
    def dies(call: Call) -> bool:
        call.read_body()
        start = {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "content": [],
                 "model": "alpha", "stop_reason": None, "usage": {"input_tokens": 1, "output_tokens": 1}}}  # fmt: skip
        event = f"event: message_start\ndata: {json.dumps(start)}\n\n".encode()
        call.send(STREAM_HEAD + b"%x\r\n%s\r\n" % (len(event), event))
        return False

    [engine] = engines(dies)
    router = route(model("alpha", engine))
    client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{router.port}", api_key="none", max_retries=0)
    question = {"model": "alpha", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}
    with client, pytest.raises(anthropic.APIStatusError) as caught:
        for event in client.messages.create(**question, stream=True):
            assert event.type == "message_start"
    error = caught.value.body["error"]
    assert error["type"] == "api_error"
    assert error["message"].endswith("the connection closed before the answer was complete")
