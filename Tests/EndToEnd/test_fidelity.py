"""Bytes in, bytes out: what nobody edits reaches the engine as it was sent.

Each body is a template. «model» stands for the model's name with its quotes, «system» for the place of a system
message, «end» for the place of members that the router adds. What the engine must get follows by putting bytes into
those places, never by encoding JSON anew."""

from __future__ import annotations

import pytest

import wire
from conftest import Fleet
from processes import MODEL, prompt_of

MATH = "What is the derivative of f(x) = x^3?"
PROMPT = prompt_of("math_decision")
SYSTEM = f'{{"role":"system","content":"{PROMPT}"}},'
REASONING = ',"chat_template_kwargs":{"enable_thinking":true}'

BODIES = {
    "unknown members at the top": r"""{"x-first":{"a":[1,{"b":null}]},"model":«model»,"messages":[«system»
        {"role":"user","content":"What is the derivative of f(x) = x^3?"}],"vendor":{"deep":[[[{}]]]},"":true«end»}""",
    "unknown members in messages": r"""{"model":«model»,"messages":[«system»{"id":"m-1","role":"user","cache":{"ttl":5},
        "content":"What is the derivative of f(x) = x^3?","annotations":[],"name":"ann"}]«end»}""",
    "unknown members in tools": r"""{"tools":[{"type":"function","function":{"name":"f","strict":true,"x-cost":1e-3,
        "parameters":{"type":"object","properties":{"a":{"type":"string","x-order":1}},"required":["a"]}},"x-t":[]}],
        "tool_choice":"none","model":«model»,"messages":[«system»
        {"role":"user","content":"What is the derivative of f(x) = x^3?"}]«end»}""",
    "escapes": r"""{"model":«model»,"messages":[«system»{"role":"user","content":
        "What is the \u0064erivative of f(x) = x^3\u003f \/ \ud83d\ude00 \u00e9 \" \\ \b\f\n\r\t"}],
        "x\u002dy":"\u0000"«end»}""",
    "text beyond ASCII": """{"model":«model»,"messages":[«system»{"role":"user","content":
        "What is the derivative of f(x) = x³? 导数 😀 é\u2028"}],"größe":"ß"«end»}""",
    "numbers beyond doubles": r"""{"model":«model»,"messages":[«system»
        {"role":"user","content":"What is the derivative of f(x) = x^3?"}],"x_seed":123456789012345678901234567890,
        "a":-0,"b":1.0,"c":1E+2,"d":0.1000000000000000055511151231257827,"e":1e300,"f":-1.50e-07«end»}""",
    "repeated members": r"""{"user":"one","model":«model»,"x":1,"x":2,"messages":[«system»
        {"role":"user","content":"What is the derivative of f(x) = x^3?"}],"user":"two","x":3«end»}""",
    "odd white space": "\r\n\t { \"model\"\t:\r\n  «model» ,\n\n\"messages\" : [«system»   {\t\"role\":\"user\"  ,\r\n"
    f'"content" :\t"{MATH}"\n}} \n]\t ,  "user" : "u"«end»   \n}}\r\n \t',
    "an empty object and array": r"""{"metadata":{},"stop":[],"model":«model»,"messages":[«system»
        {"role":"user","content":"What is the derivative of f(x) = x^3?"}],"logit_bias":{ }«end»}""",
    "content parts": r"""{"model":«model»,"messages":[«system»{"role":"user","content":[{"type":"text","text":
        "What is the derivative of f(x) = x^3?","x":0},{"type":"text","text":"\u0054hanks"}]}]«end»}""",
    "several turns": r"""{"model":«model»,"messages":[«system»{"role":"user","content":"Hello"},
        {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f",
        "arguments":"{\"a\": 1.0}"}}]},{"role":"tool","tool_call_id":"c1","content":"{}"},
        {"role":"user","content":"What is the derivative of f(x) = x^3?"}]«end»}""",
}


def filled(template: str, model: str, system: str, end: str) -> bytes:
    return template.replace("«model»", f'"{model}"').replace("«system»", system).replace("«end»", end).encode()


@pytest.mark.parametrize("name", BODIES)
def test_a_routed_body_changes_only_where_it_must(fleet: Fleet, name: str):
    answer = wire.chat(fleet.port, filled(BODIES[name], "MoM", "", ""))
    assert answer.status == 200, answer.body
    assert answer.header("x-vsr-selected-decision") == "math_decision"
    assert fleet.engine(answer).last_body() == filled(BODIES[name], MODEL, SYSTEM, REASONING)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("model", [MODEL, "math-expert"])
