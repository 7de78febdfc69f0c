"""What a review with fresh eyes found: each fault has its test here, so that it stays mended."""

from __future__ import annotations

import json
import signal
import socket
import struct
import time
from pathlib import Path

import pytest

import wire
from conftest import Fleet, Maker
from processes import MODEL, Router, configuration, poll
from test_engines import BODY, CHAT, JSON, PLAIN, behind, says  # noqa: F401 (behind is a fixture)


def resident_mib(router: Router) -> float:
    status = Path(f"/proc/{router.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def test_a_path_of_slashes_costs_nothing(fleet: Fleet):
    began = time.monotonic()
    answer = wire.get(fleet.port, "/" * 60_000)
    assert answer.status == 404
    assert time.monotonic() - began < 2


def test_a_client_that_takes_no_answers_is_read_no_further(make: Maker):
    router = make.router("-c", str(make.file(configuration(["127.0.0.1:1"]))))
    before = resident_mib(router)
    with wire.Connection(router.port) as connection:
        connection.send_as_far_as_taken(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 200_000)
        time.sleep(0.3)
        assert resident_mib(router) - before < 40
    assert wire.get(router.port, "/health").status == 200


def test_what_comes_after_the_last_request_is_not_kept(make: Maker):
    router = make.router("-c", str(make.file(configuration(["127.0.0.1:1"]))))
    before = resident_mib(router)
    with wire.Connection(router.port) as connection:
        connection.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
        connection.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        try:
            connection.send_as_far_as_taken(b"x" * (64 << 20))
        except OSError:
            pass
        assert resident_mib(router) - before < 40


def test_answers_between_two_broken_ones_keep_a_fleet_in_use(behind):  # noqa: F811
    def moody(connection: socket.socket, count: int) -> bool:
        if count % 10 == 5:
            return False
        connection.sendall(PLAIN)
        return True

    router, _ = behind(moody, moody, moody)
    statuses = [wire.chat(router.port, BODY).status for _ in range(150)]
    assert statuses.count(200) == 150


def test_the_only_replica_is_used_however_its_last_requests_ended(behind):  # noqa: F811
    def worse(connection: socket.socket, count: int) -> bool:
        if count <= 4:
            return False
        connection.sendall(PLAIN)
        return True

    router, _ = behind(worse)
    statuses = [wire.chat(router.port, BODY).status for _ in range(6)]
    assert statuses[-1] == 200
    assert set(statuses) == {200, 502}


def test_an_engine_that_is_busy_is_not_asked_when_another_is_not(behind):  # noqa: F811
    busy = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"
    router, engines = behind(says(busy), says(PLAIN))
    assert [wire.chat(router.port, BODY).status for _ in range(20)] == [200] * 20
    assert len(engines[0].requests) > 0, "the busy one was asked first at times"


def test_when_every_engine_is_busy_its_own_answer_is_given(behind):  # noqa: F811
    busy = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy"
    router, _ = behind(says(busy), says(busy))
    answer = wire.chat(router.port, BODY)
    assert (answer.status, answer.header("retry-after")) == (503, "7")
    assert answer.json()["error"]["message"] == "busy"


def test_an_adapter_that_was_learnt_survives_a_reload_and_goes_where_it_is(make: Maker):
    engines = [make.engine("pod-1"), make.engine("pod-2")]
    file = make.file(configuration([engine.address for engine in engines]))
    router = make.router("-c", str(file))
    loaded = wire.post(engines[1].port, "/v1/load_lora_adapter", '{"lora_name":"late-expert","lora_path":"/x"}')
    assert loaded.status == 200
    asked = BODY.replace(MODEL, "late-expert")
    poll(lambda: wire.chat(router.port, asked).status == 200, "the adapter is learnt")
    router.signal(signal.SIGHUP)
    router.wait_for("configuration read again", lambda: router.errors)
    answers = [wire.chat(router.port, asked) for _ in range(12)]
    assert {(answer.status, answer.header("x-inference-pod")) for answer in answers} == {(200, "pod-2")}


def test_an_engine_without_health_path_is_used(make: Maker):
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            with accepted:
                head = accepted.recv(65536)
                if head.startswith(b"GET"):
                    accepted.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                else:
                    accepted.sendall(PLAIN)

    import threading

    threading.Thread(target=serve, daemon=True).start()
    try:
        router = make.router("-c", str(make.file(configuration([f"127.0.0.1:{listener.getsockname()[1]}"]))))
        router.wait_for("is ready$", lambda: router.errors)
        assert wire.chat(router.port, BODY).body.decode() == JSON
    finally:
        listener.close()


def test_the_query_is_not_logged(behind):  # noqa: F811
    router, [engine] = behind(says(PLAIN))
    assert wire.post(router.port, CHAT + "?api_key=SECRET123", BODY).status == 200
    assert b"?api_key=SECRET123" in engine.requests[0], "the engine gets it"
    line = poll(lambda: router.output, "a line is in the access log")
    assert json.loads(line.splitlines()[0])["path"] == CHAT
    assert "SECRET123" not in line


def test_engines_do_not_get_what_is_meant_for_the_router(behind):  # noqa: F811
    router, [engine] = behind(says(PLAIN))
    wire.chat(
        router.port, BODY, "X-User-OpenAI-Key: k1", "X-VSR-Internal-Auth: k2", "X-VSR-Debug: true", "X-Mine: yes"
    )
    head = engine.requests[0].lower()
    assert b"x-mine: yes" in head
    assert b"x-user-" not in head and b"x-vsr-" not in head


def test_the_clients_authorization_does_not_go_out_beside_the_backends_key(make: Maker, behind):  # noqa: F811
    router, [engine] = behind(says(PLAIN))
    text = configuration([engine.address]).replace(
        f"endpoint: {engine.address}\n",
        f"endpoint: {engine.address}\n          auth_header: api-key\n          auth_prefix: ''\n          api_key: k-1\n",
    )
    keyed = make.router("-c", str(make.file(text)))
    assert wire.chat(keyed.port, BODY, "Authorization: Bearer client").status == 200
    head = engine.requests[-1].lower()
    assert b"authorization" not in head
    assert b"k-1" in head


def test_an_answer_cut_by_a_reset_does_not_look_whole(behind):  # noqa: F811
    def cut(connection: socket.socket, _: int) -> bool:
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"partial":')
        time.sleep(0.1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    router, _ = behind(cut)
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(CHAT, BODY))
        assert connection.read_head().status == 200
        try:
            rest = connection.read_to_end()
        except OSError:
            rest = b""
    assert not rest.endswith(b"0\r\n\r\n")


def test_a_body_over_the_limit_gets_its_413_while_it_is_sent(fleet: Fleet):
    with socket.create_connection(("127.0.0.1", fleet.port), timeout=15) as plain:
        plain.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
        time.sleep(0.2)
        try:
            plain.sendall(b"x" * (4 << 20))
        except OSError:
            pytest.fail("the connection was reset before the answer could be read")
        assert plain.recv(100).startswith(b"HTTP/1.1 413 ")


def test_metadata_that_is_no_string_is_refused(fleet: Fleet):
    body = f'{{"model":"{MODEL}","messages":[],"metadata":{{"tier":5}}}}'
    answer = wire.chat(fleet.port, body)
    assert answer.status == 400
    assert answer.json()["error"]["param"] == "metadata.tier"


def test_a_refused_model_is_in_the_log(make: Maker):
    router = make.router("-c", str(make.file(configuration(["127.0.0.1:1"]))))
    assert wire.chat(router.port, BODY.replace(MODEL, "nope")).status == 400
    line = poll(lambda: router.output, "a line is in the access log")
    assert json.loads(line.splitlines()[0])["requested_model"] == "nope"


def test_explain_takes_completions_and_embeddings(tmp_path: Path):
    from processes import SAMPLE, run

    request = tmp_path / "request.json"
    for body in ('{"model":"MoM","prompt":"What is 2 + 2?"}', '{"model":"MoM","input":"What is 2 + 2?"}'):
        request.write_text(body)
        explained = run("explain", "-c", SAMPLE, "-f", request)
        assert explained.returncode == 0, explained.stderr
        assert "math_decision" in explained.stdout
