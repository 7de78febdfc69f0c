"""What is known of a fleet while it is served: the endpoints file, engines' metrics, adapters and KV events."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import wire
from conftest import Maker
from processes import ADAPTERS, MODEL, Engine, Router, configuration, free_port, poll, run
from recording_engine import document
from test_observability import samples

BODY = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"Hi"}}],"max_tokens":4}}'


def endpoints(engines: list[Engine], model: str = MODEL) -> str:
    return f"models:\n  - name: {model}\n    engine: vllm\n    endpoints: {json.dumps([e.address for e in engines])}\n"


def pods(router: Router, count: int = 12, model: str = MODEL) -> set[str | None]:
    """Who answers; None stands for an answer that is no engine's."""
    return {wire.chat(router.port, BODY.replace(MODEL, model)).header("x-inference-pod") for _ in range(count)}


def write(file: Path, text: str) -> None:
    """Puts another file in its place, as editors and mounted volumes do."""
    beside = file.with_suffix(".new")
    beside.write_text(text)
    os.replace(beside, file)


def said_after(router: Router, action: Callable[[], object], pattern: str) -> str:
    """What the router says after an action, once the pattern is in it."""
    before = len(router.errors)
    action()
    return poll(lambda: re.search(pattern, text := router.errors[before:]) and text, f"{pattern} is said")


def figures(router: Router, name: str) -> dict[str, float]:
    """A metric by the replica's address; those that are not known are not there."""
    values, _ = samples(router.metrics())
    return {
        re.search(r'address="([^"]*)"', labels)[1]: value for (found, labels), value in values.items() if found == name
    }


# The endpoints file


def test_an_endpoints_file_alone_is_served(make: Maker):
    first, second = make.engine("pod-1"), make.engine("pod-2", model="other-model")
    text = endpoints([first]) + endpoints([second], "other-model").removeprefix("models:\n")
    router = make.router("--endpoints", str(make.file(text)))
    assert pods(router, 2) == {"pod-1"}
    assert pods(router, 2, "other-model") == {"pod-2"}
    # The file's first model is the default.
    assert pods(router, 2, "MoM") == {"pod-1"}
    names = {model["id"] for model in wire.get(router.port, "/v1/models").json()["data"]}
    assert {"MoM", MODEL, "other-model"} <= names


def test_a_changed_endpoints_file_comes_into_force_by_itself(make: Maker):
    first, second = make.engine("pod-1"), make.engine("pod-2")
    file = make.file(endpoints([first]))
    router = make.router("--endpoints", str(file))
    assert pods(router, 2) == {"pod-1"}
    said = said_after(router, lambda: write(file, endpoints([first, second])), "endpoints read again")
    assert "endpoints read again: in force, models: 1, engines: 2" in said
    assert pods(router, 40) == {"pod-1", "pod-2"}
    assert set(figures(router, "switchyard_replica_in_flight")) == {first.address, second.address}
    said_after(router, lambda: write(file, endpoints([second])), "endpoints read again")
    assert pods(router) == {"pod-2"}
    assert set(figures(router, "switchyard_replica_scrape_age_seconds")) <= {second.address}
    said_after(router, lambda: write(file, "models: []\n"), "endpoints read again")
    assert "model_not_found" in wire.chat(router.port, BODY).body.decode()


def test_a_broken_endpoints_file_keeps_what_is_in_force(make: Maker):
    engine, other = make.engine("pod-1"), make.engine("pod-2")
    file = make.file(endpoints([engine]))
    router = make.router("--endpoints", str(file))
    said = said_after(router, lambda: write(file, "models:\n  - name: a\n"), "endpoints not changed")
    assert "endpoints not changed, those in force stay: " in said
    assert f"{file}:2:5: model \"a\" has neither endpoints nor rolesets" in said
    assert pods(router, 2) == {"pod-1"}
    said = said_after(router, file.unlink, "endpoints not changed")
    assert f"{file}: the endpoints file does not exist" in said
    assert pods(router, 2) == {"pod-1"}
    said_after(router, lambda: write(file, endpoints([other])), "endpoints read again")
    assert pods(router, 2) == {"pod-2"}


def test_sighup_reads_the_endpoints_file_too(make: Maker):
    engine = make.engine("pod-1")
    router = make.router("--endpoints", str(make.file(endpoints([engine]))))
    said = said_after(router, lambda: router.signal(signal.SIGHUP), "endpoints read again")
    assert "no configuration file" not in said


