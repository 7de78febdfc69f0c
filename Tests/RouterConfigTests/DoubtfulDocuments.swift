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
    "families of later come once",
    """
    routing:
      modelCards: [{name: m}]
      signals:
        embeddings: [{name: e1, threshold: 0.5, candidates: [x]}, {name: e2, threshold: 0.5, candidates: [y]}]
      decisions:
        - {name: a, rules: {type: embedding, name: e1}}
    """,
    [
      "c.yaml:4:5: warning: 2 rules are declared under signals.embeddings, which this version does not read "
        + "yet: conditions on them count as failed"
    ]),
]
