"""LoRA adapters that engines are made to load when they are asked for."""

from __future__ import annotations

import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor

import wire
from conftest import Engines, Maker, Route
from processes import ADAPTERS, Engine, Router, poll
from recording_engine import Call, ConfiguredRouter, Gate, RecordingEngine, Script, answers, document, model

LOAD = "/v1/load_lora_adapter"


def ask_for(adapter: str) -> str:
    return json.dumps({"model": adapter, "messages": [{"role": "user", "content": "Hello"}]})


def served(engine: Engine) -> set[str]:
    """What the engine itself says it serves."""
    return {entry["id"] for entry in wire.get(engine.port, "/v1/models").json()["data"]}


def count(router: Router, name: str) -> int:
    found = re.search(rf"^{name} (\d+)$", router.metrics(), re.M)
    return int(found[1]) if found else 0


def loads(*engines: RecordingEngine) -> list[dict]:
    return [json.loads(bytes(call.body)) for engine in engines for call in engine.calls if call.target == LOAD]


def loading(then: Script) -> Script:
    """Answers, and does something else when it is to load an adapter."""

    def script(call: Call) -> bool:
        return then(call) if call.target == LOAD else answers(call)

    return script


def refuses(call: Call) -> bool:
    call.read_body()
    return call.answer(b'{"error":{"message":"no such file"}}', status="500 Internal Server Error")


def on_demand(name: str, *engines: RecordingEngine | str, **sources: str) -> dict:
    return model(name, *engines, adapters=sources, load_adapters=True)


def test_an_adapter_is_loaded_when_it_is_asked_for_and_stays_where_it_is(make: Maker):
    engines = [make.engine("pod-1"), make.engine("pod-2")]
    router = make.router(
        "-c", str(make.file(document(on_demand("m", *[engine.address for engine in engines], sql="/adapters/sql"))))
    )
    for _ in range(6):
        answer = wire.chat(router.port, ask_for("sql"))
        assert answer.status == 200, answer
        assert answer.json()["model"] == "sql"
    having = [engine for engine in engines if "sql" in served(engine)]
    assert len(having) == 1
    assert [len(engine.requests()) for engine in engines if engine is not having[0]] == [0]
    assert count(router, "switchyard_adapter_loads_total") == 1
    assert "switchyard_adapter_load_seconds_count 1" in router.metrics()
    router.wait_for(r"it has loaded adapter sql in \d+ ms", lambda: router.errors)


def test_the_endpoints_file_tells_where_adapters_are(make: Maker):
    engine = make.engine("pod-1")
    file = {
        "models": [
            {
                "name": "m",
                "load_adapters": True,
                "adapters": [{"name": "sql", "source": "huggingface://org/sql"}],
                "endpoints": [engine.address],
            }
        ]
    }
    router = make.router("--endpoints", str(make.file(json.dumps(file))))
    assert wire.chat(router.port, ask_for("sql")).status == 200
    listed = wire.get(engine.port, "/v1/models").json()["data"]
    assert [entry["root"] for entry in listed if entry["id"] == "sql"] == ["org/sql"]


def test_requests_that_come_together_wait_for_one_load(engines: Engines, route: Route):
    gate = Gate()
    first, second = engines(loading(gate), loading(gate))
    router = route(on_demand("m", first, second, sql="/adapters/sql"))
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(wire.chat, router.port, ask_for("sql")) for _ in range(6)]
        poll(lambda: router.in_flight() == 6, "all are counted on the replica that loads")
        assert sum(call.target == LOAD for engine in (first, second) for call in engine.calls) <= 1
        gate.opened.set()
        answered = [answer.result() for answer in asked]
    assert [answer.status for answer in answered] == [200] * 6
    assert len({answer.json()["engine"] for answer in answered}) == 1
    assert loads(first, second) == [{"lora_name": "sql", "lora_path": "/adapters/sql"}]
    router.wait_until_idle()


def test_where_one_replica_cannot_load_it_another_does(engines: Engines, route: Route):
    broken, sound = engines(loading(refuses), answers)
    names = {f"adapter-{number}": f"/adapters/{number}" for number in range(4)}
    router = route(on_demand("m", broken, sound, **names))
    for name in names:
        answer = wire.chat(router.port, ask_for(name))
        assert (answer.status, answer.json().get("engine")) == (200, sound.name), answer
    assert count(router, "switchyard_adapter_load_failures_total") == len(loads(broken)) > 0
    router.wait_until_idle()


