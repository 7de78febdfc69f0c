"""Trailer fields on both ways and between both protocols: what may be a trailer passes, what may not does not."""

from __future__ import annotations

import pytest

import http2
import wire
from clients import CHAT, ask
from conftest import Engines, Route, Sites
from recording_engine import Call, model

# As a client or an engine might send them; only the first and the last may pass (RFC 9110 §6.5.1).
TRAILERS = [
    *["X-Checksum: abc", "Content-Length: 5", "Transfer-Encoding: chunked", "Host: evil", "Authorization: x"],
    *["Content-Type: text/plain", "Set-Cookie: a=b", "Trailer: X-Checksum", "Connection: close", "TE: trailers"],
    *["X-Request-ID: other", "X-VSR-Selected-Model: other", "X-Forwarded-For: 1.2.3.4", "X-User-Openai-Key: k"],
    *["Access-Control-Allow-Origin: *", "Cache-Control: no-store", "X-Api-Key: k", "X-Hop: 1"],
    "Server-Timing:  db;dur=53 ",
]
PASSED = {"x-checksum": "abc", "server-timing": "db;dur=53"}
HEAD = f"POST {CHAT} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: X-Hop\r\n".encode()
HEAD += b"Transfer-Encoding: chunked\r\n\r\n"
RERANK = HEAD.replace(CHAT.encode(), b"/v1/rerank")
BODY = ask().encode()


def lines(fields: list[str]) -> bytes:
    return b"".join(field.encode() + b"\r\n" for field in fields)


def framed(*pieces: bytes, trailers: list[str]) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + lines(trailers) + b"\r\n"


def read_chunked(connection: wire.Connection) -> tuple[bytes, dict[str, str]]:
    """Reads a chunked body to its end: payload and trailers."""
    body = b""
    while part := connection.read_chunk():
        body += part
    return body, fields_of(connection)


def fields_of(connection: wire.Connection) -> dict[str, str]:
    """The trailers that were read last."""
    fields = {}
    for line in connection.trailers:
        name, _, value = line.decode().partition(":")
        assert name.lower() not in fields
        fields[name.lower()] = value.strip()
    return fields


def records(call: Call) -> bool:
    """Reads a request with its trailers, and answers."""
    call.read_body()
    return call.answer()


# Requests


@pytest.mark.parametrize("head", [HEAD, RERANK], ids=["routed", "passed through"])
@pytest.mark.parametrize("cut", [False, True], ids=["at once", "byte by byte"])
def test_trailers_of_a_request_reach_the_engine(site: Sites, head: bytes, cut: bool):
    place = site(alpha=[records])
    data = head + framed(BODY[:20], BODY[20:], trailers=TRAILERS)
    with wire.Connection(place.port) as connection:
        for _ in range(2):
            for piece in [data[at : at + 1] for at in range(len(data))] if cut else [data]:
                connection.send(piece)
            assert connection.read().status == 200
    for call in place.alpha[0].calls:
        assert (bytes(call.body), fields_of(call)) == (BODY, PASSED)
        assert (call.values("transfer-encoding"), call.values("content-length")) == (["chunked"], [])
        assert call.values("authorization") == []
    place.router.wait_until_idle()


def test_a_routed_request_whose_trailers_may_not_pass_has_a_length(site: Sites):
    place = site(alpha=[records])
    with wire.Connection(place.port) as connection:
        connection.send(HEAD + framed(BODY, trailers=TRAILERS[1:-1]))
        assert connection.read().status == 200
    [call] = place.alpha[0].calls
    assert (call.values("content-length"), call.values("transfer-encoding")) == ([str(len(BODY))], [])


def test_trailers_are_sent_again_with_the_request(site: Sites):
    def busy(call: Call) -> bool:
        call.read_body()
        return call.answer(b"{}", status="503 Service Unavailable")

    for path in (HEAD, RERANK):
        place = site(alpha=[busy, records])
        # Chance chooses between the two until the first has refused.
        for _ in range(20):
            with wire.Connection(place.port) as connection:
                connection.send(path + framed(BODY, trailers=["X-Checksum: 1"]))
                assert connection.read().status == 200
            if place.alpha[0].calls:
                break
        assert place.alpha[0].calls, "the busy replica was tried"
        for call in [*place.alpha[0].calls, *place.alpha[1].calls]:
            assert fields_of(call) == {"x-checksum": "1"}


def test_a_trailer_cannot_take_the_place_of_a_field_that_is_set_for_the_engine(engines: Engines, route: Route):
    [engine] = engines(records)
    place = model("alpha", engine)
    place["backend_refs"][0]["extra_headers"] = {"X-Team": "ours"}
    router = route(place)
    for head in (HEAD, RERANK):
        with wire.Connection(router.port) as connection:
            connection.send(head + framed(BODY, trailers=["x-team: theirs", "X-Checksum: 1"]))
            assert connection.read().status == 200
    for call in engine.calls:
        assert (call.values("x-team"), fields_of(call)) == (["ours"], {"x-checksum": "1"})


