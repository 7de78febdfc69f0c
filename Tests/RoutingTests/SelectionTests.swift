import RouterConfig
import Routing
import Signals
import Testing

@Suite("From a verdict to a selection") struct SelectionTests {
  private func router(
    _ decisions: [Decision], defaultModel: String? = "m", defaultEffort: String? = nil,
    strategy: RoutingStrategy? = nil,
    global: RoutingStrategy = .priority, recipes: [Recipe] = []
  ) -> Router {
    Router(
      document: RouterDocument(
        providers: Providers(
          defaultModel: defaultModel, defaultReasoningEffort: defaultEffort,
          reasoningFamilies: ["qwen3": ReasoningFamily(kind: .chatTemplateKwargs, parameter: "enable_thinking")],
          models: [
            ProviderModel(name: "m", reasoningFamily: "qwen3"), ProviderModel(name: "n"),
            ProviderModel(name: "o", reasoningFamily: "unknown"),
          ]),
        routing: RoutingProfile(
          modelCards: [ModelCard(name: "m", loras: [LoRACard(name: "math-expert")])], signals: Fixture.signals,
          decisions: decisions, strategy: strategy),
        recipes: recipes, global: GlobalSettings(strategy: global)))
  }

  private func select(
    _ router: Router, _ verdict: DecisionEngine.Verdict, _ states: [String: SignalReading.State] = [:], recipe: Int = 0
  ) throws -> Selection {
    try router.select(recipe: recipe, verdict: verdict, readings: Fixture.readings(states))
  }

  private let first = DecisionEngine.Verdict.decided(index: 0, confidence: 0.75)

  @Test("a decision gives its model, what it says about reasoning, its category and its rules")
  func decided() throws {
    let decision = Decision(
      name: "math", rules: .and([Fixture.leaf("keyword:a"), Fixture.leaf("domain:b")]),
      modelRefs: [ModelRef(model: "m", useReasoning: true)])
    let selection = try select(router([decision]), first, ["keyword:a": .match(1), "domain:b": .match(0.5)])
    #expect(selection.recipe == "default")
    #expect(selection.decision == "math")
    #expect(selection.decisionIndex == 0)
    #expect(selection.confidence == 0.75)
    #expect(selection.matchedRules.map(\.description) == ["keyword:a", "domain:b"])
    #expect(selection.category == "b")
    #expect(selection.model == "m")
    #expect(selection.adapter == nil)
    #expect(selection.publicModel == "m")
    #expect(selection.usesReasoning == true)
    #expect(selection.reasoning != nil)
    #expect(selection.effort == "medium")
    #expect(selection.systemPrompt == nil)
    #expect(selection.algorithm == "static")
    #expect(selection.notes == [])
  }

  @Test("without a domain among the matched rules there is no category")
  func noCategory() throws {
    let decision = Decision(name: "d", rules: Fixture.leaf("keyword:a"), modelRefs: [ModelRef(model: "m")])
    #expect(try select(router([decision]), first, ["keyword:a": .match()]).category == nil)
  }

  @Test("an adapter is asked for by its own name, at its base model's replicas")
  func adapter() throws {
    let decision = Decision(name: "d", modelRefs: [ModelRef(model: "m", loraName: "math-expert")])
    let selection = try select(router([decision]), first)
    #expect(selection.model == "m")
    #expect(selection.adapter == "math-expert")
    #expect(selection.publicModel == "math-expert")
  }

  @Test("the effort is the candidate's, else the document's, else medium")
  func effort() throws {
    let plain = Decision(name: "d", modelRefs: [ModelRef(model: "m")])
    let high = Decision(name: "d", modelRefs: [ModelRef(model: "m", reasoningEffort: "high")])
    #expect(try select(router([plain]), first).effort == "medium")
    #expect(try select(router([plain], defaultEffort: "low"), first).effort == "low")
    #expect(try select(router([high], defaultEffort: "low"), first).effort == "high")
  }

  @Test("a model without a reasoning family is not told anything, whatever the decision says")
  func noFamily() throws {
    for model in ["n", "o", "elsewhere"] {
      let decision = Decision(name: "d", modelRefs: [ModelRef(model: model, useReasoning: true)])
      let selection = try select(router([decision]), first)
      #expect(selection.reasoning == nil, "\(model)")
      #expect(selection.usesReasoning == true, "\(model)")
    }
  }

  @Test("no match: the default model answers, without decision, reasoning or prompt")
  func noMatch() throws {
    let selection = try select(router([]), .noMatch)
    #expect(selection.model == "m")
    #expect(selection.decision == nil)
    #expect(selection.decisionIndex == nil)
    #expect(selection.usesReasoning == nil)
    #expect(selection.reasoning == nil)
    #expect(selection.systemPrompt == nil)
    #expect(selection.matchedRules.isEmpty)
    #expect(selection.notes == ["no decision matches; the default model answers"])
  }

