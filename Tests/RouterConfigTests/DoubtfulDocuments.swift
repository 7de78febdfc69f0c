/// Documents that load with warnings.
let doubtfulDocuments: [DocumentCase] = [
  DocumentCase(
    "a misspelt key is ignored",
    """
    routing:
      decisions:
        - {name: a, prioritty: 3}
    """,
    [
      "c.yaml:3:17: warning: decision \"a\": prioritty is not a key of the schema and is ignored; did you mean "
        + "priority?"
    ]),
  DocumentCase(
    "a key far from all others is ignored",
    """
    routing: {}
    frobnicate: 1
    """,
    [
      "c.yaml:2:1: warning: frobnicate is not a key of the schema and is ignored; `switchyard config "
        + "reference` lists the keys"
    ]),
  DocumentCase(
    "an unset variable is named",
    """
    routing:
      decisions:
        - {name: a, description: "for $TEAM and ${TEAM}"}
    """,
    [
      "c.yaml:3:30: warning: the environment variable TEAM is not set and stands for nothing here; set it, or "
        + "write ${TEAM:-default}; a dollar sign itself is written $$"
    ]),
  DocumentCase(
    "an unset credential is named",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: "h:1", api_key_env: MODEL_KEY}]
    routing: {}
    """,
    [
      "c.yaml:4:53: warning: model \"m\": the environment variable MODEL_KEY is not set, so requests go out "
        + "without a credential; set it before the start"
    ]),
  DocumentCase(
    "a domain that nothing means is named",
    """
    routing:
      signals:
        domains: [{name: cooking}]
    """,
    [
      "c.yaml:3:15: warning: signal domain:cooking never matches: it lists no mmlu_categories and is not one "
        + "of the 14 itself; list those that mean it"
    ]),
  DocumentCase(
    "a synthesised domain outside the 14 is named",
    """
    routing:
      decisions:
        - {name: a, rules: {type: domain, name: biologie}}
    """,
    [
      "c.yaml:3:45: warning: decision \"a\": domain:biologie is not declared and is not one of the 14 "
        + "categories, so it is read as other; did you mean biology?"
    ]),
  DocumentCase(
    "an OR of nothing is named",
    """
    routing:
      decisions:
        - {name: a, rules: {operator: OR, conditions: []}}
    """,
    [
      "c.yaml:3:24: warning: decision \"a\": an OR without conditions never matches; leave rules out to match all"
    ]),
  DocumentCase(
    "a fallback that is no domain is named",
    """
    routing: {}
    global: {model_catalog: {modules: {classifier: {domain: {fallback_category: misc}}}}}
    """,
    [
      "c.yaml:2:77: warning: global.model_catalog.modules.classifier.domain.fallback_category \"misc\" is no "
        + "domain, so no decision sees it"
    ]),
  DocumentCase(
    "a port taken by the management API is named",
    """
    routing: {}
    listeners: [{name: http, port: 8081}]
    """,
    [
      "c.yaml:1:1: warning: global.services.management_api.port 8081 is the port of the listener \"http\" too; "
        + "only one of them can bind it on this machine"
    ]),
  DocumentCase(
    "fuzzy besides another method is named",
    """
    routing:
      signals:
        keywords: [{name: k, keywords: [a], method: regex, fuzzy_match: true}]
    """,
    [
      "c.yaml:3:69: warning: signal keyword:k: fuzzy_match has no effect besides method: regex; choose one of "
        + "the two"
    ]),
  DocumentCase(
    "on_error without a predicate is named",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        keywords: [{name: urgent, keywords: [now]}]
      decisions:
        - {name: a, rules: {type: keyword, name: urgent, on_error: match}}
    """,
    [
      "c.yaml:6:64: warning: decision \"a\": rules.on_error has no effect without a predicate; remove it"
    ]),
  DocumentCase(
    "plugins of later come once a type",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, plugins: [{type: semantic-cache, configuration: {enabled: true}}, {type: header-mutation, configuration: {}}]}
        - {name: b, plugins: [{type: response_cache, configuration: {enabled: true}}]}
        - {name: c, plugins: [{type: response_cache, configuration: {enabled: false}}]}
    """,
    [
      "c.yaml:4:27: warning: 2 decisions use the plugin response_cache, which this version does not act on yet",
      "c.yaml:4:83: warning: 1 decision uses the plugin header_mutation, which this version does not act on yet",
    ]),
  DocumentCase(
    "algorithms of later come once a type",
    """
    routing:
      modelCards: [{name: m}]
      decisions:
        - {name: a, algorithm: {type: hybrid, hybrid: {cost_weight: 0.2}}}
        - {name: b, algorithm: {type: hybrid}}
        - {name: c, algorithm: {type: static}}
    """,
    [
      "c.yaml:4:28: warning: 2 decisions use the algorithm hybrid, which this version does not act on yet: "
        + "static takes its place"
    ]),
  DocumentCase(
    "guards that say more than they do",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        jailbreak:
          - {name: j, method: hybrid}
          - {name: k, jailbreak_patterns: [x]}
        pii: [{name: p, pii_types_allowed: [b-person, EMAIL]}]
      decisions:
        - name: a
          rules: {operator: OR, conditions: [{type: jailbreak, name: j}, {type: jailbreak, name: k}, {type: pii, name: p}]}
    """,
    [
      "c.yaml:5:27: warning: signal jailbreak:j: method hybrid is read as classifier; declare a second rule with "
        + "method: contrastive, and both in an OR",
      "c.yaml:6:9: warning: signal jailbreak:k has patterns, which only method contrastive reads; write "
        + "method: contrastive, or remove them",
      "c.yaml:7:51: warning: signal pii:p: \"EMAIL\" is no type of personal data, so it allows nothing; "
        + "they are AGE, CREDIT_CARD, DATE_TIME, DOMAIN_NAME, EMAIL_ADDRESS, GPE, IBAN_CODE, "
        + "IP_ADDRESS, NRP, ORGANIZATION, PERSON, PHONE_NUMBER, STREET_ADDRESS, TITLE, US_DRIVER_LICENSE, US_SSN and "
        + "ZIP_CODE",
    ]),
  DocumentCase(
    "families of later come once",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        fact_check: [{name: e1}, {name: e2}]
      decisions:
        - {name: a, rules: {type: fact_check, name: e1}}
    """,
    [
      "c.yaml:4:5: warning: 2 rules are declared under signals.fact_check, which this version does not read "
        + "yet: conditions on them count as failed"
    ]),
  DocumentCase(
    "backends that ask for TLS take traffic as others do",
    """
    providers:
      models:
        - name: m
          backend_refs: [{name: a, endpoint: "h:1"}, {name: b, endpoint: "h:2", protocol: https}]
        - name: n
          backend_refs: [{name: c, endpoint: "h:1"}, {name: d, base_url: "https://h"}, {name: e, base_url: "https://i"}]
        - name: o
          backend_refs: [{name: f, base_url: "https://j"}]
        - name: p
          backend_refs: [{name: g, base_url: "https://k", weight: 0}]
    routing: {}
    """,
    [
      "c.yaml:9:7: warning: model \"p\" has no backend that takes traffic, so requests for it are answered 503; give one "
        + "of them a weight above 0"
    ]),
  DocumentCase(
    "models without a backend that takes traffic are named",
    """
    providers:
      models:
        - name: m
        - {name: n, backend_refs: [{name: a, endpoint: h, weight: 0}, {name: b, base_url: "http://h", weight: 0}]}
        - {name: o, backend_refs: [{name: a, endpoint: h, weight: 0}, {name: b, endpoint: h}]}
    routing: {}
    """,
    [
      "c.yaml:3:7: warning: model \"m\" has no backend that takes traffic, so requests for it are answered 503; list its "
        + "replicas under backend_refs",
      "c.yaml:4:7: warning: model \"n\" has no backend that takes traffic, so requests for it are answered 503; give one "
        + "of them a weight above 0",
    ]),
  DocumentCase(
    "model cards that requests go to need a model of a provider",
    """
    providers: {defaults: {default_model: adapter}}
    routing:
      modelCards:
        - name: m
        - name: n
        - {name: o, loras: [{name: adapter}]}
        - name: unused
      decisions: [{name: d, modelRefs: [{model: m}]}]
    recipes: [{name: r, routing: {decisions: [{name: e, modelRefs: [{model: n}]}]}}]
    """,
    [
      "c.yaml:4:7: warning: model \"m\", which decision \"d\" names, has no backend that takes traffic, so requests for "
        + "it are answered 503; declare it under providers.models with its backend_refs",
      "c.yaml:5:7: warning: model \"n\", which decision \"e\" names, has no backend that takes traffic, so requests for "
        + "it are answered 503; declare it under providers.models with its backend_refs",
      "c.yaml:6:7: warning: model \"o\", which providers.defaults.default_model names, has no backend that takes traffic, "
        + "so requests for it are answered 503; declare it under providers.models with its backend_refs",
    ]),
  DocumentCase(
    "another version is named",
    """
    version: v1
    routing: {}
    """,
    ["c.yaml:1:10: warning: version \"v1\" is not v0.3, but the document is read as such; write version: v0.3"]),
  DocumentCase(
    "what a flat file has and v0.3 has not is named",
    """
    version: v7
    bogus: 1
    bert_model: {model_id: x}
    vllm_endpoints: [{name: a, address: "[::1]", port: 1, health_check_path: /health}]
    model_config:
      m:
        preferred_endpoints: [a]
        reasonning_family: qwen3
    categories:
      - {name: law, jailbreak_enabled: true, system_prompt: Be kind., model_scores: [{model: m, score: 0.5}]}
    decisions: [{name: d, modelRefs: [{model: m}]}]
    classifier: {category_modl: {}}
    """,
    [
      "c.yaml:1:1: warning: the document is in the format before v0.3 and was migrated in memory; "
        + "`switchyard config migrate` writes the new form",
      "c.yaml:1:10: warning: version \"v7\" is not v0.1, v0.2 or v0.3, but the document is read as the flat format of "
        + "those; `switchyard config migrate` writes the new form",
      "c.yaml:2:1: warning: bogus is not a key of the flat format and is left out; remove it",
      "c.yaml:3:1: warning: bert_model is left out; v0.3 has no place for it",
      "c.yaml:4:55: warning: endpoint \"a\": health_check_path is left out; v0.3 has no place for it",
      "c.yaml:8:5: warning: model \"m\": reasonning_family is not a key of the flat format and is left out; did you mean "
        + "reasoning_family?",
      "c.yaml:10:17: warning: category \"law\": jailbreak_enabled is left out; v0.3 has no place for it",
      "c.yaml:10:57: warning: category \"law\": system_prompt is left out; the document's decisions say which prompts "
        + "are set",
      "c.yaml:10:81: warning: category \"law\": model_scores is left out; the document's decisions choose the models",
      "c.yaml:12:14: warning: classifier.category_modl is not a key of the flat format and is left out; did you mean "
        + "category_model?",
    ]),
  DocumentCase(
    "round robin is not done yet, in however many places",
    """
    providers:
      defaults: {reliability: {lb_policy: round_robin}}
      models:
        - {name: m, backend_refs: [{endpoint: h}], reliability: {lb_policy: round_robin}}
        - {name: n, backend_refs: [{endpoint: h}], reliability: {lb_policy: least_request, retry_on: 5xx}}
    routing: {}
    """,
    [
      "c.yaml:2:28: warning: 2 places set round-robin balancing, which this version does not act on yet"
    ]),
  DocumentCase(
    "misspelt keys of the gateway are ignored",
    """
    listeners: [{port: 1, tsl: {}, cors: {allow_origins: ["*"], allow_orgins: []}}]
    providers: {defaults: {reliability: {retry_cuont: 1}}}
    routing: {}
    global: {gateway: {body_limits: 1}}
    """,
    [
      "c.yaml:1:23: warning: listeners[0].tsl is not a key of the schema and is ignored; `switchyard config "
        + "reference` lists the keys",
      "c.yaml:1:61: warning: listeners[0].cors.allow_orgins is not a key of the schema and is ignored; did you mean "
        + "allow_origins?",
      "c.yaml:2:38: warning: providers.defaults.reliability.retry_cuont is not a key of the schema and is ignored; did "
        + "you mean retry_count?",
      "c.yaml:4:20: warning: global.gateway.body_limits is not a key of the schema and is ignored; did you mean "
        + "body_limit?",
    ]),
]
