"""The load of the stream benchmark with clients that come and leave at random and an engine whose faults change.

Run by scripts/soak.sh, which says what fails it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from fleet import Programs, REPOSITORY, build, configuration, cpu_seconds, fields, memory_kib, metrics, raise_file_limit

sys.path.insert(0, str(REPOSITORY / "Tests" / "EndToEnd"))
from faulty_engine import Fault, FaultyEngine  # noqa: E402

STREAMS = int(os.environ.get("SOAK_STREAMS", "2000"))
EVENTS = 200
INTERVAL_US = 100_000
FAULT_SECONDS = 7
GROWTH = 1.2
RELIABILITY = "{first_byte_timeout: 1s, idle_timeout: 1s, base_ejection_time: 2s, max_ejection_time: 5s}"
# What a client may meet of the engine that misbehaves; anything else fails the soak.
ALLOWED = ("completed", "left", "error_events_faulty", "cut_faulty", "status_faulty")
FAILURES = {
    "lost": "streams ended without saying so",
    "error_events": "streams of healthy engines ended with an error",
    "refused": "connections were refused",
    "bad_status": "requests were answered with an error that no engine gave",
}
GAUGES = ("in_flight", "requests_running", "request_bytes_held")


def faults(seed: int) -> Iterator[Fault]:
    """Well, a fault, well, another …: each of them once before one comes again."""
    chance = random.Random(seed)
    while True:
        order = [fault for fault in Fault if fault is not Fault.NONE]
        chance.shuffle(order)
        for fault in order:
            yield Fault.NONE
            yield fault


def not_at_zero(port: int) -> dict[str, float]:
    sums = ("_total", "_sum", "_count", "_bucket")
    return {
        name: value
        for name, value in metrics(port).items()
        if value and any(gauge in name for gauge in GAUGES) and not name.endswith(sums)
    }


def settled(port: int) -> dict[str, float]:
    """Gauges that are not at zero after ten seconds."""
    end = time.monotonic() + 10
    while (rest := not_at_zero(port)) and time.monotonic() < end:
        time.sleep(0.2)
    return rest


class Soak:
    def __init__(self, binary: str, seconds: int, seed: int):
        self.binary, self.seconds, self.seed = binary, seconds, seed
        self.memory: list[tuple[float, int]] = []
        self.problems: list[str] = []
        self.counts: dict[str, int] = {}
        self.fault = Fault.NONE
        # The longest that /metrics took to answer, in seconds.
        self.slowest = 0.0

    def run(self) -> int:
        print(f"soak: {STREAMS} streams for {self.seconds} s, seed {self.seed}", flush=True)
        with Programs() as programs, FaultyEngine(events=EVENTS, interval=INTERVAL_US / 1e6, record_limit=0) as faulty:
            client, stub = build(programs.folder)
            engines = [programs.stub(stub, EVENTS, INTERVAL_US) for _ in range(2)]
            replicas = [("stub-1", engines[0], 10), ("stub-2", engines[1], 10), ("faulty", faulty.port, 1)]
            gateway, port = programs.gateway(self.binary, configuration(replicas, RELIABILITY))
            load = programs.start(
                *[client, "churn", port, STREAMS, self.seconds, self.seed], stdout=subprocess.PIPE, text=True
            )
            threading.Thread(target=self.switch, args=(faulty, load), daemon=True).start()
            self.watch(gateway, port, load)
            if gateway.poll() is not None:
                self.problems.append(f"the gateway ended with {gateway.returncode}")
            elif rest := settled(port):
                self.problems.append(f"counters are not at zero: {rest}")
            if faulty.stray:
                self.problems.append(f"the engine got what is no request: {faulty.stray[0][:200]!r}")
        return self.verdict()

    def switch(self, faulty: FaultyEngine, load: subprocess.Popen) -> None:
        for fault in faults(self.seed):
            if load.poll() is not None:
                return
            self.fault = faulty.fault = fault
            time.sleep(FAULT_SECONDS)

    def watch(self, gateway: subprocess.Popen, port: int, load: subprocess.Popen) -> None:
        """Prints progress each ten seconds until the load has ended."""
        began, cpu = time.monotonic(), 0.0
        for line in load.stdout:
            self.counts = fields(line)
            if gateway.poll() is not None:
                load.kill()
                return
            at, memory, used = time.monotonic() - began, memory_kib(gateway.pid), cpu_seconds(gateway.pid)
            if line.startswith("progress"):
                self.memory.append((at, memory))
            asked = time.monotonic()
            figures = metrics(port)
            self.slowest = max(self.slowest, time.monotonic() - asked)
            print(
                f"{at:6.0f} s  {self.counts['active']} active  {self.counts['completed']} completed"
                f"  {self.counts['left']} left  {sum(self.counts[name] for name in ALLOWED[2:])} died of a fault"
                f"  {sum(self.counts[name] for name in FAILURES)} failed"
                f"  {figures.get('switchyard_retries_total', 0):.0f} retries  {memory / 1024:.1f} MB"
                f"  CPU {(used - cpu) * 10:.0f} %  now: {self.fault.value}",
                flush=True,
            )
            cpu = used

    def verdict(self) -> int:
        if not self.counts.get("completed"):
            self.problems.append("no stream was completed")
        for name, text in FAILURES.items():
            if self.counts.get(name):
                self.problems.append(f"{self.counts[name]} {text} ({name})")
        first = min(60.0, self.seconds / 3)
        early = [memory for at, memory in self.memory if first * 0.5 <= at <= first + 1]
        late = [memory for at, memory in self.memory if first + 1 < at <= self.seconds + 1]
        if early and late:
            growth = max(late) / max(early)
            print(f"figure soak_memory_growth {growth:.2f} x")
            if growth > GROWTH:
                self.problems.append(f"memory grew to {growth:.2f} × of what it was after {first:.0f} s")
        else:
            print("soak: too short to say how memory grows; 60 s is the least")
        print(f"figure soak_metrics_slowest {self.slowest * 1000:.0f} ms")
        print(" ".join(f"{name}={value}" for name, value in self.counts.items()))
        for problem in self.problems:
            print(f"soak: {problem}", file=sys.stderr)
        print("soak: failed" if self.problems else "soak: passed")
        return 1 if self.problems else 0


def main() -> int:
    binary, seconds = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 31)
    raise_file_limit()
    return Soak(binary, seconds, seed).run()


if __name__ == "__main__":
    sys.exit(main())