def test_the_files_engines_join_those_of_the_configuration(make: Maker):
    own, more = make.engine("pod-1"), make.engine("pod-2")
    file = make.file(endpoints([more]))
    gateway = f"\nglobal:\n  gateway: {{endpoints_file: {file.name}}}\n"
    text = configuration([own.address]).replace("\nglobal:\n", gateway)
    router = make.router("-c", str(make.file(text)))
    assert pods(router, 40) == {"pod-1", "pod-2"}
    # The document's rules hold for them.
    math = '{"model":"MoM","messages":[{"role":"user","content":"What is the derivative of x^3?"}]}'
    assert wire.chat(router.port, math).header("x-vsr-selected-decision") == "math_decision"
    said_after(router, lambda: write(file, endpoints([])), "endpoints read again")
    assert pods(router) == {"pod-1"}
    # A configuration read again keeps the file's engines, and the other way round.
    said_after(router, lambda: write(file, endpoints([more])), "endpoints read again")
    said_after(router, lambda: router.signal(signal.SIGHUP), "endpoints read again")
    assert "configuration read again: in force" in router.errors
    assert pods(router, 40) == {"pod-1", "pod-2"}


def test_a_start_with_a_bad_endpoints_file_says_why(make: Maker, tmp_path: Path):
    ended = run("serve", "--endpoints", tmp_path / "none.yaml", "--listen", "127.0.0.1:0")
    assert ended.returncode == 1
    assert f"{tmp_path / 'none.yaml'}: the endpoints file does not exist" in ended.stderr
    ended = run("serve", "--endpoints", make.file("models: 3\n"), "--listen", "127.0.0.1:0")
    assert ended.returncode == 1
    assert "1:9: models must be a list, not 3" in ended.stderr
    ended = run("serve", "--endpoints", "e.yaml", "--engine", "http://127.0.0.1:1")
    assert ended.returncode == 64
    assert "Give files" in ended.stderr


# Metrics


def test_engines_figures_are_shown_by_replica(make: Maker):
    engine = make.engine("pod-1", "--fake-metrics", '{"running-requests":3,"waiting-requests":5,"kv-cache-usage":0.25}')
    router = make.router("--endpoints", str(make.file(endpoints([engine]))))
    poll(lambda: figures(router, "switchyard_replica_kv_cache_usage"), "the engine was scraped")
    assert figures(router, "switchyard_replica_kv_cache_usage") == {engine.address: 0.25}
    assert figures(router, "switchyard_replica_engine_running") == {engine.address: 3}
    assert figures(router, "switchyard_replica_engine_waiting") == {engine.address: 5}
    assert 0 <= figures(router, "switchyard_replica_scrape_age_seconds")[engine.address] < 5
    line = f"({engine.address}): its metrics are read, in the dialect vllm"
    router.wait_for(re.escape(line), lambda: router.errors)
    assert router.errors.count(line) == 1
    engine.kill()
    # What is too old is unknown, not zero.
    poll(lambda: not figures(router, "switchyard_replica_kv_cache_usage"), "the figures are too old")
    assert router.errors.count("its metrics") == 1


def test_an_engine_without_metrics_is_told_of_once(make: Maker, engines):
    [engine] = engines(lambda call: call.answer())
    router = make.router("--endpoints", str(make.file(f"models: [{{name: m, endpoints: [\"{engine.address}\"]}}]\n")))
    router.wait_for(
        r"its metrics cannot be read: GET /metrics shows no metrics of a known engine", lambda: router.errors
    )
    assert wire.chat(router.port, BODY.replace(MODEL, "m")).status == 200
    assert figures(router, "switchyard_replica_in_flight") == {engine.address: 0}
    assert figures(router, "switchyard_replica_kv_cache_usage") == {}


def test_metrics_on_a_port_of_their_own_are_read(make: Maker, engines):
    metrics = make.engine("pod-1", "--fake-metrics", '{"running-requests":1,"waiting-requests":0,"kv-cache-usage":0.5}')
    [engine] = engines(lambda call: call.answer())
    text = f'models: [{{name: m, endpoints: [{{address: "{engine.address}", metrics_port: {metrics.port}}}]}}]\n'
    router = make.router("--endpoints", str(make.file(text)))
    poll(lambda: figures(router, "switchyard_replica_kv_cache_usage"), "the metrics are read")
    assert figures(router, "switchyard_replica_kv_cache_usage") == {engine.address: 0.5}


