"""HTTP/2: the SDK over TLS, and clients that send frames of their own."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import openai
import pytest
from hyperframe.frame import DataFrame, GoAwayFrame, PingFrame, RstStreamFrame, SettingsFrame

import http2
import wire
from certificates import Authority, SecureConnection, SecureRouter, secure
from clients import wait_for_standstill
from conftest import Fleet, Maker
from http2 import pseudo
from processes import MODEL, poll

CHAT = "/v1/chat/completions"
MIB = 1 << 20


def chat(words: int | str = 3, **more: object) -> str:
    text = words if isinstance(words, str) else " ".join(f"w{index}" for index in range(words))
    return json.dumps({"model": MODEL, "messages": [{"role": "user", "content": text}], **more})


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class Secure:
    """A router that speaks TLS in front of one engine, and the SDK over HTTP/2."""

    def __init__(self, make: Maker, authority: Authority, *arguments: str):
        self.context = authority.context("h2", "http/1.1")
        self.engine = make.engine("pod-1", "--max-model-len", "4000000", *arguments)
        self.router = make.keep(SecureRouter(secure([self.engine.address], *authority.server("router"))))
        self.port = self.router.port

    def sdk(self) -> openai.OpenAI:
        context = self.context
        client = httpx2.Client(http2=True, verify=context, timeout=30)
        return openai.OpenAI(base_url=self.router.url, api_key="sk-test", max_retries=0, http_client=client)

    def in_flight(self) -> float:
        with SecureConnection(self.port, authority_plain(self.context)) as connection:
            connection.send(wire.request("/metrics"))
            text = connection.read().body.decode()
        return sum(float(value) for value in re.findall(r"^switchyard_replica_in_flight\S* (\S+)$", text, re.M))


def authority_plain(context: ssl.SSLContext) -> ssl.SSLContext:
    """The same trust, HTTP/1 inside."""
    plain = ssl.create_default_context()
    plain.load_verify_locations(cadata="".join(ssl.DER_cert_to_PEM_cert(one) for one in context.get_ca_certs(True)))
    return plain


# The SDK


def test_the_sdk_chats_and_streams(make: Maker, authority):
    secure = Secure(make, authority, "--mode", "echo")
    with secure.sdk() as client:
        answer = client.chat.completions.with_raw_response.create(
            model="MoM", messages=[{"role": "user", "content": "What is the derivative of f(x) = x^3?"}]
        )
        assert answer.http_response.http_version == "HTTP/2"
        assert answer.headers["x-vsr-selected-decision"]
        assert "transfer-encoding" not in answer.headers
        assert answer.parse().choices[0].message.content
        stream = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "a b c d"}], stream=True
        )
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == "a b c d"
        assert client.models.list().data
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model="no-such-model", messages=[{"role": "user", "content": "x"}])


def test_a_hundred_streams_at_a_time_share_a_connection(make: Maker, authority):
    secure = Secure(make, authority, "--mode", "echo", "--inter-token-latency", "5ms", "--max-num-seqs", "128")

    async def ask(client: openai.AsyncOpenAI, number: int) -> bool:
        text = " ".join(f"{number}-{index}" for index in range(20))
        stream = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": text}], stream=True
        )
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]) == text

    async def ask_all() -> list[bool]:
        # Not the blocking client: its threads choose numbers of streams behind each other's backs.
        limits = httpx2.Limits(max_connections=1)
        http = httpx2.AsyncClient(http2=True, verify=secure.context, timeout=30, limits=limits)
        async with openai.AsyncOpenAI(
            base_url=secure.router.url, api_key="sk-test", max_retries=0, http_client=http
        ) as client:
            await client.models.list()
            return await asyncio.gather(*(ask(client, number) for number in range(100)))

    assert all(asyncio.run(ask_all()))
    poll(lambda: secure.in_flight() == 0, "nothing runs any more")


def test_a_client_that_leaves_frees_its_engine(make: Maker, authority):
    secure = Secure(make, authority, "--mode", "echo", "--inter-token-latency", "50ms")
    with secure.sdk() as client:
        stream = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "w " * 2000}], stream=True
        )
        next(iter(stream))
        assert secure.in_flight() == 1
    poll(lambda: secure.in_flight() == 0 and secure.engine.running() == 0, "the engine is free", within=5)


def test_large_bodies_arrive_whole(make: Maker, authority):
    secure = Secure(make, authority)
    with secure.sdk() as client:
        for size in (3 * MIB, 6 * MIB):
            text = "lorem ipsum " * (size // 12)
            client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": text}], max_completion_tokens=1
            )
            # The engine keeps the bytes of the smaller one only.
            if size < 4 * MIB:
                assert json.loads(secure.engine.last_body())["messages"][0]["content"] == text
            else:
                assert int(secure.engine.requests()[-1]["headers"]["content-length"]) > size - 12


# Frames


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A router that speaks clear text in front of one engine."""
    with ExitStack() as stack:
        yield Maker(tmp_path_factory.mktemp("site"), stack).fleet("--mode", "echo", "--max-model-len", "4000000")


