"""2 000 concurrent slow streams through the gateway, and one client that reads slowly; prints figures.

Run by Benchmarks/streams/run.sh.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from fleet import Programs, build, configuration, cpu_seconds, fields, memory_kib, metrics, raise_file_limit

STREAMS = 2000
INTERVAL_US = 100_000
EVENTS = 350
SLOW_BYTES_PER_SECOND = 200_000
SLOW_SECONDS = 20
# What fails the run: memory of a stream, and what a client that reads slowly may add.
STREAM_KIB = 16
SLOW_GROWTH_MB = 4


def steady(programs: Programs, binary: str, client: Path, stub: Path) -> bool:
    engines = [programs.stub(stub, EVENTS, INTERVAL_US) for _ in range(2)]
    gateway, port = programs.gateway(binary, configuration([(f"stub-{n}", p, 1) for n, p in enumerate(engines)]))
    # What the first requests allocate is not the streams'.
    subprocess.run([client, "json", str(port), "500"], check=True, stdout=subprocess.DEVNULL)
    time.sleep(2)
    before = memory_kib(gateway.pid)
    run = programs.start(client, "steady", port, STREAMS, 60, stdout=subprocess.PIPE, text=True)
    for line in run.stdout:
        if line.startswith("open"):
            break
    else:
        raise SystemExit(f"not all {STREAMS} streams were opened")
    time.sleep(5)
    cpu, from_time = cpu_seconds(gateway.pid), time.monotonic()
    peak = memory_kib(gateway.pid)
    samples = []
    for _ in range(10):
        time.sleep(1.5)
        peak = max(peak, memory_kib(gateway.pid))
        samples.append(cpu_seconds(gateway.pid))
    took = time.monotonic() - from_time
    used = samples[-1] - cpu
    last = next(line for line in run.stdout if line.startswith("end"))
    run.wait()
    counts = fields(last)
    print(last.strip())
    passed = took * STREAMS * 1_000_000 / INTERVAL_US
    first_half, second_half = samples[4] - cpu, samples[9] - samples[4]
    print(f"memory {before} KiB before, {peak} KiB at most with {STREAMS} streams")
    print(f"CPU {used / took * 100:.1f} % of a core; {first_half:.2f} s in the first half, {second_half:.2f} s after")
    each = (peak - before) / STREAMS
    print(f"figure gateway_stream_kib {each:.2f} KiB")
    print(f"figure gateway_stream_event_us {used / passed * 1e6:.2f} us")
    print(f"figure gateway_streams_lost {STREAMS - counts['completed']} streams")
    in_flight = metrics(port).get("switchyard_replica_in_flight", 0)
    if in_flight:
        print(f"run.sh: {in_flight:.0f} requests are still counted on replicas", file=sys.stderr)
    if each > STREAM_KIB:
        print(f"run.sh: a stream takes more than {STREAM_KIB} KiB", file=sys.stderr)
    return counts["completed"] == STREAMS and not in_flight and each <= STREAM_KIB


def slow_reader(programs: Programs, binary: str, client: Path, stub: Path) -> bool:
    engine = programs.stub(stub, 200_000, 0)
    gateway, port = programs.gateway(binary, configuration([("stub", engine, 1)]))
    subprocess.run([client, "json", str(port), "500"], check=True, stdout=subprocess.DEVNULL)
    time.sleep(2)
    before = peak = memory_kib(gateway.pid)
    run = programs.start(client, "slow", port, SLOW_BYTES_PER_SECOND, SLOW_SECONDS, stdout=subprocess.PIPE, text=True)
    while run.poll() is None:
        peak = max(peak, memory_kib(gateway.pid))
        time.sleep(0.1)
    counts = fields(run.stdout.read())
    print(f"slow reader: {counts['bytes']} bytes in {SLOW_SECONDS} s; memory {before} KiB before, {peak} KiB at most")
    growth = (peak - before) / 1024
    print(f"figure gateway_slow_reader_growth_mb {growth:.2f} MB")
    if growth > SLOW_GROWTH_MB:
        print(f"run.sh: a client that reads slowly took more than {SLOW_GROWTH_MB} MB", file=sys.stderr)
    return counts["lost"] == 0 and growth <= SLOW_GROWTH_MB


def main() -> int:
    binary = sys.argv[1]
    raise_file_limit()
    with Programs() as programs:
        client, stub = build(programs.folder)
        whole = steady(programs, binary, client, stub)
    with Programs() as programs:
        client, stub = build(programs.folder)
        whole = slow_reader(programs, binary, client, stub) and whole
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
