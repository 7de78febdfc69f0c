"""One engine of three misbehaves. Requests whose answer has not begun are served by the others; an answer that began
and died ends so that its client notices; nothing waits longer than the timeouts allow, and nothing is left behind.

The figures of docs/reliability.md come from here: Tests/EndToEnd/fault_table.py prints them.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

import wire
from conftest import Maker
from faulty_engine import Fault, FaultyEngine, Received
from processes import MODEL, Engine, Router, configuration, poll

CHAT = "/v1/chat/completions"
CLIENTS = 6
REQUESTS = 60
CONSECUTIVE = 3
EJECTION = 2.0
# First byte or idle 0.5 s, found by a sweep each 0.1 s, and some for a busy machine.
PATIENCE = 4.0
# Without slow start, so that a replica that is back gets its share at once.
RELIABILITY = {
    "first_byte_timeout": "500ms",
    "idle_timeout": "500ms",
    "consecutive_5xx": CONSECUTIVE,
    "base_ejection_time": "2s",
    "slow_start": "0s",
}


@dataclass(frozen=True)
class Case:
    """A fault and what clients may notice of it."""

    fault: Fault
    # An answer reaches clients before the engine fails, so that it cannot be taken back.
    begins: bool = False
    ejects_json: bool = True
    ejects_stream: bool = True
    patience: float = PATIENCE

    def ejects(self, streams: bool) -> bool:
        return self.ejects_stream if streams else self.ejects_json


CASES = [
    Case(Fault.REFUSES),
    Case(Fault.CLOSES_BEFORE_HEAD),
    Case(Fault.RESETS_BEFORE_HEAD),
    Case(Fault.HANGS_BEFORE_HEAD),
    Case(Fault.GARBAGE),
    Case(Fault.ENDLESS_FIELDS),
    Case(Fault.ENDLESS_FIELDS_STEADY),
    Case(Fault.ENDLESS_FIELDS_SLOW),
    Case(Fault.ANSWERS_503),
    Case(Fault.ANSWERS_500),
    Case(Fault.HANGS_AFTER_HEAD),
    Case(Fault.HANGS_MIDWAY, begins=True),
    Case(Fault.RESETS_MIDWAY, begins=True),
    Case(Fault.RESETS_WITHIN_CHUNK, begins=True),
    Case(Fault.LENGTH_TOO_LONG, begins=True),
    # A body cut at its own length is whole as far as HTTP goes; of chunks the seam shows.
    Case(Fault.LENGTH_TOO_SHORT, begins=True, ejects_json=False),
    Case(Fault.SLOW_DRIP, ejects_json=False, ejects_stream=False, patience=4.0),
]


@dataclass
class Outcome:
    """How a request ended for its client."""

    kind: str
    status: int = 0
    pod: str = ""
    body: bytes = b""
    seconds: float = 0.0


@dataclass(frozen=True)
class Counts:
    """What the router has counted so far."""

    retries: int
    errors: int
    broken: int

    @classmethod
    def of(cls, router: Router) -> Counts:
        names = ("switchyard_retries_total", "llm_request_errors_total", "switchyard_broken_answers_total")
        return cls(*[round(router.metric(name)) for name in names])

    def __sub__(self, before: Counts) -> Counts:
        return Counts(self.retries - before.retries, self.errors - before.errors, self.broken - before.broken)


@dataclass
class Figures:
    """A row of the table."""

    fault: str
    kind: str
    requests: int
    served: int
    died: int
    passed: int
    retries: int
    p50: float
    p99: float
    ejected_after: str
    back_after: str = "–"


TABLE: list[Figures] = []


def ask(port: int, streams: bool) -> Outcome:
    """Sends one request and reads what comes, whatever it is."""
    body = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"Hi"}}],"max_tokens":4'
    body += ',"stream":true}' if streams else "}"
    began = time.monotonic()
    outcome = read_outcome(port, body, streams)
    outcome.seconds = time.monotonic() - began
    return outcome


def read_outcome(port: int, body: str, streams: bool) -> Outcome:
    try:
        with wire.Connection(port, timeout=5) as connection:
            connection.send(wire.request(CHAT, body))
            answer = connection.read_head()
            outcome = Outcome("whole", answer.status, answer.header("x-inference-pod") or "")
            try:
                read_body(connection, answer, outcome)
            except (EOFError, ConnectionResetError):
                outcome.kind = "cut"
            except TimeoutError:
                outcome.kind = "hangs"
            if outcome.kind == "whole" and streams and outcome.status == 200:
                outcome.kind = stream_end(outcome.body)
            return outcome
    except TimeoutError:
        return Outcome("no answer in time")
    except (EOFError, OSError) as error:
        return Outcome(f"no answer: {error!r}"[:120])


def read_body(connection: wire.Connection, answer: wire.Response, outcome: Outcome) -> None:
    if answer.header("transfer-encoding") == "chunked":
        while part := connection.read_chunk():
            outcome.body += part
    else:
        length = answer.header("content-length")
        assert length is not None, "an answer has no end but the connection's"
        outcome.body = connection.read_exactly(int(length))


def stream_end(body: bytes) -> str:
    """`whole` for a stream with its [DONE], `error event` for one that says at its end that it died."""
    events = [part for part in body.replace(b"\r\n", b"\n").split(b"\n\n") if part.strip()]
    last = events[-1] if events else b""
    if last == b"data: [DONE]":
        return "whole"
    try:
        error = json.loads(last.split(b"data: ", 1)[1])["error"]
        if isinstance(error["message"], str) and {"type", "param", "code"} <= set(error):
            return "error event"
    except (IndexError, KeyError, TypeError, ValueError):
        pass
    return "a stream without an end"


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Engine]]:
    with ExitStack() as stack:
        maker = Maker(tmp_path_factory.mktemp("healthy"), stack)
        yield [maker.engine("pod-1"), maker.engine("pod-2")]


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """Writes the figures to the file that FAULT_TABLE names."""
    yield
    if path := os.environ.get("FAULT_TABLE"):
        Path(path).write_text(markdown())


def markdown() -> str:
    head = "| fault | answer | requests | served by another | began and died | passed on | retries | p50 ms | p99 ms"
    lines = [f"{head} | ejected after | back after s |", "|---" * 11 + "|"]
    for row in TABLE:
        counts = f"{row.requests} | {row.served} | {row.died} | {row.passed} | {row.retries}"
        times = f"{row.p50:.1f} | {row.p99:.0f} | {row.ejected_after} | {row.back_after}"
        lines.append(f"| {row.fault} | {row.kind} | {counts} | {times} |")
    return "\n".join(lines) + "\n"


def reliable(engines: list[str], **more: object) -> str:
    """The sample's configuration with short timeouts, and more keys of `reliability`."""
    text = configuration(engines)
    keys = json.dumps(RELIABILITY | more)
    changed = text.replace("      backend_refs:\n", f"      reliability: {keys}\n      backend_refs:\n", 1)
    assert changed != text, "the sample has no backend_refs"
    return changed


