"""Engines by name, and name servers that do not answer."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

import wire
from clients import CHAT, ask
from conftest import Engines, Route
from processes import poll
from recording_engine import Call, ConfiguredRouter, answers, model

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler for the tests' name servers")

OFTEN = {"health_check_interval": "200ms", "health_check_timeout": "1s"}


@pytest.fixture
def down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name servers of the test's own; while the file is there they do not answer."""
    library = tmp_path / "names.so"
    source = Path(__file__).with_name("getaddrinfo.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    file = tmp_path / "down"
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("NAMES_DOWN", str(file))
    return file


def ready(router: ConfiguredRouter) -> float:
    return router.metric("switchyard_replica_ready")


def closes(call: Call) -> bool:
    """Answers each request over a connection of its own."""
    call.read_body()
    call.answer(None, "connection: close")
    return False


def test_a_name_that_is_not_answered_for_keeps_nobody_else_waiting(engines: Engines, route: Route, down: Path):
    down.touch()
    [engine] = engines(closes)
    router = route(
        model("alpha", engine, reliability=OFTEN), model("beta", "lost.test:80", reliability=OFTEN | {"connect_timeout": "300ms"})
    )
    began = time.monotonic()
    asked = 0
    while time.monotonic() - began < 4:
        assert wire.chat(router.port, ask("alpha")).status == 200
        assert wire.chat(router.port, ask("beta")).status in (502, 503)
        asked += 1
    assert len(engine.calls) == asked
    assert not re.search(rf"replica \S+ \({re.escape(engine.address)}\) is failing", router.errors)


def test_an_engine_whose_name_is_known_serves_on_while_names_are_not_answered_for(engines: Engines, route: Route, down: Path):
    [engine] = engines(closes)
    port = engine.address.rpartition(":")[2]
    router = route(model("alpha", f"engine.test:{port}", reliability=OFTEN))
    assert wire.chat(router.port, ask("alpha")).status == 200
    down.touch()
    began = time.monotonic()
    # Longer than an address is good for without being looked up anew.
    while time.monotonic() - began < 7:
        assert wire.chat(router.port, ask("alpha")).status == 200
        time.sleep(0.01)
    assert ready(router) == 1


def test_a_name_that_is_there_later_is_found(engines: Engines, route: Route, down: Path):
    [engine] = engines(answers)
    port = engine.address.rpartition(":")[2]
    down.touch()
    router = route(model("alpha", f"engine.test:{port}", reliability=OFTEN))
    router.wait_for(r"replica \S+ \(engine\.test:\d+\) is failing", lambda: router.errors)
    down.unlink()
    poll(lambda: ready(router) == 1, "the engine is ready", 30)
    assert wire.post(router.port, CHAT, ask("alpha")).status == 200
