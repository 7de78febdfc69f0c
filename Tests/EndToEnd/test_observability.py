"""Health, readiness, metrics and the access log."""

from __future__ import annotations

import json
import re
import threading
import time

import wire
from clients import ask, wait_until_read
from conftest import Engines, Fleet, Maker
from processes import MODEL, poll, prompt_of
from recording_engine import EVENT, STREAM_HEAD, Call, ConfiguredRouter, answers, document, model

CHAT = "/v1/chat/completions"
BODY = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"Hi"}}],"max_tokens":4}}'


def test_health(fleet: Fleet):
    answer = wire.get(fleet.port, "/health")
    assert (answer.status, answer.json()) == (200, {"status": "healthy"})


def test_ready_counts_the_replicas(fleet: Fleet):
    answer = wire.get(fleet.port, "/ready")
    assert answer.status == 200
    assert answer.json() == {"status": "ready", "ready": True, "replicas_ready": 3, "replicas": 3}


LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"'
SAMPLE = re.compile(
    rf"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{{(?P<labels>{LABEL}(?:,{LABEL})*)\}})?"
    r" (?P<value>[-+]?(?:\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|Inf|NaN))"
)


def samples(text: str) -> tuple[dict[tuple[str, str], float], dict[str, str]]:
    """Reads Prometheus text strictly: the value of each series by name and labels, and the type of each family."""
    kinds: dict[str, str] = {}
    values: dict[tuple[str, str], float] = {}
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds, f"{name} is declared twice"
            kinds[name] = kind
            continue
        found = SAMPLE.fullmatch(line)
        assert found, f"no sample: {line}"
        kind = kinds.get(found["name"]) or kinds.get(re.sub(r"_(bucket|sum|count)$", "", found["name"]))
        assert kind in ("counter", "gauge", "histogram"), f"{found['name']} has no type before it"
        if kind == "counter":
            assert found["name"].endswith("_total")
        key = (found["name"], found["labels"] or "")
        assert key not in values, f"{key} is there twice"
        values[key] = float(found["value"])
    return values, kinds


def test_metrics_are_prometheus_text(fleet: Fleet):
    answer = wire.get(fleet.port, "/metrics")
    assert answer.header("content-type").startswith("text/plain; version=0.0.4")
    values, _ = samples(answer.body.decode())
    assert sum(value for (name, _), value in values.items() if name == "switchyard_replica_ready") == 3


def test_histograms_are_cumulative_and_end_with_their_count(fleet: Fleet):
    assert wire.chat(fleet.port, BODY.replace(MODEL, "MoM")).status == 200
    values, kinds = samples(fleet.router.metrics())
    histograms = [name for name, kind in kinds.items() if kind == "histogram"]
    assert "llm_model_ttft_seconds" in histograms
    for family in histograms:
        buckets: dict[str, list[float]] = {}
        for (name, labels), value in values.items():
            if name == family + "_bucket":
                others = ",".join(part for part in labels.split(",") if not part.startswith("le="))
                buckets.setdefault(others, []).append(value)
        assert buckets, f"{family} has no buckets"
        for labels, counts in buckets.items():
            assert counts == sorted(counts), f"{family} is not cumulative"
            assert counts[-1] == values[family + "_count", labels]
            assert values[family + "_sum", labels] >= 0


def test_counters_follow_the_requests(make: Maker):
    fleet = make.fleet()
    for body in (BODY, BODY.replace(MODEL, "MoM"), "{"):
        wire.chat(fleet.port, body)
    metric = fleet.router.metric
    assert metric("llm_model_requests_total") == 2
    assert metric("llm_model_completion_latency_seconds_count") == 2
    assert metric("llm_model_ttft_seconds_count") == 2
    assert metric("llm_model_routing_latency_seconds_count") == 2
    assert metric("llm_decision_match_total") == 1
    assert metric("switchyard_retries_total") == 0
    text = fleet.router.metrics()
    assert 'switchyard_answers_total{status="200"} 2\n' in text
    assert 'switchyard_answers_total{status="400"} 1\n' in text


def test_each_request_writes_a_line_without_its_prompt(make: Maker):
    fleet = make.fleet()
    secret = "the derivative of f(x) = x^3"
    body = f'{{"model":"MoM","messages":[{{"role":"user","content":"What is {secret}?"}}]}}'
    answer = wire.chat(fleet.port, body, "Authorization: Bearer sk-secret")
    line = poll(lambda: fleet.router.output, "a line is in the access log").splitlines()[0]
    entry = json.loads(line)
    assert entry["request_id"] == answer.header("request-id")
    assert (entry["path"], entry["status"], entry["attempts"]) == (CHAT, 200, 1)
    assert (entry["requested_model"], entry["model"], entry["decision"]) == ("MoM", MODEL, "math_decision")
    assert (entry["request_bytes"], entry["response_bytes"]) == (len(body), len(answer.body))
    assert secret not in line and "sk-secret" not in line and prompt_of("math_decision") not in line


