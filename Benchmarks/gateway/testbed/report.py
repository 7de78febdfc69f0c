"""From what was measured to a table and figures."""

from __future__ import annotations

from statistics import median

EVENTS = 64  # in a stream of the stub engine
BODY_100K = 100 * 1024


class Runs:
    """The rounds of each gateway under each load."""

    def __init__(self, runs: dict[str, dict[str, list[dict[str, float]]]]) -> None:
        self.runs = runs

    def values(self, gateway: str, load: str, key: str) -> list[float]:
        return [run[key] for run in self.runs.get(gateway, {}).get(load, []) if run.get("ok")]

    def lowest(self, gateway: str, load: str, key: str) -> float | None:
        return min(self.values(gateway, load, key), default=None)

    def middle(self, gateway: str, load: str, key: str) -> float | None:
        values = self.values(gateway, load, key)
        return median(values) if values else None


def show(results: dict) -> int:
    """Prints the table and the figures. Returns 1 when an answer of ours was not what the engine sent, else 0."""
    runs = Runs(results["runs"])
    print(f"\n{results['machine']}; {results['rounds']} rounds\n")
    print_table(runs, results)
    print()
    print_figures(runs, results)
    print_loops(results)
    return print_errors(results["runs"])


def print_table(runs: Runs, results: dict) -> None:
    print("| | CPU µs/request, 32 connections (lowest / median) | requests/s | p50 µs, 1 connection | CPU µs/SSE event "
          "| first byte µs, paced SSE | CPU µs/request of 100 KiB | idle memory MB (PSS) |")
    print("|---|---|---|---|---|---|---|---|")
    for name, version in results["versions"].items():
        own = name in results["memory"]
        events = runs.lowest(name, "sse_c8", "cpu_us")
        large = (runs.lowest(name, "json_100k", "cpu_us"), runs.middle(name, "json_100k", "cpu_us"))
        cells = [
            f"{name} {version}".strip(),
            pair(runs.lowest(name, "json_c32", "cpu_us"), runs.middle(name, "json_c32", "cpu_us")) if own else "–",
            number(runs.middle(name, "json_c32", "rps"), 0),
            number(runs.middle(name, "json_c1", "p50"), 0),
            number(events / EVENTS if events else None, 2) if own else "–",
            number(runs.middle(name, "sse_paced20", "ttfb50"), 0),
            pair(*large),
            number(results["memory"][name] / 1024, 0) if own else "–",
        ]
        print("| " + " | ".join(cells) + " |")
    seen, unseen = (runs.lowest("switchyard", load, "cpu_us") for load in ("json_c32", "json_unseen"))
    if seen and unseen:
        print(f"\nSwitchyard's CPU a request: {seen:.1f} µs for a prompt read before, {unseen:.1f} µs for a new one")


def print_figures(runs: Runs, results: dict) -> None:
    ours, nginx = (runs.lowest(name, "json_c32", "cpu_us") for name in ("switchyard", "nginx"))
    if ours and nginx:
        print(f"figure gateway_cpu_ratio_nginx {ours / nginx:.2f} x")
    for figure, load, key, digits in (
        ("gateway_added_p50_ms", "json_c1", "p50", 3),
        ("gateway_added_ttfb_ms", "sse_paced20", "ttfb50", 2),
    ):
        with_us, without = (runs.middle(name, load, key) for name in ("switchyard", "direct"))
        if with_us and without:
            print(f"figure {figure} {(with_us - without) / 1000:.{digits}f} ms")
    stream = runs.lowest("switchyard", "sse_c8", "cpu_us")
    if stream:
        print(f"figure gateway_sse_event_us {stream / EVENTS:.2f} us")
    unseen = runs.lowest("switchyard", "json_unseen", "cpu_us")
    if ours and unseen:
        print(f"figure gateway_unseen_added_us {unseen - ours:.1f} us")
    large, nginx_large = (runs.lowest(name, "json_100k", "cpu_us") for name in ("switchyard", "nginx"))
    if large and nginx_large:
        print(f"figure gateway_cpu_ratio_nginx_100k {large / nginx_large:.2f} x")
        speed = results["scan_gb_per_s"]
        if speed:
            scan = BODY_100K / speed / 1000
            print(f"  of our {large:.0f} µs the scan is {scan:.0f} (100 KiB at the {speed} GB/s of bench-json); "
                  f"without it {(large - scan) / nginx_large:.2f} x")
        else:
            print("  how much of it is the scan: build bench-json beside the binary")


def print_loops(results: dict) -> None:
    """When every loop works without a pause, each serves one request in the CPU time that one takes it. So two loops have
    2 × (CPU of a request with one loop) / (CPU of a request with two) times the capacity of one. It falls below two when
    loops disturb each other. The load is a closed one: clients of the loop whose core has more time come back sooner, so
    the parts of the loops say how the cores were shared, and nothing about the loops."""

    def best(rounds: list[dict]) -> dict | None:
        return min((r for r in rounds if r.get("ok") and r["loops"]), key=lambda r: sum(r["loops"]), default=None)

    one, two = best(results["loops"][1]), best(results["loops"][2])
    if not one or not two:
        return
    alone, busier, both = sum(one["loops"]), max(two["loops"]), sum(two["loops"])
    fastest = {count: max(r["rps"] for r in results["loops"][count] if r.get("ok")) for count in (1, 2)}
    print(f"figure gateway_two_loops_capacity {2 * alone / both:.2f} x")
    print(f"  one loop: {alone:.1f} µs of its CPU a request; two: {' + '.join(f'{loop:.1f}' for loop in two['loops'])} "
          f"= {both:.1f} µs, {100 * (both / alone - 1):+.0f} %; the busier loop did {100 * busier / both:.0f} % of it; "
          f"other threads {two['rest']:.1f} µs")
    print(f"  measured, the fastest round of each: {fastest[1]:.0f} and {fastest[2]:.0f} requests/s, "
          f"{fastest[2] / fastest[1]:.2f} x")
    if not results["loops_apart"]:
        room = 2e6 / (both + two["rest"] + two["others"])
        print(f"  but the load generator and the engines took {two['others']:.1f} µs a request of the same two cores; "
              f"about {room:.0f} requests/s ({room / fastest[1]:.2f} x) is the most that could be measured")


def print_errors(runs: dict[str, dict[str, list[dict[str, float]]]]) -> int:
    """Says which answers were missing or not as long as the engine's."""
    failed = 0
    for name, loads in runs.items():
        for load, rounds in loads.items():
            expected = {run["least_body"] for run in runs["direct"].get(load, []) if run.get("ok")}
            wrong = sum(run.get("err", 0) for run in rounds)
            empty = sum(not run.get("ok") for run in rounds)
            lengths = {run[key] for run in rounds if run.get("ok") for key in ("least_body", "most_body")}
            other = expected and lengths - expected
            said = []
            if wrong:
                said.append(f"{wrong:.0f} answers failed")
            if empty:
                said.append(f"{empty} rounds without any")
            if other:
                said.append(f"bodies of {sorted(other)} bytes instead of {sorted(expected)}")
            if said:
                print(f"{name}, {load}: {', '.join(said)}")
                failed |= name == "switchyard"
    return int(failed)


def number(value: float | None, digits: int) -> str:
    """With a space between thousands; a dash for none."""
    return "–" if value is None else f"{value:,.{digits}f}".replace(",", " ")


def pair(lowest: float | None, middle: float | None) -> str:
    return "–" if lowest is None else f"{number(lowest, 1)} / {number(middle, 1)}"
