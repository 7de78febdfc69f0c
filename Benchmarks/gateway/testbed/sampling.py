"""Where the gateway's CPU time goes: samples a running gateway under load and prints shares by group and by function.

    sampling.py BINARY [LOAD] [SECONDS]

A sample counts for the function that ran, not for its callers; the kernel's samples for the C library's call that led
into it. A function of Swift belongs to the module that its mangled name begins with, an extension to the module that it
is written in. The last table says which functions of ours or of NIO the Swift runtime ran for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import machine
from gateways import Testbed
from measure import LOADS, Bench

SOURCES = Path(__file__).resolve().parents[3] / "Sources"
FUNCTIONS = 40
RUNTIME_CALLERS = 20
CALLERS = 12  # frames of a sample that are looked at
KERNEL = "[kernel.kallsyms]"
ENTRIES = {"do_syscall_64", "entry_SYSCALL_64_after_hwframe", "invoke_syscall", "el0_svc"}
# Functions by what they are for, whichever library they are in. The first that fits counts.
PURPOSES = [
    (
        "retain, release",
        r"^_?swift_(_swift_)?(retain|release|bridgeObject|unknownObject|weak|unowned|isUnique|nonatomic_re)"
        r"|RefCount|HeapObject.*(retain|release)|^swift_arrayInit|outlined (copy|consume|retain|release)",
    ),
    ("exclusivity", r"^swift_(begin|end)Access|AccessSet|SwiftTLSContext|runtime::(.*)[aA]ccess"),
    (
        "malloc",
        r"^(_*(libc_)?(malloc|free|calloc|realloc|memalign|posix_memalign|aligned_alloc|cfree)"
        r"|_int_(malloc|free|realloc)|malloc_consolidate|unlink_chunk|tcache_|sysmalloc"
        r"|_?swift_(_swift_)?(slow|alloc|dealloc))",
    ),
    (
        "casts, metadata, witness tables",
        r"^_?swift_(dynamicCast|conforms|get|instantiate|checkMetadata|initClass|once|project)"
        r"|swift::(.*)(Metadata|Demangle|conform)",
    ),
    ("memcpy, memmove, memset, memchr", r"^_*(mem(cpy|move|set|chr|cmp|mem)|str)"),
]


@dataclass(frozen=True)
class Sample:
    """A function that ran: its symbol as linked, its library, in the kernel the system call that it served, and the
    symbols of its callers in the binary, nearest first."""

    symbol: str
    library: str
    system_call: str = ""
    callers: tuple[str, ...] = ()


def samples(file: Path, binary: str) -> Counter[Sample]:
    """What perf recorded of a binary of this name: equal samples with their count."""
    command = ["perf", "script", "-i", str(file), "--no-inline", "-F", "ip,sym,dso"]
    text = subprocess.run(command, capture_output=True, text=True, errors="replace", check=True).stdout
    found: Counter[Sample] = Counter()
    for block in text.split("\n\n"):
        frames = [
            (re.sub(r"\+0x[0-9a-f]+$", "", symbol), os.path.basename(library))
            for symbol, library in re.findall(r"^\s*[0-9a-f]+ (.*) \((.*)\)$", block, re.MULTILINE)
        ]
        if not frames:
            continue
        symbol, library = frames[0]
        call = ""
        if library == KERNEL:
            outside = next((name for name, where in frames if where != KERNEL), "")
            # Without a system call below it, the kernel interrupted the program.
            called = any(name in ENTRIES for name, where in frames if where == KERNEL)
            call = re.sub(r"^_*(GI_+)?(libc_)?|@.*$", "", outside) if called and outside else "interrupts"
        callers = tuple(name for name, where in frames[1:] if where == binary)[:CALLERS]
        found[Sample(symbol, library, call, callers)] += 1
    return found


def demangled(symbols: list[str]) -> dict[str, tuple[str, str]]:
    """In full, where modules are named, and short, for reading; the symbols as they are where there is no Swift."""
    def pass_through(*options: str) -> list[str]:
        answer = subprocess.run(["swift", "demangle", "-compact", *options], input="\n".join(symbols),
                                capture_output=True, text=True, check=True)
        return answer.stdout.splitlines()

    if not shutil.which("swift"):
        return {symbol: (symbol, symbol) for symbol in symbols}
    return dict(zip(symbols, zip(pass_through(), pass_through("-simplified"))))


def group(sample: Sample, full: str, binary: str, targets: set[str]) -> str:
    """The group that a sample counts for."""
    if sample.library == KERNEL:
        return f"kernel: {sample.system_call}"
    for purpose, pattern in PURPOSES:
        if re.search(pattern, sample.symbol) or re.search(pattern, full):
            return f"runtime: {purpose}"
    if extension := re.search(r"\(extension in (\w+)\)", full):
        module = extension[1]
    elif mangled := re.match(r"\$s(\d+)(\w+)", sample.symbol):
        module = mangled[2][: int(mangled[1])]
    elif sample.symbol.startswith("$s") or sample.library.startswith("libswift"):
        module = "Swift"
    else:
        module = ""
    if module in targets:
        return f"switchyard: {module}"
    if module.startswith(("NIO", "_NIO", "CNIO")) or re.match(r"c_nio|CNIO", sample.symbol) or module == "Atomics":
        return "NIO"
    if module == "Swift":
        return "Swift standard library" + (", specialised in the binary" if sample.library == binary else "")
    if module:
        return module
    return "switchyard: C, C++ and thunks" if sample.library == binary else sample.library


def record(binary: str, load: str, seconds: float, work: Path) -> tuple[Path, float]:
    """Samples a gateway under load. Gives perf's file and CPU microseconds a request, sampling included."""
    file = work / "perf.data"
    with Testbed(work) as testbed:
        gateway = testbed.ours(binary)
        bench = Bench(testbed)
        under = replace(LOADS[load], seconds=seconds)
        listener = gateway.paced if under.paced else gateway.fast
        bench.measure(gateway, replace(under, seconds=1))
        command = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "-g"]
        command += ["-p", str(listener.pid), "-o", str(file)]
        with (work / "perf.log").open("wb") as log:
            recorder = subprocess.Popen(machine.on(testbed.cores.load, command), stdout=log, stderr=log)
        time.sleep(0.5)
        if recorder.poll() is not None:
            raise SystemExit(f"perf could not record: {(work / 'perf.log').read_text().strip()}")
        measured = bench.measure(gateway, under)
        recorder.send_signal(2)
        recorder.wait()
    return file, measured["cpu_us"]


