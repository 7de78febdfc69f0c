"""A listener that speaks TLS: certificates, clients' certificates, versions, and what is agreed to speak inside."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import wire
from certificates import Authority, SecureConnection, SecureRouter, secure
from conftest import Maker
from processes import MODEL, poll, run

CHAT = "/v1/chat/completions"
BODY = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"Hi"}}]}}'


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class Site:
    """A secure router in front of one engine, with files of its own."""

    def __init__(self, make: Maker, authority: Authority, folder: Path, **tls: object):
        self.certificate, self.key = folder / "tls.crt", folder / "tls.key"
        self.put(authority.server("first"))
        self.engine = make.engine("pod-1")
        self.router = make.keep(SecureRouter(secure([self.engine.address], self.certificate, self.key, **tls)))

    def put(self, pair: tuple[Path, Path]) -> None:
        """Exchanges the certificate and its key, as a secret is exchanged."""
        for source, target in zip(pair, (self.certificate, self.key)):
            new = target.with_suffix(".new")
            shutil.copy(source, new)
            os.replace(new, target)


@contextmanager
def shake(port: int, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    with socket.create_connection(("127.0.0.1", port), timeout=15) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as encrypted:
            yield encrypted


def name_served(port: int, context: ssl.SSLContext) -> str:
    """The common name of the certificate that new connections get."""
    with shake(port, context) as encrypted:
        return dict(part[0] for part in encrypted.getpeercert()["subject"])["commonName"]


def ask(port: int, context: ssl.SSLContext) -> wire.Response:
    with SecureConnection(port, context) as connection:
        connection.send(wire.request(CHAT, BODY))
        return connection.read()


def test_a_request_over_tls_is_answered_and_engines_hear_of_it(make: Maker, authority, tmp_path):
    site = Site(make, authority, tmp_path)
    with SecureConnection(site.router.port, authority.context("http/1.1")) as connection:
        for _ in range(3):
            connection.send(wire.request(CHAT, BODY))
            assert connection.read().status == 200
        connection.send(wire.request(CHAT, BODY.replace('"model"', '"stream":true,"model"')))
        assert connection.read().body.endswith(b"data: [DONE]\n\n")
    assert site.engine.requests()[-1]["headers"]["x-forwarded-proto"] == "https"


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [(("h2", "http/1.1"), "h2"), (("http/1.1",), "http/1.1"), (("h3", "spdy/3"), None), ((), None)],
)
def test_what_is_spoken_inside_is_agreed(make: Maker, authority, tmp_path, offered, agreed):
    site = Site(make, authority, tmp_path)
    context = authority.context(*offered)
    with shake(site.router.port, context) as encrypted:
        assert encrypted.selected_alpn_protocol() == agreed
    if agreed != "h2":
        assert ask(site.router.port, context).status == 200


def test_a_listener_may_offer_only_one_protocol(make: Maker, authority, tmp_path):
    site = Site(make, authority, tmp_path, alpn=["http/1.1"])
    with shake(site.router.port, authority.context("h2", "http/1.1")) as encrypted:
        assert encrypted.selected_alpn_protocol() == "http/1.1"


def test_a_client_that_speaks_no_tls_gets_nothing(make: Maker, authority, tmp_path):
    site = Site(make, authority, tmp_path)
    with wire.Connection(site.router.port) as connection:
        connection.send(wire.request(CHAT, BODY))
        assert b"HTTP/" not in connection.read_to_end()
    assert ask(site.router.port, authority.context()).status == 200
    assert len(site.engine.requests()) == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("minimum", "spoken", "served"),
    [
        ("1.2", ssl.TLSVersion.TLSv1_1, False),
        ("1.2", ssl.TLSVersion.TLSv1_2, True),
        ("1.2", ssl.TLSVersion.TLSv1_3, True),
        ("1.3", ssl.TLSVersion.TLSv1_2, False),
        ("1.3", ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_old_versions_are_refused(make: Maker, authority, tmp_path, minimum, spoken, served):
    site = Site(make, authority, tmp_path, min_version=minimum)
    context = authority.context()
    # The client must be willing, or it refuses before the router can.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = spoken
    if served:
        assert ask(site.router.port, context).status == 200
    else:
        with pytest.raises(ssl.SSLError) as refusal:
            ask(site.router.port, context)
        assert "VERSION" in str(refusal.value).upper()


# Certificates of clients


def test_required_certificates_of_clients_are_asked_for(make: Maker, authority, tmp_path):
    other = Authority(tmp_path)
    site = Site(make, authority, tmp_path, client_ca_file=str(authority.root), client_auth="require")
    good = authority.context(client=authority.client("someone"))
    for _ in range(3):
        assert ask(site.router.port, good).status == 200
    for context in (authority.context(), authority.context(client=other.client("stranger"))):
        with pytest.raises((ssl.SSLError, ConnectionError, EOFError)):
            ask(site.router.port, context)
    assert len(site.engine.requests()) == 3


def test_optional_certificates_of_clients_must_be_good(make: Maker, authority, tmp_path):
    other = Authority(tmp_path)
    site = Site(make, authority, tmp_path, client_ca_file=str(authority.root), client_auth="optional")
    assert ask(site.router.port, authority.context()).status == 200
    assert ask(site.router.port, authority.context(client=authority.client("someone"))).status == 200
    with pytest.raises((ssl.SSLError, ConnectionError, EOFError)):
        ask(site.router.port, authority.context(client=other.client("stranger")))
    assert len(site.engine.requests()) == 2


def test_a_session_can_be_taken_up_again(make: Maker, authority, tmp_path):
    site = Site(make, authority, tmp_path, client_ca_file=str(authority.root), client_auth="require")
    context = authority.context(client=authority.client("someone"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    session = None
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", site.router.port), timeout=15) as plain:
            with context.wrap_socket(plain, server_hostname="localhost", session=session) as encrypted:
                encrypted.sendall(wire.request(CHAT, BODY))
                assert encrypted.recv(12) == b"HTTP/1.1 200"
                session = encrypted.session


# Files that change


def test_a_new_certificate_is_served_without_a_restart(make: Maker, authority, tmp_path):
    site = Site(make, authority, tmp_path)
    context = authority.context()
    assert name_served(site.router.port, context) == "first"
    with SecureConnection(site.router.port, context) as kept:
        kept.send(wire.request(CHAT, BODY))
        assert kept.read().status == 200
        site.put(authority.server("second"))
        poll(lambda: name_served(site.router.port, context) == "second", "the new certificate is served")
        kept.send(wire.request(CHAT, BODY))
        assert kept.read().status == 200
    site.router.wait_for(re.escape(f"{site.certificate}: read again"), lambda: site.router.errors)


def test_another_authority_of_clients_is_asked_for_without_a_restart(make: Maker, authority, tmp_path):
    other = Authority(tmp_path)
    file = tmp_path / "clients.pem"
    shutil.copy(authority.root, file)
    site = Site(make, authority, tmp_path, client_ca_file=str(file), client_auth="require")
    old = authority.context(client=authority.client("someone"))
    new = authority.context(client=other.client("stranger"))

    def is_served(context: ssl.SSLContext) -> bool:
        try:
            return ask(site.router.port, context).status == 200
        except (ssl.SSLError, ConnectionError, EOFError):
            return False

    assert is_served(old) and not is_served(new)
    shutil.copy(other.root, tmp_path / "clients.new")
    os.replace(tmp_path / "clients.new", file)
    poll(lambda: is_served(new), "the new authority's clients are served")
    assert not is_served(old)


def test_a_broken_certificate_keeps_the_old_one(make: Maker, authority, tmp_path):
    site = Site(make, authority, tmp_path)
    context = authority.context()
    site.key.write_text("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")
    site.router.wait_for(r"the certificate in force stays: .*tls\.key", lambda: site.router.errors)
    assert name_served(site.router.port, context) == "first"
    # A certificate that does not belong to the key.
    site.put((authority.server("second")[0], authority.server("third")[1]))
    site.router.wait_for(r"the key is not that of the first certificate", lambda: site.router.errors)
    assert name_served(site.router.port, context) == "first"
    assert site.router.errors.count("stays") == 2
    assert "c2VjcmV0" not in site.router.errors
    site.put(authority.server("fourth"))
    poll(lambda: name_served(site.router.port, context) == "fourth", "the mended certificate is served")


def test_bad_files_stop_the_start_and_are_named(make: Maker, authority, tmp_path):
    certificate, key = authority.server("first")
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing")
    for pair in ((broken, key), (certificate, broken), (certificate, authority.server("other")[1])):
        ended = run("serve", "-c", make.file(secure(["127.0.0.1:1"], *pair)), "--management", "127.0.0.1:0")
        assert ended.returncode != 0
        assert str(pair[0]) in ended.stderr or str(pair[1]) in ended.stderr
        assert "listener secure" in ended.stderr


# Time


def test_a_handshake_that_takes_too_long_ends(make: Maker, authority, tmp_path):
    site = Site(make, authority, tmp_path)
    with wire.Connection(site.router.port, timeout=20) as connection:
        connection.send(b"\x16\x03\x01")
        assert connection.is_closed_by_peer()


def test_sigterm_lets_a_running_stream_finish_over_tls(make: Maker, authority, tmp_path):
    certificate, key = authority.server("first")
    engine = make.engine("pod-1", "--mode", "echo", "--inter-token-latency", "20ms")
    router = make.keep(SecureRouter(secure([engine.address], certificate, key)))
    text = " ".join(f"w{index}" for index in range(40))
    body = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"{text}"}}],"stream":true}}'
    with SecureConnection(router.port, authority.context()) as connection:
        connection.send(wire.request(CHAT, body))
        assert connection.read_head().status == 200
        assert connection.read_chunk()
        router.signal(signal.SIGTERM)
        answer = b""
        while chunk := connection.read_chunk():
            answer += chunk
        assert b"w39" in answer
        assert connection.is_closed_by_peer()
    assert router.wait() == 0
