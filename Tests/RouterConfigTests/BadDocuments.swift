/// Documents that cannot be used, with every line that is said about each.
let badDocuments: [DocumentCase] = [
  DocumentCase(
    "an empty file is refused",
    """

    """,
    [
      "c.yaml:1:1: the document is empty; `switchyard config init` writes one to begin with"
    ]),
  DocumentCase(
    "a file of comments only is refused",
    """
    # nothing here
    """,
    [
      "c.yaml:1:1: the document is empty; `switchyard config init` writes one to begin with"
    ]),
  DocumentCase(
    "a list is not a document",
    """
    - a
    - b
    """,
    [
      "c.yaml:1:1: the document must be a mapping, not a list"
    ]),
  DocumentCase(
    "a text is not a document",
    """
    hello
    """,
    [
      "c.yaml:1:1: the document must be a mapping, not \"hello\""
    ]),
  DocumentCase(
    "broken YAML is refused with its place",
    """
    routing:
      decisions: [
    """,
    [
      "c.yaml:3:1: not valid YAML: while parsing a flow node, did not find expected node content"
    ]),
  DocumentCase(
    "a tab as indentation is refused",
    """
    routing:
    \tdecisions: []
    """,
    [
      "c.yaml:2:1: not valid YAML: while scanning for the next token, found character that cannot start any "
        + "token"
    ]),
  DocumentCase(
    "the same key twice is refused",
    """
    routing: {}
    routing: {}
    """,
    [
      "c.yaml:1:1: not valid YAML: the same mapping has the key \"routing\" more than once"
    ]),
  DocumentCase(
    "two documents in a file are refused",
    """
    routing: {}
    ---
    routing: {}
    """,
    [
      "c.yaml:2:1: not valid YAML: expected a single document in the stream, but found another document"
    ]),
  DocumentCase(
    "an unknown alias is refused",
    """
    routing: *nowhere
    """,
    [
      "c.yaml:1:10: not valid YAML: found undefined alias"
    ]),
  DocumentCase(
    "a list as a key is refused",
    """
    routing:
      ? [a, b]
      : c
    """,
    [
      "c.yaml:2:3: a key must be a text, not a list or a mapping"
    ]),
  DocumentCase(
    "a document needs routing or global",
    """
    version: v0.3
    listeners: []
    """,
    [
      "c.yaml:1:1: the document has neither routing nor global; a v0.3 document has version, listeners, "
        + "providers, routing, entrypoints, recipes and global"
    ]),
  DocumentCase(
    "keys that no format has are named",
    """
    version: v0.3
    routeing: {}
    """,
    [
      "c.yaml:1:1: the document has neither routing nor global; unknown here: routeing; a v0.3 document has "
        + "version, listeners, providers, routing, entrypoints, recipes and global",
      "c.yaml:2:1: warning: routeing is not a key of the schema and is ignored; did you mean routing?",
    ]),
  DocumentCase(
    "listeners must be a list",
    """
    routing: {}
    listeners: {port: 80}
    """,
    [
      "c.yaml:2:12: listeners must be a list, not a mapping"
    ]),
  DocumentCase(
    "a listener must be a mapping",
    """
    routing: {}
    listeners: [8080]
    """,
    [
      "c.yaml:2:13: listeners[0] must be a mapping, not 8080"
    ]),
  DocumentCase(
    "a listener needs a port",
    """
    routing: {}
    listeners:
      - name: http
    """,
    [
      "c.yaml:3:5: listener \"http\": port is missing"
    ]),
  DocumentCase(
    "a port must be a number",
    """
    routing: {}
    listeners:
      - {name: http, port: eighty}
    """,
    [
      "c.yaml:3:24: listener \"http\": port must be a whole number, not \"eighty\""
    ]),
  DocumentCase(
    "a port must fit 16 bits",
    """
    routing: {}
    listeners:
      - {name: http, port: 70000}
    """,
    [
      "c.yaml:3:24: listener \"http\": port must be between 0 and 65535, not 70000"
    ]),
  DocumentCase(
    "a port in quotes is not a number",
    """
    routing: {}
    listeners:
      - port: "8080"
    """,
    [
      "c.yaml:3:11: listeners[0].port must be a whole number, not \"8080\""
    ]),
  DocumentCase(
    "a timeout must be a duration",
    """
    routing: {}
    listeners:
      - {name: http, port: 80, timeout: soon}
    """,
    [
      "c.yaml:3:37: listener \"http\": timeout must be a duration such as 60s or 1m30s, or none, not \"soon\""
    ]),
  DocumentCase(
    "a timeout needs a known unit",
    """
    routing: {}
    listeners:
      - {name: http, port: 80, timeout: 5 days}
    """,
    [
      "c.yaml:3:37: listener \"http\": timeout must be a duration such as 60s or 1m30s, or none, not \"5 days\""
    ]),
  DocumentCase(
    "two listeners cannot share a name",
    """
    routing: {}
    listeners:
      - {name: a, port: 80}
      - {name: a, port: 81}
    """,
    [
      "c.yaml:4:12: listener \"a\": name \"a\" is taken by the one on line 3; give each a name of its own"
    ]),
  DocumentCase(
    "two listeners cannot share an address",
    """
    routing: {}
    listeners:
      - {name: a, port: 80}
      - {name: b, port: 80}
    """,
    [
      "c.yaml:4:21: listener \"b\": the address 0.0.0.0:80 is taken by the listener on line 3; give each "
        + "listener a port of its own"
    ]),
  DocumentCase(
    "the default model must be declared",
    """
    providers:
      defaults: {default_model: lama}
    routing:
      modelCards: [{name: llama}]
    """,
    [
      "c.yaml:2:29: providers.defaults.default_model: model \"lama\" is not declared; did you mean llama?"
    ]),
  DocumentCase(
    "an undeclared default model far from all others",
    """
    providers:
      defaults: {default_model: gpt}
    routing: {}
    """,
    [
      "c.yaml:2:29: providers.defaults.default_model: model \"gpt\" is not declared; declare it under "
        + "routing.modelCards or providers.models"
    ]),
  DocumentCase(
    "a reasoning family has one of three types",
    """
    providers:
      defaults:
        reasoning_families:
          qwen3: {type: kwargs, parameter: x}
    routing: {}
    """,
    [
      "c.yaml:4:21: reasoning family \"qwen3\": type must be chat_template_kwargs, reasoning_effort or "
        + "top_level_reasoning_effort, not \"kwargs\""
    ]),
  DocumentCase(
    "a reasoning family needs a parameter",
    """
    providers:
      defaults:
        reasoning_families:
          qwen3: {type: reasoning_effort}
    routing: {}
    """,
    [
      "c.yaml:4:14: reasoning family \"qwen3\": parameter is missing"
    ]),
  DocumentCase(
    "a top-level family sets reasoning_effort",
    """
    providers:
      defaults:
        reasoning_families:
          gpt: {type: top_level_reasoning_effort, parameter: effort}
    routing: {}
    """,
    [
      "c.yaml:4:58: reasoning family \"gpt\": parameter must be reasoning_effort for the type "
        + "top_level_reasoning_effort; write parameter: reasoning_effort, or another type"
    ]),
  DocumentCase(
    "a reasoning family must be a mapping",
    """
    providers:
      defaults:
        reasoning_families: {qwen3: thinking}
    routing: {}
    """,
    [
      "c.yaml:3:33: reasoning family \"qwen3\" must be a mapping, not \"thinking\""
    ]),
  DocumentCase(
    "a model's family must be declared",
    """
    providers:
      defaults:
        reasoning_families:
          qwen3: {type: reasoning_effort, parameter: reasoning_effort}
      models: [{name: m, reasoning_family: qwen}]
    routing: {}
    """,
    [
      "c.yaml:5:40: model \"m\": reasoning family \"qwen\" is not declared; did you mean qwen3?"
    ]),
  DocumentCase(
    "a model needs a name",
    """
    providers:
      models:
        - reasoning_family: x
    routing: {}
    """,
    [
      "c.yaml:3:7: providers.models[0].name is missing",
      "c.yaml:3:25: providers.models[0].reasoning_family: reasoning family \"x\" is not declared; declare it "
        + "under providers.defaults.reasoning_families",
    ]),
  DocumentCase(
    "two models cannot share a name",
    """
    providers:
      models:
        - name: m
        - name: m
    routing: {}
    """,
    [
      "c.yaml:4:13: model \"m\": name \"m\" is taken by the one on line 3; give each a name of its own"
    ]),
  DocumentCase(
    "a backend needs an address",
    """
    providers:
      models:
        - name: m
          backend_refs: [{name: a}]
    routing: {}
    """,
    [
      "c.yaml:4:22: model \"m\": backend_refs[0] has neither an endpoint nor a base_url; write endpoint: "
        + "host:port"
    ]),
  DocumentCase(
    "an endpoint is no URL",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: http://h:80}]
    routing: {}
    """,
    [
      "c.yaml:4:33: model \"m\": backend_refs[0].endpoint must be host:port, not a URL: \"http://h:80\"; write "
        + "host:port, [IPv6]:port or host:port/path"
    ]),
  DocumentCase(
    "an IPv6 address needs brackets",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: "::1:8000"}]
    routing: {}
    """,
    [
      "c.yaml:4:33: model \"m\": backend_refs[0].endpoint has an IPv6 address without brackets: \"::1:8000\"; "
        + "write host:port, [IPv6]:port or host:port/path"
    ]),
  DocumentCase(
    "an IPv6 address needs both brackets",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: "[::1:8000"}]
    routing: {}
    """,
    [
      "c.yaml:4:33: model \"m\": backend_refs[0].endpoint lacks the bracket ] of its address: \"[::1:8000\"; write "
        + "host:port, [IPv6]:port or host:port/path"
    ]),
  DocumentCase(
    "brackets are for IPv6 addresses",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: "[host]:8000"}]
    routing: {}
    """,
    [
      "c.yaml:4:33: model \"m\": backend_refs[0].endpoint has brackets around something that is no IPv6 address: "
        + "\"[host]:8000\"; write host:port, [IPv6]:port or host:port/path"
    ]),
  DocumentCase(
    "an endpoint's port must be a number",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: "host:http"}]
    routing: {}
    """,
    [
      "c.yaml:4:33: model \"m\": backend_refs[0].endpoint has no port between 1 and 65535 behind its colon: "
        + "\"host:http\"; write host:port, [IPv6]:port or host:port/path"
    ]),
  DocumentCase(
    "an endpoint's port must fit 16 bits",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: "host:65536"}]
    routing: {}
    """,
    [
      "c.yaml:4:33: model \"m\": backend_refs[0].endpoint has no port between 1 and 65535 behind its colon: "
        + "\"host:65536\"; write host:port, [IPv6]:port or host:port/path"
    ]),
  DocumentCase(
    "an endpoint needs a host",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: ":8000"}]
    routing: {}
    """,
    [
      "c.yaml:4:33: model \"m\": backend_refs[0].endpoint has no host: \":8000\"; write host:port, [IPv6]:port or "
        + "host:port/path"
    ]),
  DocumentCase(
    "an endpoint holds no query",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: "host:80/x?y=1"}]
    routing: {}
    """,
    [
      "c.yaml:4:33: model \"m\": backend_refs[0].endpoint must be an address and a path only: \"host:80/x?y=1\"; "
        + "write host:port, [IPv6]:port or host:port/path"
    ]),
  DocumentCase(
    "a base URL needs its scheme",
    """
    providers:
      models:
        - name: m
          backend_refs: [{base_url: host/v1}]
    routing: {}
    """,
    [
      "c.yaml:4:33: model \"m\": backend_refs[0].base_url must begin with http:// or https://: \"host/v1\"; write "
        + "a URL such as https://host/v1"
    ]),
  DocumentCase(
    "a protocol is http or https",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: "h:1", protocol: grpc}]
    routing: {}
    """,
    [
      "c.yaml:4:50: model \"m\": backend_refs[0].protocol must be http or https, not \"grpc\""
    ]),
  DocumentCase(
    "a weight is not negative",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: "h:1", weight: -1}]
    routing: {}
    """,
    [
      "c.yaml:4:48: model \"m\": backend_refs[0].weight must be 0 or more, not -1"
    ]),
  DocumentCase(
    "a provider must be known",
    """
    providers:
      models:
        - name: m
          backend_refs: [{base_url: https://h/v1, provider: opennai}]
    routing: {}
    """,
    [
      "c.yaml:4:57: model \"m\": backend_refs[0].provider \"opennai\" is not known; did you mean openai?"
    ]),
  DocumentCase(
    "a chat path begins with a slash",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: "h:1", chat_path: chat}]
    routing: {}
    """,
    [
      "c.yaml:4:51: model \"m\": backend_refs[0].chat_path must begin with a slash; write /chat"
    ]),
  DocumentCase(
    "extra headers are texts",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: "h:1", extra_headers: {x-key: [sk-secret]}}]
    routing: {}
    """,
    [
      "c.yaml:4:55: model \"m\": backend_refs[0].extra_headers must be a mapping of names to texts"
    ]),
  DocumentCase(
    "the value of a secret is not shown",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: "h:1", api_key: [sk-secret]}]
    routing: {}
    """,
    [
      "c.yaml:4:49: model \"m\": backend_refs[0].api_key must be a text"
    ]),
  DocumentCase(
    "a price is a number",
    """
    providers:
      models:
        - {name: m, pricing: {prompt_per_1m: cheap}}
    routing: {}
    """,
    [
      "c.yaml:3:42: model \"m\": pricing.prompt_per_1m must be a number, not \"cheap\""
    ]),
  DocumentCase(
    "an infinite price is no number",
    """
    providers:
      models:
        - {name: m, pricing: {prompt_per_1m: .inf}}
    routing: {}
    """,
    [
      "c.yaml:3:42: model \"m\": pricing.prompt_per_1m must be a number, not \".inf\""
    ]),
  DocumentCase(
    "a quality score is at most 1",
    """
    routing:
      modelCards:
        - {name: m, quality_score: 7}
    """,
    [
      "c.yaml:3:32: model card \"m\": quality_score must be between 0 and 1, not 7"
    ]),
  DocumentCase(
    "two adapters of a card cannot share a name",
    """
    routing:
      modelCards:
        - {name: m, loras: [{name: a}, {name: a}]}
    """,
    [
      "c.yaml:3:43: model card \"m\": loras[1].name \"a\" is taken by the one on line 3; give each a name of its "
        + "own"
    ]),
  DocumentCase(
    "an adapter cannot have a model's name",
    """
    routing:
      modelCards:
        - {name: m, loras: [{name: m}]}
    """,
    [
      "c.yaml:3:32: model card \"m\": the adapter \"m\" has the name of a model; give the adapter a name of its own"
    ]),
  DocumentCase(
    "a removed key names its new place",
    """
    providers:
      models:
        - {name: m, param_size: 8b}
    routing: {}
    """,
    [
      "c.yaml:3:17: model \"m\": param_size is no longer a key; write it in the model's card under "
        + "routing.modelCards"
    ]),
  DocumentCase(
    "a removed key in a recipe is refused too",
    """
    routing: {}
    recipes:
      - name: r
        routing:
          decisions:
            - {name: d, tool_scope: all}
    """,
    [
      "c.yaml:6:21: recipe \"r\": decision \"d\": tool_scope is no longer a key; use the plugin tools"
    ]),
  DocumentCase(
    "a removed block is refused",
    """
    routing: {}
    global:
      modules: {}
    """,
    [
      "c.yaml:3:3: global.modules is no longer a key; write global.model_catalog.modules"
    ]),
  DocumentCase(
    "a removed key inside a block of later is refused",
    """
    routing: {}
    global:
      router:
        model_selection: {elo: {}}
    """,
    [
      "c.yaml:4:23: global.router.model_selection.elo is no longer a key; remove it; global.router.learning "
        + "took its place",
      "c.yaml:4:5: warning: the document sets learned model selection, which this version does not act on yet",
    ]),
  DocumentCase(
    "two names of the response cache exclude each other",
    """
    routing: {}
    global:
      stores:
        response_cache: {enabled: true}
        semantic_cache: {enabled: true}
    """,
    [
      "c.yaml:5:21: global.stores.semantic_cache is an older name of response_cache, which is set too; keep "
        + "response_cache",
      "c.yaml:4:5: warning: the document sets a response cache, which this version does not act on yet",
    ]),
  DocumentCase(
    "a strategy is a known word",
    """
    routing:
      strategy: prioritty
    """,
    [
      "c.yaml:2:13: routing.strategy must be priority or confidence, not \"prioritty\"; did you mean priority?"
    ]),
  DocumentCase(
    "a decision needs a name",
    """
    routing:
      decisions:
        - priority: 1
    """,
    [
      "c.yaml:3:7: routing.decisions[0].name is missing"
    ]),
  DocumentCase(
    "a decision's name is not empty",
    """
    routing:
      decisions:
        - name: ""
    """,
    [
      "c.yaml:3:13: decision \"\": name must not be empty"
    ]),
  DocumentCase(
    "two decisions cannot share a name",
    """
    routing:
      decisions:
        - name: a
        - name: a
    """,
    [
      "c.yaml:4:13: decision \"a\": name \"a\" is taken by the one on line 3; give each a name of its own"
    ]),
  DocumentCase(
    "a priority is a number",
    """
    routing:
      decisions:
        - {name: a, priority: high}
    """,
    [
      "c.yaml:3:27: decision \"a\": priority must be a whole number, not \"high\""
    ]),
  DocumentCase(
    "a tier is not negative",
    """
    routing:
      decisions:
        - {name: a, tier: -1}
    """,
    [
      "c.yaml:3:23: decision \"a\": tier must be 0 or more, not -1"
    ]),
  DocumentCase(
    "a decision's model must be declared",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, modelRefs: [{model: n}]}
    """,
    [
      "c.yaml:4:37: decision \"a\": model \"n\" is not declared; declare it under routing.modelCards or "
        + "providers.models"
    ]),
  DocumentCase(
    "a model reference needs a model",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, modelRefs: [{weight: 1}]}
    """,
    [
      "c.yaml:4:29: decision \"a\": modelRefs[0].model is missing"
    ]),
  DocumentCase(
    "an adapter must be on the model's card",
    """
    routing:
      modelCards: [{name: m, loras: [{name: math-expert}]}]
      decisions:
        - {name: a, modelRefs: [{model: m, lora_name: math-exprt}]}
    """,
    [
      "c.yaml:4:51: decision \"a\": model \"m\" has no adapter \"math-exprt\" on its card; did you mean math-expert?"
    ]),
  DocumentCase(
    "an adapter needs a card that has some",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, modelRefs: [{model: m, lora_name: x}]}
    """,
    [
      "c.yaml:4:51: decision \"a\": model \"m\" has no adapter \"x\" on its card; list it under the card's loras"
    ]),
  DocumentCase(
    "an adapter as a model takes no other adapter",
    """
    routing:
      modelCards: [{name: m, loras: [{name: x}, {name: y}]}]
      decisions:
        - {name: a, modelRefs: [{model: x, lora_name: y}]}
    """,
    [
      "c.yaml:4:37: decision \"a\": \"x\" is an adapter and cannot have the lora_name y; write model: m"
    ]),
  DocumentCase(
    "use_reasoning is true or false",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, modelRefs: [{model: m, use_reasoning: maybe}]}
    """,
    [
      "c.yaml:4:55: decision \"a\": modelRefs[0].use_reasoning must be true or false, not \"maybe\""
    ]),
  DocumentCase(
    "a condition's signal must be declared",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        domains: [{name: math}, {name: law}]
      decisions:
        - {name: a, rules: {type: domain, name: maths}}
    """,
    [
      "c.yaml:6:45: decision \"a\": signal domain:maths is not declared; did you mean domain:math?"
    ]),
  DocumentCase(
    "a condition's signal far from all others",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {type: keyword, name: zzz}}
    """,
    [
      "c.yaml:6:46: decision \"a\": signal keyword:zzz is not declared; declare it under routing.signals.keywords"
    ]),
  DocumentCase(
    "a condition in depth is found",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - name: a
          rules:
            operator: AND
            conditions:
              - operator: NOT
                conditions:
                  - {type: keyword, name: urgend}
    """,
    [
      "c.yaml:12:39: decision \"a\": signal keyword:urgend is not declared; did you mean keyword:urgent?"
    ]),
  DocumentCase(
    "a signal type must be known",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {type: keywrd, name: urgent}}
    """,
    [
      "c.yaml:6:31: decision \"a\": signal type \"keywrd\" is not known; did you mean keyword?"
    ]),
  DocumentCase(
    "a signal type far from all others",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {type: sentiment, name: x}}
    """,
    [
      "c.yaml:6:31: decision \"a\": signal type \"sentiment\" is not known; known are keyword, domain, language, "
        + "context, structure, conversation, metadata, embedding, fact_check, user_feedback, reask, preference, "
        + "complexity, modality, authz, jailbreak, pii, kb, event, classifier and projection"
    ]),
  DocumentCase(
    "a condition needs a name",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {type: keyword}}
    """,
    [
      "c.yaml:6:24: decision \"a\": rules.name is missing; a condition has a type and a name"
    ]),
  DocumentCase(
    "a condition needs a type",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {name: urgent}}
    """,
    [
      "c.yaml:6:24: decision \"a\": rules.type is missing; a condition has a type and a name"
    ]),
  DocumentCase(
    "an operator is a known word",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {operator: XOR, conditions: [{type: keyword, name: urgent}]}}
    """,
    [
      "c.yaml:6:35: decision \"a\": rules.operator must be AND, OR or NOT, not \"XOR\"; did you mean OR?"
    ]),
  DocumentCase(
    "NOT takes one condition, not two",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {operator: NOT, conditions: [{type: keyword, name: urgent}, {type: keyword, name: urgent}]}}
    """,
    [
      "c.yaml:6:52: decision \"a\": NOT takes exactly one condition, not 2; wrap several in an OR or an AND"
    ]),
  DocumentCase(
    "NOT takes one condition, not none",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {operator: NOT}}
    """,
    [
      "c.yaml:6:24: decision \"a\": NOT takes exactly one condition, not 0; wrap several in an OR or an AND"
    ]),
  DocumentCase(
    "a rule is a condition or an operator",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {type: keyword, name: urgent, operator: OR}}
    """,
    [
      "c.yaml:6:24: decision \"a\": a rule has both a type or name and an operator or conditions; write the "
        + "condition as one of the conditions"
    ]),
  DocumentCase(
    "an empty condition is refused",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {operator: AND, conditions: [{}]}}
    """,
    [
      "c.yaml:6:53: decision \"a\": rules.conditions[0] is empty; a condition has a type and a name"
    ]),
  DocumentCase(
    "conditions must be mappings",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {operator: AND, conditions: [urgent]}}
    """,
    [
      "c.yaml:6:53: decision \"a\": rules.conditions[0] must be a mapping, not \"urgent\""
    ]),
  DocumentCase(
    "a predicate needs a bound",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {type: keyword, name: urgent, predicate: {}}}
    """,
    [
      "c.yaml:6:65: decision \"a\": rules.predicate has no bound; write gt, gte, lt or lte"
    ]),
  DocumentCase(
    "a predicate must hold for some number",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {type: keyword, name: urgent, predicate: {gt: 2, lt: 1}}}
    """,
    [
      "c.yaml:6:65: decision \"a\": rules.predicate holds for no number; the lower bound must be below the upper "
        + "one"
    ]),
  DocumentCase(
    "a bound is a number",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {type: keyword, name: urgent, predicate: {gte: many}}}
    """,
    [
      "c.yaml:6:71: decision \"a\": rules.predicate.gte must be a number, not \"many\""
    ]),
  DocumentCase(
    "on_error is a known word",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {type: keyword, name: urgent, predicate: {gt: 1}, on_error: ignore}}
    """,
    [
      "c.yaml:6:84: decision \"a\": rules.on_error must be match or no_match, not \"ignore\""
    ]),
  DocumentCase(
    "a complexity condition names a level",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        complexity: [{name: hardness}]
      decisions:
        - {name: a, rules: {type: complexity, name: hardness}}
    """,
    [
      "c.yaml:6:49: decision \"a\": complexity \"hardness\" names no level; write hardness:hard, hardness:medium "
        + "or hardness:easy",
      "c.yaml:4:5: warning: 1 rule is declared under signals.complexity, which this version does not read yet: "
        + "conditions on them count as failed",
    ]),
  DocumentCase(
    "a projection's output must be declared",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, rules: {type: projection, name: risky}}
    """,
    [
      "c.yaml:4:49: decision \"a\": signal projection:risky is not declared; declare it under "
        + "routing.projections.mappings[].outputs"
    ]),
  DocumentCase(
    "an algorithm must be known",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, algorithm: {type: hybird}}
    """,
    [
      "c.yaml:4:35: decision \"a\": algorithm.type \"hybird\" is not known; did you mean hybrid?"
    ]),
  DocumentCase(
    "an algorithm that is gone is named",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, algorithm: {type: elo}}
    """,
    [
      "c.yaml:4:35: decision \"a\": the algorithm elo is no more; global.router.learning took its place"
    ]),
  DocumentCase(
    "an algorithm has no other's block",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, algorithm: {type: static, hybrid: {}}}
    """,
    [
      "c.yaml:4:43: decision \"a\": algorithm.hybrid does not belong to the type static; remove the block, or "
        + "write type: hybrid"
    ]),
  DocumentCase(
    "a plugin must be known",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, plugins: [{type: system_promt, configuration: {}}]}
    """,
    [
      "c.yaml:4:34: decision \"a\": plugins[0].type \"system_promt\" is not known; did you mean system_prompt?"
    ]),
  DocumentCase(
    "a plugin needs its configuration",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, plugins: [{type: system_prompt}]}
    """,
    [
      "c.yaml:4:27: decision \"a\": plugins[0].configuration is missing"
    ]),
  DocumentCase(
    "a plugin comes once",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - name: a
          plugins:
            - {type: semantic-cache, configuration: {enabled: false}}
            - {type: response_cache, configuration: {enabled: false}}
    """,
    [
      "c.yaml:7:11: decision \"a\": the plugin response_cache comes twice; keep one of them"
    ]),
  DocumentCase(
    "an enabled prompt is not empty",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, plugins: [{type: system_prompt, configuration: {enabled: true}}]}
    """,
    [
      "c.yaml:4:64: decision \"a\": plugins[0].configuration.system_prompt is missing or empty; write the "
        + "prompt, or enabled: false"
    ]),
  DocumentCase(
    "a prompt's mode is a known word",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, plugins: [{type: system_prompt, configuration: {system_prompt: x, mode: append}}]}
    """,
    [
      "c.yaml:4:89: decision \"a\": plugins[0].configuration.mode must be replace or insert, not \"append\""
    ]),
  DocumentCase(
    "keywords are not empty",
    """
    routing:
      signals:
        keywords: [{name: k, keywords: []}]
    """,
    [
      "c.yaml:3:36: signal keyword:k: keywords must not be empty"
    ]),
  DocumentCase(
    "a keyword is not empty",
    """
    routing:
      signals:
        keywords: [{name: k, keywords: [a, ""]}]
    """,
    [
      "c.yaml:3:40: signal keyword:k: keywords[1] must not be empty"
    ]),
  DocumentCase(
    "keywords are a list",
    """
    routing:
      signals:
        keywords: [{name: k, keywords: now}]
    """,
    [
      "c.yaml:3:36: signal keyword:k: keywords must be a list of texts, not \"now\""
    ]),
  DocumentCase(
    "a keyword is a text",
    """
    routing:
      signals:
        keywords: [{name: k, keywords: [[a]]}]
    """,
    [
      "c.yaml:3:37: signal keyword:k: keywords[0] must be a text, not a list"
    ]),
  DocumentCase(
    "a keyword operator is a known word",
    """
    routing:
      signals:
        keywords: [{name: k, operator: NAND, keywords: [a]}]
    """,
    [
      "c.yaml:3:36: signal keyword:k: operator must be AND, OR or NOR, not \"NAND\"; did you mean AND?"
    ]),
  DocumentCase(
    "a keyword method is a known word",
    """
    routing:
      signals:
        keywords: [{name: k, method: regexp, keywords: [a]}]
    """,
    [
      "c.yaml:3:34: signal keyword:k: method must be regex, bm25, ngram or fuzzy, not \"regexp\"; did you mean "
        + "regex?"
    ]),
  DocumentCase(
    "a rule's name comes once in its family",
    """
    routing:
      signals:
        keywords: [{name: k, keywords: [a]}, {name: k, keywords: [b]}]
    """,
    [
      "c.yaml:3:49: signal keyword:k: name \"k\" is taken by the one on line 3; give each a name of its own"
    ]),
  DocumentCase(
    "an n-gram has letters",
    """
    routing:
      signals:
        keywords: [{name: k, keywords: [a], ngram_arity: 0}]
    """,
    [
      "c.yaml:3:54: signal keyword:k: ngram_arity must be between 1 and 8, not 0"
    ]),
  DocumentCase(
    "a threshold is at most 1",
    """
    routing:
      signals:
        keywords: [{name: k, keywords: [a], ngram_threshold: 1.5}]
    """,
    [
      "c.yaml:3:58: signal keyword:k: ngram_threshold must be between 0 and 1, not 1.5"
    ]),
  DocumentCase(
    "a domain's category is one of 14",
    """
    routing:
      signals:
        domains: [{name: d, mmlu_categories: [phisics, cooking]}]
    """,
    [
      "c.yaml:3:43: signal domain:d: \"phisics\" is not one of the 14 categories; did you mean physics?",
      "c.yaml:3:52: signal domain:d: \"cooking\" is not one of the 14 categories; they are biology, business, "
        + "chemistry, computer science, economics, engineering, health, history, law, math, other, philosophy, "
        + "physics and psychology",
    ]),
  DocumentCase(
    "a language is an ISO 639-1 code",
    """
    routing:
      signals:
        language: [{name: eng}, {name: klingon}, {name: EN}]
    """,
    [
      "c.yaml:3:23: signal language:eng: \"eng\" is not an ISO 639-1 code; did you mean en?",
      "c.yaml:3:36: signal language:klingon: \"klingon\" is not an ISO 639-1 code; write two small letters such "
        + "as en",
      "c.yaml:3:53: signal language:EN: \"EN\" is not an ISO 639-1 code; did you mean en?",
    ]),
  DocumentCase(
    "a context bound is a token count",
    """
    routing:
      signals:
        context: [{name: c, min_tokens: 4KB}]
    """,
    [
      "c.yaml:3:37: signal context:c: min_tokens must be a token count such as 4096 or 4K, not \"4KB\""
    ]),
  DocumentCase(
    "a context range is not empty",
    """
    routing:
      signals:
        context: [{name: c, min_tokens: 8K, max_tokens: 4K}]
    """,
    [
      "c.yaml:3:53: signal context:c: max_tokens must not be less than min_tokens (8000)"
    ]),
  DocumentCase(
    "a structure rule needs a feature",
    """
    routing:
      signals:
        structure: [{name: s}]
    """,
    [
      "c.yaml:3:17: signal structure:s: feature is missing"
    ]),
  DocumentCase(
    "a regex source needs its pattern",
    """
    routing:
      signals:
        structure: [{name: s, feature: {type: count, source: {type: regex}}}]
    """,
    [
      "c.yaml:3:58: signal structure:s: feature.source.pattern is missing or empty, and a source of type regex "
        + "needs it"
    ]),
  DocumentCase(
    "a keyword set needs its keywords",
    """
    routing:
      signals:
        structure: [{name: s, feature: {type: count, source: {type: keyword_set, keywords: []}}}]
    """,
    [
      "c.yaml:3:88: signal structure:s: feature.source.keywords is missing or empty, and a source of type "
        + "keyword_set needs it"
    ]),
  DocumentCase(
    "a sequence needs its markers",
    """
    routing:
      signals:
        structure: [{name: s, feature: {type: sequence, source: {type: sequence, sequences: [[]]}}}]
    """,
    [
      "c.yaml:3:89: signal structure:s: feature.source.sequences is missing or empty, and a source of type "
        + "sequence needs it"
    ]),
  DocumentCase(
    "sequences are lists of texts",
    """
    routing:
      signals:
        structure: [{name: s, feature: {type: sequence, source: {type: sequence, sequences: [first]}}}]
    """,
    [
      "c.yaml:3:89: signal structure:s: feature.source.sequences must be a list of lists of texts, not a list"
    ]),
  DocumentCase(
    "a sequence goes with a sequence",
    """
    routing:
      signals:
        structure: [{name: s, feature: {type: count, source: {type: sequence, sequences: [[a, b]]}}}]
    """,
    [
      "c.yaml:3:43: signal structure:s: feature.type count does not go with a source of type sequence; the "
        + "feature and the source are either both sequence or neither"
    ]),
  DocumentCase(
    "a conversation source is a known word",
    """
    routing:
      signals:
        conversation: [{name: c, feature: {type: count, source: {type: messages}}}]
    """,
    [
      "c.yaml:3:68: signal conversation:c: feature.source.type must be message, tool_definition, "
        + "assistant_tool_call, assistant_tool_cycle, active_tool_loop or image_content, not \"messages\"; did you "
        + "mean message?"
    ]),
  DocumentCase(
    "only messages have a role",
    """
    routing:
      signals:
        conversation: [{name: c, feature: {type: count, source: {type: image_content, role: user}}}]
    """,
    [
      "c.yaml:3:89: signal conversation:c: feature.source.role goes with the type message, not with "
        + "image_content; remove it"
    ]),
  DocumentCase(
    "a metadata rule has one test",
    """
    routing:
      signals:
        metadata: [{name: t, key: tier, predicate: {equals: gold, exists: true}}]
    """,
    [
      "c.yaml:3:48: signal metadata:t: predicate must have one of equals, in and exists, not 2"
    ]),
  DocumentCase(
    "a metadata rule needs a key",
    """
    routing:
      signals:
        metadata: [{name: t, predicate: {exists: true}}]
    """,
    [
      "c.yaml:3:16: signal metadata:t: key is missing"
    ]),
  DocumentCase(
    "guards without what they need",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        jailbreak: [{name: j, method: contrastive, jailbreak_patterns: [x]}]
        embeddings: [{name: e, threshold: 0.5, candidates: []}]
      decisions:
        - {name: a, plugins: [{type: fast_response, configuration: {text: No.}}]}
    global:
      model_catalog: {modules: {prompt_guard: {positive_labels: [unsafe]}}}
    """,
    [
      "c.yaml:4:17: signal jailbreak:j: benign_patterns is missing or empty; method contrastive compares with examples "
        + "of both kinds",
      "c.yaml:5:56: signal embedding:e: candidates must not be empty",
      "c.yaml:7:64: decision \"a\": plugins[0].configuration.message is missing or empty; write the answer, or "
        + "enabled: false",
      "c.yaml:9:62: global.model_catalog.modules.prompt_guard.positive_labels[0]: the guard has no label \"unsafe\"; its "
        + "labels are jailbreak, harmful_request and toxicity",
      "c.yaml:7:65: warning: decision \"a\": plugins[0].configuration.text is not a key of the schema and is ignored; "
        + "`switchyard config reference` lists the keys",
    ]),
  DocumentCase(
    "a family of later is a list too",
    """
    routing:
      signals:
        fact_check: {name: e}
    """,
    [
      "c.yaml:3:17: routing.signals.fact_check must be a list, not a mapping"
    ]),
  DocumentCase(
    "a recipe has no model cards",
    """
    routing: {}
    recipes:
      - name: r
        routing: {modelCards: [{name: m}]}
    """,
    [
      "c.yaml:4:27: recipe \"r\": model cards belong to the top-level routing; move them there; all recipes "
        + "share them"
    ]),
  DocumentCase(
    "a recipe's conditions are checked",
    """
    routing: {}
    recipes:
      - name: r
        routing:
          signals: {keywords: [{name: k, keywords: [a]}]}
          decisions:
            - {name: d, rules: {type: keyword, name: kk}}
    """,
    [
      "c.yaml:7:50: recipe \"r\": decision \"d\": signal keyword:kk is not declared; declare it under "
        + "routing.signals.keywords"
    ]),
  DocumentCase(
    "a recipe needs routing",
    """
    routing: {}
    recipes: [{name: r}]
    """,
    [
      "c.yaml:2:11: recipe \"r\": routing is missing"
    ]),
  DocumentCase(
    "an entry point's recipe must be declared",
    """
    routing: {}
    entrypoints: [{model_names: [x], recipe: privat}]
    recipes: [{name: private, routing: {}}]
    """,
    [
      "c.yaml:2:42: entrypoints[0].recipe: recipe \"privat\" is not declared; did you mean private?"
    ]),
  DocumentCase(
    "an entry point's name is no model's",
    """
    routing: {modelCards: [{name: m, loras: [{name: l}]}]}
    entrypoints: [{model_names: [m, l, MoM, x, x], recipe: default}]
    """,
    [
      "c.yaml:2:30: entrypoints[0].model_names[0]: \"m\" is already a model; entry points need names of their own",
      "c.yaml:2:33: entrypoints[0].model_names[1]: \"l\" is already an adapter; entry points need names of their "
        + "own",
      "c.yaml:2:36: entrypoints[0].model_names[2]: \"MoM\" is already a name that asks for the default recipe; "
        + "entry points need names of their own",
      "c.yaml:2:44: entrypoints[0].model_names[4]: \"x\" is already an entry point; entry points need names of "
        + "their own",
    ]),
  DocumentCase(
    "auto names are a list",
    """
    routing: {}
    global: {router: {auto_model_names: MoM}}
    """,
    [
      "c.yaml:2:37: global.router.auto_model_names must be a list of texts, not \"MoM\""
    ]),
  DocumentCase(
    "a domain threshold is at most 1",
    """
    routing: {}
    global: {model_catalog: {modules: {classifier: {domain: {threshold: 50}}}}}
    """,
    [
      "c.yaml:2:69: global.model_catalog.modules.classifier.domain.threshold must be between 0 and 1, not 50"
    ]),
  DocumentCase(
    "all problems come at once, in the order of the file",
    """
    routing:
      strategy: fast
      decisions:
        - {name: a, priority: high, modelRefs: [{model: m}]}
    listeners: [{name: l}]
    """,
    [
      "c.yaml:2:13: routing.strategy must be priority or confidence, not \"fast\"",
      "c.yaml:4:27: decision \"a\": priority must be a whole number, not \"high\"",
      "c.yaml:4:53: decision \"a\": model \"m\" is not declared; declare it under routing.modelCards or "
        + "providers.models",
      "c.yaml:5:13: listener \"l\": port is missing",
    ]),
  DocumentCase(
    "a listener's address is an IP address or a host name",
    """
    listeners: [{name: a, address: "not a host", port: 1}, {name: b, address: "[::1", port: 2}, {name: c, address: 300.1.1.1, port: 3}]
    routing: {}
    global: {services: {management_api: {bind_address: "0.0.0.0:9"}}}
    """,
    [
      "c.yaml:1:32: listener \"a\": address must be an IP address or a host name, not \"not a host\"; write an address "
        + "such as 0.0.0.0 or ::1; the port has a key of its own",
      "c.yaml:1:75: listener \"b\": address must be an IP address or a host name, not \"[::1\"; write an address "
        + "such as 0.0.0.0 or ::1; the port has a key of its own",
      "c.yaml:1:112: listener \"c\": address must be an IP address or a host name, not \"300.1.1.1\"; write an address "
        + "such as 0.0.0.0 or ::1; the port has a key of its own",
      "c.yaml:3:52: global.services.management_api.bind_address must be an IP address or a host name, not "
        + "\"0.0.0.0:9\"; write an address such as 0.0.0.0 or ::1; the port has a key of its own",
    ]),
  DocumentCase(
    "a backend's host is an IP address or a host name",
    """
    providers:
      models:
        - name: m
          backend_refs: [{name: a, endpoint: "h~1:80"}, {name: b, base_url: "http://-h/v1"}, {name: c, endpoint: "[:::]:1"}]
    routing: {}
    """,
    [
      "c.yaml:4:42: model \"m\": backend_refs[0].endpoint has a host that is neither an IP address nor a host name: "
        + "\"h~1:80\"; write host:port, [IPv6]:port or host:port/path",
      "c.yaml:4:73: model \"m\": backend_refs[1].base_url has a host that is neither an IP address nor a host name: "
        + "\"http://-h/v1\"; write a URL such as https://host/v1",
      "c.yaml:4:110: model \"m\": backend_refs[2].endpoint has brackets around something that is no IPv6 address: "
        + "\"[:::]:1\"; write host:port, [IPv6]:port or host:port/path",
    ]),
  DocumentCase(
    "a recipe cannot be called default",
    """
    routing: {}
    recipes: [{name: default, routing: {}}]
    """,
    ["c.yaml:2:18: recipe \"default\": the name is that of the top-level routing; give the recipe another name"]),
  DocumentCase(
    "an unset default model is one error",
    """
    providers: {defaults: {default_model: "${GONE}"}}
    routing: {}
    """,
    [
      "c.yaml:1:39: providers.defaults.default_model must not be empty",
      "c.yaml:1:39: warning: the environment variable GONE is not set and stands for nothing here; set it, or write "
        + "${GONE:-default}; a dollar sign itself is written $$",
    ]),
  DocumentCase(
    "a flat file's endpoints are checked in its own words",
    """
    vllm_endpoints:
      - {name: one, address: "http://h", port: 8000}
      - {name: two, address: "https://h:99/x"}
      - {name: three, address: h, port: x, helth: 1}
      - {name: four}
      - {name: five, address: h, provider_profile: opnai}
      - 6
    provider_profiles: {openai: {type: openai}}
    """,
    [
      "c.yaml:2:26: endpoint \"one\": address must be a host name or an IP address, not \"http://h\"; write address: h",
      "c.yaml:3:26: endpoint \"two\": address must be a host name or an IP address, not \"https://h:99/x\"; write "
        + "address: h, port: 99 and protocol: https",
      "c.yaml:4:37: endpoint \"three\": port must be a whole number between 1 and 65535, not \"x\"",
      "c.yaml:5:5: endpoint \"four\": address is missing; write the engine's host name or IP address",
      "c.yaml:6:48: endpoint \"five\": provider profile \"opnai\" is not declared; did you mean openai?",
      "c.yaml:7:5: vllm_endpoints[5] must be a mapping, not 6",
      flatFormatWarning,
      "c.yaml:4:40: warning: endpoint \"three\": helth is not a key of the flat format and is left out; remove it",
    ]),
  DocumentCase(
    "a flat file's models and categories are checked in its own words",
    """
    vllm_endpoints: [{name: replica-1, address: h, port: 1}]
    model_config:
      m:
        preferred_endpoints: [replica-1, replca-1, other]
      n: 5
      o:
        preferred_endpoints: replica-1
    categories:
      - name: math
        model_scores: [{model: m, score: high}, {score: 1}, {model: [m]}, m]
      - {name: law, model_scores: m}
    """,
    [
      "c.yaml:4:38: model \"m\": endpoint \"replca-1\" is not declared; did you mean replica-1?",
      "c.yaml:4:48: model \"m\": endpoint \"other\" is not declared; declare it under vllm_endpoints",
      "c.yaml:5:6: model \"n\" must be a mapping, not 5",
      "c.yaml:7:26: model \"o\": preferred_endpoints must be a list of texts, not \"replica-1\"",
      "c.yaml:10:38: category \"math\": model_scores[0].score must be a number, not \"high\"",
      "c.yaml:10:45: category \"math\": model_scores[1].model is missing",
      "c.yaml:10:65: category \"math\": model_scores[2].model must be a text, not a list",
      "c.yaml:10:71: category \"math\": model_scores[3] must be a mapping, not \"m\"",
      "c.yaml:11:31: category \"law\": model_scores must be a list, not \"m\"",
      flatFormatWarning,
    ]),
  DocumentCase(
    "a flat file's blocks have their kinds, and what is carried over is checked as v0.3",
    """
    vllm_endpoints: {}
    model_config: []
    provider_profiles: 1
    categories: {}
    classifier: 2
    keyword_rules: [{name: k}]
    """,
    [
      "c.yaml:1:17: vllm_endpoints must be a list, not a mapping",
      "c.yaml:2:15: model_config must be a mapping, not a list",
      "c.yaml:3:20: provider_profiles must be a mapping, not 1",
      "c.yaml:4:13: categories must be a list, not a mapping",
      "c.yaml:5:13: classifier must be a mapping, not 2",
      "c.yaml:6:17: signal keyword:k: keywords is missing",
      flatFormatWarning,
    ]),
]

/// What the loader says of every flat file first.
private let flatFormatWarning =
  "c.yaml:1:1: warning: the document is in the format before v0.3 and was migrated in memory; "
  + "`switchyard config migrate` writes the new form"
