"""Which replica a request goes to: strategies by header and by configuration, what answers tell of them, and that what
is counted on replicas ends with the requests."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter

import pytest

import wire
from clients import CHAT, ask, chunked, upload_head
from conftest import Engines, Maker, Route
from processes import poll, run
from recording_engine import Call, Gate, answers, document, model


def asked(port: int, *headers: str, body: str | None = None) -> wire.Response:
    return wire.chat(port, body or ask(), *headers)


def strategy(name: str) -> str:
    return f"Routing-Strategy: {name}"


# What decides a short prompt without session, user, adapter and target, before engines that tell no metrics.
DECIDED = {
    **{name: name for name in ["random", "least-request", "power-of-two", "slo-least-load-pulling", "least-ttft"]},
    **dict.fromkeys(["throughput", "least-busy-time", "least-kv-cache", "least-gpu-cache"], "least-request"),
    **dict.fromkeys(["least-utilization", "prefix-cache", "vtc-basic"], "least-request"),
    **dict.fromkeys(["least-latency", "session-affinity", "prefix-cache-preble", "slo", "slo-pack-load"], "least-ttft"),
    **dict.fromkeys(["slo-least-load", "pd", "sticky", "lora-affinity"], "least-ttft"),
    "least-request:2,throughput:1": "least-request",
}


def test_every_strategy_serves_and_is_told(engines: Engines, route: Route):
    """A strategy without its input names the substitute that decided, and the metrics say what was lacking."""
    first, second = engines(answers, answers)
    router = route(model("alpha", first, second), gateway={"aibrix_compat": "latest"})
    addresses = {"alpha_alpha-1": first.address, "alpha_alpha-2": second.address}
    assert len(DECIDED) == 22, "every strategy, and a combination"
    for name, decided in DECIDED.items():
        answer = asked(router.port, strategy(name))
        assert (answer.status, answer.header("routing-strategy")) == (200, decided), name
        assert answer.header("target-pod-ip") == addresses[answer.header("target-pod")]
    assert asked(router.port, strategy("session-affinity")).header("routing-strategy") == "least-ttft"
    assert 'switchyard_strategy_shortfalls_total{strategy="session-affinity",reason="no_session"} 2' in router.metrics()
    assert 'switchyard_replica_choices_total{strategy="random"}' in router.metrics()
    router.wait_until_idle()


def test_nothing_is_told_of_the_replica_unless_a_strategy_is_wanted(engines: Engines, make: Maker):
    first, second = engines(answers, answers)
    router = make.router("-c", str(make.file(document(model("alpha", first, second)))))
    answer = asked(router.port)
    for name in ["routing-strategy", "target-pod", "target-pod-ip", "x-session-id"]:
        assert answer.header(name) is None
    router.wait_for(r'"strategy":"least-ttft"', lambda: router.output)


def test_a_strategy_that_is_not_known_is_refused_with_the_nearest(engines: Engines, route: Route):
    (first,) = engines(answers)
    router = route(model("alpha", first))
    answer = asked(router.port, strategy("least-requets"))
    assert answer.status == 400
    error = answer.json()["error"]
    assert (error["type"], error["param"], error["code"]) == (
        "invalid_request_error",
        "routing-strategy",
        "invalid_routing_strategy",
    )
    assert "did you mean least-request?" in error["message"]
    assert answer.header("x-error-routing") == "true"
    assert not first.calls
    router.wait_until_idle()


@pytest.mark.parametrize("generation", ["0.4", "latest"])
def test_a_configured_strategy_is_told_in_the_fields_of_a_generation(
    engines: Engines, route: Route, generation: str
):
    (first,) = engines(answers)
    router = route(
        model("alpha", first, balancing={"strategy": "least-request"}), gateway={"aibrix_compat": generation}
    )
    answer = asked(router.port)
    assert answer.header("routing-strategy") == "least-request"
    if generation == "0.4":
        assert answer.header("target-pod") == first.address
        assert answer.header("target-pod-ip") is None
    else:
        assert answer.header("target-pod") == "alpha_alpha-1"
        assert answer.header("target-pod-ip") == first.address


@pytest.mark.parametrize(("option", "is_old"), [("0.4", True), ("latest", False)])
def test_the_option_compat_wins_over_the_file(engines: Engines, make: Maker, option: str, is_old: bool):
    (first,) = engines(answers)
    other = "latest" if is_old else "0.4"
    file = make.file(document(model("alpha", first), gateway={"aibrix_compat": other}))
    router = make.router("-c", str(file), "--compat", option)
    answer = asked(router.port, strategy("random"))
    assert answer.header("target-pod") == (first.address if is_old else "alpha_alpha-1")
    assert answer.header("target-pod-ip") == (None if is_old else first.address)


def test_a_locked_strategy_holds_whatever_is_asked_for(engines: Engines, route: Route):
    (first,) = engines(answers)
    router = route(model("alpha", first, balancing={"locked_strategy": "random"}))
    assert asked(router.port, strategy("least-request")).header("routing-strategy") == "random"


def test_a_profile_brings_its_strategy(engines: Engines, route: Route):
    (first,) = engines(answers)
    balancing = {"profiles": {"chat": "sticky", "bulk": "throughput"}, "default_profile": "chat"}
    router = route(model("alpha", first, balancing=balancing))
    answer = asked(router.port, "Config-Profile: bulk")
    assert answer.header("x-aibrix-config-profile") == "bulk"
    # The engine tells no throughput.
    assert answer.header("routing-strategy") == "least-request"
    assert asked(router.port).header("x-aibrix-config-profile") == "chat"


def test_auto_is_the_profile_that_fits(engines: Engines, route: Route):
    """By the prompt's tokens and the most that its answer may have; told in `x-aibrix-config-profile`."""
    (first,) = engines(answers)
    balancing = {
        "profiles": {
            "short": {"strategy": "random", "prompt_tokens_lt": 1000},
            "long": {"strategy": "least-request", "prompt_tokens_gte": 1000},
            "terse": {"prompt_tokens_lt": 1000, "max_tokens_lt": 9, "requests_per_second": 1},
        },
    }
    router = route(model("alpha", first, balancing=balancing))

    def profile(content: str, *headers: str, **more: object) -> tuple[str | None, str | None]:
        body = json.dumps({"model": "alpha", "messages": [{"role": "user", "content": content}], **more})
        answer = asked(router.port, *headers, body=body)
        assert answer.status == 200
        return answer.header("x-aibrix-config-profile"), answer.header("routing-strategy")

    assert profile("x" * 400, "Config-Profile: auto") == ("short", "random")
    assert profile("x" * 8000, "Config-Profile: auto") == ("long", "least-request")
    assert profile("x" * 8000, "Config-Profile: auto", strategy("random")) == ("long", "random")
    assert profile("x", "Config-Profile: auto", max_tokens=8) == ("terse", "least-ttft")
    assert profile("x") == (None, None)
    # A profile has a limit of its own.
    body = json.dumps({"model": "alpha", "messages": [{"role": "user", "content": "x"}], "max_tokens": 8})
    several = [asked(router.port, "Config-Profile: auto", body=body) for _ in range(6)]
    refused = [answer for answer in several if answer.status == 429]
    assert refused and refused[0].header("x-error-model-rps-exceeded") == "true"
    router.wait_until_idle()


