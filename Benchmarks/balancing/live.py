#!/usr/bin/env python3
"""Replays the beginning of a trace through the real gateway in front of simulated engines, once a strategy, with time scaled.

  Benchmarks/balancing/live.py .build/release/switchyard [--rows 1000] [--speed 10] [--strategies least-ttft,random]

`switchyard replay` simulates gateway and engines in virtual time; this shows that the live gateway puts the strategies into the
same order. The engines are those of the replay: they read one prompt after another, 30 ms and 512 tokens ÷ 7 000 tokens/s for
each block that is not among their 3 000 most recently used, all of it `speed` times quicker, as are the arrivals. A block of the
trace (one hash id, 512 tokens) is 128 words here, so that prompts stay small; a word of the text is a token of the engine's.
Answers have one token, since decoding does not slow these engines.

A figure is in seconds of the trace: `figure live_ttft_s_STRATEGY VALUE s`, the mean over all requests, and
`figure live_hit_STRATEGY VALUE` the share of prompt tokens that engines found cached. Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import http.client
import json
import queue
import random
import re
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TRACE = HERE / "traces" / "mooncake_conversation.jsonl"
MODEL = "model"
# Of the trace's blocks, in this replay and in the trace.
WORDS, TOKENS = 128, 512
# What one engine holds, in blocks, and how it reads, in seconds of the trace.
CACHED_BLOCKS, FIXED_SECONDS, TOKENS_PER_SECOND = 3_000, 0.030, 7_000
# Requests in flight at most; beyond it arrivals are late, which is told.
CLIENTS = 256


def block(identity: int) -> str:
    """The text of a block: 512 bytes of three-letter words, which its number alone decides."""
    words = random.Random(identity)
    return "".join("".join(words.choices("abcdefghijklmnopqrstuvwxyz", k=3)) + " " for _ in range(WORDS))


@dataclass
class Row:
    """A request of the trace: seconds from its start, and the request's body."""

    at: float
    body: bytes


def rows(count: int) -> list[Row]:
    """The trace's first rows."""
    result = []
    with TRACE.open() as lines:
        for line, _ in zip(lines, range(count)):
            entry = json.loads(line)
            message = {"role": "user", "content": "".join(block(identity) for identity in entry["hash_ids"])}
            body = {
                "model": MODEL, "messages": [message], "max_tokens": 1, "stream": True,
                "stream_options": {"include_usage": True},
            }  # fmt: skip
            result.append(Row(entry["timestamp"] / 1000, json.dumps(body).encode()))
    return result


