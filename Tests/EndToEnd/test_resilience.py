"""What clients notice when engines die, come back, refuse or hang, and what engines notice when clients leave."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

import wire
from clients import NOT_ALONG, wait_until_read
from conftest import Engines, Fleet, Maker, Route
from processes import MODEL, configuration, free_port, poll
from recording_engine import EVENT, STREAM_HEAD, Call, Script, answers, model

CHAT = "/v1/chat/completions"


def ask(model: str = "MoM", content: str = "What is the derivative of f(x) = x^3?", **members: str) -> str:
    extra = "".join(f',"{name}":{value}' for name, value in members.items())
    return f'{{"model":"{model}","messages":[{{"role":"user","content":"{content}"}}]{extra}}}'


def words(count: int) -> str:
    """Text that an echoing engine gives back in as many tokens."""
    return " ".join(f"w{index}" for index in range(count))


def check_error(answer: wire.Response) -> dict:
    """An error as OpenAI's API tells it, under a request id."""
    assert answer.header("content-type") == "application/json"
    assert answer.header("x-request-id")
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "server_error"
    return error


# Engines that die


def test_a_killed_replica_costs_no_request(make: Maker):
    fleet = make.fleet(count=3)
    port = fleet.port
    with wire.Connection(port) as connection:
        # Connections to all of the replicas are kept when one dies.
        pods = set()
        for _ in range(60):
            connection.send(wire.request(CHAT, ask()))
            pods.add(connection.read().header("x-inference-pod"))
        assert pods == {"pod-1", "pod-2", "pod-3"}
        fleet.engines[1].kill()
        answers = []
        for _ in range(50):
            connection.send(wire.request(CHAT, ask()))
            answers.append(connection.read())
    assert [answer.status for answer in answers] == [200] * 50
    assert {answer.header("x-inference-pod") for answer in answers} == {"pod-1", "pod-3"}


def test_a_replica_killed_under_load_costs_no_request(make: Maker):
    fleet = make.fleet(count=3)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(wire.chat, fleet.port, ask()) for _ in range(25)]
        fleet.engines[0].kill()
        answers += [pool.submit(wire.chat, fleet.port, ask()) for _ in range(50)]
    assert [answer.result().status for answer in answers] == [200] * 75


def test_streams_too_are_retried_before_their_first_byte(make: Maker):
    fleet = make.fleet(count=2)
    fleet.engines[0].kill()
    for _ in range(20):
        answer = wire.chat(fleet.port, ask(stream="true", max_tokens="3"))
        assert answer.status == 200
        assert answer.body.endswith(b"data: [DONE]\n\n")


def test_a_request_that_waits_on_a_dying_replica_is_sent_to_another(make: Maker):
    slow = make.engine("slow", "--time-to-first-token", "60s")
    quick_port = free_port()
    router = make.router("-c", str(make.file(configuration([slow.address, f"127.0.0.1:{quick_port}"]))))
    # A replica that this request has tried is not tried again, so the other must be known to fail before.
    router.wait_for(r"replica-2 \(\S+\) is failing", lambda: router.errors)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(wire.chat, router.port, ask())
        poll(lambda: slow.running() == 1, "the request has reached the slow engine")
        make.engine("quick", port=quick_port)
        # The router must have seen that the quick one is there.
        router.wait_for(r"replica-2 \(\S+\) is ready", lambda: router.errors)
        slow.kill()
        assert answer.result().status == 200
        assert answer.result().header("x-inference-pod") == "quick"
    assert router.metric("switchyard_retries_total") >= 1


def test_a_stream_whose_replica_dies_ends_with_an_event_that_says_so(make: Maker):
    fleet = make.fleet("--mode", "echo", "--inter-token-latency", "20ms", count=1)
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request(CHAT, ask(MODEL, words(500), stream="true")))
        assert connection.read_head().status == 200
        assert connection.read_chunk()
        fleet.engines[0].kill()
        rest = []
        while chunk := connection.read_chunk():
            rest.append(chunk)
        last = b"".join(rest).strip().rpartition(b"data: ")[2]
        error = json.loads(last)["error"]
        assert error["type"] == "server_error" and error["code"] == "upstream_closed"
        assert b"[DONE]" not in last, "a broken answer must not look like a whole one"
        # The answer ended in good order, so the connection serves on.
        connection.send(wire.request("/health"))
        assert connection.read_head().status == 200
    assert poll(lambda: fleet.router.in_flight() == 0, "no request is counted any more")
    assert 'switchyard_broken_answers_total{model="' in fleet.router.metrics()


