"""Starting, reloading and stopping `switchyard serve`."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

import http2
import wire
from clients import ask
from conftest import Engines, Maker, Route
from processes import ADAPTERS, MODEL, SAMPLE, Running, configuration, free_port, poll, prompt_of, run
from recording_engine import EVENT, STREAM_HEAD, Call, model

CHAT = "/v1/chat/completions"
MATH = '{"model":"MoM","messages":[{"role":"user","content":"What is the derivative of f(x) = x^3?"}]}'


def stream_of(words: int) -> str:
    text = " ".join(f"w{index}" for index in range(words))
    return f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"{text}"}}],"stream":true}}'


# Stopping


def test_sigterm_lets_a_running_stream_finish(make: Maker):
    fleet = make.fleet("--mode", "echo", "--inter-token-latency", "20ms")
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request(CHAT, stream_of(40)))
        assert connection.read_head().status == 200
        assert connection.read_chunk()
        fleet.router.signal(signal.SIGTERM)
        fleet.router.wait_for("stopping", lambda: fleet.router.errors)
        poll(lambda: not accepts(fleet.port), "no connection is taken any more")
        body = b""
        while chunk := connection.read_chunk():
            body += chunk
        assert b"w39" in body
        assert body.endswith(b"data: [DONE]\n\n")
        assert connection.is_closed_by_peer()
    assert fleet.router.wait() == 0


def test_what_outlasts_the_stop_is_told_so(engines: Engines, route: Route):
    """A stream that has begun ends with an event, a request that waits with a 503; over HTTP/1 and HTTP/2."""
    stops = threading.Event()

    def works(call: Call) -> bool:
        if b'"stream":true' in call.read_body():
            call.send(STREAM_HEAD + EVENT)
        stops.wait(20)
        return call.wait_for_close()

    [engine] = engines(works)
    router = route(model("alpha", engine), gateway={"drain_timeout": "300ms"})
    with (
        wire.Connection(router.port) as streams,
        wire.Connection(router.port) as waits,
        http2.Connection(router.port, window=http2.WINDOW) as multiplexed,
    ):
        streams.send(wire.request(CHAT, ask(stream=True)))
        assert streams.read_head().status == 200
        assert streams.read_chunk()
        stream = multiplexed.request(CHAT, ask(stream=True))
        while not multiplexed.streams[stream].body:
            multiplexed.read_frame()
        waits.send(wire.request(CHAT, ask()))
        engine.wait_for_calls(3)
        router.signal(signal.SIGTERM)
        events = b""
        while chunk := streams.read_chunk():
            events += chunk
        for body in (events, bytes(multiplexed.read(stream).body)):
            assert json.loads(body.strip().rpartition(b"data: ")[2])["error"]["code"] == "stopping"
            assert b"[DONE]" not in body
        answer = waits.read()
        assert (answer.status, answer.json()["error"]["code"]) == (503, "stopping")
        assert streams.is_closed_by_peer()
    assert router.wait(within=5) == 0
    assert "3 connections are closed" in router.errors
    stops.set()


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return True
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_router_stops_at_once(make: Maker, number: signal.Signals):
    fleet = make.fleet()
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request(CHAT, MATH))
        assert connection.read().status == 200
        fleet.router.signal(number)
        assert connection.is_closed_by_peer()
    assert fleet.router.wait(within=5) == 0


def test_a_second_signal_stops_without_waiting(make: Maker):
    fleet = make.fleet("--time-to-first-token", "60s")
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request(CHAT, MATH))
        poll(lambda: fleet.router.in_flight() == 1, "the request runs")
        fleet.router.signal(signal.SIGTERM)
        fleet.router.wait_for("stopping", lambda: fleet.router.errors)
        fleet.router.signal(signal.SIGTERM)
        assert fleet.router.wait(within=5) == 1


def test_the_access_log_is_whole_when_the_router_has_stopped(make: Maker):
    fleet = make.fleet()
    for _ in range(20):
        assert wire.chat(fleet.port, MATH).status == 200
    fleet.router.signal(signal.SIGTERM)
    assert fleet.router.wait(within=5) == 0
    assert len(fleet.router.output.splitlines()) == 20


# Reloading


def reload(fleet) -> None:
    """Asks for a reload and waits for its outcome."""
    count = fleet.router.errors.count("configuration ")
    fleet.router.signal(signal.SIGHUP)
    poll(lambda: fleet.router.errors.count("configuration ") > count, "the reload has an outcome")


def prompt_in_force(fleet) -> str:
    answer = wire.chat(fleet.port, MATH)
    assert answer.status == 200
    return fleet.engine(answer).requests()[-1]["body"]


def test_sighup_takes_a_changed_prompt_into_force(make: Maker):
    fleet = make.fleet()
    assert prompt_of("math_decision") in prompt_in_force(fleet)
    text = fleet.file.read_text()
    changed = text.replace("You are a mathematics expert.", "You count on your fingers.")
    assert changed != text
    fleet.file.write_text(changed)
    reload(fleet)
    assert "configuration read again: in force" in fleet.router.errors
    assert "You count on your fingers." in poll(
        lambda: (body := prompt_in_force(fleet)) and "fingers" in body and body, "the new prompt is in force"
    )


def test_sighup_with_a_broken_file_keeps_the_configuration(make: Maker):
    fleet = make.fleet()
    text = fleet.file.read_text()
    for broken in ("version: v0.3\nlisteners: [\n", text.replace("priority: 10\n", "priority: ten\n"), ""):
        fleet.file.write_text(broken)
        before = fleet.router.errors
        reload(fleet)
        assert f"{fleet.file}:" in fleet.router.errors.removeprefix(before)
        assert "configuration not changed" in fleet.router.errors.removeprefix(before)
        assert prompt_of("math_decision") in prompt_in_force(fleet)
    fleet.file.unlink()
    reload(fleet)
    assert "there is no such file" in fleet.router.errors.rsplit("configuration not changed", 1)[1]
    assert prompt_of("math_decision") in prompt_in_force(fleet)
    fleet.file.write_text(text.replace("You are a mathematics expert.", "You count on your fingers."))
    reload(fleet)
    poll(lambda: "fingers" in prompt_in_force(fleet), "the mended file is in force")


def test_a_reload_keeps_streams_connections_and_counters(make: Maker):
    fleet = make.fleet("--mode", "echo", "--inter-token-latency", "20ms")
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request(CHAT, stream_of(150)))
        assert connection.read_head().status == 200
        assert connection.read_chunk()
        reload(fleet)
        assert fleet.router.in_flight() == 1
        body = b""
        while chunk := connection.read_chunk():
            body += chunk
        assert body.endswith(b"data: [DONE]\n\n")
        poll(lambda: fleet.router.in_flight() == 0, "the stream is counted off")
        connection.send(wire.request(CHAT, MATH))
        assert connection.read().status == 200
    assert fleet.router.metric("llm_model_requests_total") == 2


def test_a_reload_takes_another_replica_into_service(make: Maker):
    fleet = make.fleet()
    other = make.engine("other")
    fleet.file.write_text(fleet.file.read_text().replace(fleet.engines[0].address, other.address))
    reload(fleet)
    answer = poll(
        lambda: (answer := wire.chat(fleet.port, MATH)).header("x-inference-pod") == "other" and answer,
        "the new replica answers",
    )
    assert answer.status == 200


def test_a_removed_replica_leaves_the_metrics(make: Maker):
    fleet = make.fleet()
    other = make.engine("other")
    fleet.file.write_text(fleet.file.read_text().replace(fleet.engines[0].address, other.address))
    reload(fleet)
    assert f'address="{other.address}"' in fleet.router.metrics()
    assert f'address="{fleet.engines[0].address}"' not in fleet.router.metrics()


def test_sighup_without_a_file_says_that_there_is_nothing_to_read(make: Maker):
    engine = make.engine("pod-1")
    router = make.router("--engine", f"http://{engine.address}")
    router.wait_for(r" is ready$", lambda: router.errors)
    router.signal(signal.SIGHUP)
    router.wait_for("^SIGHUP: there is no configuration file", lambda: router.errors)


# Starting


def test_a_taken_port_is_an_error_with_the_way_out(make: Maker):
    fleet = make.fleet()
    other = run("serve", "-c", fleet.file, "--listen", f"127.0.0.1:{fleet.port}")
    assert other.returncode == 1
    assert f"port {fleet.port} on 127.0.0.1 is taken" in other.stderr
    assert f"--listen 127.0.0.1:{fleet.port + 1}" in other.stderr
    assert "ss -ltnp" in other.stderr


@pytest.mark.parametrize(
    "address, reason",
    [
        ("198.51.100.7:8080", "there is no address 198.51.100.7 on this machine"),
        ("a.label.of-more-than-sixty-three-letters-" + "x" * 40 + ":8080", "there is no address a.label.of-more-than"),
    ],
)
@pytest.mark.parametrize("option", ["--listen", "--management", "--ext-proc"])
def test_an_address_of_nobody_is_an_error_with_the_way_out(make: Maker, option: str, address: str, reason: str):
    file = make.file(configuration(["127.0.0.1:1"]))
    ended = run("serve", "-c", file, *(["--listen", "127.0.0.1:0"] if option == "--management" else []), option, address)
    assert ended.returncode == 1
    assert reason in ended.stderr
    assert f"choose another: {option} " in ended.stderr


def test_a_taken_port_of_a_configured_listener_is_changed_there(make: Maker):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = configuration(["127.0.0.1:1"]).replace("address: 0.0.0.0", "address: 127.0.0.1")
        ended = run("serve", "-c", make.file(text.replace("port: 8080", f"port: {port}")))
    assert ended.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken" in ended.stderr and "listener " in ended.stderr
    assert "change its address or port in the configuration" in ended.stderr and "--listen" not in ended.stderr


def test_the_configured_listener_ends_a_request_in_its_time(make: Maker):
    """`timeout` of a listener is for a whole request."""
    engine = make.engine("slow", "--time-to-first-token", "60s")
    port = free_port()
    listener = "    address: 0.0.0.0\n    port: 8080\n    timeout: 60s\n"
    text = configuration([engine.address])
    assert listener in text
    text = text.replace(listener, f"    address: 127.0.0.1\n    port: {port}\n    timeout: 1s\n")
    router = make.keep(Running("serve", "-c", str(make.file(text)), "--management", "127.0.0.1:0"))
    router.wait_for(rf"^switchyard listening on http://127\.0\.0\.1:{port}$", lambda: router.errors)
    with wire.Connection(port, timeout=5) as connection:
        connection.send(wire.request(CHAT, MATH))
        answer = connection.read()
    assert answer.status == 504
    assert answer.json()["error"]["type"] == "server_error"
    poll(lambda: engine.running() == 0, "the engine works on nothing")


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_a_listener_on_ipv6_prints_a_url(make: Maker):
    fleet = make.fleet()
    router = make.keep(Running("serve", "-c", str(fleet.file), "--listen", "[::1]:0", "--management", "127.0.0.1:0"))
    router.wait_for(r"^ready in ", lambda: router.errors)
    assert re.search(r"^switchyard listening on http://\[::1\]:\d+$", router.errors, re.MULTILINE), router.errors


def test_several_event_loops_serve_the_same(make: Maker):
    engine = make.engine("pod-1")
    router = make.router("-c", str(make.file(configuration([engine.address]))), "--loops", "2")
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(wire.chat, router.port, MATH) for _ in range(64)]
    assert [answer.result().status for answer in answers] == [200] * 64
    assert router.metric("llm_model_requests_total") == 64
    poll(lambda: router.in_flight() == 0, "no request is counted any more")
    router.signal(signal.SIGTERM)
    assert router.wait() == 0
    assert len(router.output.splitlines()) == 64


def test_several_listeners_serve_the_same(make: Maker):
    fleet = make.fleet()
    second = free_port()
    router = make.router("-c", str(fleet.file), "--listen", f"127.0.0.1:{second}")
    assert wire.chat(router.port, MATH).status == 200
    assert wire.chat(second, MATH).status == 200


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["serve"], "-c FILE"),
        (["serve", "-c", "a.yaml", "--engine", "http://127.0.0.1:1"], "one of the two"),
        (["serve", "-c", "/no/such/file.yaml"], "/no/such/file.yaml"),
        (["serve", "--engine", "http://127.0.0.1:1"], "127.0.0.1:1"),
        (["serve", "--engine", "ftp://127.0.0.1:1"], "ftp"),
        (["serve", "-c", str(SAMPLE), "--listen", "8080"], "HOST:PORT"),
        (["serve", "-c", "a.yaml", "--loops", "0"], "--loops"),
    ],
)
def test_a_start_that_cannot_be_says_why(arguments: list[str], words: str):
    ended = run(*arguments)
    assert ended.returncode != 0
    assert words in ended.stderr


def test_a_configuration_that_cannot_be_read_names_its_faults(make: Maker):
    file = make.file("version: v0.3\nlisteners:\n  - port: many\n")
    ended = run("serve", "-c", file, "--listen", "127.0.0.1:0")
    assert ended.returncode == 1
    assert re.search(rf"{re.escape(str(file))}:3:11: .*port must be a whole number", ended.stderr)


# Without a configuration


def test_serve_with_engines_learns_their_models(make: Maker):
    engines = [make.engine("pod-1"), make.engine("pod-2")]
    router = make.router(*(part for engine in engines for part in ("--engine", f"http://{engine.address}")))
    with openai.OpenAI(base_url=router.url, api_key="sk-test", max_retries=0) as client:
        names = {model.id for model in client.models.list()}
        assert {"MoM", MODEL, *ADAPTERS} <= names
        raw = client.chat.completions.with_raw_response.create(
            model="MoM", messages=[{"role": "user", "content": "What is the derivative of f(x) = x^3?"}]
        )
        assert raw.headers["x-vsr-selected-decision"] == "math_decision"
        # The engine's adapter for the subject answers.
        assert raw.headers["x-vsr-selected-model"] == "math-expert"
        assert raw.parse().model == "math-expert"
        raw = client.chat.completions.with_raw_response.create(
            model="MoM", messages=[{"role": "user", "content": "Hello there"}]
        )
        assert raw.status_code == 200
        pods = set()
        for _ in range(40):
            raw = client.chat.completions.with_raw_response.create(
                model=MODEL, messages=[{"role": "user", "content": "Hi"}]
            )
            pods.add(raw.headers["x-inference-pod"])
    assert pods == {"pod-1", "pod-2"}


def test_serve_with_one_dead_engine_goes_on_with_the_other(make: Maker):
    engine = make.engine("pod-1")
    router = make.router("--engine", f"http://127.0.0.1:{free_port()}", "--engine", f"http://{engine.address}")
    assert "warning: engine" in router.errors
    assert wire.chat(router.port, MATH).status == 200


def test_serve_with_engines_of_two_models_routes_to_both(make: Maker):
    first = make.engine("pod-1", model="model-one")
    second = make.engine("pod-2", model="model-two")
    router = make.router("--engine", f"http://{first.address}", "--engine", f"http://{second.address}")
    for model, pod in (("model-one", "pod-1"), ("model-two", "pod-2")):
        answer = wire.chat(router.port, MATH.replace("MoM", model))
        assert (answer.status, answer.header("x-inference-pod")) == (200, pod)
    assert wire.chat(router.port, MATH).status == 200
