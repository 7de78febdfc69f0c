"""What Linux says about processes: CPU time, memory, cores; and ports that nobody uses."""

from __future__ import annotations

import os
import random
import socket
from pathlib import Path


def ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that are free now. They lie below the range that outgoing connections take theirs from, so
    that only another server could take one before it is used."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found: list[int] = []
    held = []
    try:
        for _ in range(10_000):
            if len(found) == count:
                break
            port = random.randrange(10_000, lowest) if lowest > 11_000 else 0
            probe = socket.socket()
            held.append(probe)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(probe.getsockname()[1])
    finally:
        for probe in held:
            probe.close()
    if len(found) < count:
        raise OSError(f"no {count} free ports of 127.0.0.1 between 10000 and {lowest}; end what listens there")
    return found


def listens(pid: int, port: int) -> bool:
    """Whether a process or a descendant of it listens on a port: an answer alone could be another server's."""
    sockets = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == port:
            sockets.add(f"socket:[{fields[9]}]")
    for process in processes(pid):
        for file in Path(f"/proc/{process}/fd").glob("*"):
            try:
                if os.readlink(file) in sockets:
                    return True
            except OSError:
                continue
    return False


def processes(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def threads(pid: int) -> dict[int, tuple[str, float]]:
    """Name and CPU time in microseconds of each thread of a process and its descendants."""
    found = {}
    for process in processes(pid):
        for task in Path(f"/proc/{process}/task").glob("*"):
            try:
                nanoseconds = int((task / "schedstat").read_text().split()[0])
                found[int(task.name)] = ((task / "comm").read_text().strip(), nanoseconds / 1000)
            except OSError:
                continue
    return found


def cpu_us(pid: int) -> float:
    """CPU time in microseconds, user and system, of a process and its descendants."""
    return sum(time for _, time in threads(pid).values())


def memory_kib(pid: int) -> int:
    """Proportional set size of a process and its descendants: shared pages count by their share."""
    total = 0
    for process in processes(pid):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total


class Cores:
    """Which cores the gateway under test has to itself, and which the load generator and the stub engines use."""

    def __init__(self) -> None:
        available = sorted(os.sched_getaffinity(0))
        self.all = available
        self.gateway = available[1:2] or available
        self.load = available[:1]
        # Two loops get two cores of their own where the machine has them.
        self.apart = len(available) >= 4
        self.two_loops = available[1:3] if self.apart else available
        self.two_loops_load = available[:1] + available[3:] if self.apart else available


def on(cores: list[int], command: list[str]) -> list[str]:
    """The command, bound to these cores from its start, so that it sizes its pools by them."""
    return ["taskset", "-c", ",".join(map(str, cores)), *command]


def description() -> str:
    """The machine in a line."""
    model = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{len(os.sched_getaffinity(0))} cores of {model}, Linux {os.uname().release}"
