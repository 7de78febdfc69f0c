"""Replicas picked by what their engines tell of their caches: KV events over ZeroMQ, and prompts' tokens asked of engines."""

from __future__ import annotations

import json
import time

import pytest
import yaml

import wire
from conftest import Engines, Maker
from processes import ADAPTERS, MODEL, Engine, Router, free_port, poll
from recording_engine import Call, RecordingEngine
from test_fleet import figures

WORDS = 300


def prompt(name: str, words: int = WORDS) -> str:
    """600 tokens or more, the first of them its own; the half of it is still worth going by."""
    return " ".join(f"{name}{index}" for index in range(words))


class Publisher:
    """A simulated engine that publishes its KV events, and where."""

    def __init__(self, make: Maker, pod: str, *arguments: str):
        self.make, self.pod = make, pod
        self.arguments = ["--enable-kvcache", "--block-size", "16", "--event-batch-size", "1", "--max-model-len", "8192"]
        self.events, self.replays = f"tcp://127.0.0.1:{free_port()}", f"tcp://127.0.0.1:{free_port()}"
        self.arguments += ["--zmq-endpoint", self.events.replace("127.0.0.1", "*")]
        self.arguments += ["--kv-events-replay-endpoint", self.replays, *arguments]
        self.engine: Engine = make.engine(pod, *self.arguments)
        # Where the router finds it; another place in front of it stands in for the engine.
        self.address = self.engine.address

    def restart(self) -> None:
        """Ends it as a crash would, and starts it anew at the same addresses."""
        self.engine.kill()
        self.engine = self.make.engine(self.pod, *self.arguments, port=self.engine.port)

    def put(self, text: str, model: str = MODEL) -> None:
        """Has it read a prompt behind the router's back."""
        body = json.dumps({"model": model, "prompt": text, "max_tokens": 1})
        assert wire.post(self.engine.port, "/v1/completions", body).status == 200

    def put_chat(self, text: str) -> None:
        assert wire.chat(self.engine.port, chat_body(text)).status == 200

    @property
    def backend(self) -> dict:
        return {"endpoint": self.address, "kv_events": {"endpoint": self.events, "replay_endpoint": self.replays}}


def chat_body(text: str, **more) -> str:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
    return json.dumps({"model": MODEL, "messages": messages, "max_tokens": 1, **more})


def route(make: Maker, publishers: list[Publisher], **residency) -> Router:
    """A router before the engines, once it knows that they tell of their blocks."""
    model = {
        "name": MODEL,
        "backend_refs": [publisher.backend for publisher in publishers],
        # The usual time to ask in is short for a busy machine.
        "balancing": {
            "strategy": "prefix-cache",
            "kv_events": {"exact": True, "tokenize_timeout": "10s", **residency},
        },
    }
    cards = [{"name": MODEL, "loras": [{"name": name} for name in ADAPTERS]}]
    document = {"version": "v0.3", "providers": {"models": [model]}, "routing": {"modelCards": cards}}
    router = make.router("-c", str(make.file(yaml.safe_dump(document))))
    for number, publisher in enumerate(publishers):
        # The next event shows that there were some before, which are replayed.
        turn = iter(range(1_000_000))
        poll(
            lambda: publisher.put(f"warm-{number}-{next(turn)} " + prompt("warm", 30)) or held(router, publisher),
            f"{publisher.pod} is listened to",
        )
    # What was put last is on its way; it would count as what is read next.
    wait_for_quiet(router)
    return router


def held(router: Router, publisher: Publisher) -> int:
    return round(figures(router, "switchyard_replica_token_blocks").get(publisher.address, 0))


def settle(router: Router, publisher: Publisher, more: int, action) -> None:
    """Does something that has the engine hold so many blocks more, and waits until the router knows."""
    before = held(router, publisher)
    action()
    poll(lambda: held(router, publisher) >= before + more, f"{more} blocks more of {publisher.pod} are known")


def wait_for_quiet(router: Router) -> None:
    """Waits until no event has come for a while."""
    last, since = -1.0, time.monotonic()
    while time.monotonic() < since + 1:
        if (events := router.metric("switchyard_kv_events")) != last:
            last, since = events, time.monotonic()
        time.sleep(0.02)