def test_where_none_can_load_it_the_client_is_to_come_again(engines: Engines, route: Route):
    first, second = engines(loading(refuses), loading(refuses))
    router = route(on_demand("m", first, second, sql="/adapters/sql"))
    for _ in range(2):
        answer = wire.chat(router.port, ask_for("sql"))
        assert (answer.status, answer.json()["error"]["code"]) == (503, "adapter_not_loaded"), answer
        assert "it answered 500" in answer.json()["error"]["message"]
        assert 1 <= int(answer.header("retry-after") or 0) <= 6
        assert answer.header("x-error-routing") == "true"
    # The second did not ask them again.
    assert len(loads(first, second)) == 2
    assert wire.chat(router.port, ask_for("m")).status == 200
    router.wait_until_idle()


def test_those_that_could_not_load_it_are_passed_over_for_a_while(engines: Engines, route: Route):
    """Three replicas a request at most, of which more cannot load it: the next request finds the one that can."""
    *broken, sound = engines(*[loading(refuses)] * 4, answers)
    router = route(on_demand("m", *broken, sound, sql="/adapters/sql"))
    statuses = [wire.chat(router.port, ask_for("sql")).status for _ in range(3)]
    assert statuses[1:] == [200, 200]
    assert len(loads(*broken)) <= 4
    router.wait_until_idle()


def test_a_client_that_leaves_waits_no_more(engines: Engines, route: Route):
    gate = Gate()
    (first,) = engines(loading(gate))
    router = route(on_demand("m", first, sql="/adapters/sql"))
    body = ask_for("sql")
    client = wire.Connection(router.port)
    client.send(wire.request("/v1/chat/completions", body))
    first.wait_for_calls(1)
    assert router.in_flight() == 1
    # One that closed its side along with the request would still wait for the answer.
    client.reset()
    router.wait_until_idle()
    gate.opened.set()
    poll(lambda: count(router, "switchyard_adapter_loads_total") == 1, "the engine has loaded it all the same")
    assert [call.target for call in first.calls] == [LOAD]


def test_the_adapter_that_was_not_used_for_the_longest_time_makes_room(make: Maker):
    # What runs at the moment of a scrape is not unloaded; here that would be chance.
    still = {"running-requests": 0, "waiting-requests": 0, "kv-cache-usage": 0, "loras": [{"running": "", "waiting": "", "timestamp": 1}]}
    engine = make.engine("pod-1", "--max-loras", str(len(ADAPTERS) + 2), "--fake-metrics", json.dumps(still))
    sources = {name: f"/adapters/{name}" for name in ["a", "b", "c"]}
    router = make.router("-c", str(make.file(document(on_demand("m", engine.address, **sources)))))
    poll(
        lambda: f'switchyard_replica_adapters{{replica="m_m-1",address="{engine.address}"}} {len(ADAPTERS)}\n'
        in router.metrics(),
        "the engine's own adapters are known",
    )
    poll(lambda: "switchyard_replica_scrape_age_seconds{" in router.metrics(), "its slots are known")
    for name, left in [("a", "a"), ("b", "ab"), ("a", "ab"), ("c", "ac"), ("b", "bc")]:
        assert wire.chat(router.port, ask_for(name)).status == 200
        assert {other for other in "abc" if other in served(engine)} == set(left), name
    assert set(ADAPTERS) <= served(engine), "what the router cannot load again stays"
    assert count(router, "switchyard_adapter_unloads_total") == 2


def test_an_adapter_that_an_engine_lost_is_loaded_anew(make: Maker):
    engine = make.engine("pod-1")
    router = make.router("-c", str(make.file(document(on_demand("m", engine.address, sql="/adapters/sql")))))
    assert wire.chat(router.port, ask_for("sql")).status == 200
    assert wire.post(engine.port, "/v1/unload_lora_adapter", '{"lora_name":"sql"}').status == 200
    assert wire.chat(engine.port, ask_for("sql")).status == 404
    assert wire.chat(router.port, ask_for("sql")).status == 200
    assert "sql" in served(engine)


def test_an_engine_that_answers_404_all_the_same_is_asked_once_more_only(engines: Engines, route: Route):
    def lacks(call: Call) -> bool:
        call.read_body()
        if call.target == LOAD:
            return call.answer(b"{}")
        return call.answer(b'{"detail":"Not Found"}', status="404 Not Found")

    (first,) = engines(lacks)
    router = route(on_demand("m", first, sql="/adapters/sql"))
    answer = wire.chat(router.port, ask_for("sql"))
    assert answer.status == 404, answer
    assert len([call for call in first.calls if call.target == "/v1/chat/completions"]) == 2
    assert len(loads(first)) == 2
    assert wire.chat(router.port, ask_for("sql")).status == 404
    assert len([call for call in first.calls if call.target == "/v1/chat/completions"]) == 4
    assert len(loads(first)) == 3


