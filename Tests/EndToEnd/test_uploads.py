"""Uploads on paths that are passed through: streamed in flat memory, tried elsewhere only while they are held, ended on
both sides."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

import http2
import wire
from clients import CHAT, MEBIBYTE, TRANSCRIPTIONS, ask, chunked, form, send_in_background, upload_head, wait_for_standstill
from conftest import Engines, Maker, Route, Sites
from processes import free_port, poll
from recording_engine import EVENT, STREAM_HEAD, Call, ConfiguredRouter, Gate, RecordingEngine, answers, document, model

FILE = 20 * MEBIBYTE
# What the gateway may hold of an upload of any length: its own buffers, and what a debug build's allocator keeps.
HELD = 8 * MEBIBYTE


@pytest.mark.parametrize("frames", [False, True], ids=["length", "chunked"])
def test_a_large_file_is_streamed_in_flat_memory(site: Sites, frames: bool):
    gate = Gate(beginning=1)
    place = site(alpha=[gate])
    warm, kind = form("alpha", b"sound")
    gate.opened.set()
    for _ in range(2):
        with wire.Connection(place.port) as connection:
            connection.send(upload_head(TRANSCRIPTIONS, kind, len(warm)) + warm)
            assert connection.read().status == 200
    gate.opened.clear()
    before = place.router.memory("VmRSS")
    # More than sockets hold: a receive buffer may grow to 32 MiB.
    body, kind = form("alpha", bytes(64 * MEBIBYTE))
    data = upload_head(TRANSCRIPTIONS, kind, None if frames else len(body)) + (chunked(body) if frames else body)
    with wire.Connection(place.port, timeout=30) as connection:
        thread, taken = send_in_background(connection, data)
        call = place.alpha[0].wait_for_calls(3)[2]
        poll(lambda: len(call.body) > 0, "the engine receives before the client has sent all")
        count = wait_for_standstill(lambda: taken[0], "a client is slowed by its engine")
        assert count < len(data), "an engine that reads nothing must not have the gateway read everything"
        gate.opened.set()
        answer = connection.read()
        thread.join(10)
    assert answer.status == 200
    assert bytes(call.body) == body
    grown = place.router.memory("VmHWM") - before
    print(f"64 MiB passed through: the gateway grew by {grown / MEBIBYTE:.1f} MiB at most")
    assert grown < HELD, f"the gateway grew by {grown} bytes"
    place.router.wait_until_idle()


def test_a_small_upload_goes_to_another_replica_when_the_first_fails(site: Sites):
    def closes(call: Call) -> bool:
        call.read_body()
        return False

    place = site(alpha=[closes, answers])
    body, kind = form("alpha", bytes(range(256)) * 100)
    # Chance chooses between the two until the first has failed often enough.
    for _ in range(20):
        with wire.Connection(place.port) as connection:
            connection.send(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
            assert connection.read().json()["engine"] == "alpha-2"
    assert place.alpha[0].calls, "the failing replica was tried"
    assert {bytes(call.body) for call in place.alpha[1].calls} == {body}
    assert place.router.metric("switchyard_retries_total") == len(place.alpha[0].calls)
    place.router.wait_until_idle()


def test_an_upload_goes_to_another_replica_when_the_first_refuses_connections(make: Maker):
    engine = RecordingEngine("alpha-2")
    file = make.file(document(model("alpha", f"127.0.0.1:{free_port()}", engine)))
    router = make.keep(ConfiguredRouter("-c", str(file)))
    # What was not begun to be sent is sent elsewhere whatever its length.
    body, kind = form("alpha", bytes(2 * MEBIBYTE))
    for _ in range(4):
        with wire.Connection(router.port) as connection:
            connection.send(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
            assert connection.read().json()["engine"] == "alpha-2"
    assert {len(call.body) for call in engine.calls} == {len(body)}
    router.wait_until_idle()
    engine.close()


def test_an_upload_that_was_passed_on_and_is_gone_is_not_tried_again(site: Sites):
    def closes(call: Call) -> bool:
        call.read_body(MEBIBYTE)
        return False

    place = site(alpha=[closes, closes])
    for engine in place.alpha:
        engine.limit_receive_buffer(64 << 10)
    body, kind = form("alpha", bytes(FILE))
    with wire.Connection(place.port) as connection:
        connection.send_as_far_as_taken(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
        answer = connection.read()
        assert answer.status == 502
        assert answer.json()["error"]["code"] == "upstream_closed"
        assert connection.is_closed_by_peer()
    assert sum(len(engine.calls) for engine in place.alpha) == 1
    place.router.wait_until_idle()


def test_an_engine_that_begins_its_answer_in_an_upload_and_goes_no_further_is_given_up(engines: Engines, route: Route):
    is_stuck, has_begun = threading.Event(), threading.Event()

    def begins(call: Call) -> bool:
        call.read_body(100_000)
        assert is_stuck.wait(20)
        call.send(STREAM_HEAD + EVENT)
        assert has_begun.wait(20)
        call.read_body(FILE // 2)
        return call.wait_for_close()

    [engine] = engines(begins)
    engine.limit_receive_buffer(64 << 10)
    router = route(model("alpha", engine, reliability={"idle_timeout": "3s"}))
    body, kind = form("alpha", bytes(FILE))
    with wire.Connection(router.port) as connection:
        _, taken = send_in_background(connection, upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
        # The gateway cannot send on; it learns that the answer has begun, and then that it could.
        wait_for_standstill(lambda: taken[0], "no more is taken")
        is_stuck.set()
        assert connection.read_head().status == 200
        has_begun.set()
        events = b""
        while chunk := connection.read_chunk():
            events += chunk
    assert b"upstream_stream_timeout" in events, events
    router.wait_until_idle()


@pytest.mark.parametrize("frames", [False, True], ids=["length", "chunked"])
def test_an_engines_413_before_the_end_of_the_upload_reaches_the_client(site: Sites, frames: bool):
    text = b'{"error":{"message":"too large","type":"invalid_request_error","param":null,"code":null}}'

    def refuses(call: Call) -> bool:
        call.read_body(100_000)
        call.answer(text, "connection: close", status="413 Payload Too Large")
        call.socket.shutdown(socket.SHUT_WR)
        return call.wait_for_close()

    place = site(alpha=[refuses])
    body, kind = form("alpha", bytes(FILE))
    data = upload_head(TRANSCRIPTIONS, kind, None if frames else len(body)) + (chunked(body) if frames else body)
    with wire.Connection(place.port) as connection:
        send_in_background(connection, data)
        answer = connection.read()
        assert answer.status == 413
        assert answer.body == text
        assert answer.header("connection") == "close"
        assert connection.is_closed_by_peer()
    place.router.wait_until_idle()


@pytest.mark.parametrize("keeps", [False, True], ids=["closes", "keeps"])
@pytest.mark.parametrize("frames", [False, True], ids=["length", "chunked"])
def test_an_engines_early_answer_to_an_http2_upload_does_not_wait_for_its_end(site: Sites, frames: bool, keeps: bool):
    text = b'{"error":{"message":"too large","type":"invalid_request_error","param":null,"code":null}}'

    def refuses(call: Call) -> bool:
        call.read_body(1000)
        call.answer(text, *([] if keeps else ["connection: close"]), status="413 Payload Too Large")
        if not keeps:
            call.socket.shutdown(socket.SHUT_WR)
        return call.wait_for_close()

    place = site(alpha=[refuses])
    # A client that waits behind its beginning, and one that sends what it may.
    for size in (30_000, FILE):
        with http2.Connection(place.port, timeout=5) as connection:
            length = [] if frames else [("content-length", str(2 * FILE))]
            stream = connection.begin([*http2.pseudo("/v1/rerank"), *length])
            connection.send_data(stream, b'{"model":"alpha","text":"' + b"x" * size, stop_when_answered=True)
            answer = connection.read(stream)
            assert (answer.status, bytes(answer.body), answer.ended) == (413, text, True)
    place.router.wait_until_idle()


@pytest.mark.parametrize("frames", [False, True], ids=["length", "chunked"])
def test_a_client_that_leaves_within_its_upload_ends_it_at_the_engine(site: Sites, frames: bool):
    place = site(alpha=[lambda call: bool(call.read_body(MEBIBYTE)) and call.wait_for_close()])
    body, kind = form("alpha", bytes(FILE))
    data = upload_head(TRANSCRIPTIONS, kind, None if frames else len(body)) + (chunked(body) if frames else body)
    with wire.Connection(place.port) as connection:
        connection.send(data[: 2 * MEBIBYTE])
        call = place.alpha[0].wait_for_calls(1)[0]
        poll(lambda: len(call.body) >= MEBIBYTE, "the engine has a part of it")
        left = time.monotonic()
    poll(lambda: call.closed_at is not None, "the engine's connection is closed")
    # Half of the clients that leave are answered so within 10 ms (test_leaving_clients.py).
    assert call.closed_at - left < 3, f"it was closed after {(call.closed_at - left) * 1000:.1f} ms"
    place.router.wait_until_idle()
    assert place.router.metric("switchyard_clients_gone_total") == 1


def test_a_client_that_waits_for_continue_may_send_its_upload(site: Sites):
    place = site(alpha=[answers])
    body, kind = form("alpha", bytes(MEBIBYTE))
    with wire.Connection(place.port) as connection:
        connection.send(upload_head(TRANSCRIPTIONS, f"{kind}\r\nExpect: 100-continue", len(body)))
        assert connection.read_head().status == 100
        connection.send(body)
        assert connection.read().status == 200
    assert place.alpha[0].calls[0].body == body
    assert place.alpha[0].calls[0].values("expect") == []


def test_a_kept_connection_that_the_engine_closes_costs_no_upload(site: Sites):
    served: set[socket.socket] = set()

    def once(call: Call) -> bool:
        """Answers one request on each connection, and closes at the next without a word."""
        if call.socket in served:
            return False
        served.add(call.socket)
        return answers(call)

    place = site(alpha=[once])
    body, kind = form("alpha", bytes(range(256)) * 100)
    for _ in range(10):
        with wire.Connection(place.port) as connection:
            connection.send(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
            assert connection.read().status == 200
    assert len([call for call in place.alpha[0].calls if call.body == body]) == 10
    assert len(place.alpha[0].calls) > 10, "no connection was kept, so that none was closed"
    # It is sent to the same replica at once, which is no retry.
    assert place.router.metric("switchyard_retries_total") == 0
    place.router.wait_until_idle()


@pytest.mark.parametrize("sent", [100, MEBIBYTE], ids=["before the model", "behind it"])
def test_an_upload_that_stops_is_a_408(make: Maker, sent: int):
    engine = RecordingEngine("alpha-1")
    text = document(model("alpha", engine), gateway={"request_read_timeout": "300ms"})
    router = make.keep(ConfiguredRouter("-c", str(make.file(text))))
    body, kind = form("alpha", bytes(4 * MEBIBYTE))
    with wire.Connection(router.port) as connection:
        connection.send((upload_head(TRANSCRIPTIONS, kind, len(body)) + body)[:sent])
        answer = connection.read()
        assert answer.status == 408
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert connection.is_closed_by_peer()
    router.wait_until_idle()
    engine.close()


# So many bytes, one each 50 ms, take twice as long as the test's gateway gives a request.
DRIPS = 80


def drip(send: Callable[[bytes], object], begin: bytes) -> None:
    """Sends a beginning and then bytes one by one, as slow clients do, as far as they are taken."""
    try:
        send(begin)
        for _ in range(DRIPS):
            time.sleep(0.05)
            send(b"x")
    except OSError:
        pass


@pytest.mark.parametrize("is_known", [False, True], ids=["before the model", "behind it"])
def test_an_upload_may_drip_once_its_model_is_known(engines: Engines, route: Route, is_known: bool):
    [engine] = engines(answers)
    router = route(model("alpha", engine), gateway={"request_read_timeout": "2s"})
    begin = b'{"model":"alpha","text":"' if is_known else b'{"text":"'
    whole = len(begin) + DRIPS
    with wire.Connection(router.port) as connection, ThreadPoolExecutor(1) as pool:
        head = upload_head("/v1/rerank", "Content-Type: application/json", whole)
        dripping = pool.submit(drip, connection.send, head + begin)
        assert connection.read().status == (200 if is_known else 408)
        connection.close()
        dripping.result()
    with http2.Connection(router.port) as connection:
        stream = connection.begin([*http2.pseudo("/v1/rerank"), ("content-length", str(whole))])
        drip(lambda data: connection.send_data(stream, data), begin)
        assert connection.read(stream).status == (200 if is_known else 408)
    assert [len(call.body) for call in engine.calls] == ([whole] * 2 if is_known else [])
    router.wait_until_idle()


def test_what_is_let_go_of_a_body_is_gone(engines: Engines, route: Route):
    """While its answer streams, and while its connection is idle."""

    def streams(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD + EVENT)
        assert goes_on.wait(60)
        call.send(b"0\r\n\r\n")
        return True

    goes_on = threading.Event()
    router = route(model("alpha", *engines(streams)))
    request = wire.request(CHAT, ask(padding=32 * MEBIBYTE, stream=True))
    with ExitStack() as stack:
        connections = []
        for _ in range(6):
            connections.append(stack.enter_context(wire.Connection(router.port, timeout=30)))
            connections[-1].send(request)
            assert connections[-1].read_head().status == 200
            assert connections[-1].read_chunk()
        assert router.metric("switchyard_request_bytes_held") == 0
        during = router.memory("VmRSS")
        goes_on.set()
        for connection in connections:
            assert not connection.read_chunk()
        router.wait_until_idle()
        idle = router.memory("VmRSS")
    print(f"of six bodies of 32 MiB, {during / MEBIBYTE:.0f} MiB in all are held while they are answered, {idle / MEBIBYTE:.0f} idle")
    assert max(during, idle) < 160 * MEBIBYTE


def test_chunks_of_a_byte_arrive_whole(site: Sites):
    place = site(alpha=[answers])
    body, kind = form("alpha", bytes(range(256)) * 2_000)
    with wire.Connection(place.port, timeout=30) as connection:
        connection.send(upload_head(TRANSCRIPTIONS, kind, None) + chunked(body, 1))
        assert connection.read().status == 200
        connection.send(upload_head(TRANSCRIPTIONS, kind, None) + chunked(body, 7))
        assert connection.read().status == 200
    assert [bytes(call.body) for call in place.alpha[0].calls] == [body, body]


def test_a_distant_client_over_http2_sends_a_window_a_round_trip(engines: Engines, route: Route):
    """It cannot send faster, and names its model last."""
    [engine] = engines(answers)
    router = route(model("alpha", engine), gateway={"request_read_timeout": "2s"})
    window = (1 << 16) - 1
    body = b'{"text":"' + b"x" * (24 * window) + b'","model":"alpha"}'
    with http2.Connection(router.port) as connection:
        stream = connection.begin([*http2.pseudo("/v1/rerank"), ("content-length", str(len(body)))])
        for start in range(0, len(body), window):
            time.sleep(0.15)
            connection.send_data(stream, body[start : start + window], end=start + window >= len(body))
        assert connection.read(stream).status == 200
    assert engine.calls[0].body == body


def test_a_pause_in_an_upload_over_http2_is_no_longer_for_all_that_was_sent(engines: Engines, route: Route):
    [engine] = engines(lambda call: call.wait_for_close())
    router = route(model("alpha", engine), gateway={"request_read_timeout": "300ms"})
    with http2.Connection(router.port) as connection:
        stream = connection.begin(http2.pseudo("/v1/rerank"))
        # Were a second given for each 256 KiB of it, as while a model is sought, it would be 32 s.
        connection.send_data(stream, b'{"model":"alpha","text":"' + bytes(8 * MEBIBYTE).replace(b"\0", b"x"))
        assert connection.read(stream).status == 408
    router.wait_until_idle()


def test_what_an_engine_that_answers_early_has_not_taken_counts_on(engines: Engines, route: Route):
    goes_on, ends = threading.Event(), threading.Event()

    def early(call: Call) -> bool:
        call.send(STREAM_HEAD + EVENT)
        assert goes_on.wait(20)
        call.read_body()
        assert ends.wait(20)
        call.send(b"0\r\n\r\n")
        return True

    [engine] = engines(early)
    engine.limit_receive_buffer(64 << 10)
    router = route(model("alpha", engine))
    body = ask(padding=20 * MEBIBYTE, stream=True)
    with wire.Connection(router.port) as connection:
        connection.send(wire.request(CHAT, body))
        assert connection.read_head().status == 200
        assert router.metric("switchyard_request_bytes_held") >= len(body)
        goes_on.set()
        poll(lambda: router.metric("switchyard_request_bytes_held") == 0, "what has left counts no more")
        ends.set()
        while connection.read_chunk():
            pass
    assert engine.calls[0].body == body.encode()
    router.wait_until_idle()


def test_what_was_held_counts_until_its_engine_has_taken_it(engines: Engines, route: Route):
    gate = Gate(beginning=1)
    [engine] = engines(gate)
    engine.limit_receive_buffer(64 << 10)
    router = route(model("alpha", engine))
    body, kind = form("alpha", bytes(FILE), first=False)
    with wire.Connection(router.port) as connection:
        connection.send(upload_head(TRANSCRIPTIONS, kind, len(body)) + body)
        engine.wait_for_calls(1)
        held = wait_for_standstill(lambda: int(router.metric("switchyard_request_bytes_held")), "all is held")
        assert held >= len(body)
        gate.opened.set()
        assert connection.read().status == 200
    assert engine.calls[0].body == body
    router.wait_until_idle()
    assert router.metric("switchyard_request_bytes_held") == 0


@pytest.mark.parametrize("size", [60_000, 2 * MEBIBYTE])
@pytest.mark.parametrize("frames", [False, True], ids=["length", "chunked"])
def test_an_upload_that_is_still_coming_goes_to_another_replica_whole(site: Sites, frames: bool, size: int):
    """The first says that it cannot serve when it has a part; what it was sent is still held."""

    def busy(call: Call) -> bool:
        call.read_body(1000)
        call.answer(b"{}", "connection: close", status="503 Service Unavailable")
        return call.wait_for_close()

    place = site(alpha=[busy, answers])
    body, kind = form("alpha", bytes(range(256)) * (size // 256))
    data = chunked(body) if frames else body
    # Chance chooses between the two until the first has refused.
    for _ in range(20):
        before = len(place.alpha[0].calls), len(place.alpha[1].calls)
        with wire.Connection(place.port) as connection:
            connection.send(upload_head(TRANSCRIPTIONS, kind, None if frames else len(body)) + data[:20_000])
            now = poll(
                lambda: (counts := (len(place.alpha[0].calls), len(place.alpha[1].calls))) != before and counts,
                "it is on its way",
            )
            if now[0] > before[0]:
                poll(lambda: place.alpha[0].calls[-1].closed_at, "the first has refused it")
            connection.send(data[20_000:])
            assert connection.read().json()["engine"] == "alpha-2"
        assert place.alpha[1].calls[-1].body == body
        if place.alpha[0].calls:
            break
    assert place.alpha[0].calls, "the busy replica was tried"
    place.router.wait_until_idle()


def test_an_answer_that_comes_before_the_upload_was_sent_ends_the_connection(site: Sites):
    place = site(alpha=[lambda call: call.answer()])
    body, kind = form("alpha", bytes(MEBIBYTE))
    for length in (len(body), None):
        with wire.Connection(place.port) as connection:
            connection.send(upload_head(TRANSCRIPTIONS, kind, length))
            connection.send(body[:1000] if length else b"3e8\r\n" + body[:1000] + b"\r\n")
            answer = connection.read()
            assert (answer.status, answer.header("connection")) == (200, "close")
            assert connection.is_closed_by_peer()
    place.router.wait_until_idle()


def test_a_connection_carries_uploads_and_other_requests_one_after_the_other(site: Sites):
    place = site(alpha=[answers])
    body = b'{"model":"alpha"}'
    head = upload_head("/v1/rerank", "Content-Type: application/json", None)
    trailed = head + b"%x\r\n%s\r\n0\r\nx-trailer: 1\r\n\r\n" % (len(body), body)
    parts = [
        wire.request("/v1/files/f"),
        trailed,
        wire.request("/v1/rerank", body),
        wire.request("/health"),
        wire.request("/v1/chat/completions", b'{"model":"alpha","messages":[{"role":"user","content":"hi"}]}'),
        wire.request("/v1/files/f", b"{}", method="GET"),
        trailed,
    ]
    with wire.Connection(place.port) as connection:
        connection.send(b"".join(parts))
        assert [connection.read().status for _ in parts] == [200] * len(parts)
    got = [(call.method, bytes(call.body)) for call in place.alpha[0].calls]
    chat = ("POST", b'{"model":"alpha","messages":[{"role":"user","content":"hi"}]}')
    assert got == [("GET", b""), ("POST", body), ("POST", body), chat, ("GET", b"{}"), ("POST", body)]


def test_a_malformed_chunk_within_an_upload_ends_it_on_both_sides(site: Sites):
    place = site(alpha=[lambda call: bool(call.read_body(1000)) and call.wait_for_close()])
    body, kind = form("alpha", bytes(90_000))
    with wire.Connection(place.port) as connection:
        connection.send(upload_head(TRANSCRIPTIONS, kind, None) + chunked(body)[:-5])
        call = place.alpha[0].wait_for_calls(1)[0]
        connection.send(b"zz\r\n")
        answer = connection.read()
        assert (answer.status, answer.header("connection")) == (400, "close")
        assert connection.is_closed_by_peer()
    poll(lambda: call.closed_at is not None, "the engine's connection is closed")
    place.router.wait_until_idle()