def ask(router: Router, text: str, model: str = MODEL) -> str | None:
    body = json.dumps({"model": model, "prompt": text, "max_tokens": 1})
    answer = wire.post(router.port, "/v1/completions", body)
    assert answer.status == 200, answer
    return answer.header("x-inference-pod")


def shortfalls(router: Router, reason: str) -> int:
    return round(sum(
        float(line.rsplit(" ", 1)[1])
        for line in router.metrics().splitlines()
        if line.startswith("switchyard_strategy_shortfalls_total") and f'reason="{reason}"' in line
    ))


def test_prompts_that_came_by_another_way_are_found(make: Maker):
    publishers = [Publisher(make, f"pod-{number}") for number in range(3)]
    router = route(make, publishers)
    for number in range(9):
        there = publishers[number % 3]
        settle(router, there, 10, lambda: there.put(prompt(f"text-{number}-")))
        assert ask(router, prompt(f"text-{number}-")) == there.pod
    for number in range(6):
        there = publishers[number % 3]
        settle(router, there, 10, lambda: there.put_chat(prompt(f"chat-{number}-")))
        answer = wire.chat(router.port, chat_body(prompt(f"chat-{number}-") + " and more"))
        assert answer.header("x-inference-pod") == there.pod
    # An adapter's blocks are its own.
    text = prompt("adapter-")
    settle(router, publishers[0], 10, lambda: publishers[0].put(text))
    settle(router, publishers[1], 10, lambda: publishers[1].put(text, ADAPTERS[0]))
    assert ask(router, text, ADAPTERS[0]) == "pod-1"
    assert ask(router, text) == "pod-0"
    assert shortfalls(router, "tokens_unknown") == 0
    # One prompt of those above was asked for by two names, the others once each.
    assert router.metric("switchyard_tokenize_calls") == 17
    assert router.metric("switchyard_tokenize_failures") == router.metric("switchyard_tokenize_mismatches") == 0
    # An identical prompt costs no engine anything.
    assert ask(router, text) == "pod-0"
    assert router.metric("switchyard_tokenize_calls") == 17
    assert router.metric("switchyard_tokenize_known") >= 1


