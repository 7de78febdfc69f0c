import RouterConfig
import Testing

@Suite("Writing documents") struct WriterTests {
  /// Loads what is written of a document, which must equal it apart from the hash.
  private func expectRoundTrip(_ yaml: String, environment: [String: String] = [:]) throws {
    let document = try load(yaml, environment: environment).document
    let written = ConfigurationWriter.write(document)
    var again = try load(written, environment: environment, strict: true)
    #expect(!again.wasMigrated)
    var expected = document
    expected.documentHash = again.document.documentHash
    #expect(again.document == expected)
    // Writing is a fixed point.
    again = try load(ConfigurationWriter.write(again.document), environment: environment)
    #expect(ConfigurationWriter.write(again.document) == written)
  }

  @Test("what is written loads as the same document", arguments: ["aibrix", "values", "legacy"])
  func samples(_ name: String) throws { try expectRoundTrip(try Samples.text("deploy/samples/\(name).yaml")) }

  @Test("a document with everything in it comes back")
  func everything() throws {
    try expectRoundTrip(
      #"""
      version: "0.3"
      listeners: [{name: a, address: "::", port: 1, timeout: 1m30s}, {port: 2, timeout: 0.25}]
      providers:
        defaults: {default_model: m, default_reasoning_effort: high, reasoning_families: {"a.b": {type: top_level_reasoning_effort, parameter: reasoning_effort}}}
        models:
          - name: m
            reasoning_family: a.b
            provider_model_id: org/m
            external_model_ids: {vllm: x, "a: b": "y # z"}
            pricing: {currency: EUR, prompt_per_1m: 0.1, completion_per_1m: 1e-7}
            backend_refs:
              - {endpoint: "[::1]:8000/a/v1/v1", protocol: https, weight: 0, type: sglang, api_key_env: KEY}
              - {name: z, base_url: "https://h/v1", provider: anthropic, api_key: "$KEY", extra_headers: {x-a: "$$1"}}
          - {name: 'on', backend_refs: [{endpoint: h}]}
      routing:
        modelCards: [{name: m, description: "a\nb", context_window_size: 4, quality_score: 0.25, loras: [{name: l, description: d}]}]
        strategy: confidence
        signals:
          keywords:
            - {name: k, operator: NOR, keywords: ["a\tb", "yes", "~", "", "1", "-", "#x", "é\u200b", "\U0001F600", "$$x", "a: b"]}
            - {name: r, keywords: ['^\d+$$'], method: regex, case_sensitive: true}
            - {name: f, keywords: [x], method: fuzzy, fuzzy_threshold: 3}
            - {name: n, keywords: [x], method: ngram, ngram_threshold: 0.5, ngram_arity: 2}
            - {name: b, keywords: [x], method: bm25, bm25_threshold: 3}
          domains: [{name: d, description: e, mmlu_categories: [law, math]}]
          language: [{name: no, threshold: 0.5}]
          context: [{name: c, min_tokens: 1K, max_tokens: 2K}, {name: d}]
          structure:
            - {name: a, feature: {type: count, source: {type: regex, pattern: "a|b"}}, predicate: {gt: 1, lt: 3.5}}
            - {name: b, feature: {type: exists, source: {type: keyword_set, keywords: [x]}}}
            - {name: c, feature: {type: sequence, source: {type: sequence, sequences: [[a, b], [c]], case_sensitive: true}}}
            - {name: d, feature: {type: count, source: {type: text_bytes}}, predicate: {gte: -1, lte: 1}}
          conversation:
            - {name: a, feature: {type: count, source: {type: message, role: non_user}}, predicate: {gte: 2}}
            - {name: b, feature: {type: exists, source: {type: active_tool_loop}}}
          metadata:
            - {name: a, key: k, predicate: {equals: ""}}
            - {name: b, key: k, predicate: {in: [a, b]}}
            - {name: c, key: k, predicate: {exists: false}}
        decisions:
          - {name: always, tier: 2, modelRefs: [{model: m, lora_name: l, weight: 0.5, use_reasoning: true, reasoning_effort: low}]}
          - name: nested
            description: "ends with a space "
            priority: -3
            rules: {operator: AND, conditions: [{operator: NOT, conditions: [{type: keyword, name: r}]}, {operator: OR, conditions: []}, {type: structure, name: a, predicate: {gt: 2}, on_error: match, label: x}]}
            algorithm: {type: hybrid}
            plugins:
              - {type: system_prompt, configuration: {enabled: false, mode: replace, system_prompt: "one\n\n  two $$5\nthree\n"}}
          - {name: prompts, plugins: [{type: system_prompt, configuration: {system_prompt: " leading\nblank\n\n"}}]}
      entrypoints: [{model_names: [x, y], recipe: r}]
      recipes: [{name: r, description: d, routing: {strategy: priority, decisions: [{name: a, rules: {type: domain, name: law}}]}}]
      global:
        router: {strategy: confidence, auto_model_names: [], skip_processing: {enabled: true}}
        services: {management_api: {bind_address: 0.0.0.0, port: 9}}
        model_catalog: {modules: {classifier: {domain: {threshold: 0.75, fallback_category: law}}}}
      """#.replacing("\"\", ", with: ""), environment: ["KEY": "sk-1"])
  }

  @Test("what the gateway is told comes back")
  func gateway() throws {
    try expectRoundTrip(gatewayDocument)
    try expectRoundTrip(
      """
      listeners: [{port: 1, timeout: 10us, tls: {cert_file: a, key_file: b, client_ca_file: c, alpn: []}}]
      providers:
        defaults: {reliability: {hedge_after: p95, base_ejection_time: 1h}}
        models: [{name: a, backend_refs: [{endpoint: h}]}, {name: b, backend_refs: [{endpoint: h}]}]
      routing: {}
      """)
  }

  @Test("settings that all models share are written once, those of one beside it, defaults not at all")
  func reliability() throws {
    func written(_ models: [ReliabilitySettings]) -> String {
      var document = RouterDocument()
      document.providers.models = models.enumerated().map { index, settings in
        ProviderModel(name: "m\(index)", reliability: settings)
      }
      let text = ConfigurationWriter.write(document)
      guard let begin = text.firstRange(of: "providers:\n"), let end = text.firstRange(of: "\n\n# What to") else {
        return text
      }
      return String(text[begin.lowerBound..<end.lowerBound])
    }
    let patient = ReliabilitySettings(idleTimeout: nil, totalTimeout: .seconds(90))
    #expect(
      written([patient, patient]) == """
        providers:
          # The default model answers when no decision matches.
          defaults:
            reliability:
              idle_timeout: none
              total_timeout: "1m30s"
          models:
            - name: m0
            - name: m1
        """)
    #expect(
      written([patient, .defaults]) == """
        providers:
          models:
            - name: m0
              reliability:
                idle_timeout: none
                total_timeout: "1m30s"
            - name: m1
        """)
  }

  @Test("an empty document can be written")
  func empty() throws {
    let written = ConfigurationWriter.write(RouterDocument())
    #expect(
      written == """
        # Configuration of the router. `switchyard config check` reads it without starting anything;
        # `switchyard config reference` explains every key.
        version: v0.3

        # What to read off a request, and what to do with which requests.
        routing: {}

        # What holds for all recipes.
        global:
          router:
            strategy: priority
            auto_model_names: [vllm-sr/auto, auto, MoM]
            skip_processing:
              enabled: false
          services:
            management_api:
              bind_address: "127.0.0.1"
              port: 8081
          model_catalog:
            modules:
              classifier:
                domain:
                  threshold: 0.5
                  fallback_category: other

        """)
    #expect(try load(written).document.global == GlobalSettings())
  }

  @Test("secrets are written as names of variables")
  func secrets() throws {
    let document = try load(
      """
      providers:
        models:
          - name: m
            backend_refs:
              - {name: a-1, endpoint: "h:1", api_key: sk-literal, extra_headers: {x-api-token: tok-literal, x-team: search}}
              - {name: b, endpoint: "h:2", api_key_env: MY_KEY}
      routing: {}
      """
    ).document
    let written = ConfigurationWriter.write(document)
    #expect(!written.contains("literal"))
    #expect(written.contains("api_key_env: API_KEY_M_A_1\n"))
    #expect(written.contains("api_key_env: MY_KEY\n"))
    #expect(written.contains("x-api-token: \"${API_KEY_M_A_1_X_API_TOKEN}\"\n"))
    #expect(written.contains("x-team: search\n"))
    #expect(ConfigurationWriter.variable(for: "m_a-1") == "API_KEY_M_A_1")
  }
}