def test_a_body_that_names_its_model_does_not_change(fleet: Fleet, name: str, model: str):
    body = filled(BODIES[name], model, "", "")
    answer = wire.chat(fleet.port, body)
    assert answer.status == 200, answer.body
    assert fleet.engine(answer).last_body() == body


def spliced(fleet: Fleet, sent: str, expected: str) -> None:
    answer = wire.chat(fleet.port, sent)
    assert answer.status == 200, answer.body
    assert answer.header("x-vsr-selected-decision") == "math_decision"
    assert fleet.engine(answer).last_body().decode() == expected


def test_the_clients_own_system_message_is_replaced_in_place(fleet: Fleet):
    body = '{"model":"%s","messages":[{"x":1,"role":"system","content":%s ,"y":2},{"role":"user","content":"%s"}]%s}'
    spliced(fleet, body % ("MoM", '"Be brief."', MATH, ""), body % (MODEL, f'"{PROMPT}"', MATH, REASONING))


def test_arguments_of_the_chat_template_are_merged(fleet: Fleet):
    body = '{"chat_template_kwargs": { "custom": [1.0]%s } ,"model":"%s","messages":[%s{"role":"user","content":"%s"}]}'
    spliced(fleet, body % ("", "MoM", "", MATH), body % (',"enable_thinking":true', MODEL, SYSTEM, MATH))


def test_a_wish_about_reasoning_is_overruled_by_the_decision(fleet: Fleet):
    body = '{"chat_template_kwargs":{"enable_thinking": %s},"model":"%s","messages":[%s{"role":"user","content":"%s"}]}'
    spliced(fleet, body % ("false", "MoM", "", MATH), body % ("true", MODEL, SYSTEM, MATH))


def test_of_two_models_the_last_counts_and_changes(fleet: Fleet):
    body = '{"model":"first","messages":[%s{"role":"user","content":"%s"}],"model":"%s"%s}'
    spliced(fleet, body % ("", MATH, "MoM", ""), body % (SYSTEM, MATH, MODEL, REASONING))


def test_an_escaped_name_is_understood(fleet: Fleet):
    body = r'{"\u006dodel":"%s","messages":[%s{"role":"user","content":"%s"}]%s}'
    spliced(fleet, body % (r"M\u006fM", "", MATH, ""), body % (MODEL, SYSTEM, MATH, REASONING))


def test_completions_and_embeddings_pass_with_only_the_model_changed(fleet: Fleet):
    for path, body in [
        ("/v1/completions", '{"x":1.0, "model" : "%s","prompt":"What is \\u0031+1?","max_tokens":3 }'),
        ("/v1/embeddings", '{"x":1.0, "model" : "%s","input":["What is \\u0031+1?"] }'),
    ]:
        answer = wire.post(fleet.port, path, body % "MoM")
        assert answer.status == 200, answer.body
        assert fleet.engine(answer).last_body().decode() == body % MODEL


def test_the_query_reaches_the_engine(fleet: Fleet):
    body = filled(BODIES["escapes"], MODEL, "", "")
    answer = wire.post(fleet.port, "/v1/chat/completions?api-version=1&x=%2F", body)
    assert answer.status == 200
    received = fleet.engine(answer).requests()[-1]
    assert received["path"].split("?")[0] == "/v1/chat/completions"
    assert fleet.engine(answer).last_body() == body


# Size


def checksum(body: bytes) -> int:
    """FNV-1a, 64 bits."""
    value = 0xCBF29CE484222325
    for byte in body:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def test_a_body_of_six_mebibytes_arrives_whole(fleet: Fleet):
    body = (
        b'{"model":"%s","x_padding":"' % MODEL.encode()
        + b"0123456789abcdef" * (6 << 16)
        + b'","messages":[{"role":"user","content":"Hi"}]}'
    )
    answer = wire.chat(fleet.port, body)
    assert answer.status == 200, answer.body
    received = fleet.engine(answer).requests()[-1]
    assert received["body_size"] == len(body)
    assert received["body_checksum"] == f"fnv1a64:{checksum(body):016x}"


def test_a_prompt_of_six_mebibytes_is_routed(fleet: Fleet):
    text = "Solve the equation x + 1 = 3 for x. " * (6 * 1024 * 1024 // 36)
    body = '{"model":"%s","messages":[%s{"role":"user","content":"' + text + '"}]%s}'
    answer = wire.chat(fleet.port, body % ("MoM", "", ""))
    assert answer.status == 200, answer.body
    expected = body % (MODEL, SYSTEM, REASONING)
    assert answer.header("x-vsr-selected-decision") == "math_decision"
    assert fleet.engine(answer).requests()[-1]["body_size"] == len(expected)
