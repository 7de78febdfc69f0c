"""The external processor's own gRPC, frame by frame: health, TLS, what breaks the rules, and what is too long."""

from __future__ import annotations

import ssl
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from hyperframe.frame import ContinuationFrame, DataFrame, Frame, HeadersFrame, WindowUpdateFrame

import http2
from conftest import Maker
from envoy_proxy import Processor
from recording_engine import RecordingEngine, document, model

PROCESS = "/envoy.service.ext_proc.v3.ExternalProcessor/Process"
CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"


def field(number: int, value: bytes | int) -> bytes:
    """A protobuf field."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    data = b""
    while value >= 0x80:
        data += bytes([value & 0x7F | 0x80])
        value >>= 7
    return data + bytes([value])


def framed(message: bytes) -> bytes:
    return b"\0" + struct.pack(">I", len(message)) + message


def headers_message(*fields: tuple[str, str], request_mode: int = 2) -> bytes:
    headers = b"".join(field(1, field(1, name.encode()) + field(3, value.encode())) for name, value in fields)
    return field(2, field(1, headers)) + field(11, field(1, request_mode) + field(2, 2))


CHAT = headers_message((":method", "POST"), (":path", "/v1/chat/completions"))


def call(connection: http2.Connection, path: str, *messages: bytes, end: bool = False) -> int:
    stream = connection.begin(
        [*http2.pseudo(path), ("content-type", "application/grpc"), ("te", "trailers")], end=end and not messages
    )
    for index, message in enumerate(messages):
        connection.send_data(stream, message, end=end and index + 1 == len(messages))
    return stream


@pytest.fixture(scope="module")
def engine() -> Iterator[RecordingEngine]:
    engine = RecordingEngine()
    yield engine
    engine.close()


@pytest.fixture
def processor(make: Maker, engine: RecordingEngine) -> Processor:
    file = make.file(document(model("alpha", engine), gateway={"body_limit": "1MiB"}))
    return make.keep(Processor("-c", str(file), "--decide", "both"))


@pytest.mark.parametrize("service", [b"", b"envoy.service.ext_proc.v3.ExternalProcessor"])
def test_health_is_serving(processor: Processor, service: bytes):
    with http2.Connection(processor.port) as connection:
        stream = connection.read(call(connection, CHECK, framed(field(1, service) if service else b""), end=True))
        assert stream.body == framed(b"\x08\x01")
        assert stream.headers["grpc-status"] == "0"


def test_an_unknown_service_and_method(processor: Processor):
    with http2.Connection(processor.port) as connection:
        assert connection.read(call(connection, CHECK, framed(field(1, b"x")), end=True)).headers["grpc-status"] == "5"
        assert connection.read(call(connection, "/a.B/C", end=True)).headers["grpc-status"] == "12"
        plain = connection.begin(http2.pseudo(PROCESS), end=True)
        assert connection.read(plain).status == 415


def test_a_watch_hears_of_the_stop_and_does_not_hold_it_up(processor: Processor):
    with http2.Connection(processor.port) as connection:
        stream = connection.streams[call(connection, WATCH, framed(b""))]
        while len(stream.body) < 7:
            connection.read_frame()
        assert stream.body == framed(b"\x08\x01")
        processor.process.terminate()
        while not stream.ended or connection.goaway is None:
            connection.read_frame()
        assert stream.body[7:] == framed(b"\x08\x02")
        assert stream.headers["grpc-status"] == "0"
        assert connection.goaway.error_code == 0
        began = time.monotonic()
        assert processor.wait() == 0
        # Of the 30 seconds that requests have to end.
        assert time.monotonic() - began < 10


def test_replies_that_envoy_does_not_take_are_bounded(processor: Processor):
    with http2.Connection(processor.port, window=1_000) as connection:
        stream = connection.begin(
            [*http2.pseudo(PROCESS), ("content-type", "application/grpc"), ("te", "trailers")]
        )
        upload = (":method", "POST"), (":path", "/v1/files?model=alpha")
        connection.send_data(stream, framed(headers_message(*upload, request_mode=4)))
        piece = framed(field(4, field(1, b"x" * 16_000)))
        sent = 0
        while connection.windows[stream] > len(piece) and sent < 16 << 20:
            connection.send_data(stream, piece)
            sent += len(piece)
            connection.ping()
        assert 1 << 20 < sent < 4 << 20
        connection.open(0, 32 << 20)
        connection.open(stream, 32 << 20)
        while len(connection.streams[stream].body) < sent:
            connection.read_frame()
        # It is taken again.
        connection.ping()
        assert connection.windows[stream] > len(piece)
    processor.wait_until_idle()


@pytest.mark.parametrize(
    "message, status",
    [(b"\x12\x7f", 500), (b"", 500), (field(99, b"x"), 500), (field(2, b"\x0b"), 500)],
)
def test_a_message_that_cannot_be_read_is_a_500_not_a_reset(processor: Processor, message: bytes, status: int):
    with http2.Connection(processor.port) as connection:
        stream = connection.streams[call(connection, PROCESS, framed(message))]
        while not stream.body:
            connection.read_frame()
        assert stream.reset is None
        assert field(1, field(1, status)) in bytes(stream.body)
        assert b"ext_proc" in stream.body


def test_a_message_over_the_limit_is_a_413(processor: Processor):
    with http2.Connection(processor.port, timeout=60) as connection:
        number = call(connection, PROCESS, framed(CHAT))
        connection.send_data(number, framed(field(4, field(1, b" " * (2 << 20)) + field(2, 1))))
        stream = connection.read(number)
        assert field(1, 413) in bytes(stream.body)
        assert stream.headers["grpc-status"] == "8"
        # The connection serves on.
        number = call(connection, PROCESS, framed(CHAT))
        connection.send_data(number, framed(field(4, field(1, b'{"model":"alpha","messages":[]}') + field(2, 1))), end=True)
        assert b"target-pod" in connection.read(number).body
    processor.wait_until_idle()


def test_a_compressed_message_is_refused(processor: Processor):
    with http2.Connection(processor.port) as connection:
        assert connection.read(call(connection, PROCESS, b"\1\0\0\0\0")).headers["grpc-status"] == "12"


def test_a_stream_that_ends_inside_a_message(processor: Processor):
    with http2.Connection(processor.port) as connection:
        assert connection.read(call(connection, PROCESS, framed(CHAT)[:9], end=True)).headers["grpc-status"] == "3"


def broken() -> dict[str, list[Frame]]:
    headers = HeadersFrame(2, b"\x82")
    headers.flags.add("END_HEADERS")
    garbage = HeadersFrame(1, b"\xff" * 20)
    garbage.flags.add("END_HEADERS")
    # A field of 16 000 bytes in each of five frames: more than 64 KiB in all.
    field = b"\0\x01x\x7f" + varint(16_000 - 127) + b"y" * 16_000
    endless: list[Frame] = [HeadersFrame(1, field), *(ContinuationFrame(1, field) for _ in range(4))]
    endless[-1].flags.add("END_HEADERS")
    return {
        "a header list over its limit": endless,
        "an even stream": [headers],
        "data on an idle stream": [DataFrame(7, b"x")],
        "a header block that is none": [garbage],
        "a window over its limit": [WindowUpdateFrame(0, 0x7FFFFFFF)],
    }


@pytest.mark.parametrize("name", broken())
def test_a_peer_that_breaks_http2_gets_goaway(processor: Processor, name: str):
    with http2.Connection(processor.port) as connection:
        connection.send(*broken()[name])
        connection.read_to_close()
        assert connection.goaway is not None and connection.goaway.error_code != 0
    with http2.Connection(processor.port) as connection:
        connection.ping()


def test_five_thousand_resets_do_not_end_the_connection(processor: Processor):
    with http2.Connection(processor.port) as connection:
        for _ in range(5_000):
            connection.reset(call(connection, PROCESS))
        connection.ping()
        assert connection.goaway is None


def test_tls_asks_envoy_for_its_certificate(make: Maker, engine: RecordingEngine, tmp_path: Path):
    authority, stranger = trustme.CA(), trustme.CA()
    server = authority.issue_cert("localhost")
    for name, blob in (("cert", server.cert_chain_pems[0]), ("key", server.private_key_pem), ("ca", authority.cert_pem)):
        blob.write_to_path(tmp_path / name)
    processor = make.keep(
        Processor(
            *["-c", str(make.file(document(model("alpha", engine)))), "--ext-proc-cert", str(tmp_path / "cert")],
            *["--ext-proc-key", str(tmp_path / "key"), "--ext-proc-client-ca", str(tmp_path / "ca")],
            scheme="grpcs",
        )
    )

    def context(issuer: trustme.CA | None) -> ssl.SSLContext:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        context.set_alpn_protocols(["h2"])
        if issuer:
            issuer.issue_cert("envoy").configure_cert(context)
        return context

    with http2.Connection(processor.port, context(authority)) as connection:
        assert connection.read(call(connection, CHECK, framed(b""), end=True)).body == framed(b"\x08\x01")
    for issuer in (None, stranger):
        with pytest.raises((ssl.SSLError, EOFError, OSError)):
            http2.Connection(processor.port, context(issuer))
