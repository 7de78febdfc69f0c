"""The gateway's HTTP/1.1 towards clients, on bare sockets: connections, framing, HTTP/1.0 and limits."""

from __future__ import annotations

import socket

import pytest

import wire
from conftest import Fleet, Maker
from processes import MODEL

CHAT = "/v1/chat/completions"
BODY = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"Hi"}}],"max_tokens":4}}'
STREAM = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"Hi"}}],"max_tokens":4,"stream":true}}'


# Connections


def test_a_connection_carries_one_request_after_the_other(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        for _ in range(3):
            for message in (wire.request(CHAT, BODY), wire.request(CHAT, STREAM), wire.request("/health")):
                connection.send(message)
                assert connection.read().status == 200
        for message, status in ((wire.request("/nowhere"), 404), (wire.request(CHAT, "{"), 400)):
            connection.send(message)
            assert connection.read().status == status
        connection.send(wire.request("/ready"))
        assert connection.read().status == 200


def test_pipelined_requests_are_answered_in_order(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send(
            wire.request(CHAT, BODY, headers=("x-request-id: one",))
            + wire.request("/nowhere", headers=("x-request-id: two",))
            + wire.request(CHAT, STREAM, headers=("x-request-id: three",))
            + wire.request("/v1/models")
            + wire.request(CHAT, BODY, headers=("x-request-id: five", "Connection: close"))
        )
        answers = [connection.read() for _ in range(5)]
        assert [answer.status for answer in answers] == [200, 404, 200, 200, 200]
        ids = [answer.header("x-request-id") for answer in answers]
        assert ids[:3] + ids[4:] == ["one", "two", "three", "five"]
        assert answers[2].body.endswith(b"data: [DONE]\n\n")
        assert answers[4].header("connection") == "close"
        assert connection.is_closed_by_peer()


@pytest.mark.parametrize("body", ['{"model":"nobody","query":"a","documents":[]}', "{"])
def test_what_is_pipelined_behind_a_refused_upload_is_answered(fleet: Fleet, body: str):
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request("/v1/rerank", body) + wire.request("/health"))
        assert connection.read().status == 400
        assert connection.read().status == 200


def test_a_hundred_pipelined_requests_are_all_answered(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request(CHAT, BODY) * 100)
        assert [connection.read().status for _ in range(100)] == [200] * 100


def test_a_request_that_arrives_byte_by_byte_is_answered(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        for byte in wire.request(CHAT, BODY):
            connection.send(bytes([byte]))
        answer = connection.read()
        assert answer.status == 200
        assert fleet.engine(answer).last_body() == BODY.encode()


def test_empty_lines_before_a_request_are_skipped(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send(b"\r\n\r\n" + wire.request("/health"))
        assert connection.read().status == 200


def test_head_is_answered_without_a_body(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request("/health", method="HEAD") + wire.request("/health"))
        head = connection.read("HEAD")
        answer = connection.read()
        assert (head.status, answer.status) == (200, 200)
        assert head.header("content-length") == str(len(answer.body))


def test_a_target_in_absolute_form_is_understood(fleet: Fleet):
    """RFC 9112 §3.2.2 demands it of every server."""
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request("http://switchyard.test/health"))
        assert connection.read().status == 200
        connection.send(wire.request(f"http://switchyard.test{CHAT}", BODY))
        assert connection.read().status == 200


@pytest.mark.parametrize("path", ["/health?x=1", "/health/", "/v1/models/", "/v1/models?limit=5"])
def test_a_query_or_a_last_slash_changes_no_endpoint(fleet: Fleet, path: str):
    assert wire.get(fleet.port, path).status == 200


def test_a_last_slash_behind_an_endpoint_of_the_engine_is_tolerated(fleet: Fleet):
    answer = wire.post(fleet.port, CHAT + "/", BODY)
    assert answer.status == 200, answer.body


# Fields


def test_fields_of_one_hop_do_not_reach_the_engine(fleet: Fleet):
    fields = ("Connection: X-Mine, keep-alive", "X-Mine: 1", "Keep-Alive: timeout=3", "TE: trailers", "X-Other: 2")
    answer = wire.chat(fleet.port, BODY, *fields, "Upgrade: h2c", "Proxy-Connection: keep-alive")
    assert answer.status == 200
    received = fleet.engine(answer).requests()[-1]["headers"]
    assert received["x-other"] == "2"
    assert not {"x-mine", "keep-alive", "te", "upgrade", "proxy-connection"} & set(received)


@pytest.mark.parametrize("identity", ["a" * 129, "", "   "])
def test_a_request_id_that_cannot_be_used_is_replaced(fleet: Fleet, identity: str):
    answer = wire.chat(fleet.port, BODY, f"X-Request-Id: {identity}")
    assert answer.status == 200
    assert answer.header("x-request-id") == answer.header("request-id")
    assert len(answer.header("request-id")) == 36


def test_a_client_cannot_pass_for_the_router(fleet: Fleet):
    answer = wire.chat(fleet.port, BODY, "X-Selected-Model: other", "X-Vsr-Selected-Model: other")
    assert answer.header("x-vsr-selected-model") == MODEL
    assert fleet.engine(answer).requests()[-1]["headers"]["x-selected-model"] == MODEL


# Framing


def chunked(body: bytes, size: int, extension: bytes = b"", trailers: bytes = b"") -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    framed = b"".join(b"%x%s\r\n%s\r\n" % (len(part), extension, part) for part in parts)
    return framed + b"0" + extension + b"\r\n" + trailers + b"\r\n"


def chunked_request(data: bytes) -> bytes:
    return wire.request(CHAT, method="POST", headers=("Transfer-Encoding: chunked",)) + data


@pytest.mark.parametrize(
    "data",
    [
        chunked(BODY.encode(), 7),
        chunked(BODY.encode(), 1),
        chunked(BODY.encode(), 1 << 20),
        chunked(BODY.encode(), 30, extension=b';name="value"'),
        chunked(BODY.encode(), 30, trailers=b"authorization: 1\r\n"),
    ],
    ids=["small chunks", "bytes", "one chunk", "extensions", "a trailer that may not pass"],
)
def test_a_chunked_body_reaches_the_engine_with_its_length(fleet: Fleet, data: bytes):
    with wire.Connection(fleet.port) as connection:
        connection.send(chunked_request(data) + wire.request("/health"))
        answer = connection.read()
        assert answer.status == 200, answer.body
        received = fleet.engine(answer).requests()[-1]
        assert received["headers"]["content-length"] == str(len(BODY))
        assert "transfer-encoding" not in received["headers"]
        assert received["body"] == BODY
        assert connection.read().status == 200


def test_a_chunked_body_that_arrives_byte_by_byte_is_answered(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        for byte in chunked_request(chunked(BODY.encode(), 9, trailers=b"a: b\r\n")):
            connection.send(bytes([byte]))
        assert connection.read().status == 200


def test_a_client_that_waits_for_continue_is_told_to_go_on(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        message = wire.request(CHAT, BODY, headers=("Expect: 100-continue",))
        connection.send(message[: -len(BODY)])
        assert connection.read_head().status == 100
        connection.send(BODY.encode())
        answer = connection.read()
        assert answer.status == 200
        assert "expect" not in fleet.engine(answer).requests()[-1]["headers"]


def test_a_client_that_waits_for_continue_with_too_large_a_body_is_refused(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        fields = ("Expect: 100-continue", f"Content-Length: {(64 << 20) + 1}")
        connection.send(wire.request(CHAT, method="POST", headers=fields))
        assert connection.read_head().status == 413


# HTTP/1.0


def test_a_client_of_http_1_0_gets_its_answer_and_the_end(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request(CHAT, BODY, version="1.0"))
        answer = connection.read()
        assert answer.status == 200
        assert answer.json()["object"] == "chat.completion"
        assert connection.is_closed_by_peer()


def test_a_client_of_http_1_0_gets_a_stream_without_chunks(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request(CHAT, STREAM, version="1.0"))
        answer = connection.read()
        assert answer.status == 200
        assert answer.header("transfer-encoding") is None
        assert answer.body.startswith(b"data: {") and answer.body.endswith(b"data: [DONE]\n\n")
        assert connection.is_closed_by_peer()


def test_a_client_of_http_1_0_may_keep_its_connection(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        for _ in range(2):
            connection.send(wire.request(CHAT, BODY, version="1.0", headers=("Connection: keep-alive",)))
            answer = connection.read()
            assert (answer.status, answer.header("connection")) == (200, "keep-alive")


def test_a_kept_connection_of_http_1_0_ends_with_a_stream(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request(CHAT, STREAM, version="1.0", headers=("Connection: keep-alive",)))
        answer = connection.read()
        assert (answer.status, answer.header("connection")) == (200, "close")
        assert answer.body.endswith(b"data: [DONE]\n\n")


def test_a_client_of_http_1_0_needs_no_host(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send(b"GET /health HTTP/1.0\r\n\r\n")
        assert connection.read().status == 200


def test_a_client_of_http_1_0_is_never_told_to_go_on(fleet: Fleet):
    """RFC 9110 §10.1.1: such a client does not know interim answers."""
    with wire.Connection(fleet.port) as connection:
        message = wire.request(CHAT, BODY, version="1.0", headers=("Expect: 100-continue",))
        connection.send(message[: -len(BODY)])
        connection.send(BODY.encode())
        assert connection.read_head().status == 200


# Limits


def test_a_head_over_the_limit_is_a_431(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send_as_far_as_taken(wire.request("/health", headers=("x-long: " + "a" * (70 << 10),)))
        assert connection.read().status == 431
        assert connection.is_closed_by_peer()


def test_too_many_fields_are_a_431(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request("/health", headers=tuple(f"x-{index}: 1" for index in range(200))))
        assert connection.read().status == 431
        assert connection.is_closed_by_peer()


def test_a_declared_body_over_64_mebibytes_is_a_413_before_it_is_sent(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send(wire.request(CHAT, method="POST", headers=(f"Content-Length: {(64 << 20) + 1}",)))
        answer = connection.read()
        assert answer.status == 413
        error = answer.json()["error"]
        assert (error["type"], error["code"]) == ("request_too_large", "request_too_large")
        assert answer.header("x-request-id")
        assert connection.is_closed_by_peer()


OVERSIZE = b"a" * ((64 << 20) + 1)


def test_a_client_that_sends_too_large_a_body_sees_the_413(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send_as_far_as_taken(
            wire.request(CHAT, method="POST", headers=(f"Content-Length: {len(OVERSIZE)}",)) + OVERSIZE
        )
        assert connection.read().status == 413


def test_a_client_that_sends_too_many_chunks_sees_the_413(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send_as_far_as_taken(chunked_request(chunked(OVERSIZE, 1 << 20)))
        assert connection.read().status == 413


def test_a_body_of_exactly_64_mebibytes_is_taken(make: Maker):
    fleet = make.fleet("--max-request-body-size-mb", "128")
    start = BODY[:-1].encode() + b',"x_padding":"'
    body = start + b"p" * ((64 << 20) - len(start) - 2) + b'"}'
    assert len(body) == 64 << 20
    with wire.Connection(fleet.port, timeout=40) as connection:
        connection.send(wire.request(CHAT, body))
        answer = connection.read()
    assert answer.status == 200, answer.body
    assert fleet.engines[0].requests()[-1]["body_size"] == len(body)


def test_a_listener_is_on_its_address_only(fleet: Fleet):
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", fleet.port), timeout=5):
        pass