def test_with_all_replicas_dead_a_client_is_told_so(make: Maker):
    fleet = make.fleet(count=3)
    assert wire.chat(fleet.port, ask()).status == 200
    for engine in fleet.engines:
        engine.kill()
    for _ in range(10):
        answer = wire.chat(fleet.port, ask())
        assert answer.status in (502, 503)
        assert MODEL in check_error(answer)["message"]
    with openai.OpenAI(base_url=fleet.router.url, api_key="sk-test", max_retries=0) as client:
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(model="MoM", messages=[{"role": "user", "content": "Hello"}])
        assert caught.value.request_id
    poll(lambda: wire.get(fleet.port, "/ready").status == 503, "the router is not ready")
    assert wire.get(fleet.port, "/ready").header("retry-after") == "1"
    answer = wire.chat(fleet.port, ask())
    assert answer.status == 503
    assert check_error(answer)["code"] == "no_replica"
    assert wire.get(fleet.port, "/health").status == 200
    assert fleet.router.in_flight() == 0


def test_a_failed_request_is_logged_under_the_id_that_its_client_sees(make: Maker):
    router = make.router("-c", str(make.file(configuration([f"127.0.0.1:{free_port()}"]))))
    answer = wire.chat(router.port, ask())
    assert answer.status >= 502
    entry = json.loads(poll(lambda: router.output, "a line is in the access log").splitlines()[0])
    assert entry["status"] == answer.status
    assert entry["request_id"] == answer.header("request-id")


def test_an_error_says_what_failed(make: Maker):
    router = make.router("-c", str(make.file(configuration([f"127.0.0.1:{free_port()}"]))), "--no-access-log")
    answer = wire.chat(router.port, ask())
    assert answer.status in (502, 503)
    assert "connect" in check_error(answer)["message"]


def test_a_replica_that_comes_back_is_used_again(make: Maker):
    fleet = make.fleet(count=1)
    port = fleet.engines[0].port
    fleet.engines[0].kill()
    # Requests find out sooner than probes.
    poll(
        lambda: wire.chat(fleet.port, ask()).status >= 502 and wire.get(fleet.port, "/ready").status == 503,
        "the replica is out of service",
    )
    make.engine("again", port=port)
    poll(lambda: wire.get(fleet.port, "/ready").status == 200, "the router is ready again")
    answer = wire.chat(fleet.port, ask())
    assert (answer.status, answer.header("x-inference-pod")) == (200, "again")


def test_a_router_starts_without_its_engines_and_is_not_ready(make: Maker):
    router = make.router("-c", str(make.file(configuration([f"127.0.0.1:{free_port()}"]))))
    poll(lambda: wire.get(router.port, "/ready").status == 503, "the router is not ready")
    answer = wire.get(router.port, "/ready")
    assert answer.json() == {"status": "no replica is ready", "ready": False, "replicas_ready": 0, "replicas": 1}
    assert wire.chat(router.port, ask()).status == 503
    assert router.metric("switchyard_replica_ready") == 0


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_error_that_an_engine_answers_reaches_the_client(fleet: Fleet, status: int):
    errors = fleet.router.metric("llm_request_errors_total")
    answer = wire.chat(fleet.port, ask(), f"X-Return-Error: {status}")
    assert answer.status == status
    assert answer.json()["error"]["message"]
    assert answer.header("x-inference-pod")
    assert answer.header("x-request-id")
    assert answer.header("x-vsr-schema-version") == "2"
    assert answer.header("x-vsr-response-path") == "upstream"
    assert answer.header("x-vsr-selected-decision") is None
    assert fleet.router.metric("llm_request_errors_total") == errors + 1
    assert f'reason="upstream_{status // 100}xx"}}' in fleet.router.metrics()


# Clients that leave


def check_idle(fleet: Fleet) -> None:
    poll(lambda: sum(engine.running() for engine in fleet.engines) == 0, "the engine works on nothing")
    poll(lambda: fleet.router.in_flight() == 0, "the router counts no request on the engine")


def test_a_client_that_leaves_within_a_stream_frees_the_engine(make: Maker):
    fleet = make.fleet("--mode", "echo", "--inter-token-latency", "50ms")
    connection = wire.Connection(fleet.port)
    connection.send(wire.request(CHAT, ask("MoM", words(600), stream="true")))
    assert connection.read_head().status == 200
    assert connection.read_chunk()
    assert fleet.router.in_flight() == 1
    assert fleet.engines[0].running() == 1
    connection.close()
    check_idle(fleet)
    assert fleet.router.metric("switchyard_clients_gone_total") == 1
    assert wire.chat(fleet.port, ask(MODEL, "Hi")).status == 200