def test_a_client_that_left_before_an_error_was_whole_is_logged_as_gone(engines: Engines, make: Maker):
    def fails(call: Call) -> bool:
        call.read_body()
        call.send(b'HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"error"')
        wait_until_read(call.socket)
        has_begun.set()
        return call.wait_for_close()

    has_begun = threading.Event()
    [engine] = engines(fails)
    router = make.keep(ConfiguredRouter("-c", str(make.file(document(model("alpha", engine)))), access_log=True))
    connection = wire.Connection(router.port)
    connection.send(wire.request(CHAT, ask()))
    assert has_begun.wait(20)
    connection.reset()
    line = json.loads(router.wait_for(r'^\{.*"event":"request".*\}$', lambda: router.output)[0])
    assert line["status"] == 499


def test_a_stream_that_broke_off_is_logged_as_one_and_takes_its_time(engines: Engines, make: Maker):
    def dies(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD + EVENT)
        time.sleep(0.3)
        return False

    [engine] = engines(dies)
    file = make.file(document(model("alpha", engine)))
    router = make.keep(ConfiguredRouter("-c", str(file), access_log=True))
    assert wire.chat(router.port, ask(stream=True)).status == 200
    engine.script = answers
    assert wire.chat(router.port, ask()).status == 200
    lines = poll(lambda: len(router.output.splitlines()) == 2 and router.output, "both are in the log")
    broken, whole = map(json.loads, lines.splitlines())
    assert (broken["status"], broken["broken"]) == (200, "closed")
    # The moment that it broke, not that of the last event before.
    assert 300_000 <= broken["duration_us"] < 2_000_000
    assert broken["first_byte_us"] < broken["duration_us"]
    assert (whole["status"], "broken" in whole) == (200, False)


def test_answers_of_the_gateways_own_that_are_errors_write_a_line(make: Maker):
    fleet = make.fleet()
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request("/health"))
        assert connection.read().status == 200
        connection.send(wire.request("/nowhere?key=secret"))
        assert connection.read().status == 404
        connection.send(wire.request("/v1/models/none"))
        assert connection.read().status == 404
        connection.send(wire.request(CHAT))
        assert connection.read().status == 405
        connection.send(wire.request(CHAT, headers=("Content-Length: 99999999999",), method="POST"))
        assert connection.read().status == 413
    with wire.Connection(fleet.port) as connection:
        connection.send(b"GET / HTTP/1.1\r\n\r\n")
        assert connection.read().status == 400
    with wire.Connection(fleet.port) as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 70_000)
        assert connection.read().status == 431
    fleet.engines[0].close()
    poll(lambda: wire.get(fleet.port, "/ready").status == 503, "no replica is ready")
    assert wire.chat(fleet.port, BODY).status == 503
    lines = poll(lambda: len(fleet.router.output.splitlines()) >= 8 and fleet.router.output, "lines are in the log")
    entries = [json.loads(line) for line in lines.splitlines()]
    got = [(entry["method"], entry["path"], entry["status"]) for entry in entries]
    assert got[:6] == [
        *[("GET", "/nowhere", 404), ("GET", "/v1/models/none", 404), ("GET", CHAT, 405), ("POST", CHAT, 413)],
        *[("OTHER", "", 400), ("OTHER", "", 431)],
    ]
    assert got[-2:] == [("GET", "/ready", 503), ("POST", CHAT, 503)]
    assert "secret" not in lines
    text = fleet.router.metrics()
    assert 'switchyard_answers_total{status="404"} 2\n' in text


def test_the_management_api_is_ready_while_a_replica_may_be_chosen(make: Maker):
    fleet = make.fleet(count=2)
    found = fleet.router.wait_for(r"management API on http://127\.0\.0\.1:(\d+)", lambda: fleet.router.errors)
    port = int(found[1])
    answer = wire.get(port, "/ready")
    assert (answer.status, answer.json()["status"], answer.json()["ready"]) == (200, "ready", True)
    fleet.engines[0].close()
    poll(lambda: "1 of 2" in wire.get(port, "/ready").json()["message"], "one is failing")
    assert wire.get(port, "/ready").status == 200
    fleet.engines[1].close()
    answer = poll(lambda: (got := wire.get(port, "/ready")).status == 503 and got, "both are failing")
    assert (answer.json()["status"], answer.json()["ready"]) == ("no_replica", False)
    assert answer.json()["message"] == "0 of 2 replicas may be chosen"
    assert wire.get(port, "/health").status == 200


def test_no_log_is_written_when_none_is_wanted(make: Maker):
    fleet = make.fleet()
    router = make.router("-c", str(fleet.file), "--no-access-log")
    assert wire.chat(router.port, BODY).status == 200
    router.signal(15)
    assert router.wait() == 0
    assert router.output == ""


def test_refused_requests_write_a_line_too(make: Maker):
    fleet = make.fleet()
    assert wire.chat(fleet.port, "{").status == 400
    assert wire.chat(fleet.port, BODY).status == 200
    poll(lambda: fleet.router.output.count("\n") == 2, "two lines are in the access log")
    assert [json.loads(line)["status"] for line in fleet.router.output.splitlines()] == [400, 200]