def test_an_authoritative_model_reads_nothing_of_the_client(engines: Engines, route: Route):
    (first,) = engines(answers)
    balancing = {"strategy": "random", "authoritative": True, "profiles": {"bulk": "least-request"}}
    router = route(model("alpha", first, balancing=balancing))
    answer = asked(router.port, strategy("nonsense"), "Config-Profile: bulk", "External-Filter: (")
    assert answer.status == 200
    for name in ["routing-strategy", "target-pod", "x-aibrix-config-profile"]:
        assert answer.header(name) is None
    assert 'switchyard_replica_choices_total{strategy="random"} 1' in router.metrics()


def test_labels_leave_replicas_out(engines: Engines, route: Route):
    """By the header `external-filter`, where a strategy is asked for or configured."""
    three = engines(answers, answers, answers)
    alpha = model("alpha", *three)
    for reference, zone in zip(alpha["backend_refs"], ["a", "b", "a"]):
        reference["labels"] = {"zone": zone}
    router = route(alpha)

    def answered(selector: str, *headers: str) -> set[str]:
        return {
            asked(router.port, *headers, f"External-Filter: {selector}").json()["engine"] for _ in range(40)
        }

    assert answered("zone=b", strategy("random")) == {three[1].name}
    assert answered("zone in (a), !spot", strategy("random")) == {three[0].name, three[2].name}
    none = asked(router.port, strategy("random"), "External-Filter: zone=c")
    assert (none.status, none.header("x-error-routing")) == (503, "true")
    assert none.json()["error"]["code"] == "no_replica_matches"
    bad = asked(router.port, strategy("random"), "External-Filter: zone in (a")
    assert (bad.status, bad.json()["error"]["param"]) == (400, "external-filter")
    assert "at byte 11: found the end" in bad.json()["error"]["message"]
    # Without a strategy nobody chooses, so nothing is left out.
    assert len(answered("zone=b")) > 1
    metrics = router.metrics()
    assert 'reason="filtered_out"} 1' in metrics and 'reason="bad_filter"} 1' in metrics
    router.wait_until_idle()


