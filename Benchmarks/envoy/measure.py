"""Our CPU of a request and of a token behind Envoy, and many streams at once. Run by Benchmarks/envoy/run.sh."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "gateway" / "testbed"), str(HERE.parent / "streams")]

import fleet  # noqa: E402
import machine  # noqa: E402
from bodies import all_bodies  # noqa: E402
from gateways import Testbed, pipeline  # noqa: E402

REPOSITORY = HERE.parents[1]
# Events of a paced stream of the stub, its [DONE] not counted.
EVENTS = 64
# Streams that are open at once, of so many events at this interval.
STREAMS = 1_000
STREAM_EVENTS = 150
STREAM_INTERVAL_US = 200_000


def envoy_binary() -> str:
    if named := os.environ.get("ENVOY"):
        return named
    found = sorted(REPOSITORY.glob(".cache/bench/lib/python3*/site-packages/envoy/_bin/envoy"))
    if not found:
        raise SystemExit("there is no Envoy: run scripts/setup.sh bench, or name one by ENVOY=PATH")
    return str(found[-1])


class Behind:
    """A processor and an Envoy in front of some engines."""

    def __init__(self, testbed: Testbed, binary: str, engines: list, name: str, graceful: bool) -> None:
        http, grpc, management, admin = machine.ports(4)
        work = testbed.work
        file = work / f"{name}.yaml"
        file.write_text(pipeline(engines))
        self.processor = testbed.start(
            testbed.cores.gateway,
            [binary, "serve", "-c", str(file), "--ext-proc", f"127.0.0.1:{grpc}", "--decide", "both"]
            + ["--management", f"127.0.0.1:{management}"],
            work / f"{name}.log",
        )
        text = (REPOSITORY / "deploy/envoy/standalone.yaml").read_text()
        text = re.sub("port_value: 8080", f"port_value: {http}", text)
        text = re.sub("port_value: 50051", f"port_value: {grpc}", text)
        text += f"admin: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {admin}}}}}}}\n"
        flag = "envoy.reloadable_features.ext_proc_graceful_grpc_close"
        text += f"layered_runtime: {{layers: [{{name: bench, static_layer: {{{flag}: {str(graceful).lower()}}}}}]}}\n"
        configuration = work / f"{name}-envoy.yaml"
        configuration.write_text(text)
        self.envoy = testbed.start(
            testbed.cores.load,
            [envoy_binary(), "-c", str(configuration), "--use-dynamic-base-id", "--concurrency", "1", "-l", "error"],
            work / f"{name}-envoy.log",
        )
        self.port = http
        self.management = management
        for process, port in ((self.processor, grpc), (self.envoy, http)):
            for _ in range(600):
                if machine.listens(process.pid, port):
                    break
                time.sleep(0.05)
            else:
                raise SystemExit(f"{name}: nothing listens on port {port}")

    def in_flight(self) -> int:
        """Requests that are counted on replicas now."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.management}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return round(sum(float(line.split()[-1]) for line in lines if line.startswith("switchyard_replica_in_flight{")))


def measure(testbed: Testbed, behind: Behind, body: str, connections: int, seconds: float) -> dict[str, float]:
    """One load; `cpu_us` is our CPU a request, `envoy_us` Envoy's."""
    ours, envoys = machine.cpu_us(behind.processor.pid), machine.cpu_us(behind.envoy.pid)
    command = [str(testbed.work / "load"), str(behind.port), str(connections), str(seconds)]
    command.append(str(testbed.work / f"{body}.json"))
    answer = subprocess.run(machine.on(testbed.cores.load, command), capture_output=True, text=True, check=True)
    measured = json.loads(answer.stdout)
    count = max(1, measured["ok"])
    return measured | {
        "cpu_us": (machine.cpu_us(behind.processor.pid) - ours) / count,
        "envoy_us": (machine.cpu_us(behind.envoy.pid) - envoys) / count,
    }


def many_streams(testbed: Testbed, binary: str) -> tuple[list[str], int]:
    """Streams that are open at once: the figures, and how many of them were lost."""
    client, _ = fleet.build(testbed.work)
    engines = [testbed.stub(testbed.cores.load, str(STREAM_EVENTS), str(STREAM_INTERVAL_US)) for _ in "ab"]
    behind = Behind(testbed, binary, engines, "many", False)
    # What the first requests allocate is not the streams'.
    subprocess.run([client, "json", str(behind.port), "500"], check=True, stdout=subprocess.DEVNULL)
    time.sleep(2)
    before = peak = fleet.memory_kib(behind.processor.pid)
    run = testbed.start(
        testbed.cores.load,
        [str(client), "steady", str(behind.port), str(STREAMS), "90"],
        testbed.work / "many.out",
    )
    held = 0
    while run.poll() is None:
        peak = max(peak, fleet.memory_kib(behind.processor.pid))
        held = max(held, behind.in_flight())
        time.sleep(0.5)
    counts = fleet.fields((testbed.work / "many.out").read_text().splitlines()[-1])
    left = behind.in_flight()
    print(
        f"{held} streams at once of {STREAMS}, {counts['completed']} of them whole; memory {before} KiB before, {peak} KiB at"
        f" most; {left} counted on replicas afterwards"
    )
    figures = [
        f"figure extproc_streams_at_once {held} streams",
        f"figure extproc_streams_lost {STREAMS - counts['completed']} streams",
        f"figure extproc_stream_kib {(peak - before) / STREAMS:.1f} KiB",
    ]
    return figures, STREAMS - counts["completed"] + STREAMS - held + left


def main() -> int:
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        raise SystemExit("usage: Benchmarks/envoy/run.sh BINARY [ROUNDS], of scripts/release.sh switchyard")
    binary, rounds = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    print(machine.description())
    fleet.raise_file_limit()
    figures, failed = [], 0
    with tempfile.TemporaryDirectory(prefix="envoy-bench.") as folder, Testbed(Path(folder)) as testbed:
        for name, text in all_bodies().items():
            (testbed.work / f"{name}.json").write_bytes(text)
        # Envoy's default first; the names of the other's figures say so.
        for graceful, mark in ((False, ""), (True, "_graceful")):
            requests, tokens = [], []
            fast = Behind(testbed, binary, testbed.fast, f"fast-{graceful}", graceful)
            paced = Behind(testbed, binary, testbed.paced, f"paced-{graceful}", graceful)
            measure(testbed, fast, "1k", 32, 0.5)
            measure(testbed, paced, "1k-stream", 8, 0.5)
            for _ in range(rounds):
                short = measure(testbed, fast, "1k", 32, 3)
                stream = measure(testbed, paced, "1k-stream", 64, 3)
                failed += short["err"] + stream["err"]
                requests.append(short["cpu_us"])
                tokens.append((stream["cpu_us"] - short["cpu_us"]) / EVENTS)
                print(
                    f"graceful close {'on' if graceful else 'off'}: {short['ok']:.0f} requests, {short['cpu_us']:.1f} µs each"
                    f" (Envoy {short['envoy_us']:.0f}); {stream['ok']:.0f} streams, {tokens[-1]:.1f} µs a token", flush=True)
            figures.append(f"figure extproc_request{mark}_us {min(requests):.1f} us")
            figures.append(f"figure extproc_token{mark}_us {min(tokens):.1f} us")
        streams, lost = many_streams(testbed, binary)
        figures += streams
    print(f"{failed:.0f} requests failed, {lost} streams were lost, not open at once with the others, or not given back")
    print("\n".join(figures))
    return 1 if failed or lost else 0


if __name__ == "__main__":
    sys.exit(main())