class Site:
    """Engines and a gateway, all of them new: nothing is cached, nothing learnt."""

    def __init__(self, binary: str, engines: int, speed: float):
        self._folder = tempfile.TemporaryDirectory(prefix="live-")
        self._processes: list[subprocess.Popen] = []
        nanoseconds = round(TOKENS / WORDS / TOKENS_PER_SECOND / speed * 1e9)
        arguments = [
            *("engine-sim", "--host", "127.0.0.1", "--port", "0", "--model", MODEL, "--seed", "7"),
            *("--max-num-seqs", "1", "--max-waiting-queue-length", "100000", "--max-model-len", "1000000"),
            *("--enable-kvcache", "--block-size", str(WORDS), "--kv-cache-size", str(CACHED_BLOCKS)),
            *("--prefill-overhead", f"{round(FIXED_SECONDS / speed * 1e6)}us"),
            *("--prefill-time-per-token", f"{nanoseconds}ns"),
        ]
        pattern = r"listening on \S+:(\d+) model"
        ports = [self._start(binary, arguments, f"engine-{index}", pattern) for index in range(engines)]
        backends = [{"name": f"engine-{index}", "endpoint": f"127.0.0.1:{port}"} for index, port in enumerate(ports)]
        file = Path(self._folder.name, "configuration.json")
        file.write_text(json.dumps({
            "version": "v0.3", "routing": {},
            "providers": {"defaults": {"default_model": MODEL}, "models": [{"name": MODEL, "backend_refs": backends}]},
        }))  # fmt: skip
        serve = ["serve", "-c", str(file), "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--no-access-log"]
        self.port = self._start(binary, serve, "gateway", r"switchyard listening on http://127\.0\.0\.1:(\d+)")

    def _start(self, binary: str, arguments: list[str], name: str, pattern: str) -> int:
        """Starts a process and returns the port that it prints."""
        log = Path(self._folder.name, name)
        with log.open("wb") as output:
            process = subprocess.Popen([binary, *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self._processes.append(process)
        end = time.monotonic() + 30
        while not (found := re.search(pattern, log.read_text(errors="replace"))):
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{name} does not start: {log.read_text(errors='replace')}")
            time.sleep(0.02)
        return int(found[1])

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        self._folder.cleanup()


@dataclass
class Result:
    """What one request saw: when it was sent against when it should have been, and the first token, in real seconds."""

    late: float
    first_token: float
    prompt_tokens: int
    cached_tokens: int


def ask(connection: http.client.HTTPConnection, row: Row, strategy: str, due: float) -> Result:
    sent = time.monotonic()
    headers = {"content-type": "application/json", "routing-strategy": strategy}
    connection.request("POST", "/v1/chat/completions", row.body, headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {answer.read(500)!r}")
    first, usage = None, {}
    for line in answer:
        if line.startswith(b"data: {"):
            first = first or time.monotonic()
            usage = json.loads(line[6:]).get("usage") or usage
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    return Result(sent - due, (first or time.monotonic()) - sent, usage["prompt_tokens"], cached)


def replay(site: Site, trace: list[Row], strategy: str, speed: float) -> list[Result]:
    """Sends the trace's requests when they are due."""
    due: queue.SimpleQueue[tuple[Row, float] | None] = queue.SimpleQueue()
    results: list[Result] = []
    failures: list[str] = []

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=600)
        while (item := due.get()) is not None:
            try:
                results.append(ask(connection, item[0], strategy, item[1]))
            except (OSError, RuntimeError, http.client.HTTPException, KeyError) as error:
                failures.append(f"{type(error).__name__}: {error}")
                connection.close()
        connection.close()

    clients = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    start = time.monotonic()
    for row in trace:
        at = start + row.at / speed
        time.sleep(max(0.0, at - time.monotonic()))
        due.put((row, at))
    for _ in clients:
        due.put(None)
    for client in clients:
        client.join()
    if failures:
        raise SystemExit(f"{len(failures)} requests failed under {strategy}; the first: {failures[0]}")
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("binary", help="the switchyard to measure; a release build, else it is the processor that is measured")
    parser.add_argument("--rows", type=int, default=1_000, help="of the trace (1000)")
    parser.add_argument("--speed", type=float, default=10, help="how many times quicker than the trace (10)")
    parser.add_argument("--engines", type=int, default=8, help="simulated engines (8)")
    parser.add_argument("--strategies", default="random,least-request,prefix-cache,sticky,least-ttft")
    options = parser.parse_args()
    trace = rows(options.rows)
    for strategy in options.strategies.split(","):
        site = Site(options.binary, options.engines, options.speed)
        try:
            results = replay(site, trace, strategy, options.speed)
        finally:
            site.close()
        first = sorted(result.first_token * options.speed for result in results)
        hit = sum(result.cached_tokens for result in results) / sum(result.prompt_tokens for result in results)
        late = max(result.late for result in results)
        print(
            f"{strategy}: {len(results)} requests, time to first token mean {sum(first) / len(first):.2f} s,"
            f" median {first[len(first) // 2]:.2f}, p90 {first[len(first) * 9 // 10]:.2f}; sent {late * 1000:.0f} ms late at most"
        )
        name = re.sub(r"\W+", "_", strategy)
        print(f"figure live_ttft_s_{name} {sum(first) / len(first):.3f} s")
        print(f"figure live_hit_{name} {hit:.3f} share", flush=True)


if __name__ == "__main__":
    main()