  @Test("the default may be an adapter")
  func defaultAdapter() throws {
    let selection = try select(router([], defaultModel: "math-expert"), .noMatch)
    #expect(selection.model == "m")
    #expect(selection.adapter == "math-expert")
  }

  @Test("no match and no default: the client is told so")
  func noDefault() {
    #expect(throws: RoutingError.noDefaultModel) { try select(router([], defaultModel: nil), .noMatch) }
    #expect(throws: RoutingError.noDefaultModel) {
      try select(router([Decision(name: "d")], defaultModel: nil), first)
    }
    #expect(
      "\(RoutingError.noDefaultModel)"
        == "unable to route request: no model selected and no default model configured")
    #expect("\(RoutingError.modelNotAvailable("nope"))" == "model \"nope\" is not available")
  }

  @Test("a decision that names no model keeps its prompt; the default model answers")
  func decisionWithoutModel() throws {
    let decision = Decision(
      name: "d", rules: Fixture.leaf("domain:a"), plugins: [.systemPrompt(SystemPromptPlugin(prompt: "p"))])
    let selection = try select(router([decision]), first, ["domain:a": .match()])
    #expect(selection.model == "m")
    #expect(selection.decision == "d")
    #expect(selection.category == "a")
    #expect(selection.usesReasoning == nil)
    #expect(selection.systemPrompt?.prompt == "p")
    #expect(selection.notes == ["decision d names no model; the default model answers"])
  }

  @Test("an algorithm that is not acted on is told of, if it had a choice")
  func algorithm() throws {
    let one = Decision(name: "d", modelRefs: [ModelRef(model: "n")], algorithm: "confidence")
    #expect(try select(router([one]), first).notes == [])
    let two = Decision(name: "d", modelRefs: [ModelRef(model: "n"), ModelRef(model: "m")], algorithm: "elo")
    let selection = try select(router([two]), first)
    #expect(selection.model == "n")
    #expect(
      selection.notes == ["algorithm elo is not acted on by this version; the first candidate was taken"])
  }

  @Test("a system prompt counts if it is enabled and not empty; the last of several does")
  func systemPrompt() throws {
    func prompt(_ plugins: [SystemPromptPlugin]) throws -> String? {
      let decision = Decision(
        name: "d", modelRefs: [ModelRef(model: "m")], plugins: plugins.map { .systemPrompt($0) })
      return try select(router([decision]), first).systemPrompt?.prompt
    }
    #expect(try prompt([]) == nil)
    #expect(try prompt([SystemPromptPlugin(prompt: "p")]) == "p")
    #expect(try prompt([SystemPromptPlugin(isEnabled: false, prompt: "p")]) == nil)
    #expect(try prompt([SystemPromptPlugin(prompt: "")]) == nil)
    #expect(try prompt([SystemPromptPlugin(prompt: "p"), SystemPromptPlugin(prompt: "q")]) == "q")
    #expect(try prompt([SystemPromptPlugin(prompt: "p"), SystemPromptPlugin(prompt: "")]) == "p")
  }

  @Test("a recipe's strategy goes before the global one")
  func strategies() {
    let decisions = [
      Decision(name: "x", priority: 9, rules: Fixture.leaf("keyword:a"), modelRefs: [ModelRef(model: "m")]),
      Decision(name: "y", priority: 1, rules: Fixture.leaf("keyword:b"), modelRefs: [ModelRef(model: "m")]),
    ]
    let readings = Fixture.readings(["keyword:a": .match(0.5), "keyword:b": .match(1)])
    func index(_ strategy: RoutingStrategy?, _ global: RoutingStrategy) -> DecisionEngine.Verdict {
      router(decisions, strategy: strategy, global: global).recipes[0].engine.decide(readings)
    }
    #expect(index(nil, .priority) == .decided(index: 0, confidence: 0.5))
    #expect(index(nil, .confidence) == .decided(index: 1, confidence: 1))
    #expect(index(.priority, .confidence) == .decided(index: 0, confidence: 0.5))
    #expect(index(.confidence, .priority) == .decided(index: 1, confidence: 1))
  }

  @Test("recipes stand behind the default one, in the document's order, each with its own rules")
  func recipes() throws {
    let router = router(
      [Decision(name: "d", rules: Fixture.leaf("keyword:a"), modelRefs: [ModelRef(model: "m")])],
      recipes: [
        Recipe(
          name: "z",
          routing: RoutingProfile(
            signals: Fixture.signals,
            decisions: [Decision(name: "e", rules: Fixture.leaf("domain:a"), modelRefs: [ModelRef(model: "n")])])),
        Recipe(name: "a", routing: RoutingProfile()),
      ])
    #expect(router.recipes.map(\.name) == ["default", "z", "a"])
    #expect(router.recipes.map(\.engine.families) == [[.keyword], [.domain], []])
    let selection = try select(router, first, ["domain:a": .match()], recipe: 1)
    #expect(selection.recipe == "z")
    #expect(selection.decision == "e")
    #expect(selection.model == "n")
    #expect(try select(router, .noMatch, recipe: 2).recipe == "a")
  }
}
