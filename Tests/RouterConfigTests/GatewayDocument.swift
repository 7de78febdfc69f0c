/// A document that sets every key of the gateway, none to its default.
let gatewayDocument = #"""
  version: v0.3
  listeners:
    - name: https
      port: 8443
      timeout: 1m30s
      trust_forwarded: true
      tls:
        cert_file: tls/server.crt
        key_file: /etc/tls/server.key
        client_ca_file: tls/clients.crt
        client_auth: optional
        min_version: 1.3
        alpn: [http/1.1]
      cors:
        allow_origins: ["https://App.Example.com:443", "http://localhost:3000", "null"]
        allow_methods: [POST]
        allow_headers: [authorization, content-type]
        expose_headers: [x-request-id]
        allow_credentials: true
        max_age: 1h
    - {name: http, port: 8080, cors: {allow_origins: ["*"]}}
  providers:
    defaults:
      reliability: {connect_timeout: 1s, idle_timeout: 30s, hedge_after: p95, total_timeout: 1h}
    models:
      - name: m
        reliability:
          connect_timeout: 250ms
          first_byte_timeout: none
          total_timeout: 0
          retry_count: 5
          retry_on: 5xx,reset
          retry_budget_percent: 10
          consecutive_5xx: 0
          success_rate_ejection: false
          base_ejection_time: 10s
          max_ejection_time: 1m
          max_ejection_percent: 100
          slow_start: none
          health_check_path: /v1/models?short=1
          health_check_interval: 5s
          health_check_timeout: 1.5s
          lb_policy: least_request
          max_connections: 64
          max_pending: 0
          max_requests: 32
          min_idle_connections: 4
          connection_idle_timeout: 20s
          hedge_after: 800ms
        adapters: {sql: /adapters/sql, law: "huggingface://org/law"}
        load_adapters: true
        balancing:
          requests_per_second: 20
          kv_events: {exact: true, tokenize_timeout: 80ms, tiers: {cpu: 0.9, disk: 0.25}}
          authoritative: true
          default_profile: auto
          profiles:
            chat: sticky
            bulk:
              strategy: throughput
              prompt_tokens_gte: 1000
              prompt_tokens_lt: 8000
              max_tokens_gte: 1
              max_tokens_lt: 100
              requests_per_second: 5
        backend_refs:
          - {endpoint: "m:8000", metrics_port: 9000, kv_events: {endpoint: "tcp://m:6000", replay_endpoint: none},
             labels: {zone: a, example.com/tier: gold}}
          - {name: p, endpoint: "p:8000", role: prefill, roleset: set-0}
          - {name: d, endpoint: "d:8000", role: decode, roleset: set-0}
          - {name: b, endpoint: "b:8000", role: both}
      - {name: n, backend_refs: [{endpoint: "n:8000"}]}
  routing: {}
  global:
    gateway:
      max_requests: 500
      max_buffered_bytes: 512Mi
      max_connections: 600
      body_limit: 8M
      upload_limit: 2G
      drain_timeout: 2m
      client_idle_timeout: none
      request_read_timeout: 10s
      priority_header: X-Priority
      prefix_blocks: 4000000
      endpoints_file: fleet/endpoints.yaml
      users: {file: state/users.db, token_env: USERS_TOKEN}
  """#