def test_a_locked_strategy_takes_no_filter(engines: Engines, route: Route):
    first, second = engines(answers, answers)
    alpha = model("alpha", first, second, balancing={"locked_strategy": "least-request"})
    alpha["backend_refs"][0]["labels"] = {"zone": "a"}
    router = route(alpha)
    chosen = {asked(router.port, "External-Filter: zone=a").json()["engine"] for _ in range(40)}
    assert chosen == {first.name, second.name}


def test_labels_of_the_endpoints_file_leave_replicas_out(engines: Engines, make: Maker):
    first, second = engines(answers, answers)
    file = make.file(
        json.dumps(
            {
                "models": [
                    {
                        "name": "alpha",
                        "labels": {"tier": "gold"},
                        "endpoints": [first.address, {"address": second.address, "labels": {"tier": "silver"}}],
                    }
                ]
            }
        )
    )
    router = make.router("--endpoints", str(file))
    for selector, engine in [("tier=gold", first), ("tier!=gold", second)]:
        for _ in range(6):
            answer = asked(router.port, strategy("random"), f"External-Filter: {selector}")
            assert answer.json()["engine"] == engine.name


def test_a_session_stays_on_its_replica(engines: Engines, route: Route):
    three = engines(answers, answers, answers)
    router = route(model("alpha", *three))
    for index, engine in enumerate(three):
        # As AIBrix names a replica, and then as it is named here.
        session = b64encode(engine.address.encode()).decode()
        for _ in range(4):
            answer = asked(router.port, strategy("session-affinity"), f"X-Session-Id: {session}")
            assert answer.json()["engine"] == engine.name
            session = answer.header("x-session-id")
            assert engine.address not in session
        key = f"X-AIBrix-Session-Key: conversation-{index}"
        assert len({asked(router.port, strategy("session-affinity"), key).json()["engine"] for _ in range(6)}) == 1


def test_a_long_prompt_comes_back_to_the_replica_that_read_it(engines: Engines, route: Route):
    four = engines(*[answers] * 4)
    router = route(model("alpha", *four))
    for number in range(6):
        words = f"Story {number}. " + "Once upon a time there was a router. " * 200
        body = json.dumps({"model": "alpha", "messages": [{"role": "user", "content": words}]})
        assert len({asked(router.port, body=body).json()["engine"] for _ in range(5)}) == 1
    router.wait_until_idle()


@pytest.mark.parametrize("name", ["least-request", "least-ttft"])
def test_simultaneous_requests_spread_evenly(engines: Engines, route: Route, name: str):
    """256 requests at once on 4 idle replicas: 64 each, for picking and counting are one step."""
    gate = Gate()
    four = engines(*[gate] * 4)
    router = route(model("alpha", *four))
    connections = [wire.Connection(router.port) for _ in range(256)]
    request = wire.request(CHAT, ask(), headers=(strategy(name),))
    for connection in connections:
        connection.send(request)
    poll(lambda: sum(len(engine.calls) for engine in four) == 256, "all requests are at engines")
    gate.opened.set()
    for connection in connections:
        assert connection.read().status == 200
        connection.close()
    assert [len(engine.calls) for engine in four] == [64] * 4
    router.wait_until_idle()


def test_weights_share_traffic(engines: Engines, route: Route):
    first, second = engines(answers, answers)
    router = route(model("alpha", first, second, weights=[3, 1]))
    seen = Counter(asked(router.port, strategy("random")).json()["engine"] for _ in range(400))
    assert 240 <= seen[first.name] <= 360, seen


