"""`switchyard replay`: traces in each format, and what is wrong with one."""

from __future__ import annotations

import json
import random
import re
import subprocess
from pathlib import Path

import pytest

import wire
from clients import ask
from conftest import Engines, Maker
from processes import MODEL, REPOSITORY, configuration, poll, run
from recording_engine import answers, document, model

TRACES = REPOSITORY / "Benchmarks" / "balancing" / "traces"
LINE = {"time": "2026-01-31T23:59:59Z", "event": "request", "model": "m", "request_bytes": 4000, "response_bytes": 400}


def replay(*arguments: object) -> subprocess.CompletedProcess[str]:
    return run("replay", *map(str, arguments), timeout=120)


def row(result: subprocess.CompletedProcess[str], strategy: str) -> list[str]:
    assert result.returncode == 0, result.stderr
    return next(line.split()[1:] for line in result.stdout.splitlines() if line.split()[:1] == [strategy])


def test_the_default_is_better_than_least_request_on_conversations(tmp_path: Path):
    drawing = tmp_path / "ttft.svg"
    result = replay(
        "--trace", TRACES / "mooncake_conversation.jsonl", "--requests", 1000, "--policy", "least-ttft",
        *["--policy", "least-request", "--svg", drawing],
    )
    hit, mean = map(float, row(result, "least-ttft")[:2])
    other_hit, other_mean = map(float, row(result, "least-request")[:2])
    assert hit > other_hit and mean < other_mean
    assert drawing.read_text().startswith("<svg")


def test_the_same_seed_gives_the_same_table():
    arguments = ["--trace", TRACES / "azure_llm_2023_code.csv", "--requests", 500, "--policy", "random", "--seed", 7]
    assert replay(*arguments).stdout == replay(*arguments).stdout


def test_the_gateways_own_access_log_is_a_trace(tmp_path: Path):
    log = tmp_path / "access.log"
    log.write_text("".join(json.dumps(LINE | {"duration_us": n * 1000}) + "\n" for n in range(50)))
    assert "50 requests" in replay("--trace", log, "--replicas", 2).stdout


def test_what_a_gateway_logged_is_replayed(engines: Engines, make: Maker, tmp_path: Path):
    router = make.router("-c", str(make.file(document(model("alpha", *engines(answers, answers))))))
    for number in range(30):
        assert wire.chat(router.port, ask(padding=number * 100)).status == 200
    poll(lambda: router.output.count('"event":"request"') == 30, "every request is logged")
    log = tmp_path / "yesterday.log"
    log.write_text(router.output)
    # As it was, and with one replica less.
    for replicas in (2, 1):
        result = replay("--trace", log, "--replicas", replicas, "--policy", "least-ttft", "--policy", "random")
        assert re.search(rf"^30 requests in 0\.\d min, {replicas} replicas", result.stdout, re.MULTILINE)
        assert float(row(result, "least-ttft")[1]) > 0


def test_a_replay_has_the_hits_that_the_live_run_had(make: Maker, tmp_path: Path):
    """To a tenth: of so few requests the first ones may go elsewhere, and another prompt be given up."""
    engines = [
        make.engine(f"pod-{number}", "--enable-kvcache", "--block-size", "16", "--kv-cache-size", "3200",
                    "--max-model-len", "100000")
        for number in (1, 2, 3)
    ]  # fmt: skip
    file = make.file(configuration([engine.address for engine in engines]))
    router = make.router("-c", str(file), "--log-prefixes")
    chance = random.Random(5)
    told = []

    def words(count: int) -> str:
        return " ".join("".join(chance.choices("abcdefghijklmnop", k=5)) for _ in range(count))

    threads = [[{"role": "user", "content": words(chance.randint(2_000, 5_000))}] for _ in range(10)]
    for _ in range(60):
        thread = chance.choice(threads)
        body = {"model": MODEL, "messages": thread, "max_tokens": 4}
        answer = wire.chat(router.port, json.dumps(body), "Routing-Strategy: prefix-cache")
        told.append(answer.json()["usage"])
        reply = {"role": "assistant", "content": answer.json()["choices"][0]["message"]["content"]}
        thread += [reply, {"role": "user", "content": words(chance.randint(200, 1_500))}]
    # What no engine answers is no request of the replay.
    assert wire.chat(router.port, ask("nobody")).status == 400
    poll(lambda: router.output.count('"event":"request"') == 61, "every request is logged")
    log = tmp_path / "yesterday.log"
    log.write_text(router.output)
    live = sum(usage["prompt_tokens_details"]["cached_tokens"] for usage in told)
    live /= sum(usage["prompt_tokens"] for usage in told)
    assert 0.3 < live < 0.95
    result = replay("--trace", log, "--replicas", 3, "--cache-blocks", 100, "--policy", "prefix-cache", "--model", MODEL)
    assert f"60 requests in" in result.stdout and f"found {live:.3f} of the prompt tokens cached" in result.stdout
    assert abs(float(row(result, "prefix-cache")[0]) - live) < 0.1, (live, result.stdout)
    # A prompt of the log is told by hashes alone.
    assert threads[0][0]["content"][:40] not in router.output


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--trace", "nowhere.jsonl"], "nowhere.jsonl: cannot be read"),
        (["--trace", TRACES / "azure_llm_2023_code.csv", "--policy", "least-tftt"], "least-ttft"),
        (["--trace", TRACES / "azure_llm_2023_code.csv", "--replicas", "0"], "--replicas is 1 to 1000"),
        (["--trace", TRACES / "azure_llm_2023_code.csv", "--format", "mooncake"], "azure_llm_2023_code.csv:1"),
    ],
)
def test_an_error_names_the_place_and_the_way_out(arguments: list[object], error: str):
    result = replay(*arguments)
    assert result.returncode != 0
    assert error in result.stderr
