"""What the stream benchmark and the soak share: the programs they start, and readings of a process."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DOMAINS = (
    "biology business chemistry economics engineering health history law math other philosophy physics psychology"
).split()


def raise_file_limit() -> int:
    """Raises the limit of open files to the hard one and returns it; children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def build(folder: Path) -> tuple[Path, Path]:
    """Compiles the client and the stub engine into a folder."""
    client, stub = folder / "client", folder / "stub"
    sources = {
        client: REPOSITORY / "Benchmarks" / "streams" / "client.c",
        stub: REPOSITORY / "Benchmarks" / "gateway" / "load" / "stub.c",
    }
    for program, source in sources.items():
        subprocess.run(["cc", "-O2", "-w", "-o", program, source], check=True)
    return client, stub


def configuration(replicas: list[tuple[str, int, int]], reliability: str = "{}") -> str:
    """The whole pipeline before these replicas, given as name, port and weight."""
    lines = [
        "version: v0.3",
        "providers:",
        "  defaults: {default_model: stub}",
        "  models:",
        "    - name: stub",
        f"      reliability: {reliability}",
        "      backend_refs:",
        *[
            f'        - {{name: {name}, endpoint: "127.0.0.1:{port}", weight: {weight}}}'
            for name, port, weight in replicas
        ],
        "routing:",
        "  modelCards: [{name: stub}]",
        "  decisions:",
    ]
    for domain in DOMAINS:
        lines += [
            f"    - name: {domain}_decision",
            "      priority: 10",
            f"      rules: {{operator: OR, conditions: [{{type: domain, name: {domain}}}]}}",
            "      modelRefs: [{model: stub, use_reasoning: false}]",
            "      plugins: [{type: system_prompt, configuration: {mode: replace, system_prompt: "
            f'"You are an expert of {domain}. Answer precisely."}}}}]',
        ]
    return "\n".join([*lines, "global: {router: {auto_model_names: [MoM]}}", ""])


class Programs:
    """Processes and a scratch folder that end together."""

    def __init__(self):
        self._scratch = tempfile.TemporaryDirectory(prefix="streams-")
        self.folder = Path(self._scratch.name)
        self._running: list[subprocess.Popen] = []

    def __enter__(self) -> Programs:
        # Asked to end, what was started ends too.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        return self

    def __exit__(self, *_) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
                process.wait()
        self._scratch.cleanup()

    def start(self, *arguments: str | Path | int, **options) -> subprocess.Popen:
        process = subprocess.Popen([str(argument) for argument in arguments], stdin=subprocess.DEVNULL, **options)
        self._running.append(process)
        return process

    def stub(self, program: Path, events: int, interval_us: int) -> int:
        """A stub engine of Benchmarks/gateway; its port."""
        process = self.start(program, events, interval_us, stdout=subprocess.PIPE, text=True)
        return int(re.search(r"\d+", process.stdout.readline())[0])

    def gateway(self, binary: str, text: str) -> tuple[subprocess.Popen, int]:
        """A gateway on a port that the kernel chooses."""
        file = self.folder / f"config-{len(self._running)}.yaml"
        file.write_text(text)
        errors = self.folder / f"errors-{len(self._running)}"
        with errors.open("wb") as sink:
            process = self.start(
                *[binary, "serve", "-c", file, "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0"],
                # Where the access log goes, which is on as it is by default.
                stdout=subprocess.DEVNULL,
                stderr=sink,
            )
        end = time.monotonic() + 20
        while time.monotonic() < end and process.poll() is None:
            said = errors.read_text(errors="replace")
            found = re.search(r"^switchyard listening on http://127\.0\.0\.1:(\d+)$", said, re.MULTILINE)
            if found and re.search(r"^ready in ", said, re.MULTILINE):
                return process, int(found[1])
            time.sleep(0.02)
        raise SystemExit(f"the gateway did not start: {errors.read_text(errors='replace')}")


def memory_kib(pid: int) -> int:
    """Anonymous memory in KiB: what the process holds for itself. Its proportional set size would rise and fall with
    other processes that run the same program, whose pages they share."""
    return int(re.search(r"^Anonymous:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)[1])


def cpu_seconds(pid: int) -> float:
    """User and system time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def metrics(port: int) -> dict[str, float]:
    """The gateway's metrics, summed over their labels."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        text = b""
        while part := connection.recv(1 << 16):
            text += part
    sums: dict[str, float] = {}
    for name, value in re.findall(r"^([a-z]\w*)(?:\{.*\})? (\S+)\r?$", text.decode(), re.MULTILINE):
        sums[name] = sums.get(name, 0) + float(value)
    return sums


def fields(line: str) -> dict[str, int]:
    """The key=value pairs that the client prints."""
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line)}
