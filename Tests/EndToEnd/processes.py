"""The real binary as processes: simulated engines and routers on ports that the kernel chooses."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import yaml

import wire

BINARY = os.environ.get("SWITCHYARD", "")
REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = REPOSITORY / "deploy" / "samples" / "aibrix.yaml"
MODEL = "vllm-llama3-8b-instruct"
ADAPTERS = ["math-expert", "science-expert", "social-expert", "humanities-expert", "law-expert", "general-expert"]

Value = TypeVar("Value")


def poll(read: Callable[[], Value], what: str, within: float = 15) -> Value:
    """Reads until the value is true and returns it; fails after `within` seconds."""
    end = time.monotonic() + within
    while not (value := read()):
        assert time.monotonic() < end, f"after {within} s still not: {what}"
        time.sleep(0.005)
    return value


def run(*arguments: str | Path, timeout: float = 20) -> subprocess.CompletedProcess[str]:
    """Runs a subcommand to its end."""
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=timeout)


def prompt_of(decision: str, sample: Path = SAMPLE) -> str:
    """The system prompt that a configuration gives a decision."""
    for entry in yaml.safe_load(sample.read_text())["routing"]["decisions"]:
        if entry["name"] == decision:
            return entry["plugins"][0]["configuration"]["system_prompt"]
    raise KeyError(decision)


class Running:
    """A process of the binary. What it prints goes to files, so that it never waits for a reader."""

    def __init__(self, *arguments: str, environment: dict[str, str] | None = None):
        self._folder = tempfile.TemporaryDirectory(prefix="switchyard-")
        self._output = Path(self._folder.name, "output")
        self._errors = Path(self._folder.name, "errors")
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [BINARY, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                # No encoder of this machine: what tests expect of domains is the linear model's.
                env={**os.environ, "SWITCHYARD_MODELS": "/nonexistent", **(environment or {})},
            )

    @property
    def output(self) -> str:
        return self._output.read_text(errors="replace")

    @property
    def errors(self) -> str:
        return self._errors.read_text(errors="replace")

    def wait_for(self, pattern: str, read: Callable[[], str], within: float = 15) -> re.Match[str]:
        """Waits until what was printed matches; fails at once when the process has ended."""

        def look() -> re.Match[str] | None:
            found = re.search(pattern, read(), re.MULTILINE)
            if found is None and self.process.poll() is not None:
                found = re.search(pattern, read(), re.MULTILINE)
                assert found, f"it ended with {self.process.returncode}: {self.output}{self.errors}"
            return found

        try:
            return poll(look, f"/{pattern}/ is printed", within)
        except AssertionError:
            self.kill()
            raise

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, within: float = 15) -> int:
        """The exit code; negative for a signal."""
        return self.process.wait(timeout=within)

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def close(self) -> None:
        self.kill()
        self._folder.cleanup()


class Engine(Running):
    """A simulated engine that serves the sample's model and adapters under a pod's name."""

    def __init__(self, pod: str, *arguments: str, port: int = 0, model: str = MODEL):
        modules = [f'{{"name":"{name}"}}' for name in ADAPTERS]
        super().__init__(
            *["engine-sim", "--host", "127.0.0.1", "--port", str(port), "--model", model, "--seed", "7"],
            *["--max-num-seqs", "64", "--max-loras", str(len(modules)), "--lora-modules", *modules],
            *arguments,
            environment={"POD_NAME": pod},
        )
        self.pod = pod
        line = self.wait_for(r"^engine-sim listening on \S+:(\d+) model (\S+)$", lambda: self.output)
        assert line[2] == model
        self.port = int(line[1])

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def requests(self) -> list[dict]:
        """What it was asked, the oldest first."""
        return wire.get(self.port, "/sim/requests").json()

    def last_body(self) -> bytes:
        """The body that it got last, byte for byte."""
        answer = wire.get(self.port, "/sim/requests/last/body")
        assert answer.status == 200, answer
        return answer.body

    def running(self) -> int:
        """Requests that it works on at the moment."""
        text = wire.get(self.port, "/metrics").body.decode()
        return round(sum(float(value) for value in re.findall(r"^vllm:num_requests_running\S* (\S+)$", text, re.M)))


class Router(Running):
    """`switchyard serve`, it and its management API on ports that the kernel chooses."""

    def __init__(self, *arguments: str):
        super().__init__("serve", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", *arguments)
        line = self.wait_for(r"^switchyard listening on http://127\.0\.0\.1:(\d+)$", lambda: self.errors)
        self.port = int(line[1])
        self.wait_for(r"^ready in ", lambda: self.errors)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def metrics(self) -> str:
        return wire.get(self.port, "/metrics").body.decode()

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; 0 if it is not there."""
        pattern = rf"^{re.escape(name)}(?:\{{.*\}})? (\S+)$"
        return sum(float(value) for value in re.findall(pattern, self.metrics(), re.MULTILINE))

    def in_flight(self) -> int:
        return round(self.metric("switchyard_replica_in_flight"))

    def memory(self, key: str) -> int:
        """A figure of the process, in bytes: VmRSS, or VmHWM for the largest it was."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(key + ":"))


def configuration(engines: list[str]) -> str:
    """The sample as it stands but for its replicas, given as HOST:PORT."""
    replicas = "".join(
        f"        - name: replica-{index}\n          endpoint: {address}\n" for index, address in enumerate(engines, 1)
    )
    text, count = re.subn(r"(?: +- name: replica-\d\n +endpoint: \S+\n)+", replicas, SAMPLE.read_text())
    assert count == 1, "the sample's replicas are not one list"
    return text


PORTS = iter(random.sample(range(10_000, 30_000), 20_000))


def free_port() -> int:
    """A port that nothing has at the moment, for programs that must be told theirs. It lies below those that the kernel hands
    out, so that no connection and no other listener gets it before it is bound, and is given once, since two programs may be
    told theirs before either binds it."""
    for port in PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("every port has been given")