def test_a_client_that_leaves_before_the_first_byte_frees_the_engine(make: Maker):
    fleet = make.fleet("--time-to-first-token", "60s")
    connection = wire.Connection(fleet.port)
    connection.send(wire.request(CHAT, ask()))
    poll(lambda: fleet.engines[0].running() == 1, "the request has reached the engine")
    time.sleep(NOT_ALONG)
    connection.close()
    check_idle(fleet)


def test_an_sdk_that_closes_its_stream_frees_the_engine(make: Maker):
    fleet = make.fleet("--mode", "echo", "--inter-token-latency", "50ms")
    with openai.OpenAI(base_url=fleet.router.url, api_key="sk-test", max_retries=0) as client:
        with client.chat.completions.create(
            model="MoM", messages=[{"role": "user", "content": words(600)}], stream=True
        ) as stream:
            next(iter(stream))
            assert fleet.router.in_flight() == 1
    check_idle(fleet)


def test_a_client_that_pipelines_and_leaves_frees_the_engine(make: Maker):
    fleet = make.fleet("--mode", "echo", "--inter-token-latency", "50ms")
    connection = wire.Connection(fleet.port)
    connection.send(wire.request(CHAT, ask("MoM", words(600), stream="true")) * 2)
    assert connection.read_head().status == 200
    assert connection.read_chunk()
    connection.close()
    check_idle(fleet)


def test_a_client_that_leaves_within_its_body_leaves_nothing_behind(fleet: Fleet):
    before = fleet.seen()
    for message in (wire.request(CHAT, ask())[:-5], b"POST /v1/chat/comp"):
        connection = wire.Connection(fleet.port)
        connection.send(message)
        connection.close()
    assert wire.get(fleet.port, "/health").status == 200
    assert fleet.seen() == before
    assert fleet.router.in_flight() == 0


def test_tokens_arrive_one_by_one(make: Maker):
    fleet = make.fleet("--mode", "echo", "--inter-token-latency", "30ms")
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request(CHAT, ask(MODEL, words(60), stream="true")))
        assert connection.read_head().status == 200
        # The first event is here while the engine still works.
        assert connection.read_chunk().startswith(b"data: {")
        assert fleet.engines[0].running() == 1
        events = 1
        while connection.read_chunk():
            events += 1
    assert events > 50


def test_a_stream_of_which_nothing_came_but_its_head_is_asked_of_another(engines: Engines, route: Route):
    """Engines send the head when they take a request in; they may die while it waits there."""

    def dies(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD)
        wait_until_read(call.socket)
        return False

    def streams(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD)
        wait_until_read(call.socket)
        call.send(EVENT + b"0\r\n\r\n")
        return True

    first, second = engines(dies, streams)
    limits = {"consecutive_5xx": 0, "success_rate_ejection": False, "retry_budget_percent": 100}
    router = route(model("alpha", first, second, reliability=limits, balancing={"strategy": "random"}))
    while len(first.calls) < 3:
        answer = wire.chat(router.port, ask(stream="true"))
        assert (answer.status, answer.body) == (200, b"data: {}\n\n")
    assert router.metric("switchyard_retries_total") == len(first.calls)
    assert router.metric("switchyard_broken_answers_total") == 0
    router.wait_until_idle()


def says(status: str) -> Script:
    """A script that reads all, and answers with an error of that status."""
    return lambda call: bool(call.read_body()) and call.answer(b'{"error":{"message":"broken"}}', status=status)


def test_an_engines_500_is_asked_of_another_that_is_well_or_passed_on(engines: Engines, route: Route):
    first, second = engines(says("500 Internal Server Error"), answers)
    limits = {"consecutive_5xx": 1, "base_ejection_time": "5m", "max_ejection_percent": 50, "retry_budget_percent": 100}
    balancing = {"strategy": "random"}
    router = route(model("alpha", first, second, reliability=limits, balancing=balancing))
    with wire.Connection(router.port) as connection:

        def send() -> wire.Response:
            connection.send(wire.request(CHAT, ask()))
            return connection.read()

        while not first.calls:
            assert send().json()["engine"] == second.name
        assert router.metric("switchyard_retries_total") == 1
        # Now the first is ejected, and the other fails: what it says is told at once.
        second.script = says("500 Internal Server Error")
        for _ in range(3):
            answer = send()
            assert (answer.status, answer.json()["error"]["message"]) == (500, "broken")
        assert len(first.calls) == 1
        # A 503 is asked elsewhere all the same.
        second.script = says("503 Service Unavailable")
        first.script = answers
        assert send().json()["engine"] == first.name