def test_prior_knowledge_is_enough_in_clear_text(site: Fleet):
    with http2.Connection(site.port) as connection:
        answer = connection.read(connection.request(CHAT, chat()))
        assert (answer.status, answer.ended) == (200, True)
        assert answer.json()["choices"][0]["message"]["content"] == "w0 w1 w2"
        assert answer.headers["x-inference-pod"] == "pod-1"
        assert not {"connection", "keep-alive", "transfer-encoding"} & set(answer.headers)
        assert connection.read(connection.request("/health")).json() == {"status": "healthy"}
        head = connection.read(connection.request("/health", method="HEAD"))
        assert (head.status, bytes(head.body)) == (200, b"")
        assert connection.read(connection.request("/nowhere")).status == 404


def test_the_preface_comes_first_or_not_at_all(site: Fleet):
    with wire.Connection(site.port) as connection:
        connection.send(wire.request("/health") + http2.PREFACE)
        assert connection.read().status == 200
        assert connection.read().status == 505
    # In pieces.
    with wire.Connection(site.port) as connection:
        for byte in http2.PREFACE[:18]:
            connection.send(bytes([byte]))
            time.sleep(0.002)
        connection.send(http2.PREFACE[18:] + SettingsFrame().serialize())
        assert connection.read_exactly(4)[3] == SettingsFrame.type


