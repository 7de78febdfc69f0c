"""The public OpenAI SDK against the gateway: what its users call, and the exceptions that they catch."""

from __future__ import annotations

import asyncio
from collections import Counter

import openai
import pytest

from conftest import Fleet
from processes import ADAPTERS, MODEL

QUESTION = [{"role": "user", "content": "What is the derivative of f(x) = x^3?"}]


def test_chat(client: openai.OpenAI):
    completion = client.chat.completions.create(model="MoM", messages=QUESTION)
    assert completion.model == MODEL
    assert completion.choices[0].message.content
    assert completion.usage.total_tokens > 0


def test_chat_tells_its_routing_in_headers(client: openai.OpenAI):
    raw = client.chat.completions.with_raw_response.create(model="MoM", messages=QUESTION)
    assert raw.headers["x-vsr-selected-decision"] == "math_decision"
    assert raw.request_id == raw.headers["x-request-id"]
    assert raw.parse().choices[0].finish_reason in ("stop", "length")


def test_a_stream_ends_with_its_usage(client: openai.OpenAI):
    stream = client.chat.completions.create(
        model="MoM", messages=QUESTION, stream=True, stream_options={"include_usage": True}, max_tokens=20
    )
    assert stream.response.headers["content-type"].startswith("text/event-stream")
    assert stream.response.headers["x-vsr-selected-model"] == MODEL
    chunks = list(stream)
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] in ("stop", "length")
    assert chunks[-1].choices == []
    assert 0 < chunks[-1].usage.completion_tokens <= 20
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)


def test_a_stream_without_usage_has_none(client: openai.OpenAI):
    chunks = list(client.chat.completions.create(model="MoM", messages=QUESTION, stream=True))
    assert len(chunks) > 1
    assert all(chunk.usage is None for chunk in chunks)


def test_tools_reach_the_engine_and_its_calls_come_back(client: openai.OpenAI):
    tool = {
        "type": "function",
        "function": {
            "name": "differentiate",
            "description": "The derivative of an expression",
            "parameters": {
                "type": "object",
                "properties": {"expression": {"type": "string"}},
                "required": ["expression"],
            },
        },
    }
    completion = client.chat.completions.create(
        model="MoM", messages=QUESTION, tools=[tool], tool_choice="required"
    )
    calls = completion.choices[0].message.tool_calls
    assert calls and calls[0].function.name == "differentiate"
    assert completion.choices[0].finish_reason == "tool_calls"


def test_models_are_listed_with_stable_times(client: openai.OpenAI):
    models = client.models.list().data
    assert [model.id for model in models] == ["vllm-sr/auto", "auto", "MoM", MODEL, *ADAPTERS]
    assert len({model.created for model in models}) == 1
    assert client.models.list().data == models


@pytest.mark.parametrize("name", ["MoM", "vllm-sr/auto", MODEL, "math-expert"])
def test_a_model_is_retrieved(client: openai.OpenAI, name: str):
    model = client.models.retrieve(name)
    listed = {model.id: model for model in client.models.list().data}
    assert model == listed[name]
    assert model.object == "model"


@pytest.mark.parametrize("name", [MODEL, "law-expert", "MoM"])
def test_completions(client: openai.OpenAI, name: str):
    completion = client.completions.create(model=name, prompt="The derivative of x^3 is", max_tokens=8)
    assert completion.object == "text_completion"
    assert completion.model == (MODEL if name == "MoM" else name)
    assert completion.choices[0].text
    assert completion.usage.completion_tokens <= 8


def test_a_streamed_completion(client: openai.OpenAI):
    chunks = list(client.completions.create(model=MODEL, prompt="Once upon a time", max_tokens=8, stream=True))
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices)


def test_embeddings(client: openai.OpenAI):
    answer = client.embeddings.create(model=MODEL, input=["one text", "another text"], encoding_format="float")
    assert [len(entry.embedding) for entry in answer.data] == [384, 384]
    assert [entry.index for entry in answer.data] == [0, 1]


def test_embeddings_in_base64_as_the_sdk_asks_by_default(client: openai.OpenAI):
    assert len(client.embeddings.create(model=MODEL, input="one text").data[0].embedding) == 384