@pytest.mark.parametrize(
    "request_line, body", [("GET /v1/batches/one?model=alpha", ""), ("POST /v1/batches", '{"model":"alpha"}')]
)
@pytest.mark.parametrize("status", [500, 503, 502])
def test_what_one_engine_keeps_is_not_asked_of_another(
    engines: Engines, route: Route, request_line: str, body: str, status: int
):
    def fails(call: Call) -> bool:
        call.read_body()
        # Nothing at all is the gateway's 502.
        return status != 502 and call.answer(b'{"error":{"message":"broken"}}', status=f"{status} Broken")

    both = engines(fails, fails)
    router = route(model("alpha", *both))
    with wire.Connection(router.port) as connection:
        connection.send(f"{request_line} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        answer = connection.read()
    assert answer.status == status
    assert status == 502 or answer.json()["error"]["message"] == "broken"
    assert sum(len(engine.calls) for engine in both) == 1


def test_each_ejection_lasts_twice_as_long_as_the_one_before(engines: Engines, route: Route):
    bad, good = engines(says("503 Service Unavailable"), answers)
    limits = {"consecutive_5xx": 1, "base_ejection_time": "500ms", "slow_start": "0s", "success_rate_ejection": False}
    router = route(model("alpha", bad, good, reliability=limits, balancing={"strategy": "random"}))
    with wire.Connection(router.port) as connection:
        while len(bad.calls) < 4:
            connection.send(wire.request(CHAT, ask()))
            assert connection.read().status == 200
    times = [call.at for call in bad.calls]
    gaps = [later - sooner for sooner, later in zip(times, times[1:])]
    assert all(gap > least - 0.01 for gap, least in zip(gaps, (0.5, 1, 2), strict=True)), gaps


def test_a_replica_that_comes_back_gets_its_share_little_by_little(engines: Engines, route: Route):
    first, second = engines(says("503 Service Unavailable"), answers)
    limits = {"consecutive_5xx": 1, "base_ejection_time": "100ms", "slow_start": "6s", "success_rate_ejection": False}
    router = route(model("alpha", first, second, reliability=limits, balancing={"strategy": "random"}))

    def share(seconds: float, least: int = 0) -> float:
        """Of the requests of so long a time, and so many at least, how many go to the first."""
        before = len(first.calls), len(second.calls)
        end, number = time.monotonic() + seconds, 0
        while time.monotonic() < end or number < least:
            send()
            number += 1
        counts = len(first.calls) - before[0], len(second.calls) - before[1]
        return counts[0] / sum(counts)

    def send() -> None:
        connection.send(wire.request(CHAT, ask()))
        assert connection.read().status == 200

    with wire.Connection(router.port) as connection:
        while not first.calls:
            send()
        first.script = answers
        refused = len(first.calls)
        while len(first.calls) == refused:
            send()
        early, _, late = share(1, 150), share(4.5), share(1, 1_000)
    print(f"a replica that came back got {early:.0%} of the requests of its first second, and {late:.0%} later")
    assert early < 0.35 < 0.4 < late < 0.6


def test_of_three_replicas_one_that_fails_half_its_requests_is_ejected_at_30_percent(engines: Engines, route: Route):
    """30 % of three is none by itself: one may be out all the same, whatever the share, unless it is 0."""
    failed = [0]

    def half(call: Call) -> bool:
        call.read_body()
        failed[0] += 1
        if failed[0] % 2:
            return call.answer(b'{"error":{"message":"broken"}}', status="500 Internal Server Error")
        return call.answer()

    bad, *good = engines(half, answers, answers)
    limits = {"max_ejection_percent": 30}
    router = route(model("alpha", bad, *good, reliability=limits, balancing={"strategy": "random"}))
    with wire.Connection(router.port) as connection:

        def is_ejected() -> bool:
            connection.send(wire.request(CHAT, ask()))
            connection.read()
            return router.metric("switchyard_replica_ejections") == 1

        # The replicas are compared each 10 s.
        poll(is_ejected, "the bad one is ejected", within=25)
    assert router.metric("switchyard_replica_ready") == 2