MALFORMED = {
    "upper case": [*pseudo(CHAT), ("X-Upper", "1")],
    "connection": [*pseudo(CHAT), ("connection", "close")],
    "keep-alive": [*pseudo(CHAT), ("keep-alive", "timeout=5")],
    "proxy-connection": [*pseudo(CHAT), ("proxy-connection", "close")],
    "transfer-encoding": [*pseudo(CHAT), ("transfer-encoding", "chunked")],
    "upgrade": [*pseudo(CHAT), ("upgrade", "websocket")],
    "te": [*pseudo(CHAT), ("te", "gzip")],
    "no path": [field for field in pseudo(CHAT) if field[0] != ":path"],
    "no method": [field for field in pseudo(CHAT) if field[0] != ":method"],
    "no scheme": [field for field in pseudo(CHAT) if field[0] != ":scheme"],
    "empty path": pseudo(""),
    "relative path": pseudo("v1/chat/completions"),
    "path is a URL": pseudo("http://elsewhere/v1/chat/completions"),
    "two paths": [*pseudo(CHAT), (":path", "/other")],
    "two methods": [(":method", "GET"), *pseudo(CHAT)],
    "late pseudo header": [*pseudo(CHAT)[:3], ("x-a", "1"), (":path", CHAT)],
    "unknown pseudo header": [*pseudo(CHAT), (":protocol", "websocket")],
    "status": [*pseudo(CHAT), (":status", "200")],
    "line end in a value": [*pseudo(CHAT), ("x-a", "1\r\nx-b: 2")],
    "line feed in a value": [*pseudo(CHAT), ("x-a", "1\nx-b: 2")],
    "zero in a value": [*pseudo(CHAT), ("x-a", "1\0")],
    "line end in the path": pseudo(f"{CHAT} HTTP/1.1\r\nx-b: 2"),
    "space in the path": pseudo(f"{CHAT} HTTP/1.1"),
    "line end in the method": pseudo(CHAT, method="POST / HTTP/1.1\r\nhost: x\r\n\r\nPOST"),
    "line end in the authority": pseudo(CHAT, authority="a\r\nx-b: 2"),
    "userinfo": pseudo(CHAT, authority="user@switchyard.test"),
    "another host": [*pseudo(CHAT), ("host", "elsewhere.test")],
    "colon in a name": [*pseudo(CHAT), ("x-a:b", "1")],
    "line end in a name": [*pseudo(CHAT), ("x-a\r\nx-b", "1")],
    "connect": [(":method", "CONNECT"), (":authority", "127.0.0.1:22")],
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_heads_are_refused_and_reach_no_engine(site: Fleet, name: str):
    before = site.seen()
    with http2.Connection(site.port) as connection:
        stream = connection.begin(MALFORMED[name])
        answer = connection.read(stream)
        assert answer.reset == http2.PROTOCOL_ERROR
        assert not answer.headers
        # Only that stream is gone.
        assert connection.read(connection.request("/health")).status == 200
    assert site.seen() == before


LENGTHS = {
    "too long": ("10", b"x" * 11),
    "too short": ("10", b"x" * 9),
    "nothing": ("10", b""),
    "two lengths": ("10, 11", b"x" * 10),
    "negative": ("-1", b"x"),
    "no number": ("ten", b"x"),
    "signed": ("+10", b"x" * 10),
}


@pytest.mark.parametrize("name", LENGTHS)
def test_a_length_that_is_not_the_bodys_reaches_no_engine(site: Fleet, name: str):
    before = site.seen()
    length, body = LENGTHS[name]
    with http2.Connection(site.port) as connection:
        stream = connection.begin([*pseudo(CHAT), ("content-length", length)])
        frame = DataFrame(stream, body)
        frame.flags.add("END_STREAM")
        connection.send(frame)
        answer = connection.read(stream)
        assert answer.reset == http2.PROTOCOL_ERROR or answer.status == 400
        connection.ping()
    assert site.seen() == before


def test_heads_over_the_limits_are_refused(site: Fleet):
    with http2.Connection(site.port) as connection:
        many = connection.begin([*pseudo("/health", "GET"), *((f"x-{index}", "1") for index in range(200))], end=True)
        assert connection.read(many).status == 431
        assert connection.read(connection.request("/health")).status == 200
        assert connection.settings[SettingsFrame.MAX_HEADER_LIST_SIZE] == 65_536
    with http2.Connection(site.port) as connection:
        # One entry of the table again and again: few bytes on the wire, many in a head.
        connection.begin([*pseudo("/health", "GET"), *[("x-0", "y" * 3_000)] * 30], end=True)
        connection.read_to_close()
        assert connection.goaway is not None and connection.goaway.error_code != 0


def test_cookies_and_hosts_reach_engines_as_http1_has_them(site: Fleet):
    with http2.Connection(site.port) as connection:
        fields = [field for field in pseudo(CHAT) if field[0] != ":authority"]
        stream = connection.begin([*fields, ("host", "switchyard.test"), ("cookie", "a=1"), ("cookie", "b=2")])
        connection.send_data(stream, chat().encode(), end=True)
        assert connection.read(stream).status == 200
    headers = {name.lower(): value for name, value in site.engines[0].requests()[-1]["headers"].items()}
    assert "cookie" in headers
    assert headers["via"] == "2 switchyard"


def test_bodies_without_a_length_and_with_trailers_are_taken(site: Fleet):
    with http2.Connection(site.port) as connection:
        stream = connection.begin(pseudo(CHAT))
        connection.send_data(stream, chat(5).encode())
        trailers, frame = connection.headers([("x-trailer", "1")], end=True, stream=stream)
        connection.send(frame)
        assert connection.read(stream).json()["choices"][0]["message"]["content"] == "w0 w1 w2 w3 w4"
        # Padded.
        stream = connection.begin(pseudo(CHAT))
        frame = DataFrame(stream, chat(2).encode(), pad_length=200)
        frame.flags.add("PADDED")
        frame.flags.add("END_STREAM")
        connection.send(frame)
        assert connection.read(stream).json()["choices"][0]["message"]["content"] == "w0 w1"


def test_a_body_over_the_limit_is_refused_at_once(site: Fleet):
    with http2.Connection(site.port) as connection:
        stream = connection.begin([*pseudo(CHAT), ("content-length", str(65 * MIB))])
        assert connection.read(stream).status == 413
        # What the client sends all the same is taken for a while.
        connection.send_data(stream, b" " * MIB)
        assert connection.read(connection.request("/health")).status == 200


def test_uploads_that_hold_too_much_wait_for_each_other(site: Fleet):
    """Ten bodies of 20 MiB at a time: not all are let in at once, and all arrive.

    They are no JSON, which is found at their first byte, so that it is the windows that the test waits for.
    """
    body = b"x" * (20 * MIB)
    path = CHAT
    with http2.Connection(site.port, timeout=60) as connection:
        streams = [connection.begin([*pseudo(path), ("content-length", str(len(body)))]) for _ in range(10)]
        left = {stream: 0 for stream in streams}
        most = 0
        while left:
            progress = False
            for stream in list(left):
                count = min(16_384, len(body) - left[stream], connection.windows[0], connection.windows[stream])
                if count <= 0:
                    continue
                progress = True
                frame = DataFrame(stream, body[left[stream] : left[stream] + count])
                left[stream] += count
                connection.windows[0] -= count
                connection.windows[stream] -= count
                if left[stream] == len(body):
                    frame.flags.add("END_STREAM")
                    del left[stream]
                connection.send(frame)
            most = max(most, sum(left.values()))
            if not progress:
                connection.read_frame()
        assert most < 140 * MIB
        for stream in streams:
            assert connection.read(stream).status == 400


def test_many_requests_may_come_before_the_settings_are_known(fleet: Fleet):
    # More than the 100 that SwiftNIO would take until then; all are open at once.
    with http2.Connection(fleet.port, early=True) as connection:
        body = chat(1).encode()
        fields = [*pseudo(CHAT), ("content-type", "application/json"), ("content-length", str(len(body)))]
        heads = [connection.headers(fields) for _ in range(150)]
        connection.send(*(frame for _, frame in heads))
        for stream, _ in heads:
            connection.send_data(stream, body, end=True)
        assert {connection.read(stream).status for stream, _ in heads} == {200}
        assert connection.goaway is None


# Clients that take their time, and clients that leave


def test_a_slow_reader_holds_up_its_engine_and_nobody_else(make: Maker):
    fleet = make.fleet("--mode", "echo", "--max-model-len", "4000000", "--inter-token-latency", "0")
    with http2.Connection(fleet.port, window=1000, timeout=30) as connection:
        stream = connection.request(CHAT, chat(200_000, stream=True))
        while len(connection.streams[stream].body) < 1000:
            connection.read_frame()
        other = connection.request("/health")
        assert connection.read(other).status == 200

        def resident() -> int:
            return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{fleet.router.process.pid}/status").read_text())[1])

        before = resident()
        time.sleep(1)
        # The whole answer measures some 50 MB.
        assert resident() - before < 4_096
        assert fleet.router.in_flight() == 1
        received = 0
        for _ in range(200):
            connection.open(0, 50_000)
            connection.open(stream, 50_000)
            while len(connection.streams[stream].body) < received + 50_000:
                connection.read_frame()
            received = len(connection.streams[stream].body)
        assert resident() - before < 4_096
        connection.reset(stream)
        poll(lambda: fleet.router.in_flight() == 0, "the engine is free", within=5)


def test_a_stream_that_is_given_up_frees_its_engine(site: Fleet):
    with http2.Connection(site.port) as connection:
        stream = connection.request(CHAT, chat(100_000, stream=True))
        kept = connection.request(CHAT, chat(3, stream=True))
        while not connection.streams[stream].body:
            connection.read_frame()
        connection.reset(stream)
        poll(lambda: site.router.in_flight() == 0 and site.engines[0].running() == 0, "the engine is free", within=5)
        assert connection.read(kept).body.endswith(b"data: [DONE]\n\n")


def test_a_connection_that_is_lost_frees_its_engines(make: Maker):
    fleet = make.fleet("--mode", "echo", "--inter-token-latency", "50ms")
    with http2.Connection(fleet.port) as connection:
        for _ in range(20):
            connection.request(CHAT, chat(1000, stream=True))
        poll(lambda: fleet.router.in_flight() == 20, "they run")
    poll(lambda: fleet.router.in_flight() == 0 and fleet.engines[0].running() == 0, "the engines are free", within=5)


def test_a_client_may_give_up_a_thousand_streams_but_not_without_end(make: Maker):
    fleet = make.fleet("--mode", "echo", "--time-to-first-token", "60s")
    with http2.Connection(fleet.port, timeout=60) as connection:
        body = chat().encode()
        streams = []
        for _ in range(1_000):
            stream, head = connection.headers([*pseudo(CHAT), ("content-length", str(len(body)))])
            frame = DataFrame(stream, body)
            frame.flags.add("END_STREAM")
            connection.send(head, frame)
            streams.append(stream)
        connection.ping()
        poll(lambda: fleet.router.in_flight() == 1_000, "they run", within=30)
        for stream in streams:
            connection.reset(stream)
        connection.ping()
        poll(lambda: fleet.router.in_flight() == 0, "all are given up", within=10)
        assert connection.read(connection.request("/health")).status == 200
        # An attack opens and resets as fast as it can.
        try:
            for _ in range(4_000):
                stream, head = connection.headers(pseudo(CHAT))
                connection.send(head)
                connection.reset(stream)
        except OSError:
            pass
        connection.read_to_close()
        assert connection.goaway is None or connection.goaway.error_code == http2.ENHANCE_YOUR_CALM
    assert wire.get(fleet.port, "/health").status == 200


def test_a_flood_of_pings_ends_the_connection(site: Fleet):
    with http2.Connection(site.port) as connection:
        try:
            for _ in range(3_000):
                connection.send(PingFrame(0, b"8 octets"))
        except OSError:
            pass
        connection.read_to_close()
    assert wire.get(site.port, "/health").status == 200


@pytest.mark.parametrize("says_goodbye", [False, True], ids=["while answers wait", "behind a GOAWAY"])
def test_what_comes_behind_a_broken_frame_is_not_kept(site: Fleet, says_goodbye: bool):
    with http2.Connection(site.port) as connection:
        if says_goodbye:
            assert connection.read(connection.request("/health")).status == 200
            connection.send(GoAwayFrame(0))
            while connection.goaway is None:
                connection.read_frame()
            before = site.router.memory("VmRSS")
        else:
            # Answers that nobody takes, so that the last word cannot leave either.
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.send(SettingsFrame(settings={SettingsFrame.INITIAL_WINDOW_SIZE: 1 << 30}))
            connection.open(0, 1 << 30)
            for _ in range(100):
                connection.begin(pseudo("/metrics", "GET"), end=True)
            before = wait_for_standstill(lambda: site.router.memory("VmRSS"), "no more is written")
        most = before
        connection.socket.settimeout(5)
        sent = 0
        try:
            connection.socket.sendall(b"\xff" * 9)
            while sent < 256 * MIB:
                sent += connection.socket.send(bytes(MIB))
                most = max(most, site.router.memory("VmRSS"))
        except OSError:
            pass
    grown = most - before
    print(f"behind a broken frame {sent / MIB:.0f} MiB were sent; the gateway grew by {grown / MIB:.1f} MiB at most")
    assert sent > 32 * MIB and grown < 16 * MIB
    assert wire.get(site.port, "/health").status == 200


def test_more_streams_than_announced_end_the_connection(make: Maker):
    fleet = make.fleet("--time-to-first-token", "60s")
    with http2.Connection(fleet.port) as connection:
        assert connection.settings[SettingsFrame.MAX_CONCURRENT_STREAMS] == 1_000
        for _ in range(1_001):
            connection.begin(pseudo(CHAT))
        connection.read_to_close()
        assert connection.goaway is not None and connection.goaway.error_code == http2.PROTOCOL_ERROR


def test_an_engine_that_dies_midway_resets_the_stream_or_ends_it_with_an_event(make: Maker):
    fleet = make.fleet("--mode", "echo", "--inter-token-latency", "20ms")
    with http2.Connection(fleet.port) as connection:
        stream = connection.request(CHAT, chat(500, stream=True))
        while b"w3" not in connection.streams[stream].body:
            connection.read_frame()
        fleet.engines[0].kill()
        answer = connection.read(stream)
        assert answer.reset == http2.INTERNAL_ERROR or b'"error"' in answer.body
        assert connection.read(connection.request("/health")).status == 200


# Stopping


def test_sigterm_says_goaway_and_lets_streams_finish(make: Maker):
    fleet = make.fleet("--mode", "echo", "--inter-token-latency", "20ms")
    with http2.Connection(fleet.port) as connection:
        stream = connection.request(CHAT, chat(60, stream=True))
        while b"w3" not in connection.streams[stream].body:
            connection.read_frame()
        fleet.router.signal(signal.SIGTERM)
        while connection.goaway is None:
            connection.read_frame()
        assert (connection.goaway.error_code, connection.goaway.last_stream_id) == (0, stream)
        # A new stream is not served, and the running one not disturbed.
        late = connection.request("/health")
        answer = connection.read(stream)
        assert answer.body.endswith(b"data: [DONE]\n\n") and b"w59" in answer.body
        assert not connection.streams[late].headers
        connection.read_to_close()
    assert fleet.router.wait(within=5) == 0


def test_a_request_that_crosses_the_goaway_does_not_keep_frames_behind_it(make: Maker):
    fleet = make.fleet("--mode", "echo", "--inter-token-latency", "100ms")
    with http2.Connection(fleet.port) as connection:
        stream = connection.request(CHAT, chat(600, stream=True))
        while b"w3" not in connection.streams[stream].body:
            connection.read_frame()
        fleet.router.signal(signal.SIGTERM)
        while connection.goaway is None:
            connection.read_frame()
        # In one segment: a request with its body, and the word that the client has lost patience with the other.
        late, head = connection.headers(pseudo(CHAT))
        frames = [head, *(DataFrame(late, b"x" * 500) for _ in range(20)), RstStreamFrame(stream, http2.CANCEL)]
        connection.socket.sendall(b"".join(frame.serialize() for frame in frames))
        poll(lambda: fleet.engines[0].running() == 0, "the engine is free", within=5)
        connection.read_to_close()
    assert fleet.router.wait(within=5) == 0


def test_an_idle_connection_does_not_hold_up_a_stop(make: Maker):
    fleet = make.fleet()
    with http2.Connection(fleet.port) as connection:
        assert connection.read(connection.request("/health")).status == 200
        fleet.router.signal(signal.SIGTERM)
        connection.read_to_close()
        assert connection.goaway is not None and connection.goaway.error_code == 0
    assert fleet.router.wait(within=5) == 0


def test_a_client_that_waits_to_be_told_to_go_on_is(site: Fleet):
    with http2.Connection(site.port) as connection:
        body = chat(3).encode()
        expects = [("expect", "100-continue"), ("content-length", str(len(body)))]
        stream = connection.begin([*pseudo(CHAT), *expects])
        while not connection.streams[stream].headers:
            connection.read_frame()
        assert connection.streams[stream].headers == {":status": "100"}
        connection.send_data(stream, body, end=True)
        assert connection.read(stream).status == 200
        # What is refused is not asked for.
        stream = connection.begin([*pseudo(CHAT), expects[0], ("content-length", str(65 * MIB))])
        while not connection.streams[stream].headers:
            connection.read_frame()
        assert connection.streams[stream].status == 413