def test_64_requests_at_once_are_shared_out(fleet: Fleet):
    async def ask() -> Counter:
        options = {"api_key": "sk-test", "max_retries": 0, "timeout": 30}
        async with openai.AsyncOpenAI(base_url=fleet.router.url, **options) as client:
            create = client.chat.completions.with_raw_response.create
            answers = await asyncio.gather(*(create(model="MoM", messages=QUESTION) for _ in range(64)))
        return Counter(answer.headers["x-inference-pod"] for answer in answers)

    shares = asyncio.run(ask())
    assert sum(shares.values()) == 64
    assert len(shares) == 3 and min(shares.values()) >= 8, shares


# Errors


def check(error: openai.APIStatusError, status: int, param: str | None, code: str | None, words: str) -> None:
    assert error.status_code == status
    assert error.request_id, "there is no x-request-id"
    assert (error.param, error.code) == (param, code)
    assert words in error.message
    assert set(error.body) == {"message", "type", "param", "code"}


def test_an_unknown_model_is_a_bad_request(client: openai.OpenAI):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="gpt-none", messages=QUESTION)
    check(caught.value, 400, "model", "model_not_found", "gpt-none")


def test_a_model_that_is_not_listed_is_not_found(client: openai.OpenAI):
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("gpt-none")
    assert (caught.value.param, caught.value.code) == ("model", "model_not_found")
    assert "gpt-none" in caught.value.message


def test_a_model_that_is_not_listed_is_not_found_under_a_request_id(client: openai.OpenAI):
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("gpt-none")
    check(caught.value, 404, "model", "model_not_found", "gpt-none")


def test_an_unknown_endpoint_is_not_found(client: openai.OpenAI):
    with pytest.raises(openai.NotFoundError) as caught:
        client.post("/no/such/endpoint", body={}, cast_to=object)
    check(caught.value, 404, None, None, "not found")


@pytest.mark.parametrize("path", ["/chat/completions", "/completions", "/embeddings"])
def test_another_method_is_not_allowed(client: openai.OpenAI, path: str):
    with pytest.raises(openai.APIStatusError) as caught:
        client.get(path, cast_to=object)
    check(caught.value, 405, None, "method_not_allowed", "not allowed")


@pytest.mark.parametrize(
    "path, method, allowed", [("/chat/completions", "GET", "POST"), ("/models", "POST", "GET, HEAD")]
)
def test_a_405_says_what_is_allowed(client: openai.OpenAI, path: str, method: str, allowed: str):
    with pytest.raises(openai.APIStatusError) as caught:
        client.get(path, cast_to=object) if method == "GET" else client.post(path, body={}, cast_to=object)
    assert caught.value.response.headers.get("allow") == allowed


def test_a_post_to_the_models_is_not_allowed(client: openai.OpenAI):
    with pytest.raises(openai.APIStatusError) as caught:
        client.post("/models", body={}, cast_to=object)
    check(caught.value, 405, None, "method_not_allowed", "not allowed")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"model":"MoM","messages":[', b"not json", b'{"model":"MoM",}', b'{"model":"MoM"} {}', b"\xff\xfe"],
)
def test_malformed_json_is_a_bad_request(client: openai.OpenAI, body: bytes):
    with pytest.raises(openai.BadRequestError) as caught:
        client.post(
            "/chat/completions", content=body, cast_to=object, options={"headers": {"content-type": "application/json"}}
        )
    check(caught.value, 400, None, "invalid_json", "malformed JSON")


def test_missing_messages_are_a_bad_request(client: openai.OpenAI):
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/chat/completions", body={"model": "MoM"}, cast_to=object)
    check(caught.value, 400, "messages", "missing_required_parameter", "messages field is required")


def test_a_missing_model_is_a_bad_request(client: openai.OpenAI):
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/chat/completions", body={"messages": QUESTION}, cast_to=object)
    check(caught.value, 400, "model", "missing_required_parameter", "model")


def test_too_large_a_body_is_told_so(client: openai.OpenAI):
    text = "a" * ((64 << 20) + 1)
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="MoM", messages=[{"role": "user", "content": text}])
    check(caught.value, 413, None, "request_too_large", "limit")


def test_an_error_of_the_engine_reaches_the_client_as_it_is(client: openai.OpenAI):
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(
            model=MODEL, messages=QUESTION, max_tokens=-3, extra_headers={"x-request-id": "mine-4"}
        )
    assert caught.value.status_code == 400
    assert caught.value.request_id == "mine-4"
    assert caught.value.response.headers["x-vsr-response-path"] == "upstream"