def whole_and_half(router: Router, publishers: list[Publisher], name: str) -> str:
    """A prompt that the second engine has read whole and the first by half."""
    text = prompt(name)
    settle(router, publishers[0], 5, lambda: publishers[0].put(text[: len(text) // 2]))
    settle(router, publishers[1], 10, lambda: publishers[1].put(text))
    return text


def test_what_an_engine_gave_up_is_no_longer_gone_by(make: Maker):
    publishers = [Publisher(make, f"pod-{number}", "--kv-cache-size", "128") for number in range(2)]
    router = route(make, publishers)
    text = whole_and_half(router, publishers, "removed-")
    assert ask(router, text) == "pod-1"
    # Other prompts drive it out, one block at a time; the other engine keeps its half.
    for number in range(12):
        publishers[1].put(prompt(f"driving-{number}-"))
    wait_for_quiet(router)
    assert ask(router, text) == "pod-0", "the other engine's half is the longest match"


def test_a_cache_that_was_emptied_is_no_longer_gone_by(make: Maker, monkeypatch: pytest.MonkeyPatch):
    # Opens /sleep.
    monkeypatch.setenv("VLLM_SERVER_DEV_MODE", "1")
    publishers = [Publisher(make, f"pod-{number}", "--enable-sleep-mode") for number in range(2)]
    router = route(make, publishers)
    text = whole_and_half(router, publishers, "cleared-")
    assert ask(router, text) == "pod-1"
    assert wire.post(publishers[1].engine.port, "/sleep", "").status == 200
    assert wire.post(publishers[1].engine.port, "/wake_up", "").status == 200
    poll(lambda: held(router, publishers[1]) == 0, "the cache is known to be empty")
    assert ask(router, text) == "pod-0"


def test_an_engine_that_began_anew_holds_nothing(make: Maker):
    publishers = [Publisher(make, f"pod-{number}") for number in range(2)]
    router = route(make, publishers)
    text = whole_and_half(router, publishers, "restarted-")
    assert ask(router, text) == "pod-1"
    publishers[1].restart()
    turn = iter(range(1_000_000))

    def put_another() -> None:
        publishers[1].put(f"after-{next(turn)} " + prompt("after", 30))

    # So many that the first that is heard of bears no number that would have come next.
    for _ in range(20):
        put_another()

    def is_seen() -> bool:
        put_another()
        # Not so many that the engine has none of the first left to replay: those would count as lost.
        time.sleep(0.05)
        return router.metric("switchyard_kv_event_restarts") > 0

    # The connection is tried again after 1 s, 2 s, 4 s and so on.
    poll(is_seen, "the restart is seen", 40)
    # The replay that follows would count as what is read next.
    wait_for_quiet(router)
    poll(lambda: router.metric("switchyard_replica_ready") == 2, "it is known to be there again")
    assert ask(router, text) == "pod-0"
    # What it has read since counts.
    settle(router, publishers[1], 10, lambda: publishers[1].put(prompt("since-")))
    assert ask(router, prompt("since-")) == "pod-1"


class Stand(RecordingEngine):
    """Stands before an engine and passes all on but questions for tokens, which go as `tokenize` says."""

    def __init__(self, publisher: Publisher, tokenize):
        self.tokenize = tokenize
        self.asked = 0
        engine = publisher.engine

        def script(call: Call) -> bool:
            body = call.read_body()
            if call.target == "/tokenize":
                self.asked += 1
                return self.tokenize(call)
            passed = wire.post(engine.port, call.target, body)
            return call.answer(passed.body, f"x-inference-pod: {publisher.pod}", status=f"{passed.status} OK")

        super().__init__(publisher.pod, script)
        publisher.address = self.address


@pytest.mark.parametrize("how", ["refused", "no tokens", "silent"])
def test_without_tokens_own_requests_are_gone_by(make: Maker, how: str):
    publishers = [Publisher(make, f"pod-{number}") for number in range(2)]

    def tokenize(call: Call) -> bool:
        if how == "silent":
            return call.wait_for_close()
        return call.answer(b'{"error":{}}', status="404 Not Found" if how == "refused" else "200 OK")

    stands = [Stand(publisher, tokenize) for publisher in publishers]
    router = route(make, publishers, **({"tokenize_timeout": "500ms"} if how == "silent" else {}))
    text = prompt("own-")
    first = ask(router, text)
    for _ in range(5):
        assert ask(router, text) == first
    assert shortfalls(router, "tokens_unknown") >= 6
    # After three failures they are let alone for a second, which on a slow machine may be over before the sixth asks.
    assert 3 <= sum(stand.asked for stand in stands) <= 4
    assert router.metric("switchyard_tokenize_failures") == sum(stand.asked for stand in stands)
    assert router.metric("switchyard_tokenize_declined") >= 2
    for stand in stands:
        stand.close()


def test_a_client_that_leaves_while_tokens_are_asked_for_leaves_nothing_behind(make: Maker):
    publisher = Publisher(make, "pod-0")
    stand = Stand(publisher, lambda call: call.wait_for_close())
    router = route(make, [publisher], tokenize_timeout="20s")
    body = json.dumps({"model": MODEL, "prompt": prompt("left-"), "max_tokens": 1})
    with wire.Connection(router.port) as connection:
        connection.send(wire.request("/v1/completions", body))
        poll(lambda: stand.asked == 1, "the engine is asked")
        # Others are served meanwhile.
        assert wire.get(router.port, "/v1/models").status == 200
        # Later than a client's end counts as coming along with its request.
        time.sleep(0.03)
    asked = next(call for call in stand.calls if call.target == "/tokenize")
    poll(lambda: asked.closed_at, "the question is given up")
    poll(lambda: router.metric("switchyard_requests_running") == 0, "nothing runs")
    assert router.in_flight() == 0
    assert not [call for call in stand.calls if call.target == "/v1/completions"]
    stand.close()


def test_a_model_whose_engines_are_not_listened_to_is_told(make: Maker):
    engine = make.engine("pod-0")
    model = {
        "name": MODEL,
        "backend_refs": [{"endpoint": engine.address}],
        "balancing": {"kv_events": {"exact": True}},
    }
    document = {"version": "v0.3", "providers": {"models": [model]}, "routing": {}}
    router = make.router("-c", str(make.file(yaml.safe_dump(document))))
    assert f'warning: model "{MODEL}": balancing.kv_events.exact is true, and none of its engines is listened to' in router.errors
    assert ask(router, prompt("unheard-")) == "pod-0"
    assert shortfalls(router, "events_unknown") == 1
