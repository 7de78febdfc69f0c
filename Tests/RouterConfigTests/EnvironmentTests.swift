import RouterConfig
import Testing

@Suite("Environment variables in documents") struct EnvironmentTests {
  private static let environment = ["SET": "value", "EMPTY": "", "PORT": "9000", "DOLLAR": "$SET", "ON": "true"]

  @Test(
    "references are expanded",
    arguments: [
      ("$SET", "value"), ("${SET}", "value"), ("a-$SET-b", "a-value-b"), ("${SET}${SET}", "valuevalue"),
      ("${EMPTY:-other}", "other"), ("${EMPTY-other}", ""), ("${UNSET:-other}", "other"), ("${UNSET-other}", "other"),
      ("${UNSET:-}", ""), ("${SET:-other}", "value"), ("$$SET", "$SET"), ("$$$SET", "$value"), ("5$", "5$"),
      ("$5 and $ 6", "$5 and $ 6"), ("^a$|b", "^a$|b"), ("${", "${"), ("${1}", "${1}"), ("${A B}", "${A B}"),
      ("$DOLLAR", "$SET"), ("$SETTLED-$SET", "-value"),
    ])
  func expands(_ written: String, _ expected: String) throws {
    let loaded = try load(
      "routing:\n  decisions:\n    - {name: a, description: '\(written)'}\n", environment: Self.environment)
    #expect(loaded.document.routing.decisions[0].description == expected)
  }

  @Test("numbers and Booleans may come from variables, quoted or not")
  func types() throws {
    let loaded = try load(
      """
      listeners: [{name: a, port: $PORT}, {name: b, port: "${OTHER_PORT:-9001}"}]
      routing: {}
      global: {router: {skip_processing: {enabled: "${ON}"}}}
      """, environment: Self.environment)
    #expect(loaded.document.listeners.map(\.port) == [9000, 9001])
    #expect(loaded.document.global.skipProcessing)
    #expect(loaded.warnings.isEmpty)
  }

  @Test("an unset variable is named once, at its first use")
  func unset() throws {
    let loaded = try load(
      "routing:\n  decisions:\n    - name: a\n      description: $GONE\n    - name: b\n      description: $GONE\n")
    #expect(loaded.warnings.map(\.line) == [4])
    #expect(loaded.document.routing.decisions.map(\.description) == ["", ""])
  }

  @Test("messages never show what came out of a variable")
  func hidden() {
    do {
      _ = try load(
        """
        routing:
          strategy: $SET
        listeners:
          - {name: l, port: $SET, timeout: $SET, cors: {allow_origins: [$SET], allow_methods: ["a $SET"]}}
          - {name: t, port: 1, tls: {cert_file: a, key_file: b, alpn: [$SET], client_auth: $SET}}
        providers:
          models:
            - name: m
              reliability: {health_check_path: $SET, hedge_after: $SET, max_requests: $SET}
              backend_refs: [{endpoint: "${SET}:x"}, {base_url: $SET}, {endpoint: "u:value@h"}]
        global: {gateway: {body_limit: $SET, priority_header: "a $SET"}}
        """, environment: Self.environment)
      Issue.record("loaded")
    } catch {
      #expect(error.problems.count == 15)
      #expect(!error.description.contains("value"))
    }
  }

  @Test("keys are left alone")
  func keys() throws {
    let loaded = try load(
      "providers: {models: [{name: m, external_model_ids: {$SET: x}}]}\nrouting: {}\n", environment: Self.environment)
    #expect(loaded.document.providers.models[0].externalModelIDs == ["$SET": "x"])
  }

  @Test("a credential comes from its variable, and prints as dots")
  func credential() throws {
    let loaded = try load(
      """
      providers:
        models:
          - name: m
            backend_refs:
              - {name: a, endpoint: "h:1", api_key_env: SET}
              - {name: b, endpoint: "h:2", api_key: "${SET}"}
              - {name: c, endpoint: "h:3", api_key: literal}
      routing: {}
      """, environment: Self.environment)
    let backends = loaded.document.providers.models[0].backends
    #expect(backends.map { $0.credential?.reveal() } == ["value", "value", "literal"])
    #expect(backends.map(\.credentialEnvironmentName) == ["SET", "SET", nil])
    #expect(!"\(loaded.document)".contains("literal"))
    var dumped = ""
    dump(loaded.document, to: &dumped)
    #expect(!dumped.contains("literal"))
  }
}
