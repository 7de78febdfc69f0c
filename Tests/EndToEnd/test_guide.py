"""The guide's walk-through: its request, the headers that it promises, and what the engine gets."""

from __future__ import annotations

import re
import uuid

import pytest

import wire
from conftest import Fleet, Maker
from processes import MODEL, prompt_of

# As `curl -d` in the guide sends it.
REQUEST = """{
        "model": "MoM",
        "messages": [
          {"role": "user", "content": "What is the derivative of f(x) = x^3?"}
        ]
      }"""

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

PROMISED = {
    "content-type": "application/json",
    "server": "fasthttp",
    "x-went-into-req-headers": "true",
    "x-vsr-schema-version": "2",
    "x-vsr-response-path": "upstream",
    "x-vsr-selected-category": "math",
    "x-vsr-selected-reasoning": "on",
    "x-vsr-selected-model": MODEL,
    "x-vsr-selected-decision": "math_decision",
    "x-vsr-selected-recipe": "default",
    "x-vsr-selected-algorithm": "static",
    "x-vsr-injected-system-prompt": "true",
}


@pytest.fixture(scope="module")
def answer(fleet: Fleet) -> wire.Response:
    return wire.chat(fleet.port, REQUEST)


def test_the_guides_request_is_answered(answer: wire.Response):
    assert answer.status == 200
    completion = answer.json()
    assert completion["object"] == "chat.completion"
    assert completion["id"].startswith("chatcmpl-")
    assert completion["model"] == MODEL
    usage = completion["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert completion["choices"][0]["message"]["role"] == "assistant"


@pytest.mark.parametrize("name", PROMISED)
def test_the_answer_has_the_promised_header(answer: wire.Response, name: str):
    assert answer.header(name) == PROMISED[name]


def test_the_answer_tells_its_request_engine_and_confidence(fleet: Fleet, answer: wire.Response):
    identity = answer.header("request-id")
    assert UUID.fullmatch(identity) and uuid.UUID(identity).version == 4
    assert answer.header("x-request-id") == identity
    assert answer.header("x-inference-pod") in {engine.pod for engine in fleet.engines}
    assert re.fullmatch(r"0\.\d{4}|1\.0000", answer.header("x-vsr-selected-confidence"))
    assert answer.header("date")


def test_the_engine_gets_the_guides_request_with_nothing_else_changed(fleet: Fleet):
    answer = wire.chat(fleet.port, REQUEST)
    expected = f"""{{
        "model": "{MODEL}",
        "messages": [{{"role":"system","content":"{prompt_of("math_decision")}"}},
          {{"role": "user", "content": "What is the derivative of f(x) = x^3?"}}
        ],"chat_template_kwargs":{{"enable_thinking":true}}
      }}"""
    assert fleet.engine(answer).last_body().decode() == expected


def test_the_engine_gets_the_fields_of_the_chain(fleet: Fleet):
    answer = wire.chat(fleet.port, REQUEST, "X-Request-Id: from-the-client-17", "Authorization: Bearer sk-client")
    assert answer.header("x-request-id") == "from-the-client-17"
    assert UUID.fullmatch(answer.header("request-id"))
    engine = fleet.engine(answer)
    received = engine.requests()[-1]
    assert (received["method"], received["path"]) == ("POST", "/v1/chat/completions")
    assert received["headers"]["x-request-id"] == "from-the-client-17"
    assert received["headers"]["x-selected-model"] == MODEL
    assert received["headers"]["host"] == engine.address
    assert received["headers"]["accept-encoding"] == "identity"
    assert received["headers"]["content-length"] == str(len(received["body"].encode()))
    assert "authorization" in received["headers"]


def test_engines_of_the_guides_release_answer_with_all_of_its_keys(make: Maker):
    fleet = make.fleet("--compat", "v0.5.0")
    answer = wire.chat(fleet.port, REQUEST)
    assert answer.status == 200
    assert {name: answer.header(name) for name in PROMISED} == PROMISED
    assert set(answer.json()) == {
        *("id", "created", "model", "usage", "object", "choices"),
        *("do_remote_decode", "do_remote_prefill"),
        *("remote_block_ids", "remote_engine_id", "remote_host", "remote_port"),
    }


def ask(model: str, content: str) -> str:
    return f'{{"model":"{model}","messages":[{{"role":"user","content":"{content}"}}]}}'


LAW = "What must a plaintiff prove to win a negligence lawsuit under common law?"


def test_a_law_question_takes_the_law_decision_without_reasoning(fleet: Fleet):
    answer = wire.chat(fleet.port, ask("MoM", LAW))
    assert answer.status == 200
    assert answer.header("x-vsr-selected-decision") == "law_decision"
    assert answer.header("x-vsr-selected-category") == "law"
    assert answer.header("x-vsr-selected-reasoning") == "off"
    assert answer.header("x-vsr-injected-system-prompt") == "true"
    assert fleet.engine(answer).last_body().decode() == (
        f'{{"model":"{MODEL}","messages":[{{"role":"system","content":"{prompt_of("law_decision")}"}},'
        f'{{"role":"user","content":"{LAW}"}}],"chat_template_kwargs":{{"enable_thinking":false}}}}'
    )


@pytest.mark.parametrize("model", ["MoM", "auto", "vllm-sr/auto"])
def test_an_urgent_question_takes_the_thinking_decision(fleet: Fleet, model: str):
    answer = wire.chat(fleet.port, ask(model, "This is urgent: what is the derivative of f(x) = x^3?"))
    assert answer.status == 200
    assert answer.header("x-vsr-selected-decision") == "thinking_decision"
    assert answer.header("x-vsr-selected-reasoning") == "on"
    assert prompt_of("thinking_decision").encode() in fleet.engine(answer).last_body()


@pytest.mark.parametrize("model", ["math-expert", "law-expert", MODEL])
def test_a_request_that_names_its_model_passes_unchanged(fleet: Fleet, model: str):
    body = ask(model, "This is urgent: what is the derivative of f(x) = x^3?")
    answer = wire.chat(fleet.port, body)
    assert answer.status == 200
    assert answer.json()["model"] == model
    assert answer.header("x-vsr-selected-model") == model
    assert answer.header("x-vsr-selected-decision") is None
    assert answer.header("x-vsr-injected-system-prompt") is None
    assert fleet.engine(answer).last_body() == body.encode()


def test_an_unknown_model_is_a_400_and_reaches_no_engine(fleet: Fleet):
    before = fleet.seen()
    answer = wire.chat(fleet.port, ask("gpt-none", "Hello"))
    assert answer.status == 400
    error = answer.json()["error"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", "model", "model_not_found")
    assert "gpt-none" in error["message"]
    assert UUID.fullmatch(answer.header("x-request-id"))
    assert fleet.seen() == before


def test_the_debug_header_adds_what_was_matched(fleet: Fleet):
    answer = wire.chat(fleet.port, ask("MoM", "Urgent: what is the derivative of x^3?"), "x-vsr-debug: true")
    assert answer.header("x-vsr-matched-keywords") == "urgent"
    assert answer.header("x-vsr-matched-domains") == "math"
