"""What is measured: stub engines, and gateways in front of them. Everything ends with the `Testbed` that started it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import machine

HERE = Path(__file__).resolve().parent.parent
VIRTUAL_ENVIRONMENT = HERE.parent.parent / ".cache/bench"
DOMAINS = (
    "biology business chemistry economics engineering health history law math other philosophy physics psychology"
).split() + ["computer science"]


@dataclass
class Listener:
    """A port, and the process behind it whose CPU time counts, if any does."""

    port: int
    pid: int | None = None


@dataclass
class Gateway:
    """A running gateway: where it forwards to the engines that answer at once, and where to the paced ones."""

    name: str
    version: str
    fast: Listener
    paced: Listener
    # Of the first process after its first answer, before a second one shares its pages; none for the engines.
    memory_kib: int | None = None


class Skipped(Exception):
    """A peer is not measured; the text says why."""


class Testbed:
    """Four stub engines, and the gateways that were started in front of them."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.cores = machine.Cores()
        self.started: list[subprocess.Popen[bytes]] = []
        for program in ("stub", "load"):
            compiler = ["cc", "-O2", "-o", str(work / program), str(HERE / f"load/{program}.c")]
            subprocess.run(compiler, check=True)
        self.fast = [self.stub(self.cores.load) for _ in "ab"]
        # One event each 5 ms.
        self.paced = [self.stub(self.cores.load, "64", "5000") for _ in "ab"]

    def __enter__(self) -> Testbed:
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.started):
            self.end(process)

    @staticmethod
    def end(process: subprocess.Popen[bytes]) -> None:
        """Ends a process and its descendants, and waits until it is gone."""
        family = machine.processes(process.pid)
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            for pid in family:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            process.wait()

    def start(self, cores: list[int], command: list[str], log: Path, **options: object) -> subprocess.Popen[bytes]:
        """Starts a program on these cores, its output in a file."""
        with log.open("wb") as file:
            process = subprocess.Popen(
                machine.on(cores, command), **{"stdout": file, "stderr": subprocess.STDOUT, **options}
            )
        self.started.append(process)
        return process

    def stub(self, cores: list[int], *arguments: str) -> Listener:
        """Starts a stub engine."""
        process = self.start(
            cores, [str(self.work / "stub"), *arguments], self.work / "stub.log", stdout=subprocess.PIPE
        )
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise OSError(f"the stub engine did not start: {(self.work / 'stub.log').read_text().strip()}")
        return Listener(int(line), process.pid)

    def configured(self, name: str, file: str, command: Callable[[Path], list[str]], version: str) -> Gateway:
        """Starts a peer that reads its ports from a configuration file. When it does not come up, as when another
        program took a port first, it is tried again with other ports."""
        folder = self.work / name
        for attempt in range(3):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            port, paced = machine.ports(2)
            text = (HERE / "configurations" / file).read_text()
            values = {"FAST": port, "PACED": paced}
            for label, engines in (("FAST", self.fast), ("PACED", self.paced)):
                values |= {f"{label}_{letter}": engine.port for letter, engine in zip("AB", engines)}
            for key, value in values.items():
                text = text.replace(f"@{key}@", str(value))
            (folder / file).write_text(text)
            log = self.work / f"{name}.log"
            process = self.start(self.cores.gateway, command(folder / file), log, cwd=folder)
            if self.answers(process, port) and self.answers(process, paced):
                memory = machine.memory_kib(process.pid)
                return Gateway(name, version, Listener(port, process.pid), Listener(paced, process.pid), memory)
            self.end(process)
        raise Skipped(f"it did not come up: {last_line(log)}")

    @staticmethod
    def answers(process: subprocess.Popen[bytes], port: int, seconds: float = 10) -> bool:
        """Whether the process answers a request to the port with 200 before it ends or the time is over."""
        deadline = time.monotonic() + seconds
        body = b'{"model":"MoM","messages":[{"role":"user","content":"Hello"}]}'
        head = "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json"
        while time.monotonic() < deadline and process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", port), 1) as connection:
                    connection.sendall(f"{head}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
                    answer = connection.recv(4096)
                if answer.startswith(b"HTTP/1.1 200") and machine.listens(process.pid, port):
                    return True
            except OSError:
                pass
            time.sleep(0.05)
        return False

    # The peers.

    def direct(self) -> Gateway:
        """The engines themselves, whose CPU time is not asked for."""
        return Gateway("direct", "", Listener(self.fast[0].port), Listener(self.paced[0].port))

    def nginx(self) -> Gateway:
        program = which("nginx")
        return self.configured(
            "nginx",
            "nginx.conf",
            lambda file: [program, "-p", str(file.parent), "-e", "nginx.log", "-c", str(file)],
            version_of([program, "-v"]),
        )

    def haproxy(self) -> Gateway:
        program = which("haproxy")
        return self.configured(
            "haproxy", "haproxy.cfg", lambda file: [program, "-f", str(file)], version_of([program, "-v"])
        )

    def envoy(self) -> Gateway:
        wheel = next(VIRTUAL_ENVIRONMENT.glob("lib/python3*/site-packages/envoy/_bin/envoy"), None)
        program = str(wheel) if wheel else which("envoy", "scripts/setup.sh bench says why the wheel is not installed")
        options = ["--concurrency", "1", "--disable-hot-restart", "-l", "error"]
        return self.configured(
            "envoy",
            "envoy.yaml",
            lambda file: [program, *options, "-c", str(file)],
            version_of([program, "--version"], r"/(\d+\.\d+)[.\d]*/"),
        )

    def sglang_router(self) -> Gateway:
        """SGLang's router in Rust, its default policy (cache aware); its log goes to a file, warnings only."""
        program = VIRTUAL_ENVIRONMENT / "bin/sglang-router"
        if not program.exists():
            raise Skipped("it is not installed; scripts/setup.sh bench says why")
        package = next(VIRTUAL_ENVIRONMENT.glob("lib/python3*/site-packages/sglang_router-*.dist-info"), Path())
        version = package.name.removeprefix("sglang_router-").removesuffix(".dist-info")
        running, memory = [], None
        for engines in (self.fast, self.paced):
            port, metrics = machine.ports(2)
            urls = [f"http://127.0.0.1:{engine.port}" for engine in engines]
            command = [str(program), "launch", "--host", "127.0.0.1", "--port", str(port), "--worker-urls", *urls]
            command += ["--prometheus-host", "127.0.0.1", "--prometheus-port", str(metrics), "--log-level", "warn"]
            log = self.work / "sglang-router.log"
            process = self.start(self.cores.gateway, command, log)
            if not self.answers(process, port, 30):
                self.end(process)
                raise Skipped(f"it did not come up: {last_line(log)}")
            running.append(Listener(port, process.pid))
            memory = memory or machine.memory_kib(process.pid)
        return Gateway("sglang-router", version, *running, memory)

    # Ourselves.

    def switchyard(self, binary: str, name: str, engines: list[Listener], cores: list[int], loops: int) -> Listener:
        """Starts Switchyard with its whole pipeline on, its access log in a file."""
        configuration = self.work / f"{name}.yaml"
        configuration.write_text(pipeline(engines))
        command = [binary, "serve", "-c", str(configuration), "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0"]
        log = self.work / f"{name}.log"
        with (self.work / f"{name}.access").open("wb") as access, log.open("wb") as errors:
            process = self.start(cores, [*command, "--loops", str(loops)], log, stdout=access, stderr=errors)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and process.poll() is None:
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", log.read_text())
            if found and self.answers(process, int(found[1])):
                return Listener(int(found[1]), process.pid)
            time.sleep(0.02)
        raise SystemExit(f"{binary} did not come up: {log.read_text()}")

    def ours(self, binary: str) -> Gateway:
        """Switchyard with one loop: a process for the engines that answer at once, another for the paced ones."""
        version = version_of([binary, "--version"], r"(\S+)\s*$")
        fast = self.switchyard(binary, "switchyard", self.fast, self.cores.gateway, 1)
        assert fast.pid
        memory = machine.memory_kib(fast.pid)
        paced = self.switchyard(binary, "switchyard-paced", self.paced, self.cores.gateway, 1)
        return Gateway("switchyard", version, fast, paced, memory)


def pipeline(engines: list[Listener]) -> str:
    """A configuration with fifteen rules, keyword and domain read, a system prompt spliced in, two replicas."""
    text = """version: v0.3
providers:
  defaults:
    default_model: stub
    reasoning_families: {qwen3: {type: chat_template_kwargs, parameter: enable_thinking}}
  models:
    - name: stub
      reasoning_family: qwen3
      backend_refs:
"""
    for name, engine in zip("ab", engines):
        text += f'        - {{name: {name}, endpoint: "127.0.0.1:{engine.port}"}}\n'
    text += """routing:
  modelCards: [{name: stub}]
  signals:
    keywords: [{name: urgent, operator: OR, keywords: [urgent, immediate, asap]}]
  decisions:
    - name: urgent_decision
      priority: 15
      rules: {operator: OR, conditions: [{type: keyword, name: urgent}]}
      modelRefs: [{model: stub, use_reasoning: true}]
"""
    for domain in DOMAINS:
        text += f"""    - name: {domain.replace(" ", "_")}_decision
      priority: 10
      rules: {{operator: OR, conditions: [{{type: domain, name: "{domain}"}}]}}
      modelRefs: [{{model: stub, use_reasoning: false}}]
      plugins:
        - type: system_prompt
          configuration: {{mode: replace, system_prompt: "You are an expert of {domain}. Answer precisely."}}
"""
    return text + "global: {router: {auto_model_names: [MoM]}}\n"


def which(program: str, otherwise: str = "scripts/setup.sh bench installs it") -> str:
    """The path of a program, also where only root's PATH would find it."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if not found:
        raise Skipped(f"there is no {program}; {otherwise}")
    return found


def version_of(command: list[str], pattern: str = r"(\d+\.\d+)") -> str:
    """What a program says its version is."""
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(pattern, answer.stdout + answer.stderr)
    return found[1] if found else ""


def last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it wrote nothing"