def first_ejection(received: list[Received]) -> list[Received]:
    """Requests that came before the first ejection can have ended."""
    if len(received) < CONSECUTIVE:
        return received
    end = received[CONSECUTIVE - 1].at + EJECTION * 0.9
    return [request for request in received if request.at < end]


@pytest.mark.parametrize("streams", [False, True], ids=["JSON", "SSE"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault.value)
def test_a_fault_costs_no_request_that_has_not_begun(make: Maker, healthy: list[Engine], case: Case, streams: bool):
    with FaultyEngine() as faulty:
        file = make.file(reliable([faulty.address, *[engine.address for engine in healthy]]))
        router = make.router("-c", str(file), "--no-access-log")
        poll(lambda: ask(router.port, streams).pod == "faulty", "the engine is used while it is well")
        faulty.forget()
        before = Counts.of(router)
        faulty.fault = case.fault
        outcomes = ask_until_ejected(router, faulty, case, streams)
        received = list(faulty.received)
        counts = Counts.of(router) - before
        row = figures(case, streams, outcomes, counts.retries, received)
        TABLE.append(row)
        check_outcomes(case, streams, outcomes)
        died = sum(outcome.kind in ("cut", "error event") for outcome in outcomes)
        assert (counts.errors, counts.broken) == (died, died), "answers that died are counted, and nothing else is"
        poll(lambda: router.in_flight() == 0, "the router counts no request on any replica")
        if case.ejects(streams) and case.fault is not Fault.REFUSES:
            count = len(first_ejection(received))
            assert count >= CONSECUTIVE, f"it was ejected after {count} requests"
            # Those that were on their way when the third failed arrive as well.
            assert count <= CONSECUTIVE + CLIENTS - 1, f"it got {count} requests before it was ejected"
        check_return(router, faulty, streams, row)
        if case.ejects(streams) and case.fault is not Fault.REFUSES:
            away = faulty.received[len(received)].at - received[CONSECUTIVE - 1].at
            assert away >= EJECTION * 0.9, f"it was back after {away:.2f} s"


def ask_until_ejected(router: Router, faulty: FaultyEngine, case: Case, streams: bool) -> list[Outcome]:
    """60 requests by 6 clients. An engine that hangs gets few of them, so more follow until it has failed often enough,
    and some after that, which must not reach it."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        outcomes = list(pool.map(lambda _: ask(router.port, streams), range(REQUESTS)))
    if case.ejects(streams):
        for _ in range(REQUESTS):
            if len(faulty.received) >= CONSECUTIVE or case.fault is Fault.REFUSES:
                break
            outcomes.append(ask(router.port, streams))
        outcomes += [ask(router.port, streams) for _ in range(20)]
    return outcomes


def check_outcomes(case: Case, streams: bool, outcomes: list[Outcome]) -> None:
    died = "error event" if streams else "cut"
    allowed = {("whole", 200)}
    if case.begins:
        allowed.add((died, 200))
    others = [
        (outcome.kind, outcome.status, outcome.body[-200:])
        for outcome in outcomes
        if (outcome.kind, outcome.status) not in allowed
    ]
    assert not others, f"{len(others)} of {len(outcomes)} ended otherwise, such as {others[0]}"
    whole_begun = case.fault in (Fault.SLOW_DRIP, Fault.LENGTH_TOO_SHORT)
    for outcome in outcomes:
        if outcome.kind == "whole" and outcome.status == 200 and not whole_begun:
            assert outcome.pod in ("pod-1", "pod-2")
            assert streams or json.loads(outcome.body)["choices"]
    longest = max(outcome.seconds for outcome in outcomes)
    assert longest < case.patience, f"an answer took {longest:.2f} s"


def check_return(router: Router, faulty: FaultyEngine, streams: bool, row: Figures) -> None:
    """Healed, the engine is used again once its ejection has ended, and all is as before."""
    faulty.fault = Fault.NONE
    healed = time.monotonic()

    def answers() -> bool:
        outcome = ask(router.port, streams)
        return outcome.pod == "faulty" and outcome.kind == "whole" and outcome.status == 200

    poll(answers, "the healed engine is used again", within=4 * EJECTION + 2)
    row.back_after = f"{time.monotonic() - healed:.1f}"
    with ThreadPoolExecutor(CLIENTS) as pool:
        outcomes = list(pool.map(lambda _: ask(router.port, streams), range(REQUESTS // 2)))
    assert {(outcome.kind, outcome.status) for outcome in outcomes} == {("whole", 200)}
    poll(lambda: router.in_flight() == 0, "the router counts no request on any replica")
    assert not faulty.stray


def figures(
    case: Case, streams: bool, outcomes: list[Outcome], retries: int, received: list[Received]
) -> Figures:
    times = sorted(outcome.seconds * 1000 for outcome in outcomes)
    count = retries if case.fault is Fault.REFUSES else len(first_ejection(received))
    return Figures(
        fault=case.fault.value,
        kind="SSE" if streams else "JSON",
        requests=len(outcomes),
        served=sum(outcome.kind == "whole" and outcome.pod != "faulty" for outcome in outcomes),
        died=sum(outcome.kind in ("cut", "error event") for outcome in outcomes),
        passed=sum(outcome.kind == "whole" and outcome.pod == "faulty" for outcome in outcomes),
        retries=retries,
        p50=times[len(times) // 2],
        p99=times[int(len(times) * 0.99)],
        ejected_after=str(count) if case.ejects(streams) else "–",
    )


def test_all_replicas_of_a_model_are_never_ejected_together(make: Maker):
    """With every engine failing, requests still reach them: the first that recovers is found at once."""
    with FaultyEngine("faulty-1") as first, FaultyEngine("faulty-2") as second:
        router = make.router("-c", str(make.file(reliable([first.address, second.address]))), "--no-access-log")
        first.fault = second.fault = Fault.CLOSES_BEFORE_HEAD
        with ThreadPoolExecutor(CLIENTS) as pool:
            outcomes = list(pool.map(lambda _: ask(router.port, False), range(30)))
        assert {outcome.status for outcome in outcomes} <= {502, 503}
        first.fault = second.fault = Fault.NONE
        assert ask(router.port, False).status == 200
        poll(lambda: router.in_flight() == 0, "the router counts no request on any replica")


def test_retries_stay_within_their_budget(make: Maker):
    """Two of three engines fail at once: retries are at most a fifth of the requests and a reserve of ten, and the
    failing ones are soon ejected, so that few are needed."""
    with FaultyEngine("faulty-1") as first, FaultyEngine("faulty-2") as second:
        well = make.engine("pod-1")
        # Of three replicas, half is one: both failing ones may be ejected only with more.
        file = make.file(reliable([first.address, second.address, well.address], max_ejection_percent=100))
        router = make.router("-c", str(file), "--no-access-log")
        first.fault = second.fault = Fault.RESETS_BEFORE_HEAD
        with ThreadPoolExecutor(CLIENTS) as pool:
            outcomes = list(pool.map(lambda _: ask(router.port, False), range(200)))
        retries = router.metric("switchyard_retries_total")
        assert retries <= 200 * 0.2 + 10
        failed = sum(outcome.status != 200 for outcome in outcomes)
        assert failed <= CLIENTS, f"{failed} of 200 requests failed with a healthy replica beside"
        poll(lambda: router.in_flight() == 0, "the router counts no request on any replica")