def test_a_lost_adapter_is_loaded_for_the_next_request_where_none_is_sent_again(make: Maker):
    engine = make.engine("pod-1")
    own = on_demand("m", engine.address, sql="/adapters/sql") | {"reliability": {"retry_count": 0}}
    router = make.router("-c", str(make.file(document(own))))
    assert wire.chat(router.port, ask_for("sql")).status == 200
    assert wire.post(engine.port, "/v1/unload_lora_adapter", '{"lora_name":"sql"}').status == 200
    # Unless the engine's list, which is read each 3 s, has told just now that it lacks it.
    assert [wire.chat(router.port, ask_for("sql")).status for _ in range(2)] in ([404, 200], [200, 200])


def test_without_leave_nothing_is_loaded(engines: Engines, route: Route):
    (first,) = engines(answers)
    router = route(model("m", first, adapters={"sql": "/adapters/sql"}))
    assert wire.chat(router.port, ask_for("sql")).status == 400
    assert not first.calls


def pairs_on_demand(*engines: tuple[str, Engine | RecordingEngine], **sources: str) -> str:
    """A configuration whose engines, given with their roles, pair; they load adapters when they are asked for."""
    backends = [
        {"name": f"{role}-{number}", "endpoint": engine.address, "role": role}
        for number, (role, engine) in enumerate(engines, 1)
    ]
    return document({"name": "m", "adapters": sources, "load_adapters": True, "backend_refs": backends})


def test_both_replicas_of_a_pair_load_the_adapter(make: Maker):
    legs = [
        (role, make.engine(f"{role}-{number}", "--role", role, "--max-loras", "2", model="m"))
        for role in ("prefill", "decode") for number in (1, 2)
    ]  # fmt: skip
    router = make.router("-c", str(make.file(pairs_on_demand(*legs, sql="/adapters/sql", law="/adapters/law"))))
    for engine in legs:
        router.wait_for(rf"\({re.escape(engine[1].address)}\) is ready", lambda: router.errors)
    for adapter in ["sql", "law", "sql", "law", "sql"]:
        answer = wire.chat(router.port, ask_for(adapter), "Routing-Strategy: pd")
        assert (answer.status, answer.header("routing-strategy")) == (200, "pd"), answer
        assert answer.json()["model"] == adapter
    # One pair has each, and stays it.
    for adapter in ["sql", "law"]:
        assert sorted(role for role, engine in legs if adapter in served(engine)) == ["decode", "prefill"]
    assert count(router, "switchyard_adapter_loads_total") == 4
    assert 'switchyard_prefill_legs_total{outcome="handed_over"} 5' in router.metrics()


def test_where_a_leg_cannot_load_it_another_pair_does(engines: Engines, make: Maker):
    broken, prefill, decode = engines(loading(refuses), answers, answers)
    text = pairs_on_demand(("prefill", broken), ("prefill", prefill), ("decode", decode), sql="/adapters/sql")
    router = make.keep(ConfiguredRouter("-c", str(make.file(text))))
    for _ in range(4):
        answer = wire.chat(router.port, ask_for("sql"))
        assert (answer.status, answer.json().get("engine")) == (200, decode.name), answer
    assert len(loads(prefill)) == len(loads(decode)) == 1
    assert {call.target for call in broken.calls} <= {LOAD}
    router.wait_until_idle()


def test_a_pair_that_has_lost_the_adapter_loads_it_anew(make: Maker):
    legs = [(role, make.engine(role, "--role", role, model="m")) for role in ("prefill", "decode")]
    router = make.router("-c", str(make.file(pairs_on_demand(*legs, sql="/adapters/sql"))))
    assert wire.chat(router.port, ask_for("sql")).status == 200
    for _, engine in legs:
        gone = wire.post(engine.port, "/v1/unload_lora_adapter", '{"lora_name":"sql"}')
        assert gone.status == 200, gone
        answer = wire.chat(router.port, ask_for("sql"), "Routing-Strategy: pd")
        assert (answer.status, answer.header("routing-strategy")) == (200, "pd"), (answer, router.errors)
    assert count(router, "switchyard_adapter_loads_total") == 4