def test_what_answers_say_of_their_tokens_is_logged(engines: Engines, make: Maker):
    usage = {
        "prompt_tokens": 12,
        "completion_tokens": 34,
        "prompt_tokens_details": {"cached_tokens": 5},
    }

    def whole(call: Call) -> bool:
        call.read_body()
        return call.answer(json.dumps({"usage": usage}).encode())

    def streamed(call: Call) -> bool:
        call.read_body()
        call.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        event = f"data: {json.dumps({'choices': [], 'usage': usage})}\n\n".encode()
        events = [b'data: {"usage":null}\n\n', event, b"data: [DONE]\n\n"]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in events) + b"0\r\n\r\n"
        # However the network cuts them.
        for start in range(0, len(chunks), 11):
            call.send(chunks[start : start + 11])
        return True

    for script, stream in [(whole, False), (streamed, True)]:
        (first,) = engines(script)
        router = make.router("-c", str(make.file(document(model("alpha", first)))))
        assert asked(router.port, body=ask(stream=stream)).status == 200
        found = router.wait_for(r"\{.*\"event\":\"request\".*\}", lambda: router.output)
        line = json.loads(found.group(0))
        assert (line["prompt_tokens"], line["cached_tokens"], line["completion_tokens"]) == (12, 5, 34)


def test_a_bad_strategy_in_a_file_is_told_with_its_place(make: Maker):
    file = make.file(document(model("alpha", "127.0.0.1:1", balancing={"strategy": "least-requets"})))
    checked = run("config", "check", str(file))
    assert checked.returncode == 1
    assert 'config-1.yaml:1:' in checked.stderr
    assert 'model "alpha": routing strategy "least-requets" is not known; did you mean least-request?' in checked.stderr


@pytest.mark.parametrize("status", [400, 404])
def test_the_status_of_an_unknown_model_is_configurable(engines: Engines, route: Route, status: int):
    (first,) = engines(answers)
    router = route(model("alpha", first), gateway={"unknown_model_status": status} if status != 400 else None)
    for answer in [
        asked(router.port, body=ask("nobody")),
        wire.post(router.port, "/v1/rerank", '{"model":"nobody","query":"q","documents":["d"]}'),
    ]:
        assert answer.status == status
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", "model", "model_not_found")


PASSED = {
    "/v1/messages": lambda text, more: {
        "messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "Yes."}, *more],
        "system": "Be brief.",
    },
    "/v1/responses": lambda text, more: {"instructions": "Be brief.", "input": [{"role": "user", "content": text}, *more]},
}


@pytest.mark.parametrize("path", PASSED)
@pytest.mark.parametrize("size", [8_000, 200_000])
def test_what_is_passed_on_goes_where_its_prompt_was_before(engines: Engines, route: Route, path: str, size: int):
    """By the paths of other APIs too; a body that is sent in chunks is waited for, and an engine that fails costs nothing."""
    first, second = engines(answers, answers)
    router = route(model("alpha", first, second, balancing={"strategy": "prefix-cache"}))

    def send(text: str, *more: dict) -> wire.Response:
        body = json.dumps({"model": "alpha", "stream": False, "max_tokens": 5, **PASSED[path](text, more)}).encode()
        with wire.Connection(router.port) as connection:
            connection.send(upload_head(path, "Content-Type: application/json", None) + chunked(body))
            return connection.read()

    prompts = [f"{number} " * (size // 2) for number in range(3)]
    homes = [send(prompt).json()["engine"] for prompt in prompts]
    for turn in range(6):
        question = {"role": "user", "content": "And?" * (turn + 1)}
        for prompt, home in zip(prompts, homes):
            answer = send(prompt, question)
            assert (answer.json()["engine"], answer.header("routing-strategy")) == (home, "prefix-cache")
    # Who has it fails before its answer: the body is still there for another.
    home, other = (first, second) if homes[0] == first.name else (second, first)
    home.script = lambda call: call.read_body() and False
    assert send(prompts[0]).json()["engine"] == other.name
    home.script = answers
    # Too short for a block, and too long to be held for its prompt.
    assert send("short").header("routing-strategy") == "least-request"
    assert 'strategy="prefix-cache",reason="no_prompt_blocks"} 1' in router.metrics()
    if size > 8_000:
        assert send("x" * (9 << 20)).header("routing-strategy") == "least-request"
    assert wire.post(router.port, "/v1/rerank", '{"model":"alpha","query":"q"}').status == 200
    unread = 2 if size > 8_000 else 1
    assert f'strategy="prefix-cache",reason="prompt_unread"}} {unread}' in router.metrics()
    router.wait_until_idle()
