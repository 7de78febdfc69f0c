"""Fixtures: a fleet of three engines behind a router that all harmless tests share, and makers for tests that break
theirs. Everything that was started ends with its fixture."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import openai
import pytest

import wire
from faulty_engine import Fault, FaultyEngine
from processes import BINARY, Engine, Router, Running, configuration
from recording_engine import Call, ConfiguredRouter, RecordingEngine, Script, answers, document, model


def pytest_configure() -> None:
    if not BINARY:
        raise pytest.UsageError("SWITCHYARD must name the binary; scripts/end-to-end.sh does so")
    # Asked to end, the tests end what they started, as they do after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@dataclass
class Fleet:
    """A router and the engines behind it."""

    router: Router
    engines: list[Engine]
    file: Path

    @property
    def port(self) -> int:
        return self.router.port

    def engine(self, answer: wire.Response) -> Engine:
        """The engine that gave an answer."""
        pod = answer.header("x-inference-pod")
        return next(engine for engine in self.engines if engine.pod == pod)

    def seen(self) -> int:
        """Requests that the engines have received in all."""
        return sum(int(entries[-1]["id"]) for engine in self.engines if (entries := engine.requests()))


class Maker:
    """Starts processes and remembers them for the end."""

    def __init__(self, folder: Path, stack: ExitStack):
        self._folder = folder
        self._stack = stack
        self._count = 0

    def keep(self, running: Running) -> Running:
        self._stack.callback(running.close)
        return running

    def engine(self, pod: str, *arguments: str, **options) -> Engine:
        return self.keep(Engine(pod, *arguments, **options))

    def router(self, *arguments: str) -> Router:
        return self.keep(Router(*arguments))

    def file(self, text: str) -> Path:
        self._count += 1
        path = self._folder / f"config-{self._count}.yaml"
        path.write_text(text)
        return path

    def fleet(self, *arguments: str, count: int = 1) -> Fleet:
        """`count` engines with these arguments and a router in front of them."""
        engines = [self.engine(f"pod-{index}", *arguments) for index in range(1, count + 1)]
        file = self.file(configuration([engine.address for engine in engines]))
        return Fleet(self.router("-c", str(file)), engines, file)


class Site:
    """A router in front of engines that record: two models, `alpha`, the default, and `beta`, which has one replica."""

    def __init__(self, make: Maker, alpha: list[RecordingEngine], beta: RecordingEngine):
        self.alpha, self.beta = alpha, beta
        text = document(model("alpha", *alpha), model("beta", beta, provider_model_id="org/beta-8b"))
        self.router: ConfiguredRouter = make.keep(ConfiguredRouter("-c", str(make.file(text))))

    @property
    def port(self) -> int:
        return self.router.port

    def last(self) -> Call:
        """The last request that any engine got."""
        return max((call for engine in [*self.alpha, self.beta] for call in engine.calls), key=lambda call: call.at)


Engines = Callable[..., list[RecordingEngine]]
Route = Callable[..., ConfiguredRouter]
Sites = Callable[..., Site]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Maker]:
    """Starts what one test needs for itself."""
    with ExitStack() as stack:
        yield Maker(tmp_path, stack)


@pytest.fixture
def engines() -> Iterator[Engines]:
    """Starts a recording engine for each script."""
    started: list[RecordingEngine] = []

    def start(*scripts: Script) -> list[RecordingEngine]:
        new = [RecordingEngine(f"engine-{len(started) + index}", script) for index, script in enumerate(scripts, 1)]
        started.extend(new)
        return new

    yield start
    for engine in started:
        engine.close()


@pytest.fixture
def route(make: Maker) -> Route:
    """Starts a router in front of models."""
    return lambda *models, **more: make.keep(ConfiguredRouter("-c", str(make.file(document(*models, **more)))))


@pytest.fixture
def site(make: Maker) -> Iterator[Sites]:
    """Starts a site; its engines answer, or do as their scripts say."""
    engines: list[RecordingEngine] = []

    def start(alpha: list[Script] | None = None, beta: Script = answers) -> Site:
        first = [RecordingEngine(f"alpha-{index}", script) for index, script in enumerate(alpha or [answers] * 2, 1)]
        engines.extend([*first, second := RecordingEngine("beta-1", beta)])
        return Site(make, first, second)

    yield start
    for engine in engines:
        engine.close()


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Three engines behind the sample's configuration. Tests leave it as they found it."""
    with ExitStack() as stack:
        fleet = Maker(tmp_path_factory.mktemp("fleet"), stack).fleet("--max-model-len", "4000000", count=3)
        yield fleet
        alive = [running.process.poll() is None for running in [fleet.router, *fleet.engines]]
        assert all(alive), f"a process of the shared fleet ended: {fleet.router.errors}"


@pytest.fixture(scope="session")
def client(fleet: Fleet) -> Iterator[openai.OpenAI]:
    """The public SDK, which retries nothing, so that it hides nothing."""
    with openai.OpenAI(base_url=fleet.router.url, api_key="sk-test", max_retries=0, timeout=15) as client:
        yield client


@pytest.fixture
def faulty() -> Iterator[Callable[[Fault], FaultyEngine]]:
    with ExitStack() as stack:

        def start(fault: Fault) -> FaultyEngine:
            engine = stack.enter_context(FaultyEngine())
            engine.fault = fault
            return engine

        yield start
