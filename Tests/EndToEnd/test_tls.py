"""Engines behind https: verified, refused when they are not who they say, and never asked in the clear."""

from __future__ import annotations

import socket
import ssl
import statistics
import subprocess
import time
from pathlib import Path

import pytest

import wire
from conftest import Maker
from processes import MODEL, configuration, poll
from recording_engine import EVENT, STREAM_HEAD, Call, RecordingEngine

CHAT = "/v1/chat/completions"
BODY = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"Hi"}}]}}'


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for localhost and 127.0.0.1, signed by itself, and its key."""
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    return certificate, key


def encrypted(address: str) -> str:
    text = configuration([address])
    return text.replace(f"endpoint: {address}\n", f"endpoint: {address}\n          protocol: https\n")


def test_an_engine_behind_https_answers(make: Maker, certificate, monkeypatch):
    engine = make.engine("pod-1", "--ssl-certfile", str(certificate[0]), "--ssl-keyfile", str(certificate[1]))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    for host in ("127.0.0.1", "localhost"):
        router = make.router("-c", str(make.file(encrypted(f"{host}:{engine.port}"))))
        router.wait_for("is ready$", lambda: router.errors)
        answer = wire.chat(router.port, BODY)
        assert (answer.status, answer.header("x-inference-pod")) == (200, "pod-1")
        with wire.Connection(router.port) as connection:
            connection.send(wire.request(CHAT, BODY.replace('"model"', '"stream":true,"model"')))
            assert connection.read().body.endswith(b"data: [DONE]\n\n")


def test_an_engine_that_answers_no_farewell_sees_its_client_leave_at_once(make: Maker, certificate, monkeypatch):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*map(str, certificate))

    class Encrypted(RecordingEngine):
        def serve(self, accepted: socket.socket, port: int) -> None:
            try:
                super().serve(context.wrap_socket(accepted, server_side=True), port)
            except OSError:
                pass

    def streams(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD + EVENT)
        # What is read in the clear from here on ends with the connection alone, not with TLS.
        while socket.socket.recv(call.socket, 1 << 16):
            pass
        call.closed_at = time.monotonic()
        return False

    engine = Encrypted("pod-1", streams)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    router = make.router("-c", str(make.file(encrypted(engine.address))))
    router.wait_for("is ready$", lambda: router.errors)
    times = []
    for index in range(10):
        with wire.Connection(router.port) as connection:
            connection.send(wire.request(CHAT, BODY))
            assert connection.read_head().status == 200
            connection.read_chunk()
        left = time.monotonic()
        call = engine.calls[index]
        poll(lambda: call.closed_at is not None, "the engine's connection is closed")
        times.append((call.closed_at - left) * 1000)
    assert statistics.median(times) < 10
    assert max(times) < 2_000
    engine.close()


def test_an_engine_whose_certificate_nobody_vouches_for_is_not_used(make: Maker, certificate, monkeypatch):
    engine = make.engine("pod-1", "--ssl-certfile", str(certificate[0]), "--ssl-keyfile", str(certificate[1]))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    router = make.router("-c", str(make.file(encrypted(f"127.0.0.1:{engine.port}"))))
    router.wait_for(r"is failing: .*TLS", lambda: router.errors)
    answer = wire.chat(router.port, BODY)
    assert answer.status in (502, 503)
    assert "TLS" in answer.json()["error"]["message"]


def test_an_engine_with_another_name_is_not_used(make: Maker, tmp_path: Path, monkeypatch):
    certificate, key = tmp_path / "other.crt", tmp_path / "other.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=elsewhere"]
        + ["-addext", "subjectAltName=DNS:elsewhere", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    engine = make.engine("pod-1", "--ssl-certfile", str(certificate), "--ssl-keyfile", str(key))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    router = make.router("-c", str(make.file(encrypted(f"localhost:{engine.port}"))))
    poll(lambda: "is failing" in router.errors, "the name is seen to be wrong")
    assert wire.chat(router.port, BODY).status in (502, 503)


def test_a_plain_engine_is_not_asked_in_the_clear_when_https_is_wanted(make: Maker):
    engine = make.engine("pod-1")
    router = make.router("-c", str(make.file(encrypted(engine.address))))
    poll(lambda: "is failing" in router.errors, "no TLS is seen to be spoken there")
    assert wire.chat(router.port, BODY).status in (502, 503)
    assert engine.requests() == []