# Adapters


def test_adapters_that_engines_load_are_known_by_replica(make: Maker):
    plain, rich = make.engine("pod-1"), make.engine("pod-2", "--max-loras", str(len(ADAPTERS) + 1))
    router = make.router("--endpoints", str(make.file(endpoints([plain, rich]))))
    known = {plain.address: len(ADAPTERS), rich.address: len(ADAPTERS)}
    poll(lambda: figures(router, "switchyard_replica_adapters") == known, "both engines told their adapters")
    loaded = wire.post(rich.port, "/v1/load_lora_adapter", '{"lora_name":"sql-expert","lora_path":"/sql"}')
    assert loaded.status == 200, loaded
    known[rich.address] += 1
    poll(lambda: figures(router, "switchyard_replica_adapters") == known, "the new adapter is known")
    poll(lambda: wire.chat(router.port, BODY.replace(MODEL, "sql-expert")).status == 200, "its name is served")
    assert pods(router, model="sql-expert") == {"pod-2"}


# Changes while requests run


def test_a_replica_that_changes_keeps_its_counters_and_adapters(make: Maker):
    engine, other = make.engine("pod-1", "--time-to-first-token", "60s"), make.engine("pod-2")
    text = f'models: [{{name: {MODEL}, labels: {{tier: one}}, endpoints: [{{address: "{engine.address}", weight: 1}}]}}]\n'
    file = make.file(text)
    router = make.router("--endpoints", str(file))
    poll(lambda: figures(router, "switchyard_replica_adapters").get(engine.address) == len(ADAPTERS), "adapters are known")
    names = ["switchyard_replica_in_flight", "switchyard_replica_adapters", "switchyard_replica_prefix_blocks"]
    with wire.Connection(router.port) as connection:
        connection.send(wire.request("/v1/chat/completions", BODY.replace("Hi", "word " * 400)))
        poll(lambda: figures(router, names[0])[engine.address] == 1, "a request runs")
        before = {name: figures(router, name)[engine.address] for name in names}
        assert before[names[2]] > 0
        # Its weight, its labels and its neighbours change, and it gets a second model.
        changed = text.replace("weight: 1}", f'weight: 3}}, "{other.address}"').replace("tier: one", "tier: two")
        changed = changed.replace("}]\n", f'}}, {{name: second, endpoints: ["{engine.address}"]}}]\n')
        said_after(router, lambda: write(file, changed), "endpoints read again: in force, models: 2")
        assert {name: figures(router, name)[engine.address] for name in names} == before
    poll(lambda: router.in_flight() == 0, "the request is taken back once, from the same count")


def test_a_thousand_replicas_of_a_hundred_models_come_into_force_without_a_stall(make: Maker):
    engine = make.engine("pod-1")
    lines = ["models:", f'  - {{name: {MODEL}, endpoints: ["{engine.address}"]}}']
    for number in range(100):
        # Nobody listens there.
        addresses = [f"127.{1 + number}.0.{1 + place}:9" for place in range(10)]
        lines.append(f"  - {{name: model-{number}, adapters: [adapter-{number}], endpoints: {json.dumps(addresses)}}}")
    text = "\n".join(lines) + "\n"
    file = make.file(endpoints([engine]))
    router = make.router("--endpoints", str(file))
    longest, statuses, is_over = 0.0, set(), threading.Event()

    def ask() -> None:
        nonlocal longest
        with wire.Connection(router.port) as connection:
            while not is_over.is_set():
                began = time.monotonic()
                connection.send(wire.request("/v1/chat/completions", BODY))
                statuses.add(connection.read().status)
                longest = max(longest, time.monotonic() - began)

    asking = threading.Thread(target=ask)
    asking.start()
    for turn in range(4):
        size = "models: 101, engines: 1001" if turn % 2 == 0 else "models: 1, engines: 1"
        said_after(router, lambda: write(file, text if turn % 2 == 0 else endpoints([engine])), f"in force, {size}")
    is_over.set()
    asking.join()
    assert statuses == {200}
    # On a machine that does other things; a stall of seconds would be seen.
    assert longest < 10, f"a request took {longest:.2f} s"