def main() -> None:
    if len(sys.argv) < 2 or len(sys.argv) > 2 and sys.argv[2] not in LOADS:
        raise SystemExit(f"usage: Benchmarks/gateway/profile.sh BINARY [{'|'.join(LOADS)}] [SECONDS]")
    binary, load = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "json_c32"
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 8
    name = os.path.basename(os.path.realpath(binary))
    work = Path(tempfile.mkdtemp(prefix="gateway-profile."))
    try:
        file, cpu = record(binary, load, seconds, work)
        show(samples(file, name), load, cpu, name)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def show(counted: Counter[Sample], load: str, cpu: float, binary: str) -> None:
    """Prints the tables."""
    total = counted.total()
    symbols = {symbol for sample in counted for symbol in (sample.symbol, *sample.callers)}
    names = demangled(sorted(symbols))
    targets = {folder.name for folder in SOURCES.iterdir() if folder.is_dir()}
    groups: Counter[str] = Counter()
    functions: Counter[tuple[str, str]] = Counter()
    runtime: Counter[str] = Counter()
    for sample, count in counted.items():
        full, short = names[sample.symbol]
        where = group(sample, full, binary, targets)
        groups[where] += count
        functions[short, where.split(":")[0] if sample.library == KERNEL else where] += count
        if where.startswith(("runtime", "Swift")):
            for caller in sample.callers:
                called_by = group(Sample(caller, binary), names[caller][0], binary, targets)
                if called_by == "NIO" or called_by.removeprefix("switchyard: ") in targets:
                    runtime[names[caller][1]] += count
                    break

    def row(count: int) -> str:
        return f"{100 * count / total:.1f} % | {cpu * count / total:.2f}"

    print(f"{machine.description()}; {load}, {total} samples, {cpu:.1f} µs of CPU a request while sampled\n")
    print("| group | share | µs a request |\n|---|---|---|")
    wholes: Counter[str] = Counter()
    for name, count in groups.items():
        wholes[name.split(":")[0]] += count
    for whole, count in wholes.most_common():
        if count < total / 500:
            continue
        print(f"| **{whole}** | {row(count)} |")
        for name, part in groups.most_common():
            if name.startswith(f"{whole}: ") and part >= total / 500:
                print(f"| – {name.split(': ', 1)[1]} | {row(part)} |")
    print(f"\n| function (the first {FUNCTIONS}) | group | share | µs a request |\n|---|---|---|---|")
    for (name, where), count in functions.most_common(FUNCTIONS):
        print(f"| {code(name)} | {where} | {row(count)} |")
    print(f"\n| the runtime and the standard library, by who called them (the first {RUNTIME_CALLERS}) | share "
          "| µs a request |\n|---|---|---|")
    for name, count in runtime.most_common(RUNTIME_CALLERS):
        print(f"| {code(name)} | {row(count)} |")


def code(name: str) -> str:
    """A function's name in a table's cell."""
    return f"`{name if len(name) <= 120 else name[:119] + '…'}`".replace("|", "\\|")


if __name__ == "__main__":
    main()
