"""Engines in pairs, and what tests of prefill and decode ask of them."""

from __future__ import annotations

import json
import re

import wire
from conftest import Maker
from envoy_proxy import Processor
from faulty_engine import Fault, FaultyEngine
from processes import Engine, Running
from recording_engine import ConfiguredRouter, RecordingEngine, document

KINDS = ["vllm", "sglang", "trtllm"]
FAULTS = [Fault.REFUSES, Fault.CLOSES_BEFORE_HEAD, Fault.ANSWERS_500, Fault.ANSWERS_503, Fault.RESETS_MIDWAY,
          Fault.GARBAGE, Fault.HANGS_BEFORE_HEAD, Fault.HANGS_MIDWAY]  # fmt: skip
LABEL = "model.aibrix.ai/sglang-bootstrap-port"


def body(stream: bool = False, content: str = "Hi", **more: object) -> str:
    text = {"model": "m", "messages": [{"role": "user", "content": content}], "max_tokens": 8, **more}
    return json.dumps(text | ({"stream": True} if stream else {}))


def simulated(make: Maker, kind: str, role: str, name: str, *arguments: str) -> Engine:
    return make.engine(name, "--role", role, "--hand-over", kind, *arguments, model="m")


Leg = Engine | FaultyEngine | RecordingEngine


def endpoint(leg: Leg) -> dict:
    port = int(leg.address.rpartition(":")[2])
    # A simulated engine waits for those that decode on its only port.
    return {"address": leg.address, "labels": {LABEL: str(port)}}


def route_pairs(
    make: Maker, kind: str, prefill: list[Leg], decode: list[Leg], whole: list[str] | None = None, **reliability: object
) -> ConfiguredRouter:
    """A router in front of one group of engines that hand their caches over."""
    router = make.keep(ConfiguredRouter(*files(make, kind, prefill, decode, whole, **reliability)))
    wait_until_ready(router, prefill, decode, whole)
    return router


def files(
    make: Maker, kind: str, prefill: list[Leg], decode: list[Leg], whole: list[str] | None = None, **reliability: object
) -> list[str]:
    """The arguments that name a configuration and its endpoints file."""
    sets = [{"name": "set-0", "prefill": [*map(endpoint, prefill)], "decode": [*map(endpoint, decode)]}]
    engines = make.file(json.dumps({"models": [{"name": "m", "engine": kind, "rolesets": sets}]}))
    backends = [{"name": f"whole-{index}", "endpoint": address} for index, address in enumerate(whole or [])]
    model: dict = {"name": "m", "backend_refs": backends, "reliability": reliability}
    file = make.file(document(model, gateway={"aibrix_compat": "latest"}))
    return ["-c", str(file), "--endpoints", str(engines)]


def wait_until_ready(router: Running, prefill: list[Leg], decode: list[Leg], whole: list[str] | None = None) -> None:
    """One that is first probed when a test has broken it already would never be asked."""
    for address in [leg.address for leg in [*prefill, *decode]] + (whole or []):
        router.wait_for(rf"^replica \S+ \({re.escape(address)}\) is ready$", lambda: router.errors)


def outcomes(router: ConfiguredRouter | Processor) -> dict[str, int]:
    """The prefill legs by how they ended."""
    port = router.management if isinstance(router, Processor) else router.port
    text = wire.get(port, "/metrics").body.decode()
    lines = [line for line in text.splitlines() if line.startswith("switchyard_prefill_legs_total{")]
    return {line.split('"')[1]: int(float(line.rpartition(" ")[2])) for line in lines}


def last(engine: Engine) -> dict:
    """The last request to generate that a simulated engine got."""
    return [entry for entry in engine.requests() if entry["method"] == "POST"][-1]