@pytest.mark.parametrize("path", [CHAT, "/v1/rerank"])
def test_trailers_of_an_http2_request_reach_the_engine(site: Sites, path: str):
    place = site(alpha=[records])
    fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in TRAILERS)]
    fields = [field for field in fields if field[0] not in ("transfer-encoding", "connection", "te", "x-hop")]
    with http2.Connection(place.port) as connection:
        stream = connection.begin(http2.pseudo(path))
        connection.send_data(stream, BODY)
        connection.send(connection.headers(fields, end=True, stream=stream)[1])
        assert connection.read(stream).status == 200
        # One that said its length has no place for trailers.
        stream = connection.begin([*http2.pseudo("/v1/rerank"), ("content-length", str(len(BODY)))])
        connection.send_data(stream, BODY)
        connection.send(connection.headers([("x-checksum", "1")], end=True, stream=stream)[1])
        assert connection.read(stream).status == 200
    first, second = place.alpha[0].calls
    assert (bytes(first.body), fields_of(first)) == (BODY, PASSED)
    assert (bytes(second.body), second.values("content-length")) == (BODY, [str(len(BODY))])
    place.router.wait_until_idle()


@pytest.mark.parametrize(
    "field",
    [(":path", "/x"), ("X-Upper", "1"), ("x a", "1"), ("x-a", "1\r\nx-b: 2"), ("connection", "close")],
    ids=["pseudo header", "upper case", "space", "line end", "connection"],
)
def test_malformed_http2_trailers_reset_their_stream(site: Sites, field: tuple[str, str]):
    place = site(alpha=[records])
    with http2.Connection(place.port) as connection:
        stream = connection.begin(http2.pseudo(CHAT))
        connection.send_data(stream, BODY)
        connection.send(connection.headers([field], end=True, stream=stream)[1])
        assert connection.read(stream).reset == http2.PROTOCOL_ERROR
        assert connection.read(connection.request("/health")).status == 200
    assert not place.alpha[0].calls
    place.router.wait_until_idle()


def test_http2_trailers_beyond_their_limit_are_a_431(site: Sites):
    place = site(alpha=[records])
    with http2.Connection(place.port) as connection:
        stream = connection.begin(http2.pseudo(CHAT))
        connection.send_data(stream, BODY)
        connection.send(connection.headers([("x-a", "a" * 9000)], end=True, stream=stream)[1])
        assert connection.read(stream).status == 431
    assert not place.alpha[0].calls
    place.router.wait_until_idle()


# Answers

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: x-hop\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENTS = ANSWER.replace(b"application/json", b"text/event-stream")


@pytest.mark.parametrize("head", [ANSWER, EVENTS], ids=["plain", "events"])
@pytest.mark.parametrize("size", [1 << 20, 7, 1], ids=["at once", "in pieces", "byte by byte"])
def test_trailers_of_an_answer_reach_the_client(site: Sites, head: bytes, size: int):
    data = head + framed(b"data: {}\n\n", b"data: [DONE]\n\n", trailers=TRAILERS)

    def trails(call: Call) -> bool:
        call.read_body()
        for at in range(0, len(data), size):
            call.send(data[at : at + size])
        return True

    place = site(alpha=[trails])
    with wire.Connection(place.port) as connection:
        for _ in range(2):
            connection.send(wire.request(CHAT, BODY))
            assert connection.read_head().status == 200
            assert read_chunked(connection) == (b"data: {}\n\ndata: [DONE]\n\n", PASSED)
    with http2.Connection(place.port) as connection:
        for _ in range(2):
            answer = connection.read(connection.request(CHAT, BODY))
            assert bytes(answer.body) == b"data: {}\n\ndata: [DONE]\n\n"
            assert {name: answer.headers.get(name) for name in PASSED} == PASSED
            assert not {"authorization", "host", "set-cookie", "access-control-allow-origin"} & set(answer.headers)
            assert answer.headers["x-vsr-selected-model"] == "alpha"
            assert answer.headers["content-type"].startswith(("application/json", "text/event-stream"))
    # HTTP/1.0 has no place for them.
    with wire.Connection(place.port) as connection:
        connection.send(wire.request(CHAT, BODY, version="1.0"))
        answer = connection.read()
        assert (answer.status, answer.body) == (200, b"data: {}\n\ndata: [DONE]\n\n")
    place.router.wait_until_idle()
    assert len({call.socket for call in place.alpha[0].calls}) == 1, "the engine's connection is kept"
