import RouterConfig
import Testing

@Suite("Migration of the flat format") struct MigrationTests {
  @Test("the sample loads with warnings of its own, at its own lines")
  func sample() throws {
    let loaded = try load(try Samples.text("deploy/samples/legacy.yaml"))
    #expect(loaded.wasMigrated)
    #expect(
      loaded.warnings.map(\.description) == [
        "c.yaml:3:1: warning: the document is in the format before v0.3 and was migrated in memory; "
          + "`switchyard config migrate` writes the new form",
        "c.yaml:44:7: warning: category \"math\": of its 2 models only the one of the best score is carried over, "
          + "math-expert; a decision's first candidate answers",
        "c.yaml:57:3: warning: the document sets a response cache, which this version does not act on yet",
      ])
    let document = loaded.document
    #expect(document.version == "v0.3")
    #expect(
      document.providers
        == Providers(
          defaultModel: "vllm-llama3-8b-instruct", defaultReasoningEffort: "medium",
          reasoningFamilies: ["qwen3": ReasoningFamily(kind: .chatTemplateKwargs, parameter: "enable_thinking")],
          models: [
            ProviderModel(
              name: "vllm-llama3-8b-instruct", reasoningFamily: "qwen3",
              backends: [
                BackendReference(
                  name: "vllm-llama3-8b-instruct_replica-1", host: "127.0.0.1", port: 8001, weight: 2),
                BackendReference(name: "vllm-llama3-8b-instruct_replica-2", host: "127.0.0.1", port: 8002),
              ], pricing: ModelPricing(promptPerMillion: 0.1, completionPerMillion: 0.2))
          ]))
    #expect(document.global.domainThreshold == 0.6)
    #expect(document.routing.signals.keywords.map(\.name) == ["thinking"])
    #expect(document.routing.signals.domains.map(\.name) == ["math", "other"])
    #expect(
      document.routing.decisions == [
        Decision(
          name: "math_decision", priority: 10, rules: .or([.leaf(RuleLeaf(type: "domain", name: "math"))]),
          modelRefs: [ModelRef(model: "vllm-llama3-8b-instruct", loraName: "math-expert", useReasoning: true)],
          plugins: [
            .systemPrompt(
              SystemPromptPlugin(
                prompt: "You are a mathematics expert. Work step by step and check the result.", mode: .replace))
          ]),
        Decision(
          name: "other_decision", priority: 10, rules: .or([.leaf(RuleLeaf(type: "domain", name: "other"))]),
          modelRefs: [ModelRef(model: "vllm-llama3-8b-instruct")]),
      ])
  }

  @Test("the written form loads as the migrated one, without a word about migration")
  func written() throws {
    let old = try Samples.text("deploy/samples/legacy.yaml")
    let (yaml, notes) = try ConfigurationMigration.migrate(Array(old.utf8))
    let migrated = try load(yaml)
    #expect(!migrated.wasMigrated)
    var expected = try load(old).document
    expected.documentHash = migrated.document.documentHash
    #expect(migrated.document == expected)
    #expect(
      notes == [
        "category \"math\": of its 2 models only the one of the best score is carried over, math-expert; "
          + "a decision's first candidate answers",
        "the categories' models and prompts became 2 decisions of priority 10",
        "comments of the old file are not carried over",
      ])
  }

  @Test("a v0.3 document and its Helm values pass byte for byte", arguments: ["aibrix", "values"])
  func unchanged(_ name: String) throws {
    let text = try Samples.text("deploy/samples/\(name).yaml")
    let (yaml, notes) = try ConfigurationMigration.migrate(Array(text.utf8))
    #expect(yaml == text)
    #expect(notes.isEmpty)
  }

  @Test("keys of drafts move, references to variables stay")
  func drafts() throws {
    let (yaml, _) = try ConfigurationMigration.migrate(
      Array(
        """
        version: v0.3
        providers: {default_model: m, models: [{name: m, backend_refs: [{endpoint: "${HOST}:1"}]}]}
        routing: {models: [{name: m}]}
        """.utf8))
    #expect(
      yaml == """
        version: v0.3
        providers:
          models:
            - name: m
              backend_refs:
                - endpoint: "${HOST}:1"
          defaults:
            default_model: m
        routing:
          modelCards:
            - name: m

        """)
  }

  @Test("what has no place is noted, what is only named gets a card")
  func notes() throws {
    let old = """
      bert_model: {model_id: x}
      vllm_endpoints:
        - {name: a, address: "::1", port: 1, models: [m]}
        - {name: b, address: b, port: 2, models: [n], provider_profile: p, api_key: $KEY}
      provider_profiles: {p: {type: openai, base_url: "https://b/v1"}}
      model_config: {m: {pii_policy: {}, access_key: secret}}
      default_model: m
      categories: [{name: Law, jailbreak_enabled: true, model_scores: [{model: n, score: 0.1}, {model: m, score: 0.9}]}]
      decisions: [{name: d, modelRefs: [{model: n}], plugins: [{type: semantic-cache, configuration: {enabled: true}}]}]
      language_rules: [{name: de}]
      strategy: confidence
      """
    let (yaml, notes) = try ConfigurationMigration.migrate(Array(old.utf8))
    #expect(
      notes == [
        "bert_model is left out; v0.3 has no place for it",
        "model \"m\": pii_policy is left out; v0.3 has no place for it",
        "category \"Law\": jailbreak_enabled is left out; v0.3 has no place for it",
        "category \"Law\": model_scores is left out; the document's decisions choose the models",
        "model n had no model_config; it got a card and the endpoints that list it",
        "comments of the old file are not carried over",
      ])
    let document = try load(yaml, environment: ["KEY": "k"]).document
    #expect(document.routing.strategy == .confidence)
    #expect(document.routing.decisions.map(\.name) == ["d"])
    #expect(document.routing.signals.language == [LanguageRule(name: "de")])
    #expect(document.routing.signals.domains == [DomainRule(name: "Law", labels: [.law])])
    #expect(
      document.providers.models.flatMap(\.backends) == [
        BackendReference(name: "m_a", host: "::1", port: 1, credential: Credential("secret")),
        BackendReference(
          name: "n_b", host: "b", port: 2, usesTLS: true, chatPath: "/v1/chat/completions", type: "openai",
          credential: Credential("k"), credentialEnvironmentName: "KEY"),
      ])
  }

  @Test("a model without an endpoint is noted, and an unknown key too")
  func withoutEndpoint() throws {
    let old = """
      bogus: 1
      vllm_endpoints: [{name: a, address: "${HOST}", port: $PORT, models: [m]}]
      model_config: {m: {reasonning_family: x}, lonely: {}}
      """
    let (yaml, notes) = try ConfigurationMigration.migrate(Array(old.utf8))
    #expect(
      notes == [
        "bogus is not a key of the flat format and is left out; remove it",
        "model \"m\": reasonning_family is not a key of the flat format and is left out; did you mean reasoning_family?",
        "model lonely has no endpoint, so requests for it will be answered 503",
        "comments of the old file are not carried over",
      ])
    #expect(yaml.contains("endpoint: \"${HOST}:$PORT\"\n"))
  }

  @Test("a file with errors of the flat format is not written anew")
  func refusal() {
    do {
      _ = try ConfigurationMigration.migrate(
        Array("vllm_endpoints: [{name: a, address: h}]\nmodel_config: {m: {preferred_endpoints: [b]}}\n".utf8))
      Issue.record("migrated")
    } catch {
      #expect(
        error.description
          == "config.yaml:2:42: model \"m\": endpoint \"b\" is not declared; declare it under vllm_endpoints")
    }
  }

  @Test("in strict mode keys and versions that the flat format never had are errors")
  func strict() {
    do {
      _ = try load("version: v9\nbogus: 1\nmodel_config:\n  m:\n    reasonning_family: x\n", strict: true)
      Issue.record("loaded")
    } catch {
      #expect(
        error.problems.filter { $0.severity == .error }.map(\.description) == [
          "c.yaml:1:10: version \"v9\" is not v0.1, v0.2 or v0.3; `switchyard config migrate` writes the new form",
          "c.yaml:2:1: bogus is not a key of the flat format; remove it",
          "c.yaml:5:5: model \"m\": reasonning_family is not a key of the flat format; did you mean reasoning_family?",
        ])
    }
  }

  @Test("messages about a flat file never show what came out of a variable")
  func hidden() {
    do {
      _ = try load(
        """
        version: $V
        vllm_endpoints: [{name: a, address: "$V", port: $V}, {name: b, address: $HOST, port: "$V"}]
        categories: [{name: c, model_scores: [{model: m, score: $V}]}]
        """, environment: ["V": "s e c r e t", "HOST": "h"])
      Issue.record("loaded")
    } catch {
      #expect(error.problems.filter { $0.severity == .error }.count == 4)
      #expect(!error.description.contains("s e c"))
    }
  }

  @Test("problems of an old file have the places of the old file")
  func places() {
    do {
      _ = try load("default_model: m\nmodel_config:\n  m:\n    reasoning_family: qwen\n")
      Issue.record("loaded")
    } catch {
      #expect(
        error.problems[0].description
          == "c.yaml:4:23: model \"m\": reasoning family \"qwen\" is not declared; "
          + "declare it under providers.defaults.reasoning_families")
    }
  }
}
