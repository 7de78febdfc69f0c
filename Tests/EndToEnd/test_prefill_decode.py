"""Requests that one replica prefills and another decodes: what each engine is told, and what happens when a leg fails, hangs
or is not wanted any more."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

import wire
from clients import CHAT, wait_until_read
from conftest import Engines, Maker
from faulty_engine import Fault, FaultyEngine
from pairs import FAULTS, KINDS, body, files, last, outcomes, route_pairs, simulated, wait_until_ready
from processes import poll, run
from recording_engine import EVENT, STREAM_HEAD, Call, ConfiguredRouter, document, hangs

# Both legs


@pytest.mark.parametrize("path", [CHAT, "/v1/completions"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_request_is_prefilled_on_one_replica_and_decoded_on_another(make: Maker, kind: str, stream: bool, path: str):
    prefill, decode = (simulated(make, kind, role, role) for role in ("prefill", "decode"))
    router = route_pairs(make, kind, [prefill], [decode])
    sent = json.loads(body(stream, unknown={"kept": [1.50]}))
    if path != CHAT:
        sent["prompt"] = sent.pop("messages")[0]["content"]
    for _ in range(2):
        answer = wire.post(router.port, path, json.dumps(sent), "X-Request-Id: known")
        assert answer.status == 200, (answer, router.errors)
        assert answer.header("x-inference-pod") == "decode"
        assert (answer.header("routing-strategy"), answer.header("target-pod")) == (None, None), "nobody asked"
    assert b"[DONE]" in answer.body if stream else answer.json()["usage"]["completion_tokens"] > 0
    first, second = last(prefill), last(decode)
    assert first["path"] == second["path"] == path
    assert first["headers"]["x-request-id"] == second["headers"]["x-request-id"] == "known"
    asked, told = json.loads(first["body"]), json.loads(second["body"])
    assert asked["unknown"] == told["unknown"] == sent["unknown"]
    assert told.get("stream") == sent.get("stream") and told["max_tokens"] == sent["max_tokens"]
    match kind:
        case "vllm":
            assert (asked["stream"], asked["max_tokens"], asked["max_completion_tokens"]) == (False, 1, 1)
            assert asked["kv_transfer_params"]["do_remote_decode"] is True
            assert told["kv_transfer_params"]["remote_host"] == "127.0.0.1"
            assert told["kv_transfer_params"]["remote_port"] == prefill.port
        case "sglang":
            assert asked == told
            assert (told["bootstrap_host"], told["bootstrap_port"]) == ("127.0.0.1", prefill.port)
            assert 0 <= told["bootstrap_room"] < 1 << 63
        case "trtllm":
            assert asked["disaggregated_params"]["request_type"] == "context_only"
            assert asked["disaggregated_params"]["disagg_request_id"] >= 1 << 42
            assert told["disaggregated_params"]["request_type"] == "generation_only"
            assert all(isinstance(token, int) for token in told["prompt_token_ids" if path == CHAT else "prompt"])
    router.wait_until_idle()
    assert outcomes(router) == {"handed_over": 2}
    assert router.metric("switchyard_retries_total") == 0


def test_the_configuration_says_who_prefills_and_who_decodes(make: Maker):
    """Two rolesets of a static configuration; no cache goes from one to the other, and nobody who only prefills is asked whole."""
    engines = {
        f"{role}-{number}": simulated(make, "vllm", role, f"{role}-{number}")
        for number in (1, 2) for role in ("prefill", "decode")
    }  # fmt: skip
    backends = [
        {"name": name, "endpoint": engine.address, "role": name[:-2], "roleset": f"set{name[-2:]}"}
        for name, engine in engines.items()
    ]
    file = make.file(document({"name": "m", "backend_refs": backends}, gateway={"aibrix_compat": "latest"}))
    router = make.keep(ConfiguredRouter("-c", str(file)))
    wait_until_ready(router, list(engines.values()), [])
    pairs = set()
    # Chance chooses between the two.
    for number in range(40):
        answer = wire.chat(router.port, body(content=f"Hi {number}"), "Routing-Strategy: pd")
        assert answer.status == 200, (answer, router.errors)
        pairs.add((answer.header("prefill-target-pod"), answer.header("target-pod")))
    assert pairs == {("m_prefill-1", "m_decode-1"), ("m_prefill-2", "m_decode-2")}
    whole = wire.chat(router.port, body(), "Routing-Strategy: random")
    assert whole.status == 200 and whole.header("x-inference-pod").startswith("decode")
    router.wait_until_idle()
    assert outcomes(router) == {"handed_over": 40}


def test_who_asks_for_a_pair_is_told_both_replicas(make: Maker):
    prefill, decode = (simulated(make, "vllm", role, role) for role in ("prefill", "decode"))
    router = route_pairs(make, "vllm", [prefill], [decode])
    answer = wire.chat(router.port, body(), "Routing-Strategy: pd")
    fields = ["routing-strategy", "target-pod", "target-pod-ip", "prefill-target-pod", "prefill-target-pod-ip"]
    assert [answer.header(name) for name in fields] == [
        "pd", decode.address, decode.address, prefill.address, prefill.address,
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_access_log_names_both_replicas_and_the_prefills_time(make: Maker, kind: str):
    prefill = simulated(make, kind, "prefill", "prefill", "--time-to-first-token", "50ms")
    decode = simulated(make, kind, "decode", "decode")
    router = make.keep(ConfiguredRouter(*files(make, kind, [prefill], [decode]), access_log=True))
    wait_until_ready(router, [prefill], [decode])
    assert wire.chat(router.port, body()).status == 200
    line = json.loads(router.wait_for(r'^\{.*"event":"request".*\}$', lambda: router.output)[0])
    assert (line["prefill_replica"], line["replica"]) == (prefill.address, decode.address)
    assert 50_000 <= line["prefill_us"] <= line["duration_us"]


def test_a_decode_engine_takes_no_cache_that_nobody_made(make: Maker):
    """The simulator is honest: else these tests would show nothing."""
    for kind, members in [
        ("vllm", {"kv_transfer_params": {"do_remote_prefill": True, "remote_host": "127.0.0.1", "remote_port": 1,
                                         "remote_block_ids": ["x"]}}),
        ("sglang", {}),
        ("trtllm", {"disaggregated_params": {"request_type": "generation_only", "opaque_state": "127.0.0.1:1/x"}}),
    ]:  # fmt: skip
        decode = simulated(make, kind, "decode", kind)
        assert wire.chat(decode.port, body(**members)).status == 400
    prefill = simulated(make, "vllm", "prefill", "prefill")
    decode = simulated(make, "vllm", "decode", "decode")
    asked = {"kv_transfer_params": {"do_remote_decode": True}}
    made = wire.chat(prefill.port, body(**asked)).json()["kv_transfer_params"]
    other = wire.chat(decode.port, body(content="another prompt", kv_transfer_params=made))
    assert other.status == 400 and "another prompt" in other.json()["error"]["message"]


# A leg fails


def ask_until_tried_again(router: ConfiguredRouter) -> int:
    """Asks until a request has gone to a second pair, which is chosen by chance; how often that was."""
    for count in range(1, 100):
        answer = wire.chat(router.port, body(stream=True))
        assert answer.status == 200 and b"[DONE]" in answer.body, (answer, router.errors)
        if count >= 4 and router.metric("switchyard_retries_total") > 0:
            router.wait_until_idle()
            return count
    raise AssertionError("the broken engine was never asked")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.value)
@pytest.mark.parametrize("kind", KINDS)
def test_a_failing_prefill_is_tried_on_another_replica(
    make: Maker, faulty: Callable[[Fault], FaultyEngine], kind: str, fault: Fault
):
    broken = faulty(Fault.NONE)
    prefill, decode = (simulated(make, kind, role, role) for role in ("prefill", "decode"))
    router = route_pairs(make, kind, [broken, prefill], [decode], prefill_timeout="600ms", consecutive_5xx=0,
                         success_rate_ejection=False, retry_budget_percent=100, health_check_interval="1h")  # fmt: skip
    broken.fault = fault
    asked = ask_until_tried_again(router)
    counts = outcomes(router)
    failed = counts.pop("failed", 0) + counts.pop("timed_out", 0)
    assert counts == {"handed_over": asked}
    assert router.metric("switchyard_retries_total") == failed


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.value)
@pytest.mark.parametrize("kind", KINDS)
def test_a_failing_prefill_without_another_is_told(
    make: Maker, faulty: Callable[[Fault], FaultyEngine], engines: Engines, kind: str, fault: Fault
):
    """Nobody waits for a cache that does not come: the decode engine is let go at once."""
    broken = faulty(Fault.NONE)
    # An engine that would wait for ever, as SGLang's does; the others' are not asked.
    (decode,) = engines(hangs)
    router = route_pairs(make, kind, [broken], [decode], prefill_timeout="600ms", retry_count=0, consecutive_5xx=0)
    broken.fault = fault
    began = time.monotonic()
    answer = wire.chat(router.port, body())
    assert time.monotonic() - began < 3
    assert answer.status in (502, 504), answer
    error = answer.json()["error"]
    assert error["code"].startswith("prefill_") and broken.address in error["message"]
    assert answer.status == (504 if "hangs" in fault.value else 502)
    if kind == "sglang":
        # Where the prefill fails at once, the decode leg may be given up before its engine has seen it.
        if "hangs" in fault.value:
            decode.wait_for_calls(1)
        poll(lambda: all(call.closed_at for call in decode.calls), "the decode leg is closed")
    else:
        assert not decode.calls
    router.wait_until_idle()


@pytest.mark.parametrize("fault", [Fault.HANGS_BEFORE_HEAD, Fault.HANGS_MIDWAY], ids=lambda fault: fault.value)
def test_a_decode_engine_that_sends_its_head_at_once_is_not_waited_for_when_the_prefill_fails(
    make: Maker, faulty: Callable[[Fault], FaultyEngine], fault: Fault
):
    prefill, decode = faulty(Fault.NONE), faulty(Fault.NONE)
    router = route_pairs(make, "sglang", [prefill], [decode], prefill_timeout="600ms")
    prefill.fault, decode.fault = fault, Fault.HANGS_AFTER_HEAD
    began = time.monotonic()
    answer = wire.chat(router.port, body(stream=True))
    assert time.monotonic() - began < 3
    assert (answer.status, answer.json()["error"]["code"]) == (504, "prefill_timeout"), answer
    router.wait_until_idle()
    assert outcomes(router) == {"timed_out": 1}


@pytest.mark.parametrize("kind", ["vllm", "trtllm"])
def test_a_decode_engine_that_failed_is_not_asked_again_whole(
    make: Maker, faulty: Callable[[Fault], FaultyEngine], kind: str
):
    prefill, decode = simulated(make, kind, "prefill", "prefill"), faulty(Fault.NONE)
    router = route_pairs(make, kind, [prefill], [decode], retry_budget_percent=100, consecutive_5xx=0)
    before = decode.count
    decode.fault = Fault.ANSWERS_503
    assert wire.chat(router.port, body()).status == 503
    assert decode.count == before + 1
    assert router.metric("switchyard_retries_total") == 0
    router.wait_until_idle()


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_prefill_engine_finds_wrong_with_a_request_is_the_answer(make: Maker, kind: str):
    prefill = simulated(make, kind, "prefill", "prefill", "--max-model-len", "64")
    decode = simulated(make, kind, "decode", "decode")
    router = route_pairs(make, kind, [prefill], [decode])
    answer = wire.chat(router.port, body(content="word " * 200))
    assert answer.status == 400 and "maximum context length is 64" in answer.json()["error"]["message"]
    router.wait_until_idle()
    assert outcomes(router) == {"refused": 1}
    assert router.metric("switchyard_retries_total") == 0


@pytest.mark.parametrize("fault", [Fault.REFUSES, Fault.CLOSES_BEFORE_HEAD, Fault.ANSWERS_503, Fault.HANGS_BEFORE_HEAD],
                         ids=lambda fault: fault.value)  # fmt: skip
@pytest.mark.parametrize("kind", KINDS)
def test_a_failing_decode_is_tried_again_with_its_prefill(
    make: Maker, faulty: Callable[[Fault], FaultyEngine], kind: str, fault: Fault
):
    broken = faulty(Fault.NONE)
    prefill, decode = (simulated(make, kind, role, role) for role in ("prefill", "decode"))
    router = route_pairs(make, kind, [prefill], [broken, decode], first_byte_timeout="600ms", consecutive_5xx=0,
                         success_rate_ejection=False, retry_budget_percent=100, health_check_interval="1h")  # fmt: skip
    broken.fault = fault
    ask_until_tried_again(router)


def test_a_decode_engines_500_is_not_asked_of_one_that_is_ejected(make: Maker, faulty: Callable[[Fault], FaultyEngine]):
    prefill, first, second = simulated(make, "vllm", "prefill", "prefill"), faulty(Fault.NONE), faulty(Fault.NONE)
    router = route_pairs(make, "vllm", [prefill], [first, second], retry_budget_percent=100, consecutive_5xx=1,
                         max_ejection_percent=50, base_ejection_time="5m", success_rate_ejection=False,
                         health_check_interval="1h")  # fmt: skip
    first.fault = Fault.ANSWERS_503
    while router.metric("switchyard_replica_ejections") == 0:
        assert wire.chat(router.port, body()).status == 200
    second.fault = Fault.ANSWERS_500
    before = first.count, second.count, len(prefill.requests())
    assert wire.chat(router.port, body()).status == 500
    assert (first.count, second.count, len(prefill.requests())) == (before[0], before[1] + 1, before[2] + 1)


def test_an_ejected_prefill_engine_is_not_asked_while_others_can_serve_the_request_whole(
    make: Maker, faulty: Callable[[Fault], FaultyEngine]
):
    broken = faulty(Fault.NONE)
    decode = [simulated(make, "vllm", "decode", f"decode-{number}") for number in range(2)]
    router = route_pairs(make, "vllm", [broken], decode, consecutive_5xx=1, base_ejection_time="5m",
                         success_rate_ejection=False, health_check_interval="1h")  # fmt: skip
    broken.fault = Fault.ANSWERS_503
    assert wire.chat(router.port, body()).status == 200
    assert router.metric("switchyard_replica_ejections") == 1
    before = broken.count, router.metric("switchyard_retries_total")
    for _ in range(10):
        assert wire.chat(router.port, body()).header("x-inference-pod").startswith("decode-")
    assert (broken.count, router.metric("switchyard_retries_total")) == before


@pytest.mark.parametrize("status", [200, 400, 503])
def test_a_decode_engine_may_answer_before_a_kept_connection_to_its_prefill_is_found_closed(
    make: Maker, engines: Engines, status: int
):
    streams = status == 200
    has_come, has_closed = threading.Event(), threading.Event()
    error = b'{"error":{"message":"no","type":"t","param":null,"code":null}}'

    def prefills(call: Call) -> bool:
        call.read_body()
        if len(prefill.calls) == 1:
            return call.answer(b"{}")
        # Within the second in which a kept connection may turn out to be closed.
        assert has_come.wait(20)
        has_closed.set()
        return False

    def wait_until_found_closed() -> None:
        assert has_closed.wait(20)
        poll(lambda: prefill.silent, "another connection to the prefill's engine is open")

    def decodes(call: Call) -> bool:
        call.read_body()
        if len(decode.calls) == 1:
            # Behind the prefill's answer, whose connection would else be closed.
            poll(lambda: outcomes(router), "the prefill has come to its end")
            return call.answer()
        if streams:
            call.send(STREAM_HEAD + EVENT)
            wait_until_found_closed()
            call.send(b"0\r\n\r\n")
            return True
        call.send(b"HTTP/1.1 %d No\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % (status, len(error)))
        call.send(error[:10])
        wait_until_read(call.socket)
        has_come.set()
        wait_until_found_closed()
        call.send(error[10:])
        return True

    prefill, decode = engines(prefills, decodes)
    blamed = status == 503
    router = route_pairs(make, "sglang", [prefill], [decode], consecutive_5xx=1 + blamed, health_check_interval="1h")
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(CHAT, body()))
        assert connection.read().status == 200
        connection.send(wire.request(CHAT, body(stream=streams)))
        if streams:
            assert connection.read_head().status == 200
            assert connection.read_chunk() in EVENT
            has_come.set()
            assert connection.read_chunk() == b""
        else:
            answer = connection.read()
            assert (answer.status, answer.json()["error"]["message"]) == (status, "no")
    router.wait_until_idle()
    assert len(prefill.calls) == 2
    assert router.metric("switchyard_replica_ejections") == 0, "nobody is to blame"


def test_a_decode_engine_that_sends_its_head_at_once_is_not_waited_for_when_the_prefill_is_refused(
    make: Maker, engines: Engines
):
    has_begun = threading.Event()

    def prefills(call: Call) -> bool:
        call.read_body()
        assert has_begun.wait(20)
        return call.answer(b'{"detail":"too long"}', status="400 Bad Request")

    def decodes(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD)
        wait_until_read(call.socket)
        has_begun.set()
        return call.wait_for_close()

    prefill, decode = engines(prefills, decodes)
    router = route_pairs(make, "sglang", [prefill], [decode], consecutive_5xx=1, health_check_interval="1h")
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(CHAT, body(stream=True)))
        answer = connection.read()
        assert (answer.status, answer.json()["error"]["message"]) == (400, "too long")
    poll(lambda: decode.calls[0].closed_at, "the decode leg is closed")
    router.wait_until_idle()
    assert router.metric("switchyard_replica_ejections") == 0, "nobody is to blame"


def test_a_prefill_waits_for_a_connection_no_longer_than_any_request(make: Maker, engines: Engines):
    """However long it may take once it has one; and its engine is not to blame."""
    prefill, decode = engines(hangs, hangs)
    router = route_pairs(
        make, "vllm", [prefill], [decode], max_connections=1, prefill_timeout="none", first_byte_timeout="500ms",
        retry_count=0, consecutive_5xx=1, health_check_interval="1h")  # fmt: skip
    with wire.Connection(router.port) as first:
        first.send(wire.request(CHAT, body()))
        prefill.wait_for_calls(1)
        answer = wire.chat(router.port, body())
        assert (answer.status, answer.json()["error"]["code"]) == (503, "prefill_wait_timeout")
    router.wait_until_idle()
    assert len(prefill.calls) == 1 and not decode.calls
    assert router.metric("switchyard_replica_ejections") == 0


def test_what_a_prefill_engine_refuses_keeps_its_fields(make: Maker, engines: Engines):
    def refuses(call: Call) -> bool:
        call.read_body()
        return call.answer(b'{"detail":"slower"}', "retry-after: 7", "x-own: yes", status="429 Too Many Requests")

    (prefill,) = engines(refuses)
    router = route_pairs(make, "vllm", [prefill], [simulated(make, "vllm", "decode", "decode")])
    answer = wire.chat(router.port, body())
    assert (answer.status, answer.header("retry-after"), answer.header("x-own")) == (429, "7", "yes")
    assert answer.json()["error"]["message"] == "slower"
    router.wait_until_idle()


# A leg is not wanted any more


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_that_leaves_during_the_prefill_frees_both_engines_at_once(make: Maker, engines: Engines, kind: str):
    prefill, decode = engines(hangs, hangs)
    router = route_pairs(make, kind, [prefill], [decode])
    for index in range(5):
        connection = wire.Connection(router.port)
        connection.send(wire.request(CHAT, body(stream=True)))
        waiting = [prefill.wait_for_calls(index + 1)[index]]
        if kind == "sglang":
            waiting.append(decode.wait_for_calls(index + 1)[index])
        left = time.monotonic()
        connection.reset()
        for call in waiting:
            poll(lambda call=call: call.closed_at is not None, "the engine's connection is closed")
            assert call.closed_at - left < 2
    if kind != "sglang":
        assert not decode.calls
    router.wait_until_idle()
    assert outcomes(router) == {"abandoned": 5}
    assert router.metric("switchyard_clients_gone_total") == 5


# Which pair


@pytest.mark.parametrize("kind", ["vllm", "sglang"])
def test_requests_that_come_together_are_spread_evenly(make: Maker, engines: Engines, kind: str):
    arrived = threading.Semaphore(0)
    go_on = threading.Event()

    def prefills(call: Call) -> bool:
        call.read_body()
        arrived.release()
        assert go_on.wait(30)
        return call.answer(b'{"kv_transfer_params":{"remote_block_ids":["x"]}}')

    def decodes(call: Call) -> bool:
        call.read_body()
        assert go_on.wait(30)
        return call.answer()

    prefill, decode = engines(*[prefills] * 4), engines(*[decodes] * 4)
    router = route_pairs(make, kind, prefill, decode)
    with ThreadPoolExecutor(64) as pool:
        answers = [pool.submit(wire.chat, router.port, body()) for _ in range(64)]
        for _ in range(64):
            assert arrived.acquire(timeout=20)
        go_on.set()
        assert [answer.result().status for answer in answers] == [200] * 64
    assert [len(engine.calls) for engine in [*prefill, *decode]] == [16] * 8
    router.wait_until_idle()


@pytest.mark.parametrize(("kind", "status"), [("vllm", 200), ("sglang", 503), ("trtllm", 200)])
def test_without_a_pair_a_decode_engine_serves_whole_requests_if_it_can(make: Maker, kind: str, status: int):
    prefill, decode = (simulated(make, kind, role, role) for role in ("prefill", "decode"))
    router = route_pairs(make, kind, [prefill], [decode], health_check_interval="50ms")
    prefill.kill()
    poll(lambda: router.metric("switchyard_replica_ready") == 1, "the prefill engine is known to be gone")
    answer = wire.chat(router.port, body(), "Routing-Strategy: pd")
    assert answer.status == status, answer
    if status == 200:
        assert (answer.header("routing-strategy"), answer.header("prefill-target-pod")) == ("least-ttft", None)
        assert 'shortfalls_total{strategy="pd",reason="no_pair"} 1' in router.metrics()
    else:
        error = answer.json()["error"]
        assert error["code"] == "no_pair" and prefill.address in error["message"]


def test_replicas_that_do_both_serve_whole_requests(make: Maker):
    whole = make.engine("whole", model="m")
    prefill, decode = (simulated(make, "sglang", role, role) for role in ("prefill", "decode"))
    router = route_pairs(make, "sglang", [prefill], [decode], whole=[whole.address], health_check_interval="50ms")
    for strategy, pod in [("pd", "decode"), ("least-request", "whole")]:
        answer = wire.chat(router.port, body(), f"Routing-Strategy: {strategy}")
        assert (answer.header("x-inference-pod"), answer.header("routing-strategy")) == (pod, strategy)
    decode.kill()
    poll(lambda: router.metric("switchyard_replica_ready") == 2, "the decode engine is known to be gone")
    answer = wire.chat(router.port, body(), "Routing-Strategy: pd")
    assert (answer.header("x-inference-pod"), answer.header("routing-strategy")) == ("whole", "least-ttft")


def test_a_pair_is_explained(make: Maker):
    prefill, decode = (simulated(make, "vllm", role, role) for role in ("prefill", "decode"))
    router = route_pairs(make, "vllm", [prefill], [decode])
    management = int(router.wait_for(r"management API on http://127\.0\.0\.1:(\d+)", lambda: router.errors)[1])
    told = wire.post(management, "/api/v1/eval", body()).json()
    assert told["pair"] == {
        "prefill": prefill.address, "prefill_address": prefill.address, "decode": decode.address,
        "decode_address": decode.address,
    }  # fmt: skip
    assert (told["balancing"]["strategy"], told["balancing"]["shortfall"]) == ("pd", None)
    assert router.in_flight() == 0
    decode.kill()
    poll(lambda: router.metric("switchyard_replica_ready") == 1, "the decode engine is known to be gone", 20)
    told = wire.post(management, "/api/v1/eval", body()).json()
    assert (told["pair"], told["balancing"]["shortfall"]) == (None, "no_pair")
    said = run("explain", *files(make, "sglang", [prefill], [decode]), "--model", "m", "Hi").stdout
    assert f"prefill on {prefill.address}, decode on {decode.address}" in said
