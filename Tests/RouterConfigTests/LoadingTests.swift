import RouterConfig
import Testing

@Suite("Loading") struct LoadingTests {
  @Test("what a document leaves out has its default")
  func defaults() throws {
    let document = try load(
      """
      listeners: [{port: 8080}]
      providers: {models: [{name: m, pricing: {}, backend_refs: [{endpoint: h}]}]}
      routing:
        modelCards: [{name: m}]
        signals:
          keywords: [{name: k, keywords: [a]}]
          language: [{name: de}]
          context: [{name: c}]
        decisions: [{name: d, modelRefs: [{model: m}], plugins: [{type: system_prompt, configuration: {system_prompt: x}}]}]
      """
    ).document
    #expect(document.version == "v0.3")
    #expect(document.listeners == [Listener(name: "listener-1", address: "0.0.0.0", port: 8080)])
    #expect(
      document.providers.models == [
        ProviderModel(
          name: "m", backends: [BackendReference(name: "m_primary", host: "h", port: 80)], pricing: ModelPricing())
      ])
    #expect(
      document.routing
        == RoutingProfile(
          modelCards: [ModelCard(name: "m")],
          signals: SignalDeclarations(
            keywords: [KeywordRule(name: "k", keywords: ["a"])], language: [LanguageRule(name: "de")],
            context: [ContextRule(name: "c")]),
          decisions: [
            Decision(
              name: "d", modelRefs: [ModelRef(model: "m")], plugins: [.systemPrompt(SystemPromptPlugin(prompt: "x"))])
          ]))
    #expect(document.global == GlobalSettings())
    #expect(document.entrypoints.isEmpty && document.recipes.isEmpty)
  }

  @Test("empty and null sections are as if left out")
  func emptySections() throws {
    let loaded = try load("routing: {decisions: , signals: ~}\nlisteners:\nproviders: null\nglobal: {router: }\n")
    #expect(loaded.document.routing == RoutingProfile())
    #expect(loaded.warnings.isEmpty)
    #expect(try load("routing:\nglobal: {}\n").document.global == GlobalSettings())
  }

  @Test("JSON is YAML, aliases and merge keys are resolved, a byte-order mark is no text")
  func notations() throws {
    #expect(try load(#"{"routing": {"strategy": "confidence"}}"#).document.routing.strategy == .confidence)
    let loaded = try load(
      """
      routing:
        modelCards: [{name: m}]
        decisions:
          - &first
            name: a
            priority: 3
            modelRefs: &refs [{model: m}]
          - <<: *first
            name: b
          - name: c
            modelRefs: *refs
      """)
    #expect(loaded.document.routing.decisions.map(\.priority) == [3, 3, 0])
    #expect(loaded.document.routing.decisions.map { $0.modelRefs.count } == [1, 1, 1])
    #expect(try load("\u{feff}routing: {strategy: priority}\n").document.routing.strategy == .priority)
  }

  @Test("words that YAML takes for Booleans and numbers stay texts where texts are due")
  func plainWords() throws {
    let signals = try load(
      """
      version: 0.3
      routing:
        signals:
          language: [{name: no}]
          keywords: [{name: 1, operator: or, keywords: [yes, no, 3.0, on, 0x10]}]
      """
    ).document.routing.signals
    #expect(signals.language == [LanguageRule(name: "no")])
    #expect(signals.keywords == [KeywordRule(name: "1", keywords: ["yes", "no", "3.0", "on", "0x10"])])
  }

  @Test("rules nest, and operators may be left out")
  func rules() throws {
    let rules = try load(
      """
      routing:
        signals:
          keywords: [{name: a, keywords: [a]}, {name: b, keywords: [b]}]
          context: [{name: long, min_tokens: 4K, max_tokens: "1.5M"}]
        decisions:
          - name: d
            rules:
              operator: AND
              conditions:
                - conditions: [{type: KEYWORD, name: a}, {type: keyword, name: b}]
                - {operator: not, conditions: [{type: keyword, name: b}]}
                - {type: context, name: long, predicate: {gte: 5000, lt: 1e6}, on_error: no_match}
          - {name: e, rules: {}}
          - {name: f, rules: {operator: AND, conditions: []}}
      """
    ).document.routing
    let a = RuleNode.leaf(RuleLeaf(type: "keyword", name: "a"))
    let b = RuleNode.leaf(RuleLeaf(type: "keyword", name: "b"))
    let long = RuleLeaf(
      type: "context", name: "long", predicate: NumericPredicate(gte: 5000, lt: 1_000_000), onError: .noMatch)
    #expect(rules.decisions.map(\.rules) == [.and([.or([a, b]), .not(b), .leaf(long)]), .always, .and([])])
    #expect(rules.signals.context == [ContextRule(name: "long", minTokens: 4000, maxTokens: 1_500_000)])
  }

  @Test("signals of every family are read")
  func signals() throws {
    let signals = try load(
      #"""
      routing:
        signals:
          keywords:
            - {name: fuzzy, operator: NOR, keywords: [plese], method: fuzzy, fuzzy_threshold: 1}
            - {name: older, operator: AND, keywords: [a], fuzzy_match: true, case_sensitive: true}
            - {name: likeness, keywords: [a], method: ngram, ngram_threshold: 0.5, ngram_arity: 4}
            - {name: ranked, keywords: ['\bx$'], method: bm25, bm25_threshold: 2}
          domains:
            - {name: Computer_Science}
            - {name: nature, description: Living and dead, mmlu_categories: [Biology, physics, biology]}
          structure:
            - {name: code, feature: {type: count, source: {type: regex, pattern: '`{3}'}}, predicate: {gt: 1}}
            - {name: ask, feature: {type: density, source: {type: keyword_set, keywords: [why], case_sensitive: true}}}
            - {name: steps, feature: {type: sequence, source: {type: sequence, sequences: [[first, then]]}}}
            - {name: size, feature: {type: count, source: {type: text_bytes}}, predicate: {lte: 10}}
          conversation:
            - {name: turns, feature: {type: count, source: {type: message, role: user}}, predicate: {gte: 2}}
            - {name: any, feature: {type: exists, source: {type: message}}}
            - {name: tools, feature: {type: exists, source: {type: tool_definition}}}
            - {name: calls, feature: {type: exists, source: {type: assistant_tool_call}}}
            - {name: cycles, feature: {type: exists, source: {type: assistant_tool_cycle}}}
            - {name: loop, feature: {type: exists, source: {type: active_tool_loop}}}
            - {name: image, feature: {type: exists, source: {type: image_content}}}
          metadata:
            - {name: gold, key: tier, predicate: {equals: gold}}
            - {name: paid, key: tier, predicate: {in: [gold, silver]}}
            - {name: none, key: tier, predicate: {exists: false}}
      """#
    ).document.routing.signals
    #expect(
      signals
        == SignalDeclarations(
          keywords: [
            KeywordRule(name: "fuzzy", op: .nor, keywords: ["plese"], method: .fuzzy, fuzzyThreshold: 1),
            KeywordRule(name: "older", op: .and, keywords: ["a"], isCaseSensitive: true, method: .fuzzy),
            KeywordRule(name: "likeness", keywords: ["a"], method: .ngram, ngramThreshold: 0.5, ngramArity: 4),
            KeywordRule(name: "ranked", keywords: ["\\bx$"], method: .bm25, bm25Threshold: 2),
          ],
          domains: [
            DomainRule(name: "Computer_Science", labels: [.computerScience]),
            DomainRule(name: "nature", description: "Living and dead", labels: [.biology, .physics]),
          ],
          structure: [
            StructureRule(
              name: "code", feature: .count, source: .regex(pattern: "`{3}"), predicate: NumericPredicate(gt: 1)),
            StructureRule(
              name: "ask", feature: .density, source: .keywordSet(keywords: ["why"], isCaseSensitive: true)),
            StructureRule(
              name: "steps", feature: .sequence,
              source: .sequence(sequences: [["first", "then"]], isCaseSensitive: false)),
            StructureRule(name: "size", feature: .count, source: .textBytes, predicate: NumericPredicate(lte: 10)),
          ],
          conversation: [
            ConversationRule(
              name: "turns", feature: .count, source: .message(role: "user"), predicate: NumericPredicate(gte: 2)),
            ConversationRule(name: "any", feature: .exists, source: .message(role: nil)),
            ConversationRule(name: "tools", feature: .exists, source: .toolDefinition),
            ConversationRule(name: "calls", feature: .exists, source: .assistantToolCall),
            ConversationRule(name: "cycles", feature: .exists, source: .assistantToolCycle),
            ConversationRule(name: "loop", feature: .exists, source: .activeToolLoop),
            ConversationRule(name: "image", feature: .exists, source: .imageContent),
          ],
          metadata: [
            MetadataRule(name: "gold", key: "tier", predicate: .equals("gold")),
            MetadataRule(name: "paid", key: "tier", predicate: .isIn(["gold", "silver"])),
            MetadataRule(name: "none", key: "tier", predicate: .exists(false)),
          ]))
  }

  @Test("backends come by endpoint, by base URL or by both, with the provider's habits")
  func backends() throws {
    let backends = try load(
      """
      providers:
        models:
          - name: m
            backend_refs:
              - {endpoint: "10.0.0.1:8000", weight: 3}
              - {name: six, endpoint: "[::1]:8000/prefix/", protocol: HTTPS, type: sglang}
              - {name: openai, base_url: "https://api.openai.com/v1", provider: openai}
              - {name: claude, base_url: "https://api.anthropic.com", provider: anthropic}
              - {name: azure, base_url: "https://x.example/openai/deployments/d", provider: azure-openai, api_version: 2025-01-01}
              - {name: own, base_url: "http://h:9/v1", auth_prefix: "", extra_headers: {x-team: a}, chat_path: /chat}
              - {name: both, endpoint: "10.0.0.2:443", base_url: "https://gateway.example/llm/v1"}
              - {name: bare, base_url: "http://h:8000"}
      routing: {}
      """
    ).document.providers.models[0].backends
    #expect(
      backends == [
        BackendReference(name: "m_backend-1", host: "10.0.0.1", port: 8000, weight: 3),
        BackendReference(
          name: "m_six", host: "::1", port: 8000, usesTLS: true, pathPrefix: "/prefix", type: "sglang"),
        BackendReference(
          name: "m_openai", host: "api.openai.com", port: 443, usesTLS: true, chatPath: "/v1/chat/completions",
          type: "openai"),
        BackendReference(
          name: "m_claude", host: "api.anthropic.com", port: 443, usesTLS: true, chatPath: "/v1/messages",
          type: "anthropic", authHeader: "x-api-key", authPrefix: ""),
        BackendReference(
          name: "m_azure", host: "x.example", port: 443, usesTLS: true, pathPrefix: "/openai/deployments/d",
          chatPath: "/openai/deployments/d/chat/completions?api-version=2025-01-01", type: "azure-openai",
          authHeader: "api-key", authPrefix: ""),
        BackendReference(
          name: "m_own", host: "h", port: 9, chatPath: "/chat", authPrefix: "", extraHeaders: ["x-team": "a"]),
        BackendReference(
          name: "m_both", host: "10.0.0.2", port: 443, usesTLS: true, pathPrefix: "/llm",
          chatPath: "/llm/v1/chat/completions"),
        BackendReference(name: "m_bare", host: "h", port: 8000),
      ])
  }

  @Test("an adapter named as a model stands for its base model with the adapter")
  func adapters() throws {
    let document = try load(
      """
      providers: {defaults: {default_model: math-expert}}
      routing:
        modelCards: [{name: m, loras: [{name: math-expert}]}]
        decisions: [{name: d, modelRefs: [{model: math-expert, weight: 2}]}]
      """
    ).document
    #expect(document.routing.decisions[0].modelRefs == [ModelRef(model: "m", loraName: "math-expert", weight: 2)])
    #expect(document.providers.defaultModel == "math-expert")
  }

  @Test("recipes share the model cards, keep their signals apart, and are entered by name")
  func recipes() throws {
    let document = try load(
      """
      routing:
        modelCards: [{name: m}]
        strategy: confidence
      entrypoints: [{model_names: [private, careful], recipe: guarded}, {model_names: [plain], recipe: default}]
      recipes:
        - name: guarded
          description: For secrets
          routing:
            strategy: priority
            decisions: [{name: d, rules: {type: domain, name: law}, modelRefs: [{model: m}]}]
      """
    ).document
    #expect(
      document.entrypoints == [
        Entrypoint(modelNames: ["private", "careful"], recipe: "guarded"),
        Entrypoint(modelNames: ["plain"], recipe: "default"),
      ])
    #expect(
      document.recipes == [
        Recipe(
          name: "guarded", description: "For secrets",
          routing: RoutingProfile(
            modelCards: [ModelCard(name: "m")],
            signals: SignalDeclarations(domains: [DomainRule(name: "law", labels: [.law])]),
            decisions: [
              Decision(
                name: "d", rules: .leaf(RuleLeaf(type: "domain", name: "law")), modelRefs: [ModelRef(model: "m")])
            ], strategy: .priority))
      ])
    #expect(document.routing.signals.domains.isEmpty)
  }

  @Test("global settings")
  func global() throws {
    let settings = try load(
      """
      global:
        router:
          strategy: confidence
          auto_model_names: [route-me]
          skip_processing: {enabled: true}
        services: {management_api: {bind_address: "::", port: 0}}
        model_catalog: {modules: {classifier: {domain: {threshold: 0, fallback_category: law}}}}
      """
    ).document.global
    #expect(
      settings
        == GlobalSettings(
          autoModelNames: ["route-me"], strategy: .confidence, skipProcessing: true,
          domainThreshold: 0, fallbackCategory: "law", managementAddress: "::", managementPort: 0))
    let named = try load("global: {router: {auto_model_name: best}}\n").document.global
    #expect(named.autoModelNames == ["vllm-sr/auto", "auto", "best"])
  }

  @Test("addresses to bind lose the brackets of IPv6")
  func brackets() throws {
    let document = try load(
      """
      listeners: [{port: 1, address: "[::1]"}, {port: 2, address: "fe80::1%eth0"}, {port: 3, address: localhost}]
      routing: {}
      global: {services: {management_api: {bind_address: "[::]"}}}
      """
    ).document
    #expect(document.listeners.map(\.address) == ["::1", "fe80::1%eth0", "localhost"])
    #expect(document.global.managementAddress == "::")
  }

  @Test("a model list without the models is accepted, and changes nothing")
  func listing() throws {
    let loaded = try load("global: {router: {include_config_models_in_list: false}}\n", strict: true)
    #expect(loaded.warnings.isEmpty)
    #expect(loaded.document.global == GlobalSettings())
  }

  @Test("the hash is that of the file's bytes")
  func hash() throws {
    let loaded = try load("routing: {}\n")
    #expect(loaded.document.documentHash == "3dddbbb9b7cb758fbb4785157a915f196aeedf91586042427b9420adf3935011")
  }
}

@Suite("Limits") struct LimitTests {
  private func refusal(_ bytes: [UInt8]) -> String {
    do {
      _ = try ConfigurationLoader(environment: [:]).load(bytes, file: "c.yaml")
      return "loaded"
    } catch {
      return error.problems[0].description
    }
  }

  @Test("text that is not UTF-8 is refused with its place")
  func encoding() {
    #expect(
      refusal(Array("routing: {}\na: ".utf8) + [0xff, 0x0a])
        == "c.yaml:2:4: the document is not valid UTF-8; save it as UTF-8")
  }

  @Test("a document over 4 MiB is refused")
  func size() {
    #expect(
      refusal([UInt8](repeating: UInt8(ascii: "#"), count: (4 << 20) + 1))
        == "c.yaml:1:1: the document has 4194305 bytes, more than the limit of 4194304; split it")
  }

  @Test("aliases of aliases do not grow without end")
  func aliases() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...8 {
      text += "a\(level): &a\(level) [\((0..<10).map { _ in "*a\(level - 1)" }.joined(separator: ", "))]\n"
    }
    #expect(refusal(Array(text.utf8)).hasSuffix("the document has more than 200000 values after aliases"))
  }

  @Test("nesting is bounded", arguments: ["[", "{a: ", "- ", "a:\n"])
  func nesting(_ opening: String) {
    var text = "routing: \n "
    if opening == "a:\n" {
      text = (0..<300).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    } else {
      text += String(repeating: opening, count: 5000)
    }
    let message = refusal(Array(text.utf8))
    #expect(message.contains("nested more than 100 levels") || message.contains("not valid YAML"))
  }
}