# KV events


def test_kv_events_tell_what_engines_hold(make: Maker, monkeypatch: pytest.MonkeyPatch):
    # Opens /sleep, which empties an engine's cache.
    monkeypatch.setenv("VLLM_SERVER_DEV_MODE", "1")
    events, replays = free_port(), free_port()
    options = ["--enable-kvcache", "--block-size", "8", "--event-batch-size", "1", "--enable-sleep-mode"]
    options += ["--max-model-len", "4096"]
    options += ["--zmq-endpoint", f"tcp://*:{events}", "--kv-events-replay-endpoint", f"tcp://127.0.0.1:{replays}"]
    engine, silent = make.engine("pod-1", *options), make.engine("pod-2")
    place = f'{{endpoint: "tcp://127.0.0.1:{events}", replay_endpoint: "tcp://127.0.0.1:{replays}"}}'
    text = f'models:\n  - name: {MODEL}\n    endpoints:\n      - {{address: "{engine.address}", kv_events: {place}}}\n'
    router = make.router("--endpoints", str(make.file(text + f'      - "{silent.address}"\n')))

    def ask(number: int) -> None:
        words = " ".join(f"w{number}-{index}" for index in range(64))
        body = json.dumps({"model": MODEL, "prompt": words, "max_tokens": 1})
        assert wire.post(engine.port, "/v1/completions", body).status == 200

    def held() -> float:
        return figures(router, "switchyard_replica_kv_blocks").get(engine.address, 0)

    ask(1)
    numbers = itertools.count(2)
    # The router may come after the first events; the next one shows that there were some before, which are replayed.
    poll(lambda: ask(next(numbers)) or held() >= 16, "the engine's blocks are known")
    assert silent.address not in figures(router, "switchyard_replica_kv_blocks")
    assert router.metric("switchyard_kv_events") > 0
    assert router.metric("switchyard_kv_event_bad_messages") == 0
    # What the router takes it to have cached goes with the cache.
    long = BODY.replace("Hi", "word " * 400)
    while not (blocks := figures(router, "switchyard_replica_prefix_blocks"))[engine.address]:
        assert wire.chat(router.port, long, "Routing-Strategy: random").status == 200
    assert wire.post(engine.port, "/sleep", "").status == 200
    poll(lambda: not figures(router, "switchyard_replica_prefix_blocks")[engine.address], "the cache is known to be empty")
    assert figures(router, "switchyard_replica_prefix_blocks")[silent.address] == blocks[silent.address]
    assert figures(router, "switchyard_replica_kv_blocks")[engine.address] == 0


def test_an_engine_of_another_model_gets_no_requests(make: Maker):
    """As long as another lists the model; the log, the metrics and the explanation tell it."""
    right, wrong = make.engine("right", model="m"), make.engine("wrong", model="other")
    backends = [{"name": name, "endpoint": engine.address} for name, engine in [("right", right), ("wrong", wrong)]]
    file = make.file(document({"name": "m", "backend_refs": backends}, {"name": "n", "backend_refs": backends[1:]}))
    router = make.router("-c", str(file))
    router.wait_for(r'model m: replica m_wrong .* does not list "m" .* gets no requests', lambda: router.errors)
    without = r'switchyard_replica_without_model\{model="m",replica="m_wrong",address="\S+"\} 1'
    poll(lambda: re.search(without, router.metrics()), "the choice goes by it")
    ask_m = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi"}]})
    answered = [wire.chat(router.port, ask_m, "Routing-Strategy: random") for _ in range(12)]
    assert {(answer.status, answer.header("x-inference-pod")) for answer in answered} == {(200, "right")}
    management = router.wait_for(r"management API on http://127\.0\.0\.1:(\d+)", lambda: router.errors)
    notes = wire.post(int(management[1]), "/api/v1/eval", ask_m).json()["notes"]
    assert any("m_wrong" in note and "does not list" in note for note in notes), notes
    # Nobody lists n: "wrong" is asked all the same, and says itself what is wrong.
    router.wait_for(r'model n: replica n_wrong .* does not list "n" .* asked all the same', lambda: router.errors)
    assert wire.chat(router.port, ask_m.replace('"m"', '"n"')).status == 404
