import RouterConfig
import Testing

@Suite("The samples") struct SampleTests {
  private static let model = "vllm-llama3-8b-instruct"

  @Test("the guide's sample has its 15 decisions and nothing to warn of")
  func decisions() throws {
    let loaded = try load(try Samples.text("deploy/samples/aibrix.yaml"), strict: true)
    #expect(loaded.warnings.isEmpty)
    #expect(!loaded.wasMigrated)
    let routing = loaded.document.routing
    #expect(
      routing.decisions.map(\.name) == [
        "business_decision", "law_decision", "psychology_decision", "biology_decision", "chemistry_decision",
        "history_decision", "other_decision", "health_decision", "economics_decision", "math_decision",
        "physics_decision", "computer_science_decision", "philosophy_decision", "engineering_decision",
        "thinking_decision",
      ])
    #expect(routing.decisions.map(\.priority) == [10, 10, 10, 10, 10, 10, 5, 10, 10, 10, 10, 10, 10, 10, 15])
    #expect(
      routing.decisions.filter { $0.modelRefs[0].useReasoning }.map(\.name) == [
        "chemistry_decision", "math_decision", "physics_decision", "thinking_decision",
      ])
    for decision in routing.decisions {
      #expect(decision.modelRefs.map(\.model) == [Self.model])
      guard case .systemPrompt(let plugin) = try #require(decision.plugins.first) else { return }
      #expect(plugin.isEnabled)
      #expect(plugin.mode == .replace)
      #expect(plugin.prompt.hasPrefix("You are a"))
      #expect(!plugin.prompt.contains("\n"))
    }
    let math = try #require(routing.decisions.first { $0.name == "math_decision" })
    guard case .systemPrompt(let plugin) = math.plugins[0] else { return }
    #expect(plugin.prompt.hasPrefix("You are a mathematics expert"))
    let computing = try #require(routing.decisions.first { $0.name == "computer_science_decision" })
    #expect(computing.rules == .or([.leaf(RuleLeaf(type: "domain", name: "computer science"))]))
    #expect(routing.signals.domains.map(\.labels).allSatisfy { $0.count == 1 })
    #expect(Set(routing.signals.domains.flatMap(\.labels)) == Set(DomainLabel.allCases))
    #expect(
      routing.signals.keywords == [
        KeywordRule(name: "thinking", keywords: ["urgent", "immediate", "asap", "think", "careful"])
      ])
  }

  @Test("the guide's sample has one model, three replicas, six adapters")
  func models() throws {
    let document = try load(try Samples.text("deploy/samples/aibrix.yaml")).document
    #expect(
      document.providers
        == Providers(
          defaultModel: Self.model, defaultReasoningEffort: "medium",
          reasoningFamilies: ["qwen3": ReasoningFamily(kind: .chatTemplateKwargs, parameter: "enable_thinking")],
          models: [
            ProviderModel(
              name: Self.model, reasoningFamily: "qwen3",
              backends: [
                BackendReference(name: "\(Self.model)_replica-1", host: "127.0.0.1", port: 8001),
                BackendReference(name: "\(Self.model)_replica-2", host: "127.0.0.1", port: 8002),
                BackendReference(name: "\(Self.model)_replica-3", host: "127.0.0.1", port: 8003),
              ])
          ]))
    #expect(document.listeners == [Listener(name: "http", address: "0.0.0.0", port: 8080, timeoutSeconds: 60)])
    #expect(
      document.routing.modelCards[0].loras.map(\.name) == [
        "math-expert", "science-expert", "social-expert", "humanities-expert", "law-expert", "general-expert",
      ])
    #expect(document.global == GlobalSettings())
    #expect(document.documentHash.count == 64)
  }

  @Test("a Helm values file is read at its config block, and domains need no declaration")
  func values() throws {
    let loaded = try load(try Samples.text("deploy/samples/values.yaml"))
    #expect(loaded.warnings.isEmpty)
    let backend = try #require(loaded.document.providers.models[0].backends.first)
    #expect(backend.name == "\(Self.model)_primary")
    #expect(backend.host == "vllm-llama3-8b-instruct.default.svc.cluster.local")
    #expect(
      loaded.document.routing.signals.domains == [
        DomainRule(name: "math", labels: [.math]), DomainRule(name: "other", labels: [.other]),
      ])
    #expect(loaded.document.routing.decisions[0].rules == .leaf(RuleLeaf(type: "domain", name: "math")))
    let elsewhere = try load(
      try Samples.text("deploy/samples/values.yaml"), environment: ["MODEL_ENDPOINT": "127.0.0.1:8001"])
    #expect(elsewhere.document.providers.models[0].backends[0].port == 8001)
  }
}
