"""Requests that two readers might read differently are refused with the end of their connection; bodies that are made
to hurt are refused or passed on, and the router lives on."""

from __future__ import annotations

import pytest

import wire
from conftest import Fleet
from processes import MODEL

CHAT = "/v1/chat/completions"
BODY = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"Hi"}}],"max_tokens":4}}'

HEAD = f"POST {CHAT} HTTP/1.1\r\nHost: a\r\n"
LENGTH = f"Content-Length: {len(BODY)}\r\n"
CHUNKS = f"{len(BODY):x}\r\n{BODY}\r\n0\r\n\r\n"
CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n\r\n"

AMBIGUOUS = {
    "length and chunks": HEAD + LENGTH + f"Transfer-Encoding: chunked\r\n\r\n{CHUNKS}",
    "chunks and length": HEAD + f"Transfer-Encoding: chunked\r\n{LENGTH}\r\n{CHUNKS}",
    "two lengths": HEAD + LENGTH + "Content-Length: 3\r\n\r\n" + BODY,
    "a list of lengths": HEAD + f"Content-Length: {len(BODY)}, 3\r\n\r\n{BODY}",
    "a signed length": HEAD + f"Content-Length: +{len(BODY)}\r\n\r\n{BODY}",
    "a negative length": HEAD + f"Content-Length: -1\r\n\r\n{BODY}",
    "a hexadecimal length": HEAD + f"Content-Length: 0x{len(BODY):x}\r\n\r\n{BODY}",
    "a length beyond 64 bits": HEAD + f"Content-Length: 184467440737095516{len(BODY)}\r\n\r\n{BODY}",
    "an empty length": HEAD + f"Content-Length: \r\n\r\n{BODY}",
    "a bare line feed": HEAD + f"Content-Length: {len(BODY)}\n\r\n{BODY}",
    "only bare line feeds": (HEAD + LENGTH).replace("\r\n", "\n") + "\n" + BODY,
    "a folded field": HEAD + "X-A: b\r\n c\r\n" + LENGTH + "\r\n" + BODY,
    "a folded length": HEAD + f"Content-Length:\r\n {len(BODY)}\r\n\r\n{BODY}",
    "a space before the colon": HEAD + f"Content-Length : {len(BODY)}\r\n\r\n{BODY}",
    "a tab before the colon": HEAD + f"Transfer-Encoding\t: chunked\r\n{LENGTH}\r\n{BODY}",
    "a space before the first name": f"POST {CHAT} HTTP/1.1\r\n Host: a\r\n{LENGTH}\r\n{BODY}",
    "an empty name": HEAD + f": x\r\n{LENGTH}\r\n{BODY}",
    "a name with a control character": HEAD + f"X-\x01A: x\r\n{LENGTH}\r\n{BODY}",
    "a value with a NUL": HEAD + f"X-A: x\0y\r\n{LENGTH}\r\n{BODY}",
    "a value with a bare CR": HEAD + f"X-A: x\rContent-Length: 3\r\n{LENGTH}\r\n{BODY}",
    "no host": f"POST {CHAT} HTTP/1.1\r\n{LENGTH}\r\n{BODY}",
    "two hosts": HEAD + f"Host: b\r\n{LENGTH}\r\n{BODY}",
    "two spaces in the request line": f"POST  {CHAT} HTTP/1.1\r\nHost: a\r\n{LENGTH}\r\n{BODY}",
    "no version": f"POST {CHAT}\r\nHost: a\r\n{LENGTH}\r\n{BODY}",
    "a signed chunk": f"{CHUNKED}+{CHUNKS}",
    "a hexadecimal prefix of a chunk": f"{CHUNKED}0x{CHUNKS}",
    "a chunk line with a bare line feed": CHUNKED + CHUNKS.replace("\r\n", "\n", 1),
    "a chunk that is longer than it says": f"{CHUNKED}5\r\n{BODY}\r\n0\r\n\r\n",
    "a chunk beyond 64 bits": f"{CHUNKED}1{len(BODY):016x}\r\n{BODY}\r\n0\r\n\r\n",
}


def refused(fleet: Fleet, data: str) -> wire.Response:
    """The answer to a request that is followed by a good one, which must be neither answered nor sent on."""
    before = fleet.seen()
    with wire.Connection(fleet.port) as connection:
        connection.send(data.encode() + wire.request(CHAT, BODY))
        answer = connection.read()
        assert answer.header("connection") == "close"
        assert connection.is_closed_by_peer()
    assert fleet.seen() == before
    return answer


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_an_ambiguous_request_is_a_400_and_the_end_of_its_connection(fleet: Fleet, name: str):
    answer = refused(fleet, AMBIGUOUS[name])
    assert answer.status == 400, answer
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("coding", ["gzip", "gzip, chunked", "chunked, chunked", "identity", "xchunked", "chunked;a=b"])
def test_another_transfer_coding_is_refused(fleet: Fleet, coding: str):
    assert refused(fleet, f"{HEAD}Transfer-Encoding: {coding}\r\n\r\n{CHUNKS}").status in (400, 501)


def test_chunks_from_a_client_of_http_1_0_are_refused(fleet: Fleet):
    """RFC 9112 §6.1: their framing is not to be trusted."""
    assert refused(fleet, CHUNKED.replace("HTTP/1.1", "HTTP/1.0") + CHUNKS).status in (400, 501)


def test_another_major_version_is_refused(fleet: Fleet):
    with wire.Connection(fleet.port) as connection:
        connection.send(b"GET /health HTTP/2.0\r\nHost: a\r\n\r\n")
        assert connection.read().status == 505
        assert connection.is_closed_by_peer()


BODIES = {
    "a million brackets": b"[" * 1_000_000,
    "deep objects": b'{"a":' * 200_000,
    "deep messages": b'{"model":"MoM","messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a line end in a string": b'{"model":"MoM","messages":[{"role":"user","content":"a\nb"}]}',
    "too many messages": b'{"model":"MoM","messages":[' + b'{"role":"user","content":"x"},' * 100_001 + b"{}]}",
    "too long a model": b'{"model":"' + b"m" * 2000 + b'","messages":[]}',
    "a number as model": b'{"model":7,"messages":[]}',
    "an object as messages": b'{"model":"MoM","messages":{}}',
    "a number as message": b'{"model":"MoM","messages":[7]}',
    "an array": b"[]",
    "null": b"null",
}


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_a_400(fleet: Fleet, name: str):
    before = fleet.seen()
    answer = wire.chat(fleet.port, BODIES[name])
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert fleet.seen() == before


def test_a_body_that_is_not_utf_8_is_a_400_of_the_router_or_the_engine(fleet: Fleet):
    answer = wire.chat(fleet.port, b'{"model":"MoM","messages":[{"role":"user","content":"\xff\xfe"}]}')
    assert answer.status in (200, 400)
    assert wire.get(fleet.port, "/health").status == 200


@pytest.mark.parametrize("content", [r'"\ud800"', r'"\u0000"', '""', "null", "[]", '[{"type":"text"}]', "{}", "7"])
def test_an_odd_prompt_is_passed_on(fleet: Fleet, content: str):
    """The engine may refuse it; the router does not."""
    answer = wire.chat(fleet.port, f'{{"model":"MoM","messages":[{{"role":"user","content":{content}}}]}}')
    assert answer.status in (200, 400)
    assert answer.header("x-vsr-response-path") == "upstream"
