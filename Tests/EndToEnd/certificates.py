"""Certificates to try TLS with, and a router whose listener speaks it."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

import trustme
import yaml

import wire
from processes import Running, configuration


class Authority:
    """Signs certificates for localhost and 127.0.0.1, and for clients."""

    def __init__(self, folder: Path):
        self._authority = trustme.CA()
        self._folder = folder
        self.root = folder / f"root-{id(self)}.pem"
        self._authority.cert_pem.write_to_path(str(self.root))

    def server(self, name: str) -> tuple[Path, Path]:
        """The files of a new certificate and its key."""
        return self._write(self._authority.issue_cert("localhost", "127.0.0.1", common_name=name), name)

    def client(self, name: str) -> tuple[Path, Path]:
        return self._write(self._authority.issue_cert(f"{name}@example.org", common_name=name), name)

    def _write(self, leaf: trustme.LeafCert, name: str) -> tuple[Path, Path]:
        certificate, key = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        leaf.private_key_pem.write_to_path(str(key))
        return certificate, key

    def context(self, *protocols: str, client: tuple[Path, Path] | None = None) -> ssl.SSLContext:
        """What a client that trusts this authority shakes hands with."""
        context = ssl.create_default_context(cafile=str(self.root))
        if protocols:
            context.set_alpn_protocols(list(protocols))
        if client:
            context.load_cert_chain(*map(str, client))
        return context


def secure(engines: list[str], certificate: Path, key: Path, **tls: object) -> str:
    """The sample with one listener that speaks TLS on a port that the kernel chooses."""
    document = yaml.safe_load(configuration(engines))
    listener = {"name": "secure", "address": "127.0.0.1", "port": 0}
    document["listeners"] = [{**listener, "tls": {"cert_file": str(certificate), "key_file": str(key), **tls}}]
    return yaml.safe_dump(document)


class SecureRouter(Running):
    """`switchyard serve` with the listeners of its configuration, the first of which speaks TLS."""

    def __init__(self, text: str):
        self._configuration = tempfile.NamedTemporaryFile("w", suffix=".yaml")
        self._configuration.write(text)
        self._configuration.flush()
        super().__init__("serve", "-c", self._configuration.name, "--management", "127.0.0.1:0")
        line = self.wait_for(r"^switchyard listening on https://127\.0\.0\.1:(\d+)$", lambda: self.errors)
        self.port = int(line[1])
        self.wait_for(r"^ready in ", lambda: self.errors)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/v1"

    def close(self) -> None:
        super().close()
        self._configuration.close()


class SecureConnection(wire.Connection):
    """HTTP/1.1 on a TLS connection."""

    def __init__(self, port: int, context: ssl.SSLContext, timeout: float = 15):
        super().__init__(port, timeout)
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
