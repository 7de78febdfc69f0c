"""Our CPU of a request and of a token behind Envoy. Run by Benchmarks/envoy/run.sh."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "gateway" / "testbed"))

import machine  # noqa: E402
from bodies import all_bodies  # noqa: E402
from gateways import Testbed, pipeline  # noqa: E402

REPOSITORY = HERE.parents[1]
# Events of a paced stream of the stub, its [DONE] not counted.
EVENTS = 64


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
        for process, port in ((self.processor, grpc), (self.envoy, http)):
            for _ in range(600):
                if machine.listens(process.pid, port):
                    break
                time.sleep(0.05)
            else:
                raise SystemExit(f"{name}: nothing listens on port {port}")


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


def main() -> int:
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        raise SystemExit("usage: Benchmarks/envoy/run.sh BINARY [ROUNDS], of scripts/release.sh switchyard")
    binary, rounds = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    print(machine.description())
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
    print(f"{failed:.0f} requests failed")
    print("\n".join(figures))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
