"""Measures gateways beside each other, interleaved, and prints a table and the figures.

    measure.py BINARY [ROUNDS]

A round sends each kind of load to each gateway in turn. CPU is that of the gateway's processes, from the kernel's
nanosecond accounts, over the requests that were answered."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import bodies
import machine
import report
from gateways import Gateway, Listener, Skipped, Testbed


@dataclass
class Load:
    """A kind of load: how many clients, for how long, with which body."""

    connections: int
    seconds: float
    body: str
    paced: bool = False
    unseen: bool = False
    # Which gateways; all when empty.
    only: tuple[str, ...] = ()


LOADS = {
    "json_c1": Load(1, 1, "1k"),
    "json_c32": Load(32, 2, "1k"),
    "json_unseen": Load(32, 2, "1k-unseen", unseen=True, only=("switchyard",)),
    "json_100k": Load(32, 1.5, "100k", only=("nginx", "haproxy", "envoy", "switchyard")),
    "sse_c8": Load(8, 1.5, "1k-stream"),
    "sse_paced20": Load(20, 2, "1k-stream", paced=True),
}
TWO_LOOPS = Load(64, 1.5, "1k")


class Bench:
    """A testbed under load. `next_number` numbers the prompts, so that none comes twice."""

    def __init__(self, testbed: Testbed) -> None:
        self.testbed = testbed
        self.next_number = int.from_bytes(os.urandom(2)) * 1000
        for name, body in bodies.all_bodies().items():
            (testbed.work / f"{name}.json").write_bytes(body)

    def send(self, port: int, load: Load, cores: list[int]) -> dict[str, float]:
        """Sends a load to a port and returns what the generator measured."""
        command = [str(self.testbed.work / "load"), str(port), str(load.connections), str(load.seconds)]
        command.append(str(self.testbed.work / f"{load.body}.json"))
        if load.unseen:
            command.append(str(self.next_number))
        answer = subprocess.run(machine.on(cores, command), capture_output=True, text=True, check=False)
        if answer.returncode:
            return {"ok": 0, "err": 1}
        measured = json.loads(answer.stdout)
        if load.unseen:
            self.next_number = measured["next_number"]
        return measured

    def measure(self, gateway: Gateway, load: Load) -> dict[str, float]:
        """One gateway under one load: adds `cpu_us`, CPU microseconds a request."""
        listener = gateway.paced if load.paced else gateway.fast
        before = machine.cpu_us(listener.pid) if listener.pid else 0
        measured = self.send(listener.port, load, self.testbed.cores.load)
        after = machine.cpu_us(listener.pid) if listener.pid else 0
        return measured | {"cpu_us": (after - before) / max(1, measured["ok"])}

    def measure_loops(self, listener: Listener, engines: list[Listener]) -> dict[str, object]:
        """A Switchyard without a core of its own, by thread: `loops` is CPU microseconds a request of each loop,
        `rest` of its other threads, `others` of the load generator and the engines."""
        assert listener.pid
        before, engines_before = machine.threads(listener.pid), sum(machine.cpu_us(e.pid) for e in engines if e.pid)
        measured = self.send(listener.port, TWO_LOOPS, self.testbed.cores.two_loops_load)
        engines_after, after = sum(machine.cpu_us(e.pid) for e in engines if e.pid), machine.threads(listener.pid)
        answered = max(1, measured["ok"])
        loops, rest = [], 0.0
        for thread, (name, total) in after.items():
            used = (total - before.get(thread, (name, 0))[1]) / answered
            if name.startswith("NIO-ELT"):
                loops.append(used)
            else:
                rest += used
        others = (engines_after - engines_before + measured.get("cpu_us", 0)) / answered
        return measured | {"loops": loops, "rest": rest, "others": others}


def start_gateways(testbed: Testbed, binary: str) -> list[Gateway]:
    """Every gateway that there is here; says of the others why they are left out."""
    found = [testbed.direct()]
    for start in (testbed.nginx, testbed.haproxy, testbed.envoy, testbed.sglang_router):
        try:
            found.append(start())
        except Skipped as reason:
            print(f"skipped {start.__name__.replace('_', '-')}: {reason}", flush=True)
    return [*found, testbed.ours(binary)]


def run(binary: str, rounds: int, work: Path) -> dict[str, object]:
    """Measures everything and returns it."""
    with Testbed(work) as testbed:
        cores = testbed.cores
        gateways = start_gateways(testbed, binary)
        engines = [testbed.stub(cores.two_loops_load) for _ in "ab"]
        loops = {
            count: testbed.switchyard(binary, f"switchyard-{count}-loops", engines, cores.two_loops, count)
            for count in (1, 2)
        }
        bench = Bench(testbed)
        runs: dict[str, dict[str, list[dict[str, float]]]] = {g.name: {} for g in gateways}
        loop_runs: dict[int, list[dict[str, object]]] = {1: [], 2: []}
        # Connections to the engines open and prompts are read before anything counts.
        for gateway in gateways:
            for load in (Load(32, 0.2, "1k"), Load(8, 0.2, "1k-stream")):
                bench.measure(gateway, load)
        for listener in loops.values():
            bench.send(listener.port, Load(64, 0.2, "1k"), cores.two_loops_load)
        for number in range(rounds):
            for name, load in LOADS.items():
                for gateway in gateways:
                    if not load.only or gateway.name in load.only:
                        runs[gateway.name].setdefault(name, []).append(bench.measure(gateway, load))
            for count, listener in loops.items():
                loop_runs[count].append(bench.measure_loops(listener, engines))
            load_average = os.getloadavg()[0]
            print(f"round {number + 1} of {rounds}, {time.strftime('%H:%M:%S')}, load {load_average:.1f}", flush=True)
        return {
            "machine": machine.description(),
            "rounds": rounds,
            "versions": {g.name: g.version for g in gateways},
            "memory": {g.name: g.memory_kib for g in gateways if g.memory_kib},
            "runs": runs,
            "loops": loop_runs,
            "loops_apart": cores.apart,
            "scan_gb_per_s": scan_speed(binary, cores.gateway),
        }


def scan_speed(binary: str, cores: list[int]) -> float | None:
    """Gigabytes a second that the scan of a body takes, as bench-json says where it was built beside the binary."""
    program = Path(binary).resolve().parent / "bench-json"
    if not program.exists():
        return None
    answer = subprocess.run(machine.on(cores, [str(program)]), capture_output=True, text=True, check=False)
    for line in answer.stdout.splitlines():
        words = line.split()
        if words[:2] == ["figure", "scan_gb_per_s"]:
            return float(words[2])
    return None


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit("usage: Benchmarks/gateway/run.sh BINARY [ROUNDS]")
    binary, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    if not os.access(binary, os.X_OK):
        raise SystemExit(f"there is no program at {binary}; build it: scripts/release.sh switchyard")
    work = Path(tempfile.mkdtemp(prefix="gateway-bench."))
    try:
        results = run(binary, max(1, rounds), work)
        if keep := os.environ.get("RESULTS"):
            Path(keep).write_text(json.dumps(results))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    raise SystemExit(report.show(results))


if __name__ == "__main__":
    main()
