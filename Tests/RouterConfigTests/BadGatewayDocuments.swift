/// Documents whose settings of the gateway cannot be used, with every line that is said about each.
let badGatewayDocuments: [DocumentCase] = [
  DocumentCase(
    "retries have their bounds",
    """
    providers:
      models:
        - {name: m, backend_refs: [{endpoint: h}], reliability: {retry_count: 6, retry_budget_percent: 101}}
    routing: {}
    """,
    [
      "c.yaml:3:75: model \"m\": reliability.retry_count must be between 0 and 5, not 6",
      "c.yaml:3:100: model \"m\": reliability.retry_budget_percent must be between 0 and 100, not 101",
    ]),
  DocumentCase(
    "a model's reliability is a mapping",
    """
    providers:
      defaults: {reliability: strict}
      models: [{name: m, backend_refs: [{endpoint: h}], reliability: [1]}]
    routing: {}
    """,
    [
      "c.yaml:2:27: providers.defaults.reliability must be a mapping, not \"strict\"",
      "c.yaml:3:66: model \"m\": reliability must be a mapping, not a list",
    ]),
  DocumentCase(
    "times that must last are not 0, and texts are no times",
    """
    providers:
      defaults: {reliability: {connect_timeout: 0, health_check_interval: 0s, health_check_timeout: soon}}
      models:
        - name: m
          backend_refs: [{endpoint: h}]
          reliability:
            base_ejection_time: 0.1us
            first_byte_timeout: never
            idle_timeout: -1s
            hedge_after: p99
            slow_start: [1s]
    routing: {}
    """,
    [
      "c.yaml:2:45: providers.defaults.reliability.connect_timeout must be a duration above 0 such as 60s or "
        + "1m30s, not 0",
      "c.yaml:2:71: providers.defaults.reliability.health_check_interval must be a duration above 0 such as "
        + "60s or 1m30s, not \"0s\"",
      "c.yaml:2:97: providers.defaults.reliability.health_check_timeout must be a duration above 0 such as 60s "
        + "or 1m30s, not \"soon\"",
      "c.yaml:7:29: model \"m\": reliability.base_ejection_time must be a duration above 0 such as 60s or "
        + "1m30s, not \"0.1us\"",
      "c.yaml:8:29: model \"m\": reliability.first_byte_timeout must be a duration such as 60s or 1m30s, or "
        + "none, not \"never\"",
      "c.yaml:9:23: model \"m\": reliability.idle_timeout must be a duration such as 60s or 1m30s, or none, "
        + "not \"-1s\"",
      "c.yaml:10:22: model \"m\": reliability.hedge_after must be a duration above 0 such as 60s or 1m30s, or "
        + "p95 or none, not \"p99\"",
      "c.yaml:11:21: model \"m\": reliability.slow_start must be a duration such as 60s or 1m30s, or none, not "
        + "a list",
    ]),
  DocumentCase(
    "counts have their bounds",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: h}]
          reliability:
            consecutive_5xx: 1001
            max_ejection_percent: 200
            max_connections: 0
            max_pending: -1
            max_requests: 0
            min_idle_connections: many
            connection_idle_timeout: 0
    routing: {}
    """,
    [
      "c.yaml:6:26: model \"m\": reliability.consecutive_5xx must be between 0 and 1000, not 1001",
      "c.yaml:7:31: model \"m\": reliability.max_ejection_percent must be between 0 and 100, not 200",
      "c.yaml:8:26: model \"m\": reliability.max_connections must be between 1 and 1000000, not 0",
      "c.yaml:9:22: model \"m\": reliability.max_pending must be between 0 and 1000000, not -1",
      "c.yaml:10:23: model \"m\": reliability.max_requests must be between 1 and 1000000, or none, not 0",
      "c.yaml:11:31: model \"m\": reliability.min_idle_connections must be a whole number, not \"many\"",
      "c.yaml:12:34: model \"m\": reliability.connection_idle_timeout must be a duration above 0 such as 60s or "
        + "1m30s, or auto, not 0",
    ]),
  DocumentCase(
    "a max_requests that is no number may be none",
    """
    providers:
      defaults: {reliability: {max_requests: unlimited}}
    routing: {}
    """,
    [
      "c.yaml:2:42: providers.defaults.reliability.max_requests must be a whole number, or none, not \"unlimited\""
    ]),
  DocumentCase(
    "switches and words are checked",
    """
    providers:
      defaults: {reliability: {success_rate_ejection: 5, lb_policy: round-robin}}
    routing: {}
    """,
    [
      "c.yaml:2:51: providers.defaults.reliability.success_rate_ejection must be true or false, not 5",
      "c.yaml:2:65: providers.defaults.reliability.lb_policy must be least_request or round_robin, not "
        + "\"round-robin\"; did you mean round_robin?",
      "c.yaml:2:54: warning: the document sets round-robin balancing, which this version does not act on yet",
    ]),
  DocumentCase(
    "who prefills and who decodes need each other, within a roleset; others have none",
    """
    providers:
      models:
        - name: a
          backend_refs:
            - {name: "1", endpoint: h, role: prefil}
            - {name: "2", endpoint: i, role: decode, roleset: s}
            - {name: "3", endpoint: j, role: decode, roleset: s}
            - {name: "4", endpoint: k, role: prefill}
            - {name: "5", endpoint: l, roleset: s}
    routing: {}
    """,
    [
      "c.yaml:5:42: model \"a\": backend_refs[0].role must be both, prefill or decode, not \"prefil\"; did you mean "
        + "prefill?",
      "c.yaml:6:42: model \"a\": backend_refs[1].role is decode, but nothing in the roleset \"s\" has the role prefill; "
        + "give another replica role: prefill, or leave the role out",
      "c.yaml:8:42: model \"a\": backend_refs[3].role is prefill, but nothing among the model's replicas without a roleset has "
        + "the role decode; give another replica role: decode, or leave the role out",
      "c.yaml:9:45: model \"a\": backend_refs[4].roleset is for replicas with the role prefill or decode; write a role, or "
        + "leave it out",
    ]),
  DocumentCase(
    "a health check asks for a path",
    """
    providers:
      defaults: {reliability: {health_check_path: health}}
      models:
        - {name: a, backend_refs: [{endpoint: h}], reliability: {health_check_path: "/a b"}}
        - {name: b, backend_refs: [{endpoint: h}], reliability: {health_check_path: "/a\\r\\nx: y"}}
        - {name: c, backend_refs: [{endpoint: h}], reliability: {health_check_path: ""}}
    routing: {}
    """,
    [
      "c.yaml:2:47: providers.defaults.reliability.health_check_path must begin with a slash and hold no "
        + "spaces or #, not \"health\"; write a path such as /health",
      "c.yaml:4:81: model \"a\": reliability.health_check_path must begin with a slash and hold no spaces or "
        + "#, not \"/a b\"; write a path such as /health",
      "c.yaml:5:81: model \"b\": reliability.health_check_path must begin with a slash and hold no spaces or "
        + "#, not \"/a x: y\"; write a path such as /health",
      "c.yaml:6:81: model \"c\": reliability.health_check_path must not be empty",
    ]),
  DocumentCase(
    "the longest ejection is not shorter than the first",
    """
    providers:
      defaults: {reliability: {max_ejection_time: 1s}}
      models:
        - {name: a, backend_refs: [{endpoint: h}], reliability: {base_ejection_time: 1m30s, max_ejection_time: 1m}}
        - {name: b, backend_refs: [{endpoint: h}], reliability: {retry_count: 1}}
    routing: {}
    """,
    [
      "c.yaml:2:47: providers.defaults.reliability.max_ejection_time must not be shorter than "
        + "base_ejection_time, 5s; raise it, or lower base_ejection_time",
      "c.yaml:4:108: model \"a\": reliability.max_ejection_time must not be shorter than base_ejection_time, "
        + "1m30s; raise it, or lower base_ejection_time",
    ]),
  DocumentCase(
    "connections kept ready are allowed",
    """
    providers:
      defaults: {reliability: {min_idle_connections: 16}}
      models:
        - {name: a, backend_refs: [{endpoint: h}], reliability: {max_connections: 8}}
        - {name: b, backend_refs: [{endpoint: h}], reliability: {max_connections: 8, min_idle_connections: 9}}
        - {name: c, backend_refs: [{endpoint: h}]}
    routing: {}
    """,
    [
      "c.yaml:4:79: model \"a\": 16 connections kept ready are more than the 8 of max_connections; lower "
        + "min_idle_connections",
      "c.yaml:5:104: model \"b\": 9 connections kept ready are more than the 8 of max_connections; lower "
        + "min_idle_connections",
    ]),
  DocumentCase(
    "TLS needs a certificate and a key",
    """
    listeners: [{name: https, port: 1, tls: {}}, {port: 2, tls: on}, {port: 3, tls: {cert_file: "", key_file: k}}]
    routing: {}
    """,
    [
      "c.yaml:1:41: listener \"https\": tls.cert_file is missing",
      "c.yaml:1:41: listener \"https\": tls.key_file is missing",
      "c.yaml:1:61: listeners[1].tls must be a mapping, not on",
      "c.yaml:1:93: listeners[2].tls.cert_file must not be empty",
    ]),
  DocumentCase(
    "TLS has known words",
    """
    listeners:
      - name: https
        port: 1
        tls: {cert_file: c, key_file: k, client_ca_file: a, client_auth: required, min_version: 1.1, alpn: [h2, h3]}
    routing: {}
    """,
    [
      "c.yaml:4:70: listener \"https\": tls.client_auth must be none, optional or require, not \"required\"; "
        + "did you mean require?",
      "c.yaml:4:93: listener \"https\": tls.min_version must be 1.2 or 1.3, not 1.1; did you mean 1.2?",
      "c.yaml:4:109: listener \"https\": tls.alpn[1] must be h2 or http/1.1, not \"h3\"",
    ]),
  DocumentCase(
    "clients' certificates need somebody to trust",
    """
    listeners: [{port: 1, tls: {cert_file: c, key_file: k, client_auth: require}}]
    routing: {}
    """,
    [
      "c.yaml:1:69: listeners[0].tls.client_auth is require, but no client_ca_file says whom to trust; write "
        + "client_ca_file, or client_auth: none"
    ]),
  DocumentCase(
    "a protocol list is a list",
    """
    listeners: [{port: 1, tls: {cert_file: c, key_file: k, alpn: h2}}]
    routing: {}
    """,
    [
      "c.yaml:1:62: listeners[0].tls.alpn must be a list of texts, not \"h2\""
    ]),
  DocumentCase(
    "CORS needs origins",
    """
    listeners: [{name: a, port: 1, cors: {}}, {name: b, port: 2, cors: {allow_origins: []}}, {name: c, port: 3, cors: {allow_origins: "*"}}]
    routing: {}
    """,
    [
      "c.yaml:1:38: listener \"a\": cors.allow_origins is missing",
      "c.yaml:1:84: listener \"b\": cors.allow_origins must not be empty; write [\"*\"] for every origin",
      "c.yaml:1:131: listener \"c\": cors.allow_origins must be a list of texts, not \"*\"",
    ]),
  DocumentCase(
    "origins have no path, no pattern, and a scheme",
    """
    listeners:
      - name: web
        port: 1
        cors: {allow_origins: ["https://a.example/", "https://*.example.com", app.example.com, "https://b.example"]}
    routing: {}
    """,
    [
      "c.yaml:4:28: listener \"web\": cors.allow_origins[0] must be an origin or *, not "
        + "\"https://a.example/\"; write scheme and host, such as https://app.example.com or http://localhost:3000",
      "c.yaml:4:50: listener \"web\": cors.allow_origins[1] must be an origin or *, not "
        + "\"https://*.example.com\"; write scheme and host, such as https://app.example.com or http://localhost:3000",
      "c.yaml:4:75: listener \"web\": cors.allow_origins[2] must be an origin or *, not \"app.example.com\"; "
        + "write scheme and host, such as https://app.example.com or http://localhost:3000",
    ]),
  DocumentCase(
    "credentials are not for every origin",
    """
    listeners: [{name: web, port: 1, cors: {allow_origins: ["https://a", "*"], allow_credentials: true}}]
    routing: {}
    """,
    [
      "c.yaml:1:95: listener \"web\": cors.allow_credentials must be false with the origin *, or browsers "
        + "refuse every answer; list the origins under allow_origins"
    ]),
  DocumentCase(
    "methods and headers are tokens, an age is a duration",
    """
    listeners:
      - name: web
        port: 1
        cors: {allow_origins: ["*"], allow_methods: [GET POST], allow_headers: ["a:"], expose_headers: ["é"], max_age: long}
    routing: {}
    """,
    [
      "c.yaml:4:50: listener \"web\": cors.allow_methods[0] must be a method or *, not \"GET POST\"",
      "c.yaml:4:77: listener \"web\": cors.allow_headers[0] must be the name of a header or *, not \"a:\"",
      "c.yaml:4:101: listener \"web\": cors.expose_headers[0] must be the name of a header or *, not \"é\"",
      "c.yaml:4:116: listener \"web\": cors.max_age must be a duration such as 60s or 1m30s, not \"long\"",
    ]),
  DocumentCase(
    "trust is a switch",
    """
    listeners: [{port: 1, trust_forwarded: all}]
    routing: {}
    """,
    [
      "c.yaml:1:40: listeners[0].trust_forwarded must be true or false, not \"all\""
    ]),
  DocumentCase(
    "sizes and counts of the gateway have their bounds",
    """
    routing: {}
    global:
      gateway:
        max_requests: 0
        max_buffered_bytes: 0
        max_connections: -1
        body_limit: 64MB
        upload_limit: none
        drain_timeout: none
        client_idle_timeout: later
        request_read_timeout: {}
        priority_header: "x priority"
    """,
    [
      "c.yaml:4:19: global.gateway.max_requests must be between 1 and 10000000, not 0",
      "c.yaml:5:25: global.gateway.max_buffered_bytes must be a size above 0 such as 64M or 1G, not 0",
      "c.yaml:6:22: global.gateway.max_connections must be between 1 and 10000000, not -1",
      "c.yaml:7:17: global.gateway.body_limit must be a size above 0 such as 64M or 1G, not \"64MB\"",
      "c.yaml:8:19: global.gateway.upload_limit must be a size above 0 such as 64M or 1G, not \"none\"",
      "c.yaml:9:20: global.gateway.drain_timeout must be a duration such as 60s or 1m30s, not \"none\"",
      "c.yaml:10:26: global.gateway.client_idle_timeout must be a duration such as 60s or 1m30s, or none, not "
        + "\"later\"",
      "c.yaml:11:27: global.gateway.request_read_timeout must be a duration such as 60s or 1m30s, or none, not "
        + "a mapping",
      "c.yaml:12:22: global.gateway.priority_header must be the name of a header, not \"x priority\"; write a "
        + "name such as x-request-priority",
    ]),
  DocumentCase(
    "a body fits into what is held",
    """
    routing: {}
    global: {gateway: {body_limit: 2G}}
    """,
    [
      "c.yaml:2:32: global.gateway.body_limit must not exceed max_buffered_bytes, 1G; lower it, or raise "
        + "max_buffered_bytes"
    ]),
  DocumentCase(
    "what is held is not less than a body",
    """
    routing: {}
    global: {gateway: {max_buffered_bytes: 32M}}
    """,
    [
      "c.yaml:2:40: global.gateway.max_buffered_bytes must not be less than body_limit, 64M; raise it, or set "
        + "a lower body_limit"
    ]),
  DocumentCase(
    "users are kept in a file",
    """
    routing: {}
    global: {gateway: {users: {token_env: TOKEN}}}
    """,
    ["c.yaml:2:27: global.gateway.users names no file to keep them in; write file: users.db"]),
  DocumentCase(
    "a model takes at least one request a second",
    """
    providers:
      models: [{name: m, backend_refs: [{endpoint: h}], balancing: {requests_per_second: 0}}]
    routing: {}
    """,
    ["c.yaml:2:86: model \"m\": balancing.requests_per_second must be between 1 and 10000000, not 0"]),
  DocumentCase(
    "profiles are strategies or mappings, have spans with numbers in them, and names of their own",
    """
    providers:
      models:
        - name: m
          backend_refs: [{endpoint: h}]
          balancing:
            profiles:
              auto: random
              bulk: {prompt_tokens_gte: 10, prompt_tokens_lt: 10, max_tokens_gte: -1}
              chat: [sticky]
              other: {strategie: random}
    routing: {}
    """,
    [
      "c.yaml:7:17: model \"m\": a profile cannot be called auto, which stands for the one that "
        + "fits the request; give the profile another name",
      "c.yaml:8:59: model \"m\": balancing.profiles.bulk.prompt_tokens_lt must be above prompt_tokens_gte: no request has "
        + "so many tokens; write a greater number",
      "c.yaml:8:79: model \"m\": balancing.profiles.bulk.max_tokens_gte must be between 0 and 1000000000, not -1",
      "c.yaml:9:17: model \"m\": balancing.profiles.chat must be a text or a mapping, not a list",
      "c.yaml:10:19: warning: model \"m\": balancing.profiles.other.strategie is not a key of the schema and is ignored; "
        + "did you mean strategy?",
    ]),
  DocumentCase(
    "what is set of exact residency means nothing without it",
    """
    providers:
      models: [{name: m, backend_refs: [{endpoint: h}], balancing: {kv_events: {tokenize_timeout: 1s, tiers: {}}}}]
    routing: {}
    """,
    [
      "c.yaml:2:95: model \"m\": balancing.kv_events.tokenize_timeout does nothing without exact: true; write exact: true "
        + "beside it",
      "c.yaml:2:106: model \"m\": balancing.kv_events.tiers does nothing without exact: true; write exact: true beside it",
    ]),
  DocumentCase(
    "a tier saves between nothing and all of a token's prefill, and has a name that is known",
    """
    providers:
      models: [{name: m, backend_refs: [{endpoint: h}], balancing: {kv_events: {exact: true, tiers: {cpu: 2, ssd: 1}}}}]
    routing: {}
    """,
    [
      "c.yaml:2:103: model \"m\": balancing.kv_events.tiers.cpu must be between 0 and 1, not 2",
      "c.yaml:2:106: warning: model \"m\": balancing.kv_events.tiers.ssd is not a key of the schema and is ignored; "
        + "`switchyard config reference` lists the keys",
    ]),
]
